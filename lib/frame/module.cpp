#include "frame/module.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <system_error>
#include <vector>

namespace framepipe {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> places(const char* file) {
    std::error_code ignored;
    const fs::path prefix = fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path();
    return {prefix / "lib" / "framepipe" / file, prefix / FRAMEPIPE_LIBDIR / "framepipe" / file};
}

}  // namespace

void* load_module(const ModuleName& name) {
    const std::string attempt = std::string("cannot load ") + name.library + ": ";
    std::error_code ignored;
    const auto candidates = places(name.file);
    for (const auto& file : candidates) {
        if (!fs::exists(file, ignored)) continue;
        void* module = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (module == nullptr) throw MissingModule(attempt + ::dlerror() + "; on Debian: apt install " + name.package);
        void* const entry = ::dlsym(module, name.entry);
        if (entry == nullptr) throw MissingModule(attempt + file.string() + " is not of this program");
        return entry;
    }
    throw MissingModule(attempt + "there is no " + candidates.front().string() + "; install framepipe with its modules");
}

}  // namespace framepipe
