#include "codec/file_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "frame/descriptor.hpp"
#include "frame/error.hpp"

namespace framepipe {
namespace {

constexpr std::size_t kMaxDigits = 20;

void write_all(int fd, std::span<const std::byte> bytes, const std::string& name) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0) {
            if (errno == EINTR) continue;
            throw SystemError(fmt::format("cannot write '{}'", name), errno);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
}

// A device or a pipe, which must not be replaced by a file.
bool written_directly(const std::string& name) {
    struct stat status {};
    return ::stat(name.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

// The file that a link leads to is replaced, not the link.
std::filesystem::path behind_links(const std::string& name) {
    std::error_code failure;
    const std::filesystem::path target = std::filesystem::canonical(name, failure);
    return failure ? std::filesystem::path(name) : target;
}

}  // namespace

NumberedName::NumberedName(const std::string& pattern) {
    std::string* part = &before_;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != '%') {
            *part += pattern[i];
            continue;
        }
        if (i + 1 < pattern.size() && pattern[i + 1] == '%') {
            *part += '%';
            ++i;
            continue;
        }
        std::size_t end = i + 1;
        std::size_t width = 0;
        const bool zeros = end < pattern.size() && pattern[end] == '0';
        while (end < pattern.size() && pattern[end] >= '0' && pattern[end] <= '9' && width <= kMaxDigits) {
            width = 10 * width + static_cast<std::size_t>(pattern[end++] - '0');
        }
        if (end >= pattern.size() || pattern[end] != 'd' || width > kMaxDigits) {
            throw UsageError(fmt::format("cannot take '{}' as a file name: only %d, %05d and %% may follow a percent sign", pattern));
        }
        if (numbered_) throw UsageError(fmt::format("cannot take '{}' as a file name: it has two places for the number", pattern));
        numbered_ = true;
        zeros_ = zeros;
        width_ = width;
        part = &after_;
        i = end;
    }
}

std::string NumberedName::operator()(std::int64_t number) const {
    if (!numbered_) return before_;
    return before_ + (zeros_ ? fmt::format("{:0{}}", number, width_) : fmt::format("{:{}}", number, width_)) + after_;
}

FileOutput::FileOutput(const std::string& pattern, std::int64_t first_number) : name_(pattern), number_(first_number) {}

FileOutput::~FileOutput() {
    give_up();
}

void FileOutput::give_up() noexcept {
    const std::lock_guard lock(mutex_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    temporary_.clear();
}

void FileOutput::abandon() noexcept {
    {
        const std::lock_guard lock(mutex_);
        abandoned_ = true;
    }
    give_up();
}

// Creates the temporary file beside `target`. Its name has nothing of the target's, which may be as long as names can be.
std::string FileOutput::begin(const std::string& name, int& fd) {
    const std::filesystem::path target = behind_links(name);
    struct stat status {};
    if (::stat(target.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) throw SystemError(fmt::format("cannot write '{}'", name), EISDIR);
    const std::lock_guard lock(mutex_);
    if (abandoned_) return {};
    for (int attempt = 0;; ++attempt) {
        const std::filesystem::path path = target.parent_path() / fmt::format(".framepipe-{}-{}.tmp", ::getpid(), attempt);
        fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) {
            temporary_ = path.string();
            return target.string();
        }
        // A file that a process of the same number left when it was killed.
        if (errno != EEXIST || attempt == 100) throw SystemError(fmt::format("cannot write '{}'", name), errno);
    }
}

bool FileOutput::write(std::span<const std::byte> bytes) {
    const std::string name = name_(number_);
    int fd = -1;
    if (written_directly(name)) {
        fd = ::open(name.c_str(), O_WRONLY | O_CLOEXEC);
        if (fd < 0) throw SystemError(fmt::format("cannot write '{}'", name), errno);
        const Descriptor file(fd);
        write_all(fd, bytes, name);
    } else {
        const std::string target = begin(name, fd);
        if (target.empty()) return false;
        Descriptor file(fd);
        try {
            write_all(fd, bytes, name);
            // Some file systems say only now that they are full.
            if (::close(file.release()) != 0) throw SystemError(fmt::format("cannot write '{}'", name), errno);
            const std::lock_guard lock(mutex_);
            if (abandoned_) return false;
            if (std::rename(temporary_.c_str(), target.c_str()) != 0) throw SystemError(fmt::format("cannot write '{}'", name), errno);
            temporary_.clear();
        } catch (...) {
            give_up();
            throw;
        }
    }
    ++number_;
    ++written_;
    return true;
}

}  // namespace framepipe
