// multipart/x-mixed-replace, as webcam servers and `ffmpeg -f mpjpeg` send it.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "frame/ascii.hpp"
#include "frame/dialect_input.hpp"
#include "frame/image_info.hpp"
#include "frame/picture_scan.hpp"

namespace framepipe {
namespace {

constexpr std::size_t kMaxLine = 8 << 10;
constexpr int kMaxLines = 100;  // of one part's header

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

/// "seconds.fraction" as microseconds since the epoch; 0: no such time. Servers without a clock count
/// from their start, which is no time of capture.
std::int64_t parse_timestamp(std::string_view text) {
    constexpr std::int64_t earliest = 1'000'000'000;  // the year 2001
    constexpr std::int64_t latest = 9'000'000'000;    // its microseconds fit a JavaScript number
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || seconds < earliest || seconds >= latest) return 0;
    std::string_view fraction = text.substr(static_cast<std::size_t>(end - text.data()));
    std::int64_t micros = 0;
    if (fraction.starts_with('.')) fraction.remove_prefix(1);
    for (std::size_t i = 0; i < 6; ++i) {
        const bool digit = i < fraction.size() && fraction[i] >= '0' && fraction[i] <= '9';
        if (!digit) fraction = {};
        micros = micros * 10 + (digit ? fraction[i] - '0' : 0);
    }
    return seconds * 1'000'000 + micros;
}

/// What a part's header says.
struct PartHeader {
    std::string type;
    std::optional<std::uint64_t> length;
    std::int64_t time_us = 0;
    bool chunked = false;
};

class Multipart : public DialectInput {
public:
    using DialectInput::DialectInput;

    std::optional<Frame> next() override {
        if (ended_) return std::nullopt;
        for (;;) {
            if (!next_part()) {
                ended_ = true;
                return std::nullopt;
            }
            const PartHeader part = read_header(kPart);
            if (boundary_.empty() && part.type.starts_with("multipart/")) continue;  // the stream's own header
            auto payload = part.length ? take_or_pass(*part.length) : read_unmeasured();
            if (!payload || (payload->empty() && part.type != "text/plain")) continue;  // an empty one is a server's sign of life
            return picture(part, std::move(*payload));
        }
    }

private:
    static constexpr const char* kPart = "the part";

    /// Goes to the header of the next part.
    /// returns  false at the end of the stream
    bool next_part() {
        if (!skip_filler() || !begin_frame()) return false;
        if (boundary_.empty()) {
            if (goes_on_with(reader_, "HTTP/")) return read_response();
            if (!goes_on_with(reader_, "--")) return true;  // header first, boundary last
            boundary_ = read_line(kPart);
            return skip_to_header();
        }
        const std::string line = read_boundary();
        return line != boundary_ + "--" && skip_to_header();
    }

    /// A boundary at the very end announces a part that never came.
    bool skip_to_header() { return !reader_.at_end(); }

    /// Line ends before a boundary belong to it, and after a JPEG some servers leave padding.
    /// returns  false at the end of the input
    bool skip_filler() {
        for (;;) {
            if (reader_.at_end()) return false;
            const auto next = std::to_integer<unsigned>(reader_.available()[0]);
            if (next != '\r' && next != '\n' && next != 0x00 && next != 0xff) return true;
            reader_.consume(1);
        }
    }

    std::string read_boundary() {
        if (!next_is(boundary_, "the boundary")) not_a_frame("the boundary " + json_string(boundary_));
        const std::string line = read_line("the boundary");
        if (line != boundary_ && line != boundary_ + "--") fail("not the boundary " + json_string(boundary_) + " but " + json_string(line));
        return line;
    }

    /// The rest of a line, without its end and the blanks before it.
    std::string read_line(const std::string& what) {
        std::size_t searched = 0;
        for (;;) {
            const std::string_view have = Bytes({}, reader_.available()).text();
            const std::size_t end = have.find('\n', searched);
            if (std::min(end, have.size()) > kMaxLine) fail("a line of " + what + " is longer than " + std::to_string(kMaxLine) + " bytes");
            if (end != std::string_view::npos) {
                std::string line(have.substr(0, have.find_last_not_of(" \t\r\n", end) + 1));
                if (have.find_first_not_of(" \t\r\n") >= end) line.clear();
                reader_.consume(end + 1);
                return line;
            }
            searched = have.size();
            if (!reader_.fill(searched + 1)) ended_inside(what);
        }
    }

