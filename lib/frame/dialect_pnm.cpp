// PGM, PPM and PAM with binary samples of 8 or 16 bits.
#include <algorithm>
#include <charconv>
#include <optional>

#include "frame/dialect_input.hpp"

namespace framepipe {
namespace {

constexpr std::size_t kMaxHeader = 64 << 10;  // comments included
constexpr std::uint64_t kMaxSide = 1 << 20;

/// What a picture's header says.
struct Raster {
    std::uint64_t width = 0;
    std::uint64_t height = 0;
    std::uint64_t depth = 0;  // samples a pixel
    std::uint64_t maxval = 0;
};

std::uint32_t sample_at(const std::byte* bytes, std::size_t index, bool wide) {
    if (!wide) return std::to_integer<std::uint32_t>(bytes[index]);
    return std::to_integer<std::uint32_t>(bytes[2 * index]) << 8 | std::to_integer<std::uint32_t>(bytes[2 * index + 1]);
}

void put_sample(std::byte* bytes, std::size_t index, std::uint32_t value, bool wide) {
    if (!wide) {
        bytes[index] = static_cast<std::byte>(value);
    } else {
        bytes[2 * index] = static_cast<std::byte>(value & 0xff);
        bytes[2 * index + 1] = static_cast<std::byte>(value >> 8);
    }
}

/// source  pgm(5), ppm(5), pam(5) of Netpbm: samples of two bytes are big-endian
class Pnm : public DialectInput {
public:
    using DialectInput::DialectInput;

    std::optional<Frame> next() override {
        while (begin_frame()) {
            if (skip_newline()) continue;  // other programs end a picture's file with one
            if (auto frame = picture(read_header())) return frame;
        }
        return std::nullopt;
    }

private:
    static constexpr const char* kPicture = "the picture";
    static constexpr const char* kHeader = "the picture's header";

    /// returns  nullopt if it is left out
    std::optional<Frame> picture(const Raster& raster) {
        const bool wide = raster.maxval > 255;
        const std::uint64_t pixels = raster.width * raster.height;
        const std::uint64_t out_depth = raster.depth == 2 ? 4 : raster.depth;  // there is no gray with alpha
        const std::uint64_t size = pixels * raster.depth * (wide ? 2 : 1);
        if (is_left_out(pixels * out_depth * (wide ? 2 : 1))) {
            pass_over(size, kPicture);
            return std::nullopt;
        }
        Bytes payload = take_payload(size, kPicture);
        if (wide || raster.maxval != 255 || out_depth != raster.depth) payload = converted(payload, raster);
        Header header("image/x-raw");
        constexpr const char* names[2][3] = {{"gray", "rgb24", "rgba"}, {"gray16le", "rgb48le", "rgba64le"}};
        header.set("format", names[wide][out_depth == 1 ? 0 : out_depth - 2]);
        header.set("width", static_cast<std::int64_t>(raster.width));
        header.set("height", static_cast<std::int64_t>(raster.height));
        return finish(std::move(header), std::move(payload));
    }

    bool skip_newline() {
        const std::byte next = reader_.available()[0];
        if (number() == 0 || (next != std::byte{'\n'} && next != std::byte{'\r'})) return false;
        reader_.consume(1);
        return true;
    }

    Raster read_header() {
        header_left_ = kMaxHeader;
        Raster raster;
        if (next_is("P7", kHeader)) {
            reader_.consume(2);
            raster = read_pam();
        } else if (goes_on_with(reader_, "P5") || goes_on_with(reader_, "P6")) {
            raster.depth = reader_.available()[1] == std::byte{'5'} ? 1 : 3;
            reader_.consume(2);
            raster.width = number_of(word());
            raster.height = number_of(word());
            raster.maxval = number_of(word());  // and the one blank after it
        } else {
            not_a_frame("a PGM, PPM or PAM picture");
        }
        check(raster);
        return raster;
    }

    Raster read_pam() {
        Raster raster;
        for (;;) {
            const std::string name = word();
            if (name == "ENDHDR") return raster;
            if (name == "TUPLTYPE") {
                while (next_byte() != '\n') {
                }
                continue;
            }
            const std::uint64_t value = number_of(word());
            if (name == "WIDTH") raster.width = value;
            if (name == "HEIGHT") raster.height = value;
            if (name == "DEPTH") raster.depth = value;
            if (name == "MAXVAL") raster.maxval = value;
        }
    }

    void check(const Raster& raster) const {
        if (raster.width == 0 || raster.height == 0 || raster.width > kMaxSide || raster.height > kMaxSide) {
            fail("the picture's header gives no size that can be");
        }
        if (raster.depth < 1 || raster.depth > 4)
            fail("a PAM of depth " + std::to_string(raster.depth) + " is no picture: it must be 1 to 4");
        if (raster.maxval < 1 || raster.maxval > 65535) fail("the picture's maxval is not 1 to 65535");
    }

    char next_byte() {
        if (header_left_-- == 0) fail("the picture's header is longer than " + std::to_string(kMaxHeader) + " bytes");
        if (!reader_.fill(1)) ended_inside(kHeader);
        const auto byte = static_cast<char>(reader_.available()[0]);
        reader_.consume(1);
        return byte;
    }

    static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }

    /// The next word, and the one blank after it. A # begins a comment up to the line's end.
    std::string word() {
        std::string text;
        for (;;) {
            const char c = next_byte();
            if (c == '#') {
                while (next_byte() != '\n') {
                }
                if (!text.empty()) return text;
            } else if (is_blank(c)) {
                if (!text.empty()) return text;
            } else {
                text += c;
                if (text.size() > 32) fail("not a PGM, PPM or PAM header: " + json_string(text));
            }
        }
    }

    std::uint64_t number_of(const std::string& text) const {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size()) fail("not a number in the picture's header: " + json_string(text));
        return value;
    }

    /// Samples scaled to 255 or 65535, little-endian, and gray with alpha as RGBA.
    static Bytes converted(const Bytes& payload, const Raster& raster) {
        const bool wide = raster.maxval > 255;
        const auto maxval = static_cast<std::uint32_t>(raster.maxval);
        const std::uint32_t full = wide ? 65535 : 255;
        const auto scaled = [&](std::size_t index) {
            const std::uint32_t value = sample_at(payload.data(), index, wide);
            if (maxval == full) return value;
            return static_cast<std::uint32_t>((std::uint64_t{std::min(value, maxval)} * full + maxval / 2) / maxval);
        };
        const auto samples = static_cast<std::size_t>(raster.width * raster.height * raster.depth);
        Block out((raster.depth == 2 ? samples * 2 : samples) * (wide ? 2 : 1));
        if (raster.depth != 2) {
            for (std::size_t i = 0; i < samples; ++i) put_sample(out.data(), i, scaled(i), wide);
        } else {
            for (std::size_t i = 0; i < samples / 2; ++i) {
                const std::uint32_t gray = scaled(2 * i);
                for (std::size_t channel = 0; channel < 3; ++channel) put_sample(out.data(), 4 * i + channel, gray, wide);
                put_sample(out.data(), 4 * i + 3, scaled(2 * i + 1), wide);
            }
        }
        return std::move(out).share();
    }

    std::size_t header_left_ = 0;  // bytes that the header may still have
};

}  // namespace

std::unique_ptr<FrameInput> open_pnm(ByteReader reader, const InputOptions& options) {
    return std::make_unique<Pnm>(std::move(reader), options);
}

}  // namespace framepipe
