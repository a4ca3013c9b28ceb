#include "frame/dialects.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "frame/ascii.hpp"
#include "frame/dialect_input.hpp"

namespace framepipe {
namespace {

using namespace std::string_view_literals;

/// What people pipe in by mistake, and what to do instead.
struct Foreign {
    std::size_t offset;
    std::string_view magic;
    std::string_view what;
};
constexpr std::array kForeign{
    Foreign{0, "\x1f\x8b"sv, "gzip data (unpack it first: zcat)"},
    Foreign{0, "\x28\xb5\x2f\xfd"sv, "zstd data (unpack it first: zstdcat)"},
    Foreign{0,
            "\xfd"
            "7zXZ\0"sv,
            "xz data (unpack it first: xzcat)"},
    Foreign{0, "BZh"sv, "bzip2 data (unpack it first: bzcat)"},
    Foreign{0, "PK\3\4"sv, "a zip archive (unpack it first)"},
    Foreign{0, "%PDF"sv, "a PDF file"},
    Foreign{4, "ftypavif"sv, "an AVIF picture (capture FILE may read it)"},
    Foreign{4, "ftypheic"sv, "a HEIC picture (capture FILE may read it)"},
    Foreign{4, "ftyp"sv, "an MP4 or QuickTime film (use capture FILE, or ffmpeg -i FILE -f yuv4mpegpipe -)"},
    Foreign{4, "moov"sv, "a QuickTime film (use capture FILE)"},
    Foreign{0, "\x1a\x45\xdf\xa3"sv, "a Matroska or WebM film (use capture FILE, or ffmpeg -i FILE -f yuv4mpegpipe -)"},
    Foreign{8, "AVI "sv, "an AVI film (use capture FILE)"},
    Foreign{8, "WAVE"sv, "a WAV sound file"},
    Foreign{0, "FLV\1"sv, "a Flash film (use capture FILE)"},
    Foreign{0, "OggS"sv, "an Ogg film or sound (use capture FILE)"},
    Foreign{0, "GIF87a"sv, "a GIF picture (use capture FILE)"},
    Foreign{0, "GIF89a"sv, "a GIF picture (use capture FILE)"},
    Foreign{0, "II*\0"sv, "a TIFF picture (use capture FILE)"},
    Foreign{0, "MM\0*"sv, "a TIFF picture (use capture FILE)"},
    Foreign{0, "\x00\x00\x00\x0cJXL "sv, "a JPEG XL picture"},
    Foreign{0, "\x00\x00\x00\x0cjP  "sv, "a JPEG 2000 picture (use capture FILE)"},
    Foreign{0, "\x93NUMPY"sv, "a NumPy array (examples/framepipe.py writes arrays as frames)"},
    Foreign{0, "\x00\x00\x01\xba"sv, "an MPEG program stream (use capture FILE, or ffmpeg -i FILE -f yuv4mpegpipe -)"},
    Foreign{0, "\x00\x00\x01\xb3"sv, "MPEG video (use capture FILE, or ffmpeg -i FILE -f yuv4mpegpipe -)"},
    Foreign{0, "\x00\x00\x00\x01"sv,
            "H.264 or H.265 video (ask for JPEGs, as with rpicam-vid --codec mjpeg, or use ffmpeg -i - -f yuv4mpegpipe -)"},
    Foreign{0, "\x00\x00\x01"sv,
            "H.264 or H.265 video (ask for JPEGs, as with rpicam-vid --codec mjpeg, or use ffmpeg -i - -f yuv4mpegpipe -)"},
};

bool is_magic_at(std::string_view text, const Foreign& foreign) {
    return text.size() >= foreign.offset && text.substr(foreign.offset).starts_with(foreign.magic);
}

const Foreign* foreign_kind(std::string_view text) {
    const auto found = std::find_if(kForeign.begin(), kForeign.end(), [&](const Foreign& kind) { return is_magic_at(text, kind); });
    return found == kForeign.end() ? nullptr : &*found;
}

bool is_text_byte(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (byte >= 0x20 && byte != 0x7f) || c == '\t' || c == '\n' || c == '\r' || c == '\x1b';
}

/// Whether the first line, or the start of it, may be one of text. Not all of them need be UTF-8, as some programs print their
/// system's older encoding, but most.
bool may_be_lines(std::string_view start) {
    constexpr std::size_t enough = 16;  // to judge by how many are not
    if (!std::all_of(start.begin(), start.end(), is_text_byte)) return false;
    if (start.size() < enough) return true;
    std::size_t replaced = 0;
    const std::string valid = valid_utf8(start);
    for (std::size_t at = 0; (at = valid.find("\xef\xbf\xbd", at)) != std::string::npos; ++at) ++replaced;
    return 2 * replaced <= start.size();
}

/// Whether the bytes read as text: UTF-8 but for a character that is cut at the end, nothing unprintable.
bool is_text(std::string_view text) {
    if (!std::all_of(text.begin(), text.end(), is_text_byte)) return false;
    for (std::size_t cut = 0; cut <= std::min<std::size_t>(3, text.size()); ++cut) {
        const std::string_view whole = text.substr(0, text.size() - cut);
        if (!whole.empty() && valid_utf8(whole) == whole) return true;
    }
    return false;
}

/// The first line that is not empty: pixels may follow it.
std::string_view first_line(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
    return text.substr(0, text.find_first_of("\r\n"));
}

/// A line in quotes, shortened.
std::string quoted(std::string_view line) {
    constexpr std::size_t most = 40;
    if (line.size() <= most) return json_string(line);
    line = line.substr(0, most);
    while (!line.empty() && valid_utf8(line) != line) line.remove_suffix(1);  // not half a character
    return json_string(std::string(line) + "...");
}

std::string hexadecimal(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += {' ', digits[byte >> 4], digits[byte & 15]};
    }
    return text;
}

bool is_pnm_refused(std::string_view text) {
    return text.size() >= 3 && text[0] == 'P' && "1234Ff"sv.find(text[1]) != std::string_view::npos && (text[2] == '\n' || text[2] == ' ');
}

/// Whether the bytes, which are all there are, could have become frames or pictures.
bool is_cut_magic(std::string_view text) {
    constexpr std::array magics{"FPF1"sv, "\xff\xd8"sv, "\x89PNG"sv, "RIFF"sv, "YUV4MPEG2"sv, "HTTP/1."sv};
    if (text.starts_with("RIFF") && text.size() < 12) return true;
    return std::any_of(magics.begin(), magics.end(), [&](std::string_view magic) { return magic.starts_with(text); });
}

/// Looks at the first bytes one after the other, so that it waits for none that it can do without.
class Sniffer {
public:
    Sniffer(ByteReader& reader, bool lines) : reader_(reader), lines_(lines) {}

