// Plain text: each line is a frame.
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
        if (!begin_frame()) return std::nullopt;
        std::size_t searched = 0;
        for (;;) {
            const auto have = reader_.available();
            if (const void* end = std::memchr(have.data() + searched, '\n', have.size() - searched)) {
                return line(static_cast<std::size_t>(static_cast<const std::byte*>(end) - have.data()), 1);
            }
            searched = have.size();
            check_length(searched);
            if (!reader_.fill(searched + 1)) return line(searched, 0);
        }
    }

private:
    static constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

    void check_length(std::size_t length) const {
        if (length > max_frame_) fail("a line of more than " + std::to_string(max_frame_) + " bytes is over the limit (--max-frame)");
    }

    Frame line(std::size_t length, std::size_t newline) {
        check_length(length);
        std::string_view text = Bytes({}, reader_.available().first(length)).text();
        if (text.ends_with('\r')) text.remove_suffix(1);
        Bytes payload = Bytes::from(valid_utf8(text));
        check_length(payload.size());  // U+FFFD takes three bytes
        reader_.consume(length + newline);
        return finish(Header("text/plain"), std::move(payload));
    }
};

}  // namespace

std::unique_ptr<FrameInput> open_lines(ByteReader reader, const InputOptions& options) {
    return std::make_unique<Lines>(std::move(reader), options);
}

}  // namespace framepipe
