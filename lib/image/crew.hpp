// Work on the parts of one picture in several threads at once.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace framepipe {

/// Threads that help whoever has a piece of work that falls apart into independent parts. Parts are taken up one after
/// the other by whoever is free: where no core is idle, the caller does them all, and a helper that comes too late costs
/// nothing but its waking. Any thread may call; while the helpers are with one caller, the others do their work alone.
class Crew {
public:
    /// helpers  threads beside the caller, started when there is something for them; 0: none
    explicit Crew(unsigned helpers);
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    /// Calls work(0) to work(count - 1), in no order, and returns when all are done.
    /// throws  what a part has thrown; others may then be left undone
    void each(std::size_t count, const std::function<void(std::size_t part)>& work);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Helpers that keep the machine's other cores busy, at most 3: parts are few.
unsigned spare_cores();

}  // namespace framepipe
