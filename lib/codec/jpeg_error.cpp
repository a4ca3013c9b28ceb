#include "codec/jpeg_error.hpp"

#include <jerror.h>

#include <cctype>

namespace framepipe {
namespace {

JpegTrap& trap_of(j_common_ptr info) {
    return *reinterpret_cast<JpegTrap*>(info->err);
}

[[noreturn]] void leave(j_common_ptr info) {
    JpegTrap& trap = trap_of(info);
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    trap.words = text;
    if (!trap.words.empty() && std::isupper(static_cast<unsigned char>(trap.words[0])) != 0 && trap.words.size() > 1 &&
        std::islower(static_cast<unsigned char>(trap.words[1])) != 0) {
        trap.words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(trap.words[0])));
    }
    std::longjmp(trap.jump, 1);
}

// libjpeg goes on after damage and fills the picture with gray. A picture with a hole is not the
// picture; but bytes too many, which many cameras write, do no harm.
void warn(j_common_ptr info, int level) {
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

void say_nothing(j_common_ptr) {}

}  // namespace

JpegTrap::JpegTrap() {
    jpeg_std_error(&manager);
    manager.error_exit = leave;
    manager.emit_message = warn;
    manager.output_message = say_nothing;
}

}  // namespace framepipe
