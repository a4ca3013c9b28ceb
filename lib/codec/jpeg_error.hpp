// libjpeg's errors as ours.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <string>

#include <jpeglib.h>

namespace framepipe {

/// libjpeg ends a call by calling error_exit, which must not return and must not throw through C.
/// So: `if (setjmp(trap.jump) == 0) { calls }`, with nothing between that has a destructor.
struct JpegTrap {
    jpeg_error_mgr manager{};  // first, since libjpeg gives back its address
    std::jmp_buf jump{};
    std::string words;  // why the call ended

    JpegTrap();
    JpegTrap(const JpegTrap&) = delete;
    JpegTrap& operator=(const JpegTrap&) = delete;
};

}  // namespace framepipe
