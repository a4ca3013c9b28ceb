// Lines out of the bytes that a program prints, fit for a log.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace framepipe {

/// Cuts bytes into lines, at newlines and carriage returns, without empty ones. A line is UTF-8 without
/// control characters, and ends in "..." if it was longer than a log should have it.
class LineSplitter {
public:
    using Take = std::function<void(const std::string& line)>;

    explicit LineSplitter(Take take) : take_(std::move(take)) {}

    void put(std::string_view bytes);
    /// No more bytes come: what there is of a line is one.
    void end();

    /// Bytes of a line that are kept.
    static constexpr std::size_t kLongest = 500;

private:
    const Take take_;
    std::string line_;
    bool cut_ = false;
};

}  // namespace framepipe
