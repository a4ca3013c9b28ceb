#include "process/line_splitter.hpp"

#include <algorithm>

#include "frame/header.hpp"

namespace framepipe {
namespace {

/// Takes the last bytes off if they are the beginning of a letter whose rest was cut off.
void drop_half_letter(std::string& line) {
    std::size_t tail = 0;
    while (tail < std::min<std::size_t>(line.size(), 3) && (static_cast<unsigned char>(line[line.size() - 1 - tail]) & 0xC0) == 0x80)
        ++tail;
    if (tail < line.size() && static_cast<unsigned char>(line[line.size() - 1 - tail]) >= 0xC0) line.resize(line.size() - 1 - tail);
}

}  // namespace

void LineSplitter::put(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t length = std::min(bytes.find_first_of("\r\n"), bytes.size());
        const std::size_t room = kLongest - line_.size();
        cut_ = cut_ || length > room;
        line_ += bytes.substr(0, std::min(length, room));
        if (length == bytes.size()) return;
        end();
        bytes.remove_prefix(length + 1);
    }
}

void LineSplitter::end() {
    if (cut_) drop_half_letter(line_);
    std::string line = valid_utf8(line_);
    // They could do anything with the terminal that the log is read in.
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
    if (cut_) line += "...";
    line_.clear();
    cut_ = false;
    if (line.find_first_not_of(' ') != std::string::npos) take_(line);
}

}  // namespace framepipe
