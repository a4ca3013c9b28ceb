// Work that may end the process it runs in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "frame/bytes.hpp"

namespace framepipe {

/// Memory, all zero, that this process shares with those it forks.
class SharedMemory {
public:
    /// throws Error: there is not so much
    explicit SharedMemory(std::size_t size);

    std::span<std::byte> span() const { return span_; }
    /// The bytes, which keep the memory.
    Bytes share() const { return {owner_, span_}; }

private:
    std::shared_ptr<void> owner_;
    std::span<std::byte> span_;
};

/// Calls work(0) to work(count - 1) in forked processes, several at a time, and waits until all is done. For a library that on
/// bad input ends its process (GDCM on Debian is built with its assertions), or that may: only that one call is lost.
/// What `work` makes must go into SharedMemory; its processes have no stderr, and end with this one.
/// returns  for each call nothing, or why it failed: the words of the Error that it threw, or that it did not come back
/// throws   SystemError: no process can be started
std::vector<std::string> run_apart(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace framepipe