    PartHeader read_header(const std::string& what) {
        PartHeader part;
        for (int lines = 0; lines < kMaxLines; ++lines) {
            const std::string line = read_line(what);
            if (line.empty()) return part;
            const std::size_t colon = line.find(':');
            if (colon == std::string::npos) fail("not a header line of " + what + ": " + json_string(line.substr(0, 60)));
            note(part, std::string_view(line).substr(0, colon), trimmed(std::string_view(line).substr(colon + 1)));
        }
        fail("the header of " + what + " has more than " + std::to_string(kMaxLines) + " lines");
    }

    void note(PartHeader& part, std::string_view name, std::string_view value) const {
        if (same_word(name, "Content-Type")) {
            part.type = lower(trimmed(value.substr(0, value.find(';'))));
        } else if (same_word(name, "Content-Length")) {
            std::uint64_t length = 0;
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
            if (error != std::errc() || end != value.data() + value.size()) fail("no length: Content-Length: " + std::string(value));
            part.length = length;
        } else if (same_word(name, "X-Timestamp")) {
            part.time_us = parse_timestamp(value);
        } else if (same_word(name, "Transfer-Encoding")) {
            part.chunked = same_word(value, "chunked");
        }
    }

    /// The head of an HTTP response, as `curl -i` and bare sockets give it.
    bool read_response() {
        const std::string status = read_line("the HTTP response");
        const std::size_t space = status.find(' ');
        if (space == std::string::npos || !std::string_view(status).substr(space + 1).starts_with("200"))
            fail("the server answered " + json_string(status));
        const PartHeader response = read_header("the HTTP response");
        if (response.chunked) fail("an HTTP response in chunks; leave its header out (curl without -i), then they come joined");
        if (!response.type.starts_with("multipart/"))
            fail("an HTTP response of type " + json_string(response.type) + ", not multipart/x-mixed-replace");
        return next_part();
    }

    /// returns  nullopt if the part is left out
    std::optional<Bytes> take_or_pass(std::uint64_t size) {
        if (!is_left_out(size)) return take_payload(size, kPart);
        pass_over(size, kPart);
        return std::nullopt;
    }

    /// A part without Content-Length: a picture tells its own end, anything else ends before the boundary.
    /// returns  nullopt if it is left out
    std::optional<Bytes> read_unmeasured() {
        std::optional<PictureScan> scan;
        std::size_t searched = 0;
        bool passes = false;
        for (;;) {
            const auto have = reader_.available();
            if (!scan && !passes && !sniff_image(have).empty()) scan.emplace(sniff_image(have));
            const std::uint64_t length = scan ? scan->length(have) : 0;
            const std::size_t end = find_boundary(have, searched);
            const bool at_boundary = end < have.size() && (length == 0 || end < length);
            if (at_boundary || length > 0) {
                const std::uint64_t size = at_boundary ? end : length;
                if (!passes) return take_or_pass(size);
                pass_over(size, kPart);
                return std::nullopt;
            }
            passes = passes || is_left_out(have.size());
            searched = have.size();
            if (passes) {
                // What may be the beginning of a boundary stays.
                const std::size_t gone = searched - std::min(searched, boundary_.size() + 2);
                const std::size_t passed = scan ? scan->pass(gone) : gone;
                reader_.consume(passed);
                searched -= passed;
            }
            if (!reader_.fill(searched + 1)) ended_inside(kPart);
        }
    }

    /// Where the line end and the boundary after a part stand; the size of `bytes`: nowhere.
    /// searched  bytes that were looked through before
    std::size_t find_boundary(std::span<const std::byte> bytes, std::size_t searched) const {
        if (boundary_.empty()) return bytes.size();
        const std::string wanted = "\n" + boundary_;
        const std::size_t from = searched - std::min(searched, wanted.size());
        const void* found = ::memmem(bytes.data() + from, bytes.size() - from, wanted.data(), wanted.size());
        if (found == nullptr) return bytes.size();
        auto at = static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
        if (at > 0 && bytes[at - 1] == std::byte{'\r'}) --at;
        return at;
    }

    Frame picture(const PartHeader& part, Bytes payload) {
        std::string type(sniff_image(payload));
        if (type.empty()) type = part.type.empty() ? "application/octet-stream" : part.type;
        Header header(type);
        if (const auto info = identify_image(payload)) {
            header.set("width", std::int64_t{info->width});
            header.set("height", std::int64_t{info->height});
        }
        return finish(std::move(header), std::move(payload), part.time_us);
    }

    std::string boundary_;  // with its dashes; empty: not known yet
    bool ended_ = false;
};

}  // namespace

std::unique_ptr<FrameInput> open_multipart(ByteReader reader, const InputOptions& options) {
    return std::make_unique<Multipart>(std::move(reader), options);
}

}  // namespace framepipe
