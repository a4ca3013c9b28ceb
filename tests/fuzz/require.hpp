// What the targets check: a fuzzer finds an abort, in every kind of build.
#pragma once

#include <cstdlib>
#include <string_view>

#include "frame/error.hpp"

namespace framepipe_test {

inline void require(bool holds) {
    if (!holds) std::abort();
}

/// Runs what may refuse its input, if it does so in one line.
template <typename Action>
void may_refuse(Action action) {
    try {
        action();
    } catch (const framepipe::Error& error) {
        require(std::string_view(error.what()).find('\n') == std::string_view::npos);
    }
}

}  // namespace framepipe_test
