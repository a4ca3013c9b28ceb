// libjpeg's errors as ours.
#pragma once

#include <csetjmp>
#include <memory>
#include <string>

struct jpeg_error_mgr;

namespace framepipe {

/// libjpeg ends a call by calling error_exit, which must not return and must not throw through C.
/// So: `if (setjmp(trap.jump) != 0) return false; calls`, with nothing between that has a destructor.
struct JpegTrap {
    JpegTrap();
    ~JpegTrap();
    JpegTrap(const JpegTrap&) = delete;
    JpegTrap& operator=(const JpegTrap&) = delete;

    /// What goes into the `err` of libjpeg's structs. Warnings that data is damaged or missing end the call, too.
    jpeg_error_mgr* manager() const;

    std::jmp_buf jump{};
    std::string words;  // why the call ended

private:
    struct Manager;
    std::unique_ptr<Manager> manager_;
};

}  // namespace framepipe
