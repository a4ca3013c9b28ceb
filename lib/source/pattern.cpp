#include "source/pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

#include "image/font.hpp"

namespace framepipe {

namespace {

constexpr std::uint32_t kClockLetters = 12;  // HH:MM:SS.mmm
constexpr std::uint32_t kLineHeight = kGlyphHeight + 2;
constexpr std::array<Rgb, 8> kBars{
    {{235, 235, 235}, {235, 235, 16}, {16, 235, 235}, {16, 235, 16}, {235, 16, 235}, {235, 16, 16}, {16, 16, 235}, {40, 40, 40}}};
constexpr int kRampSteps = 32;

/// The largest dots with which the clock takes at most four fifths of the width and the two lines
/// two fifths of the height.
std::uint32_t dot_size(Extent extent) {
    const std::uint32_t across = extent.width * 4 / 5 / (kClockLetters * kGlyphAdvance);
    const std::uint32_t down = extent.height * 2 / 5 / (2 * kLineHeight);
    return std::max(1U, std::min(across, down));
}

}  // namespace

std::string clock_text(std::int64_t time_us) {
    const std::time_t seconds = time_us / 1'000'000;
    std::tm local{};
    localtime_r(&seconds, &local);
    return fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min, local.tm_sec, time_us / 1000 % 1000);
}

Pattern::Pattern(Extent extent, PixelFormat format)
    : extent_(extent),
      format_(format),
      scale_(dot_size(extent)),
      black_(ink(format, {0, 0, 0})),
      white_(ink(format, {255, 255, 255})),
      background_(picture_size(format, extent)) {
    const std::int64_t width = extent.width;
    const std::int64_t height = extent.height;
    // Samples of padding columns (yuyv of odd width) belong to no pixel, but must not be chance.
    std::memset(background_.data(), 0, background_.size());
    for (int i = 0; i < 8; ++i) {
        const std::int64_t left = width * i / 8;
        fill(background_.span(), format, extent, {left, 0, width * (i + 1) / 8 - left, height},
             ink(format, kBars[static_cast<std::size_t>(i)]));
    }
    const std::int64_t ramp_y = height * 7 / 8;
    for (int i = 0; i < kRampSteps; ++i) {
        const std::int64_t left = width * i / kRampSteps;
        const auto level = static_cast<std::uint8_t>(i * 255 / (kRampSteps - 1));
        fill(background_.span(), format, extent, {left, ramp_y, width * (i + 1) / kRampSteps - left, height - ramp_y},
             ink(format, {level, level, level}));
    }
    const std::int64_t panel_height = std::min<std::int64_t>(height, (2 * kLineHeight + 2) * scale_);
    const std::int64_t panel_y = std::max<std::int64_t>(0, height / 2 - panel_height / 2) & ~1;
    fill(background_.span(), format, extent, {0, panel_y, width, panel_height}, black_);
    number_y_ = panel_y + 2 * scale_;
    clock_y_ = number_y_ + kLineHeight * scale_;
    // In a low picture the box moves over the letters: something must move.
    const std::int64_t lane_top = std::min((panel_y + panel_height + 1) & ~1, std::max<std::int64_t>(0, height - 2) & ~1);
    lane_ = {0, lane_top, width, std::max<std::int64_t>(2, (ramp_y - lane_top) & ~1)};
}

void Pattern::text(std::span<std::byte> picture, std::string_view words, std::int64_t y) const {
    // Too wide a line loses its end, not its beginning.
    const auto length = static_cast<std::int64_t>(words.size() * kGlyphAdvance * scale_);
    write(picture, format_, extent_, words, std::max<std::int64_t>(0, (extent_.width - length) / 2), y, scale_, white_);
}

Bytes Pattern::draw(std::uint64_t number, std::int64_t time_us) const {
    Block picture(background_.size());
    std::memcpy(picture.data(), background_.data(), background_.size());

    // A box that goes to and fro in eighths of its own width, so that every frame differs from the one before.
    const std::int64_t side = std::max<std::int64_t>(2, std::min<std::int64_t>(lane_.height, extent_.width / 8) & ~1);
    const std::int64_t room = std::max<std::int64_t>(1, lane_.width - side);
    const std::int64_t step = std::max<std::int64_t>(2, side / 8 & ~1);
    const auto way = static_cast<std::int64_t>(number % static_cast<std::uint64_t>(2 * room)) * step % (2 * room);
    const std::int64_t x = (way < room ? way : 2 * room - way) & ~1;
    fill(picture.span(), format_, extent_, {x, lane_.y, side, side}, white_);
    fill(picture.span(), format_, extent_, {x + side / 4, lane_.y + side / 4, side / 2, side / 2}, black_);

    text(picture.span(), fmt::format("#{}", number), number_y_);
    text(picture.span(), clock_text(time_us), clock_y_);
    return std::move(picture).share();
}

Header Pattern::header() const {
    Header header("image/x-raw");
    describe_raw(header, ImageView{format_, extent_, Range::limited, Matrix::bt601, {}});
    return header;
}

}  // namespace framepipe
