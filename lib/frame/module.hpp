// Parts of the program that are loaded only when they are needed: what they link takes longer to load than a whole run.
#pragma once

#include <string>

namespace framepipe {

/// Which module, and the words that say so where it cannot be loaded.
struct ModuleName {
    const char* file;     // "opencv.so"
    const char* entry;    // the function in it: "framepipe_opencv"
    const char* library;  // what it brings: "OpenCV"
    const char* package;  // that has the library, where the loader does not find it: "libopencv-videoio"
};

/// Loads the module and gives its entry's address. It is looked for beside the program, in `../lib/framepipe`, and where the
/// installation puts libraries. It is never unloaded: what it made may live until the end.
/// throws Error that names the file that is missing, or the loader's reason
void* load_module(const ModuleName& name);

}  // namespace framepipe
