#include "codec/read_ahead.hpp"

#include <algorithm>
#include <chrono>

namespace framepipe {
namespace {

using namespace std::chrono_literals;

/// A reader that takes a frame within this time keeps up: scheduling alone can cost a millisecond.
constexpr auto kPrompt = 5ms;

}  // namespace

void ReadAhead::written(bool live) {
    if (!live || out_ == nullptr) return;
    // The next live frame could not be written before this one is read, so that waiting here costs nothing.
    const bool prompt = out_->wait_drained(SteadyClock::now() + kPrompt);
    live_limit_ = prompt ? std::min<std::size_t>(live_limit_ + 1, workers_) : 1;
}

}  // namespace framepipe
