// YUV4MPEG2: raw video, as `ffmpeg -f yuv4mpegpipe` writes it.
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "frame/dialect_input.hpp"

namespace framepipe {
namespace {

constexpr std::size_t kMaxLine = 4096;
constexpr std::uint64_t kMaxSide = 1 << 20;
constexpr std::size_t kShortestLine = 6;  // "FRAME\n"
constexpr std::string_view kMagicWord = "YUV4MPEG2";

struct ColourSpace {
    std::string_view tag;     // after C
    std::string_view format;  // ffmpeg's name
};
// The 420s differ in where chroma is sampled, which no pixel format of ours tells apart.
constexpr std::array<ColourSpace, 7> kColourSpaces{{{"420jpeg", "yuv420p"},
                                                    {"420mpeg2", "yuv420p"},
                                                    {"420paldv", "yuv420p"},
                                                    {"420", "yuv420p"},
                                                    {"422", "yuv422p"},
                                                    {"444", "yuv444p"},
                                                    {"mono", "gray"}}};

/// source  yuv4mpeg(5) of mjpegtools
class Y4m : public DialectInput {
public:
    using DialectInput::DialectInput;

    std::optional<Frame> next() override {
        while (begin_picture()) {
            if (!is_left_out(size_)) return picture();
            pass_over(size_, kPicture);
        }
        return std::nullopt;
    }

private:
    static constexpr const char* kPicture = "the picture";

    /// Goes to the pixels of the next picture.
    /// returns  false at the end of the input
    bool begin_picture() {
        // Pixels go where they stay: no more is read ahead of a large picture than its line.
        if (!begin_frame(size_ > kReadAhead ? kShortestLine : std::numeric_limits<std::size_t>::max())) return false;
        // Streams joined by cat bring a header each; the first input begins with one.
        while (next_is(kMagicWord, "the stream's header")) {
            read_stream_header();
            if (!begin_frame()) return false;
        }
        read_frame_line();
        return true;
    }

    Frame picture() {
        Bytes payload = take_payload(size_, kPicture);
        Header header = header_;
        if (rate_numerator_ > 0 && rate_denominator_ > 0) {
            const double position = static_cast<double>(number() - first_) * 1e6 * rate_denominator_ / rate_numerator_;
            if (position < 0x1p53) header.set("pts_us", std::int64_t{std::llround(position)});
        }
        return finish(std::move(header), std::move(payload));
    }

    /// A line without its end, which must come within kMaxLine bytes.
    std::string read_line(const std::string& what, std::size_t at_least) {
        std::size_t wanted = at_least;
        for (;;) {
            const bool ok = reader_.fill(wanted, size_ > kReadAhead ? wanted : kMaxLine);
            const std::string_view have = Bytes({}, reader_.available()).text();
            const std::size_t end = have.substr(0, kMaxLine).find('\n');
            if (end != std::string_view::npos) {
                std::string line(have.substr(0, end));
                reader_.consume(end + 1);
                return line;
            }
            if (!ok) ended_inside(what);
            if (have.size() >= kMaxLine) fail(what + " is longer than " + std::to_string(kMaxLine) + " bytes");
            wanted = have.size() + 1;
        }
    }

    void read_frame_line() {
        if (!next_is("FRAME", "the picture's header")) not_a_frame("a picture");
        const std::string line = read_line("the picture's header", kShortestLine);
        if (line.size() > 5 && line[5] != ' ') fail("not a picture's header: " + json_string(line.substr(0, 60)));
    }

    void read_stream_header() {
        const std::string line = read_line("the stream's header", kMagicWord.size());
        std::string_view rest = line;
        std::uint64_t width = 0, height = 0;
        std::string_view space = "420", range;
        rate_numerator_ = rate_denominator_ = 0;
        while (!rest.empty()) {
            const std::size_t blank = std::min(rest.find(' '), rest.size());
            const std::string_view word = rest.substr(0, blank);
            rest.remove_prefix(std::min(blank + 1, rest.size()));
            if (word.empty() || word == kMagicWord) continue;
            const std::string_view value = word.substr(1);
            if (word[0] == 'W') width = number_of(value);
            if (word[0] == 'H') height = number_of(value);
            if (word[0] == 'C') space = value;
            if (word[0] == 'F' && value.find(':') != std::string_view::npos) {
                rate_numerator_ = number_of(value.substr(0, value.find(':')));
                rate_denominator_ = number_of(value.substr(value.find(':') + 1));
            }
            if (word == "XCOLORRANGE=FULL") range = "full";
            if (word == "XCOLORRANGE=LIMITED") range = "limited";
        }
        if (width == 0 || height == 0 || width > kMaxSide || height > kMaxSide) {
            fail("the stream's header gives no size that can be: " + json_string(line.substr(0, 80)));
        }
        describe(width, height, space, range);
        first_ = number();
    }

    void describe(std::uint64_t width, std::uint64_t height, std::string_view space, std::string_view range) {
        std::string_view format;
        for (const ColourSpace& known : kColourSpaces) {
            if (known.tag == space) format = known.format;
        }
        if (format.empty()) {
            fail("YUV4MPEG2 in colour space " + std::string(space.substr(0, 32)) +
                 " is not supported; have it written as 420, 422, 444 or mono with 8 bits (ffmpeg: -pix_fmt yuv420p)");
        }
        const std::uint64_t half_width = (width + 1) / 2, half_height = (height + 1) / 2;
        size_ = width * height;
        if (format == "yuv420p") size_ += 2 * half_width * half_height;
        if (format == "yuv422p") size_ += 2 * half_width * height;
        if (format == "yuv444p") size_ += 2 * width * height;
        if (!leaves_out()) check_limit(size_);
        header_ = Header("image/x-raw");
        header_.set("format", format);
        header_.set("width", static_cast<std::int64_t>(width));
        header_.set("height", static_cast<std::int64_t>(height));
        if (!range.empty() && format != "gray") header_.set("range", range);
    }

    /// 0: no number, or one beyond what a size or a rate can be.
    static std::uint32_t number_of(std::string_view text) {
        std::uint32_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc() && end == text.data() + text.size() ? value : 0;
    }

    static constexpr std::uint64_t kReadAhead = 64 << 10;

    Header header_;           // of each picture
    std::uint64_t size_ = 0;  // of each picture, in bytes
    std::uint32_t rate_numerator_ = 0;
    std::uint32_t rate_denominator_ = 0;
    std::int64_t first_ = 0;  // the number of the first picture after the stream's header
};

}  // namespace

std::unique_ptr<FrameInput> open_y4m(ByteReader reader, const InputOptions& options) {
    return std::make_unique<Y4m>(std::move(reader), options);
}

}  // namespace framepipe
