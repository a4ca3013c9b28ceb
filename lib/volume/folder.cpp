#include "volume/folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "frame/descriptor.hpp"
#include "frame/error.hpp"
#include "frame/natural_order.hpp"

namespace framepipe {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& folder) {
    std::error_code failure;
    std::vector<fs::path> files;
    fs::directory_iterator entries(folder, failure);
    for (; !failure && entries != fs::directory_iterator(); entries.increment(failure)) {
        std::error_code ignored;
        if (!entries->path().filename().string().starts_with('.') && entries->is_regular_file(ignored)) files.push_back(entries->path());
    }
    if (failure) throw SystemError("cannot read the folder " + folder.string(), failure.value());
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) { return natural_less(a.string(), b.string()); });
    return files;
}

std::string first_bytes(const fs::path& path, std::size_t size) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) throw SystemError("cannot open " + path.string(), errno);
    std::string bytes(size, '\0');
    const ssize_t got = ::pread(file.get(), bytes.data(), size, 0);
    if (got < 0) throw SystemError("cannot read " + path.string(), errno);
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
}

}  // namespace framepipe
