#include "frame/bytes.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

namespace framepipe {
namespace {

// Smaller blocks are the allocator's business: it keeps them anyway.
constexpr std::size_t kKeptFrom = 64 << 10;
constexpr std::size_t kKeptBytes = 64 << 20;
constexpr std::size_t kKeptBlocks = 16;

/// Released blocks that wait to be used again.
class Shelf {
public:
    /// A block of at least `size`, but not of more than twice that; null: none fits.
    std::byte* take(std::size_t size, std::size_t& capacity) {
        const std::lock_guard lock(mutex_);
        auto best = blocks_.end();
        for (auto it = blocks_.begin(); it != blocks_.end(); ++it) {
            if (it->second >= size && it->second / 2 <= size && (best == blocks_.end() || it->second < best->second)) best = it;
        }
        if (best == blocks_.end()) return nullptr;
        std::byte* memory = best->first;
        capacity = best->second;
        kept_ -= capacity;
        blocks_.erase(best);
        return memory;
    }

    /// False: there is no room; the caller frees the memory.
    bool put(std::byte* memory, std::size_t capacity) noexcept {
        if (capacity > kKeptBytes / 2) return false;
        const std::lock_guard lock(mutex_);
        while (!blocks_.empty() && (blocks_.size() >= kKeptBlocks || kept_ + capacity > kKeptBytes)) {
            ::operator delete[](blocks_.front().first);
            kept_ -= blocks_.front().second;
            blocks_.erase(blocks_.begin());
        }
        blocks_.emplace_back(memory, capacity);  // has room from the start: cannot throw
        kept_ += capacity;
        return true;
    }

    static Shelf& instance() {
        static auto* shelf = new Shelf;  // never destroyed: blocks are released at exit too
        return *shelf;
    }

private:
    Shelf() { blocks_.reserve(kKeptBlocks); }

    std::mutex mutex_;  // guards what follows
    std::vector<std::pair<std::byte*, std::size_t>> blocks_;
    std::size_t kept_ = 0;
};

std::size_t rounded(std::size_t size) {
    constexpr std::size_t step = 16 << 10;
    return size < kKeptFrom ? size : (size + step - 1) / step * step;
}

}  // namespace

Bytes Bytes::copy_of(std::span<const std::byte> view) {
    Block block(view.size());
    if (!view.empty()) std::memcpy(block.data(), view.data(), view.size());
    return std::move(block).share();
}

Bytes Bytes::copy_of(std::string_view text) {
    return copy_of(as_bytes(text));
}

Bytes Bytes::from(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    const auto view = as_bytes(*owner);
    return {std::move(owner), view};
}

Bytes Bytes::from(std::vector<std::byte> bytes) {
    auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    const std::span<const std::byte> view(*owner);
    return {std::move(owner), view};
}

Block::Block(std::size_t size) : size_(size) {
    if (size == 0) return;
    std::byte* memory = size >= kKeptFrom ? Shelf::instance().take(size, capacity_) : nullptr;
    if (memory == nullptr) {
        capacity_ = rounded(size);
        memory = static_cast<std::byte*>(::operator new[](capacity_));
    }
    memory_ = {memory, Release{capacity_}};
}

void Block::Release::operator()(std::byte* memory) const noexcept {
    if (capacity >= kKeptFrom && Shelf::instance().put(memory, capacity)) return;
    ::operator delete[](memory);
}

void Block::resize(std::size_t size) {
    if (size > capacity_) {
        Block bigger(std::max(size, std::min(size * 2, capacity_ * 2)));
        if (size_ > 0) std::memcpy(bigger.data(), data(), size_);
        *this = std::move(bigger);
    }
    size_ = size;
}

Bytes Block::share() && {
    const std::span<const std::byte> view(memory_.get(), size_);
    return {std::shared_ptr<const std::byte[]>(std::move(memory_)), view};
}

}  // namespace framepipe
