// A run of JPEGs, PNGs and WebPs, one after the other with nothing around them.
#include <algorithm>
#include <optional>

#include "frame/dialect_input.hpp"
#include "frame/image_info.hpp"
#include "frame/picture_scan.hpp"

namespace framepipe {
namespace {

std::uint64_t word_at(std::span<const std::byte> bytes, std::size_t at, bool big) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + (big ? i : 3 - i)]);
    return value;
}

class Images : public DialectInput {
public:
    using DialectInput::DialectInput;

    std::optional<Frame> next() override {
        while (skip_fill() && begin_frame()) {
            const std::string_view type = picture_type();
            if (const auto length = find_end(type)) return picture(type, *length);
        }
        return std::nullopt;
    }

private:
    static constexpr const char* kWhat = "the picture";

    Frame picture(std::string_view type, std::uint64_t length) {
        Bytes payload = take_payload(length, kWhat);
        Header header(type);
        if (const auto info = identify_image(payload)) {
            header.set("width", std::int64_t{info->width});
            header.set("height", std::int64_t{info->height});
        }
        return finish(std::move(header), std::move(payload));
    }

    /// Cameras and recorders align JPEGs with zeros or with marker fill bytes (T.81, B.1.1.2).
    /// returns  false at the end of the input
    bool skip_fill() {
        if (number() == 0) return true;
        for (;;) {
            if (reader_.at_end()) return false;
            const auto first = std::to_integer<unsigned>(reader_.available()[0]);
            if (first == 0xff && reader_.fill(2) && std::to_integer<unsigned>(reader_.available()[1]) == 0xd8) return true;
            if (first != 0x00 && first != 0xff) return true;
            reader_.consume(1);
        }
    }

    std::string_view picture_type() {
        if (next_is("\xff\xd8", kWhat)) return "image/jpeg";
        if (next_is("\x89PNG\r\n\x1a\n", kWhat)) return "image/png";
        if (next_is("RIFF", kWhat)) {
            if (!reader_.fill(12)) ended_inside(kWhat);
            if (!sniff_image(reader_.available()).empty()) return "image/webp";
        }
        not_a_frame("a picture");
    }

    /// returns  the picture's length; nullopt if it is left out
    std::optional<std::uint64_t> find_end(std::string_view type) {
        PictureScan scan(type);
        bool passes = false;
        for (;;) {
            std::size_t have = reader_.available().size();
            const std::uint64_t length = scan.length(reader_.available());
            passes = passes || is_left_out(length > 0 ? length : std::max<std::uint64_t>(have, scan.needs()));
            if (length > 0 && !passes) return length;
            if (length > 0) {
                pass_over(length, kWhat);
                return std::nullopt;
            }
            if (passes) {
                const std::size_t passed = scan.pass(have);
                reader_.consume(passed);
                have -= passed;
            }
            if (!reader_.fill(have + 1)) ended_inside(kWhat);
        }
    }
};

}  // namespace

std::uint64_t PictureScan::length(std::span<const std::byte> bytes) {
    if (type_ == "image/jpeg") {
        needs_ = bytes.size() + 1;
        return jpeg_.scan(bytes);
    }
    if (type_ == "image/png") return png_length(bytes);
    return bytes.size() < 12 ? 0 : 8 + (word_at(bytes, 4, false) + 1) / 2 * 2;  // RIFF: chunks have even lengths
}

std::size_t PictureScan::pass(std::size_t have) {
    if (type_ == "image/jpeg") return jpeg_.pass(have);
    if (type_ != "image/png") return 0;  // its first bytes tell the length
    const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(have, position_ - 1));
    position_ -= passed;
    return passed;
}

/// source  PNG specification, 5.3: length, type, data, CRC; IEND is the last chunk
std::uint64_t PictureScan::png_length(std::span<const std::byte> bytes) {
    while (position_ + 8 <= bytes.size()) {
        const auto at = static_cast<std::size_t>(position_);
        const bool last = Bytes({}, bytes.subspan(at + 4, 4)).text() == "IEND";
        position_ += 12 + word_at(bytes, at, true);
        if (last) return position_;
    }
    needs_ = position_ + 8;
    return 0;
}

std::unique_ptr<FrameInput> open_images(ByteReader reader, const InputOptions& options) {
    return std::make_unique<Images>(std::move(reader), options);
}

}  // namespace framepipe
