// Plain text: each line is a frame.
#include <algorithm>
#include <cstring>
#include <optional>

#include "frame/dialect_input.hpp"

namespace framepipe {
namespace {

class Lines : public DialectInput {
public:
    using DialectInput::DialectInput;

    std::optional<Frame> next() override {
        if (number() == 0 && goes_on_with(reader_, kByteOrderMark)) reader_.consume(kByteOrderMark.size());
        while (begin_frame())
            if (auto frame = next_line()) return frame;
        return std::nullopt;
    }

private:
    static constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

    /// returns  nullopt if it is left out
    std::optional<Frame> next_line() {
        std::size_t searched = 0;
        for (;;) {
            const auto have = reader_.available();
            if (const void* end = std::memchr(have.data() + searched, '\n', have.size() - searched)) {
                return line(static_cast<std::size_t>(static_cast<const std::byte*>(end) - have.data()), 1);
            }
            searched = have.size();
            if (is_too_long(searched)) return pass_over_line();
            if (!reader_.fill(searched + 1)) return line(searched, 0);
        }
    }

    bool is_too_long(std::size_t length) {
        if (length > max_frame_ && !leaves_out())
            fail("a line of more than " + std::to_string(max_frame_) + " bytes is over the limit (--max-frame)");
        return is_left_out(length);
    }

    std::optional<Frame> pass_over_line() {
        for (;;) {
            const auto have = reader_.available();
            const auto end = std::find(have.begin(), have.end(), std::byte{'\n'});
            reader_.consume(static_cast<std::size_t>(end - have.begin()) + (end == have.end() ? 0 : 1));
            if (end != have.end() || !reader_.fill(1)) break;
        }
        pass_over(0, "the line");
        return std::nullopt;
    }

    std::optional<Frame> line(std::size_t length, std::size_t newline) {
        if (is_too_long(length)) return pass_over_line();
        std::string_view text = Bytes({}, reader_.available().first(length)).text();
        if (text.ends_with('\r')) text.remove_suffix(1);
        Bytes payload = Bytes::from(valid_utf8(text));
        if (is_too_long(payload.size())) return pass_over_line();  // U+FFFD takes three bytes
        reader_.consume(length + newline);
        return finish(Header("text/plain"), std::move(payload));
    }
};

}  // namespace

std::unique_ptr<FrameInput> open_lines(ByteReader reader, const InputOptions& options) {
    return std::make_unique<Lines>(std::move(reader), options);
}

}  // namespace framepipe
