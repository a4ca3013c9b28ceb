// Catch2 2 (Debian 12) and 3 (later) by one name.
#pragma once

#ifdef FRAMEPIPE_CATCH2_V2
#include <catch2/catch.hpp>
namespace framepipe_test {
inline auto ContainsSubstring(const std::string& text) { return Catch::Matchers::Contains(text); }
}  // namespace framepipe_test
using framepipe_test::ContainsSubstring;
using Catch::Matchers::Equals;
#else
#include <catch2/catch_all.hpp>
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Equals;
#endif
