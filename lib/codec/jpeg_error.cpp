#include "codec/jpeg_error.hpp"

#include <cctype>
#include <cstdio>

// After <cstdio>, which it needs and does not include.
#include <jpeglib.h>

#include <jerror.h>

namespace framepipe {

struct JpegTrap::Manager {
    jpeg_error_mgr manager;  // first, since libjpeg gives back its address
    JpegTrap* trap;

    [[noreturn]] static void leave(j_common_ptr info);
    static void warn(j_common_ptr info, int level);
    static void say_nothing(j_common_ptr) {}
};

void JpegTrap::Manager::leave(j_common_ptr info) {
    JpegTrap& trap = *reinterpret_cast<Manager*>(info->err)->trap;
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    const auto upper = [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; };
    if (upper(text[0]) && !upper(text[1])) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    trap.words = text;
    std::longjmp(trap.jump, 1);
}

// libjpeg goes on after damage and fills the picture with gray. A picture with a hole is not the
// picture; but bytes too many, which many cameras write, do no harm.
void JpegTrap::Manager::warn(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
        case JWRN_JPEG_EOF:
        case JWRN_HIT_MARKER:
        case JWRN_HUFF_BAD_CODE:
        case JWRN_ARITH_BAD_CODE:
        case JWRN_MUST_RESYNC:
            leave(info);
        default:
            ++info->err->num_warnings;
    }
}

JpegTrap::JpegTrap() : manager_(std::make_unique<Manager>()) {
    jpeg_std_error(&manager_->manager);
    manager_->manager.error_exit = Manager::leave;
    manager_->manager.emit_message = Manager::warn;
    manager_->manager.output_message = Manager::say_nothing;
    manager_->trap = this;
}

JpegTrap::~JpegTrap() = default;

jpeg_error_mgr* JpegTrap::manager() const {
    return &manager_->manager;
}

}  // namespace framepipe