    /// The dialect; nullopt: none of those with a mark of their own.
    std::optional<Dialect> marked() {
        switch (at(0)) {
            case 'F':
                return when(goes_on("FPF1"), Dialect::fpf);
            case 0xff:
                return when(goes_on("\xff\xd8"), Dialect::jpeg);
            case 0x89:
                return when(goes_on("\x89PNG"), Dialect::png);
            case 'R':
                return when(goes_on("RIFF") && goes_on_from(8, "WEBP"), Dialect::webp);
            case 'Y':
                return when(goes_on("YUV4MPEG2"), Dialect::y4m);
            case 'P':
                return when(is_pnm(), Dialect::pnm);
            case 'H':
                return when(goes_on("HTTP/1."), Dialect::multipart);
            case 'C':
            case 'c':
                return when(is_content_type(), Dialect::multipart);
            case '-':
                return when(is_boundary(), Dialect::multipart);
            case '\r':
            case '\n':
                return when(!lines_ && is_boundary_after_lines(), Dialect::multipart);
            default:
                return std::nullopt;
        }
    }

private:
    static std::optional<Dialect> when(bool is, Dialect dialect) { return is ? std::optional(dialect) : std::nullopt; }

    /// The byte at `index`; -1: the input ends before.
    int at(std::size_t index) {
        // A frame of our own format has more than these bytes: its reader finds all others unread.
        const bool read = index < kPrefixSize ? reader_.fill(index + 1, kPrefixSize) : reader_.fill(index + 1);
        if (!read) return -1;
        return std::to_integer<int>(reader_.available()[index]);
    }

    bool goes_on_from(std::size_t index, std::string_view text) {
        for (const char c : text) {
            if (at(index++) != static_cast<unsigned char>(c)) return false;
        }
        return true;
    }
    bool goes_on(std::string_view text) { return goes_on_from(0, text); }

