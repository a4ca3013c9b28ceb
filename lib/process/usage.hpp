// What this process, and the processes below it, take of the machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace framepipe {

struct ProcessUsage {
    double cpu_seconds = 0;  // of all threads, in user and in system mode
    double start_time = 0;   // seconds since the UNIX epoch
    std::uint64_t virtual_bytes = 0;
    std::uint64_t resident_bytes = 0;
    std::uint64_t threads = 0;
    std::uint64_t open_descriptors = 0;
    std::uint64_t max_descriptors = 0;  // as many as it may have
};
/// Any thread. Costs some microseconds, and as much for each ten open descriptors.
ProcessUsage process_usage();

struct ChildrenUsage {
    std::size_t processes = 0;  // that live
    double cpu_seconds = 0;     // of these, and of those that have ended and were waited for
};
/// Children, their children, and so on; those that cut loose from their parents are no longer among them.
/// Any thread.
ChildrenUsage children_usage();

}  // namespace framepipe
