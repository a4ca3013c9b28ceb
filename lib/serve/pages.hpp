// Memory of pages that sockets are given as they are.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace framepipe::serve {

/// Whole pages of memory. Sockets that were given some of them keep them when this is gone; so it is written to before
/// it is first sent, and never again.
class Pages {
public:
    Pages() = default;

    bool empty() const { return bytes_.empty(); }
    std::span<std::byte> bytes() const { return bytes_; }

private:
    friend class PageStore;
    Pages(std::shared_ptr<const void> memory, std::span<std::byte> bytes) : memory_(std::move(memory)), bytes_(bytes) {}

    std::shared_ptr<const void> memory_;
    std::span<std::byte> bytes_;
};

/// Where pages come from. One thread; what it has given may be let go by any.
class PageStore {
public:
    /// Pages of their own, of the machine's size. A socket that does not send on keeps those that it has, and no others.
    /// returns  empty if there is no memory to be had
    static Pages small(std::size_t size);

    /// From pages of 2 MiB, where the system has them: one for many pictures. To give a socket a picture then takes an eighth
    /// less time; but a socket that does not send on keeps all of each that it has a part of.
    /// returns  empty if there is no memory to be had
    Pages large(std::size_t size);

    /// The large page in use has no room for another picture like the last, and the next one is not there yet.
    bool is_used_up() const;

    /// Gets the next large page if this one is used up: the system may take milliseconds to find and clear one, which no
    /// picture should wait for.
    void prepare();

private:
    struct Region;
    static std::shared_ptr<Region> large_region(std::size_t room);

    std::shared_ptr<Region> current_;
    std::shared_ptr<Region> next_;
    std::size_t used_ = 0;  // of the current one
    std::size_t last_ = 0;  // the size of the last picture in it
};

}  // namespace framepipe::serve
