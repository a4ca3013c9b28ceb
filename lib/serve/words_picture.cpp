#include "serve/words_picture.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "image/font.hpp"
#include "image/paint.hpp"

namespace framepipe::serve {
namespace {

constexpr PixelFormat kFormat = PixelFormat::rgb24;
constexpr Rgb kBackground{32, 33, 36};
constexpr Rgb kTitle{255, 255, 255};
constexpr Rgb kText{200, 204, 209};
constexpr std::uint32_t kLineAdvance = kGlyphHeight + 4;

/// A letter of one byte for each of the text's.
std::string one_byte_letters(std::string_view text) {
    std::string letters;
    for (const char c : text)
        if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) letters += c;
    return letters;
}

/// Lines of up to `columns` letters, broken at spaces where there are some.
std::vector<std::string> broken(const std::string& text, std::size_t columns) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::size_t length = end - at;
        std::size_t skip = 1;
        if (length > columns) {
            const std::size_t space = text.rfind(' ', at + columns);
            const bool breaks = space != std::string::npos && space > at;
            length = breaks ? space - at : columns;
            skip = breaks ? 1 : 0;
        }
        lines.push_back(text.substr(at, length));
        at += length + skip;
    }
    return lines;
}

class Sheet {
public:
    explicit Sheet(Extent extent) : extent_(extent), pixels_(picture_size(kFormat, extent)) {
        fill(pixels_.span(), kFormat, extent_, {0, 0, extent.width, extent.height}, ink(kFormat, kBackground));
    }

    /// scale  pixels a dot
    void write(const std::string& line, std::int64_t x, std::int64_t y, std::uint32_t scale, const Ink& ink) {
        framepipe::write(pixels_.span(), kFormat, extent_, line, x, y, scale, ink);
    }

    Frame frame() && {
        Header header;
        describe_raw(header, {kFormat, extent_, {}, {}, pixels_.span()});
        return {std::move(header), std::move(pixels_).share()};
    }

private:
    const Extent extent_;
    Block pixels_;
};

}  // namespace

Frame words_picture(Extent extent, std::string_view title, std::string_view text) {
    extent = {std::clamp(extent.width, 320U, 1920U), std::clamp(extent.height, 180U, 1080U)};
    const std::uint32_t scale = std::max(1U, std::min(extent.width / 320, extent.height / 180));
    const std::uint32_t margin = 10 * scale;
    const auto columns = [&](std::uint32_t dots) { return (extent.width - 2 * margin) / (kGlyphAdvance * dots); };

    Sheet sheet(extent);
    sheet.write(one_byte_letters(title).substr(0, columns(scale + 1)), margin, margin, scale + 1, ink(kFormat, kTitle));
    std::uint32_t y = margin + kLineAdvance * (scale + 1) + 4 * scale;
    std::vector<std::string> lines = broken(one_byte_letters(text), columns(scale));
    const std::size_t room = (extent.height - margin - y) / (kLineAdvance * scale);
    if (lines.size() > room) {
        lines.resize(room);
        lines.back() = lines.back().substr(0, columns(scale) - 3) + "...";
    }
    for (const std::string& line : lines) {
        sheet.write(line, margin, y, scale, ink(kFormat, kText));
        y += kLineAdvance * scale;
    }
    return std::move(sheet).frame();
}

}  // namespace framepipe::serve
