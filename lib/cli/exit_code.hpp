// What a command's exit code says.
#pragma once

namespace framepipe {

enum class ExitCode : int {
    ok = 0,      // done, or the reader went away, or a live command was told to stop
    failed = 1,  // failed, or something bad was left out
    usage = 2,   // wrong usage
};

}  // namespace framepipe
