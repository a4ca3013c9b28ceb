#include "volume/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>

#include "frame/descriptor.hpp"
#include "frame/error.hpp"

namespace framepipe {
namespace {

class Mapping {
public:
    /// Takes the mapping over.
    Mapping(void* start, std::size_t size) : start_(start), size_(size) {}
    ~Mapping() { ::munmap(start_, size_); }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    std::span<const std::byte> span() const { return {static_cast<const std::byte*>(start_), size_}; }

private:
    void* start_;
    std::size_t size_;
};

}  // namespace

Bytes map_file(const std::filesystem::path& path) {
    // Opening a pipe would else wait for its writer.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) throw SystemError("cannot open " + path.string(), errno);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) throw SystemError("cannot open " + path.string(), errno);
    if (!S_ISREG(status.st_mode)) throw Error("cannot open " + path.string() + ": it is not a regular file");
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0) return {};  // mmap refuses it
    void* const start = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
    if (start == MAP_FAILED) throw SystemError("cannot map " + path.string(), errno);
    auto mapping = std::make_shared<Mapping>(start, size);
    const auto bytes = mapping->span();
    return {std::move(mapping), bytes};
}

}  // namespace framepipe
