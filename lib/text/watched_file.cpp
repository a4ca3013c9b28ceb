#include "text/watched_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "frame/descriptor.hpp"
#include "frame/error.hpp"

namespace framepipe {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(50);

}  // namespace

WatchedFile::WatchedFile(std::string name, std::uint64_t max_size) : name_(std::move(name)), max_size_(max_size) {}

std::optional<std::string> WatchedFile::read(FileStamp& stamp) const {
    const Descriptor file(::open(name_.c_str(), O_RDONLY | O_CLOEXEC));
    const auto seen = file ? stamp_of(file.get()) : std::nullopt;
    if (!seen) return {};
    stamp = *seen;
    std::string contents;
    char buffer[4096];
    for (;;) {
        const ssize_t n = ::read(file.get(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return {};
        if (n == 0) return contents;
        contents.append(buffer, static_cast<std::size_t>(n));
        if (contents.size() > max_size_) {
            throw Error(fmt::format("cannot read {}: it is over the limit of {} bytes (--max-text)", name_, max_size_));
        }
    }
}

std::optional<std::string> WatchedFile::changed() {
    const auto now = SteadyClock::now();
    if (contents_ && now < next_look_) return {};
    next_look_ = now + kLookEvery;
    if (contents_ && settled_) {
        const auto seen = stamp_of(name_);
        if (!seen || *seen == stamp_) return {};
    }
    errno = 0;
    auto contents = read(stamp_);
    if (!contents) {
        if (!contents_) throw SystemError("cannot read " + name_, errno);
        settled_ = false;
        return {};
    }
    settled_ = stamp_.settled();
    if (contents == contents_) return {};
    contents_ = contents;
    return contents;
}

}  // namespace framepipe