    static bool is_blank(int c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

    bool is_pnm() {
        const int kind = at(1);
        if (kind != '5' && kind != '6' && kind != '7') return false;
        if (!is_blank(at(2))) return false;
        if (!lines_) return true;
        // "P5 of the plan" is a line of text.
        const int next = at(3);
        return next == '#' || is_blank(next) || (kind == '7' ? next >= 'A' && next <= 'Z' : next >= '0' && next <= '9');
    }

    bool is_content_type() {
        constexpr std::string_view name = "content-type:";
        for (std::size_t i = 0; i < name.size(); ++i) {
            const int c = at(i);
            if (c < 0 || lower(static_cast<char>(c)) != name[i]) return false;
        }
        return true;
    }

    /// "--" and a word. Where lines are text too, only CR LF after it tells a boundary from "--verbose".
    bool is_boundary() { return is_boundary_at(0); }

    bool is_boundary_at(std::size_t start) {
        constexpr std::size_t longest = 256;  // RFC 2046 allows 70
        if (at(start) != '-' || at(start + 1) != '-') return false;
        for (std::size_t i = start + 2; i < start + longest; ++i) {
            const int c = at(i);
            if (c == '\n') return i > start + 2 && (!lines_ || at(i - 1) == '\r');
            if (c < ' ' && c != '\r') return false;
        }
        return false;
    }

    bool is_boundary_after_lines() {
        std::size_t start = 0;
        while (start < 16 && (at(start) == '\r' || at(start) == '\n')) ++start;
        return is_boundary_at(start);
    }

    ByteReader& reader_;
    const bool lines_;
};

}  // namespace

bool goes_on_with(ByteReader& reader, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!reader.fill(i + 1) || reader.available()[i] != static_cast<std::byte>(text[i])) return false;
    }
    return true;
}

bool same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string over_limit(const std::string& name, std::uint64_t max_frame) {
    return "a frame on " + name + " is over the limit of " + std::to_string(max_frame) + " bytes (--max-frame)";
}

std::string describe_start(std::span<const std::byte> bytes) {
    const std::string_view text = Bytes({}, bytes.first(std::min<std::size_t>(bytes.size(), 64))).text();
    if (text.empty()) return "nothing";
    if (const Foreign* kind = foreign_kind(text)) return std::string(kind->what);
    if (is_pnm_refused(text)) return "a bitmap, plain or floating-point Netpbm picture (only binary PGM, PPM and PAM are read)";
    const std::string_view line = first_line(text);
    if (line.empty()) return "an empty line";
    if (is_text(line)) return "text: " + quoted(line);
    return "bytes that begin with" + hexadecimal(text.substr(0, 16));
}

std::string describe_start(ByteReader& reader) {
    reader.fill_ready(64);
    return describe_start(reader.available());
}

std::optional<Dialect> sniff(ByteReader& reader, const InputOptions& options) {
    if (!reader.fill(1, kPrefixSize)) return std::nullopt;
    if (const auto dialect = Sniffer(reader, options.lines).marked()) return dialect;
    const std::string_view have = Bytes({}, reader.available()).text();
    if (options.lines && foreign_kind(have) == nullptr) {
        // Before its end a line is no frame, so that nothing is lost by waiting for it.
        constexpr std::size_t longest = 512;
        std::size_t length = 0;
        while (length < longest && reader.fill(length + 1) && reader.available()[length] != std::byte{'\n'}) ++length;
        const std::string_view line = Bytes({}, reader.available().first(length)).text();
        if (may_be_lines(line)) return Dialect::lines;
        throw Error(options.name + ": neither frames nor pictures nor text but bytes that begin with" + hexadecimal(line.substr(0, 16)));
    }
    if (is_cut_magic(have) && !reader.fill(have.size() + 1)) {
        throw Error(options.name + ": input ended inside the first frame, after " + std::to_string(have.size()) + " bytes");
    }
    throw Error(options.name + ": neither frames nor pictures but " + describe_start(reader));
}

std::unique_ptr<FrameInput> open_dialect(Dialect dialect, ByteReader reader, const InputOptions& options) {
    switch (dialect) {
        case Dialect::fpf:
            break;
        case Dialect::jpeg:
        case Dialect::png:
        case Dialect::webp:
            return open_images(std::move(reader), options);
        case Dialect::multipart:
            return open_multipart(std::move(reader), options);
        case Dialect::y4m:
            return open_y4m(std::move(reader), options);
        case Dialect::pnm:
            return open_pnm(std::move(reader), options);
        case Dialect::lines:
            return open_lines(std::move(reader), options);
    }
    throw std::logic_error("open_dialect() is not for frames of our own format");
}

}  // namespace framepipe
