#include "frame/back_off.hpp"

#include <algorithm>
#include <cstdint>
#include <random>

namespace framepipe {

BackOff::Time BackOff::next() {
    static thread_local std::minstd_rand random{std::random_device{}()};
    const auto wait = next_.count();
    next_ = std::min(next_ * 2, longest_);
    return Time(std::uniform_int_distribution<std::int64_t>(wait * 3 / 4, wait * 5 / 4)(random));
}

}  // namespace framepipe
