#include "cli/left_out.hpp"

#include "cli/log.hpp"
#include "frame/error.hpp"

namespace framepipe {

void LeftOut::operator()(const std::string& why) {
    if (strict_) throw Error(why);
    ++count_;
    if (log::warn_once(why, why + "; left out")) ++said_;
}

ExitCode LeftOut::finish(const char* what) const {
    if (count_ > said_) log::warn(std::to_string(count_) + " " + what + " were left out");
    return count_ == 0 ? ExitCode::ok : ExitCode::failed;
}

}  // namespace framepipe
