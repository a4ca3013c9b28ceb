// The main that Catch2 2 does not bring along.
#ifdef FRAMEPIPE_CATCH2_V2
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
