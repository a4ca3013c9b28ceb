// Pictures as plain files, each there whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>

namespace framepipe {

/// A file name with the place of a number in it, as printf writes them: 'out-%05d.png'.
class NumberedName {
public:
    /// pattern  `%d`, `%5d` or `%05d` at most once, `%%` for a percent sign
    /// throws   UsageError if the pattern has anything else after a %
    explicit NumberedName(const std::string& pattern);

    bool numbered() const { return numbered_; }
    std::string operator()(std::int64_t number) const;

private:
    std::string before_, after_;
    bool numbered_ = false;
    bool zeros_ = false;
    std::size_t width_ = 0;
};

/// Writes files under a temporary name in the same folder, and renames them when they are whole; one file
/// for each picture if the name is numbered, else one that is replaced each time. A name that is a device
/// or a pipe is written to directly. write() is for one thread at a time.
class FileOutput {
public:
    FileOutput(const std::string& pattern, std::int64_t first_number);
    ~FileOutput();
    FileOutput(const FileOutput&) = delete;
    FileOutput& operator=(const FileOutput&) = delete;

    /// returns  false after abandon()
    /// throws   SystemError if it cannot be written; nothing is left behind then
    [[nodiscard]] bool write(std::span<const std::byte> bytes);

    /// Removes what is half written; nothing is written from then on. From any thread.
    void abandon() noexcept;

    std::uint64_t written() const { return written_; }

private:
    std::string begin(const std::string& name, int& fd);
    void give_up() noexcept;

    NumberedName name_;
    std::int64_t number_;
    std::uint64_t written_ = 0;

    std::mutex mutex_;       // guards what follows
    std::string temporary_;  // the file being written; empty: none
    bool abandoned_ = false;
};

}  // namespace framepipe
