// Parts of the program that are loaded only when they are needed: what they link takes longer to load than a whole run.
#pragma once

#include <string>

#include "frame/error.hpp"

namespace framepipe {

/// A module cannot be loaded. Whatever else needs it will fail alike, so the command ends: a bad picture is left out,
/// but a missing library is nothing bad in pictures.
class MissingModule : public Error {
public:
    using Error::Error;
};

/// Which module, and the words that say so where it cannot be loaded.
struct ModuleName {
    const char* file;     // "opencv.so"
    const char* entry;    // the function in it: "framepipe_opencv"
    const char* library;  // what it brings: "OpenCV"
    const char* package;  // of Debian, where the loader does not find the library: "libopencv-videoio406"
};

/// Loads the module and gives its entry's address. It is looked for beside the program, in `../lib/framepipe`, and where the
/// installation puts libraries. It is never unloaded: what it made may live until the end.
/// throws MissingModule that names the file that is missing, or the loader's reason
void* load_module(const ModuleName& name);

}  // namespace framepipe
