#include "serve/pages.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <utility>

namespace framepipe::serve {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kLargePage = 2 << 20;
/// What takes more of a large page than this has some to itself.
constexpr std::size_t kMostShared = kLargePage / 2;

constexpr std::size_t rounded_up(std::size_t size, std::size_t unit) {
    return (size + unit - 1) / unit * unit;
}

}  // namespace

struct PageStore::Region {
    Region(std::size_t size, int flags) : size_(size) {
        void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
        if (at != MAP_FAILED) at_ = static_cast<std::byte*>(at);
    }
    ~Region() {
        if (at_ != nullptr) munmap(at_, size_);
    }
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;

    std::byte* at() const { return at_; }
    std::byte* first_aligned() const {
        return at_ == nullptr
                   ? nullptr
                   : at_ + (rounded_up(reinterpret_cast<std::uintptr_t>(at_), kLargePage) - reinterpret_cast<std::uintptr_t>(at_));
    }

private:
    std::byte* at_ = nullptr;
    const std::size_t size_;
};

Pages PageStore::small(std::size_t size) {
    // With its pages at once: one by one they cost as much as the copy into them.
    auto region = std::make_shared<Region>(size, MAP_POPULATE);
    if (region->at() == nullptr) return {};
    const std::span bytes(region->at(), size);
    return {std::move(region), bytes};
}

/// null: there is no memory to be had
std::shared_ptr<PageStore::Region> PageStore::large_region(std::size_t room) {
    // What lies before the first large page and behind the last is never touched, and takes no memory.
    auto region = std::make_shared<Region>(room + kLargePage, MAP_NORESERVE);
    if (region->at() == nullptr) return nullptr;
    madvise(region->first_aligned(), room, MADV_HUGEPAGE);
    return region;
}

bool PageStore::is_used_up() const {
    return current_ && !next_ && used_ + last_ > kLargePage;
}

void PageStore::prepare() {
    if (!is_used_up()) return;
    next_ = large_region(kLargePage);
    if (next_) *next_->first_aligned() = {};  // it is taken by the first byte
}

Pages PageStore::large(std::size_t size) {
    const bool shared = size <= kMostShared;
    const std::size_t room = shared ? kLargePage : rounded_up(size, kPage);
    auto region = shared ? current_ : nullptr;
    if (!region || used_ + size > kLargePage) {
        region = shared && next_ ? std::exchange(next_, nullptr) : large_region(room);
        if (!region) return {};
        if (shared) current_ = region;
        if (shared) used_ = 0;
    }
    std::byte* const first = region->first_aligned() + (shared ? used_ : 0);
    if (shared) used_ += rounded_up(size, kPage);
    if (shared) last_ = size;
#ifdef MADV_POPULATE_WRITE
    madvise(first, rounded_up(size, kPage), MADV_POPULATE_WRITE);
#endif
    return {std::move(region), {first, size}};
}

}  // namespace framepipe::serve
