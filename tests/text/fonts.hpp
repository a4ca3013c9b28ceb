// The fonts that the tests draw with, whatever else the machine has; and looking at pictures.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "text/renderer.hpp"

namespace framepipe_test {

/// A private Fontconfig file, so that the same fonts are found everywhere, in one size of hinting: none.
class PinnedFonts {
public:
    /// Call before anything draws. The folder lives until the process ends.
    static void use() { static const PinnedFonts fonts; }

private:
    PinnedFonts() {
        char name[] = "/tmp/framepipe-fonts-XXXXXX";
        if (::mkdtemp(name) == nullptr) throw std::runtime_error("cannot make a folder for fonts");
        folder_ = name;
        for (const char* font : {"dejavu/DejaVuSans.ttf", "dejavu/DejaVuSans-Bold.ttf", "lohit-devanagari/Lohit-Devanagari.ttf",
                                 "vlgothic/VL-Gothic-Regular.ttf", "noto/NotoColorEmoji.ttf"}) {
            const std::filesystem::path file = std::filesystem::path("/usr/share/fonts/truetype") / font;
            if (!std::filesystem::exists(file)) throw std::runtime_error(file.string() + " is missing: tests/install test");
            std::filesystem::create_symlink(file, folder_ / file.filename());
        }
        std::ofstream(folder_ / "fonts.conf") << R"(<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>)" << folder_.string() << R"(</dir><cachedir>)"
                                              << folder_.string() << R"(/cache</cachedir>
<include ignore_missing="yes">/usr/share/fontconfig/conf.avail/10-scale-bitmap-fonts.conf</include>
<alias binding="same"><family>emoji</family><prefer><family>Noto Color Emoji</family></prefer></alias>
<match><edit name="family" mode="append_last"><string>DejaVu Sans</string></edit></match>
<match target="font"><edit name="hinting" mode="assign"><bool>false</bool></edit></match>
</fontconfig>)";
        ::setenv("FONTCONFIG_FILE", (folder_ / "fonts.conf").c_str(), 1);
    }
    ~PinnedFonts() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    std::filesystem::path folder_;
};

/// Draws with the pinned fonts; remembers what was missing.
struct Pen {
    explicit Pen(const framepipe::TextStyle& style = {})
        : renderer((PinnedFonts::use(), style), [this](const std::string&, const std::string& line) { missing.push_back(line); }) {}

    framepipe::TextPicture operator()(std::string_view text) { return renderer.draw(text); }

    std::vector<std::string> missing;
    framepipe::TextRenderer renderer;
};

inline std::uint8_t channel(const framepipe::TextPicture& picture, std::uint32_t x, std::uint32_t y, unsigned c) {
    return static_cast<std::uint8_t>(picture.pixels.data()[4 * (std::size_t{picture.extent.width} * y + x) + c]);
}

inline std::uint8_t alpha(const framepipe::TextPicture& picture, std::uint32_t x, std::uint32_t y) {
    return channel(picture, x, y, 3);
}

/// The columns and rows between which a picture has ink; all 0: none.
struct Ink {
    std::uint32_t left = 0, top = 0, right = 0, bottom = 0;
    std::uint32_t width() const { return right - left; }
    std::uint32_t height() const { return bottom - top; }
};

inline Ink ink_of(const framepipe::TextPicture& picture, std::uint32_t from_row = 0, std::uint32_t to_row = ~0U) {
    Ink ink{~0U, ~0U, 0, 0};
    for (std::uint32_t y = from_row; y < std::min(to_row, picture.extent.height); ++y) {
        for (std::uint32_t x = 0; x < picture.extent.width; ++x) {
            if (alpha(picture, x, y) < 64) continue;
            ink = {std::min(ink.left, x), std::min(ink.top, y), std::max(ink.right, x + 1), std::max(ink.bottom, y + 1)};
        }
    }
    return ink.right == 0 ? Ink{} : ink;
}

/// How many runs of columns with ink there are: letters that do not touch each other.
inline int pieces(const framepipe::TextPicture& picture) {
    int count = 0;
    bool inside = false;
    for (std::uint32_t x = 0; x < picture.extent.width; ++x) {
        bool ink = false;
        for (std::uint32_t y = 0; y < picture.extent.height; ++y) ink = ink || alpha(picture, x, y) >= 64;
        if (ink && !inside) ++count;
        inside = ink;
    }
    return count;
}

/// The part of the pixels of `a` that have no like in `b` within one pixel of their place, in percent.
inline double unlike(const framepipe::TextPicture& a, const framepipe::TextPicture& b) {
    std::size_t bad = 0, inked = 0;
    for (std::uint32_t y = 0; y < a.extent.height; ++y) {
        for (std::uint32_t x = 0; x < a.extent.width; ++x) {
            if (alpha(a, x, y) == 0) continue;
            ++inked;
            bool found = false;
            for (std::uint32_t v = y == 0 ? 0 : y - 1; v <= y + 1 && v < b.extent.height && !found; ++v) {
                for (std::uint32_t u = x == 0 ? 0 : x - 1; u <= x + 1 && u < b.extent.width && !found; ++u) {
                    int worst = 0;
                    for (unsigned c = 0; c < 4; ++c) worst = std::max(worst, std::abs(channel(a, x, y, c) - channel(b, u, v, c)));
                    found = worst <= 48;
                }
            }
            if (!found) ++bad;
        }
    }
    return inked == 0 ? 0 : 100.0 * static_cast<double>(bad) / static_cast<double>(inked);
}

}  // namespace framepipe_test
