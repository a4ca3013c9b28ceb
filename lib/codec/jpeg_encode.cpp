#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "codec/jpeg.hpp"
#include "codec/jpeg_band.hpp"
#include "frame/error.hpp"
#include "image/yuv_rows.hpp"

namespace framepipe {
namespace {

constexpr std::uint32_t kMaxSide = 65500;  // JPEG_MAX_DIMENSION
/// A large picture is made of bands that do not need each other, so that several threads can make one picture. That
/// depends on the picture alone: the same one gives the same JPEG on every machine.
constexpr std::uint32_t kMostBands = 8;
constexpr std::uint32_t kLeastPixels = 1 << 16;  // of a band
constexpr std::uint32_t kMaxInterval = 65535;    // what DRI can say

constexpr std::byte kMarker{0xFF}, kFrameHeader{0xC0}, kScanHeader{0xDA}, kRestart{0xD0}, kEnd{0xD9};

Subsampling own_subsampling(PixelFormat format) {
    switch (format) {
        case PixelFormat::yuv420p:
        case PixelFormat::nv12:
            return Subsampling::s420;
        case PixelFormat::yuv422p:
        case PixelFormat::yuyv422:
            return Subsampling::s422;
        default:
            return Subsampling::s444;
    }
}

PixelFormat planar_format(Subsampling subsampling) {
    switch (subsampling) {
        case Subsampling::s420:
            return PixelFormat::yuv420p;
        case Subsampling::s422:
            return PixelFormat::yuv422p;
        default:
            return PixelFormat::yuv444p;
    }
}

std::uint32_t parts_of(std::uint32_t whole, std::uint32_t part) {
    return (whole + part - 1) / part;
}

std::vector<JpegRows> bands_of(Extent extent, Extent mcu) {
    const std::uint32_t all = parts_of(extent.height, mcu.height), across = parts_of(extent.width, mcu.width);
    std::uint32_t rows = std::max(parts_of(all, kMostBands), parts_of(kLeastPixels, extent.width * mcu.height));
    if (rows >= all) return {{0, extent.height, 0}};
    rows = std::min(rows, std::max(1U, kMaxInterval / across));
    std::vector<JpegRows> bands;
    for (std::uint32_t first = 0; first < extent.height; first += rows * mcu.height)
        bands.push_back({first, std::min(rows * mcu.height, extent.height - first), rows * across});
    return bands;
}

/// Where the compressed data begin; `frame_header` becomes the place of the SOF segment.
std::size_t data_of(std::span<const std::byte> jpeg, std::size_t& frame_header) {
    for (std::size_t at = 2;;) {
        const std::byte marker = jpeg[at + 1];
        if (marker == kFrameHeader) frame_header = at;
        at += 2 + (std::to_integer<std::size_t>(jpeg[at + 2]) << 8 | std::to_integer<std::size_t>(jpeg[at + 3]));
        if (marker == kScanHeader) return at;
    }
}

/// The first one's header with the whole height, and all data with restart markers between them.
/// source  ITU-T T.81, B.2.1 and F.1.2.3
Bytes join(const std::vector<std::span<const std::byte>>& bands, std::uint32_t height) {
    std::size_t size = 0;
    for (const auto& band : bands) size += band.size();
    Block whole(size);  // somewhat less
    std::byte* out = whole.data();
    for (std::size_t i = 0; i < bands.size(); ++i) {
        std::size_t frame_header = 0;
        const std::size_t data = data_of(bands[i], frame_header), begin = i == 0 ? 0 : data, end = bands[i].size() - 2;
        out = std::copy(bands[i].data() + begin, bands[i].data() + end, out);
        if (i == 0) {
            whole.data()[frame_header + 5] = static_cast<std::byte>(height >> 8);
            whole.data()[frame_header + 6] = static_cast<std::byte>(height);
        }
        *out++ = kMarker;
        *out++ = i + 1 == bands.size() ? kEnd : kRestart | static_cast<std::byte>(i % 8);
    }
    whole.resize(static_cast<std::size_t>(out - whole.data()));
    return std::move(whole).share();
}

}  // namespace

Subsampling parse_subsampling(std::string_view text) {
    if (text == "420") return Subsampling::s420;
    if (text == "422") return Subsampling::s422;
    if (text == "444") return Subsampling::s444;
    if (text == "gray") return Subsampling::gray;
    throw UsageError(fmt::format("'{}' is no subsampling: 420, 422, 444 or gray", text));
}

struct JpegEncoder::Impl {
    explicit Impl(JpegOptions o) : options(o) {}

    Bytes encode(const ImageView& image);
    /// make  gives a band's JPEG
    template <typename Make>
    Bytes encode_bands(Extent extent, Subsampling subsampling, const Make& make);
    Bytes encode_planes(const ImageView& image, Subsampling subsampling);

    const JpegOptions options;
    Crew* crew = nullptr;                             // who helps with the picture at hand
    std::vector<std::unique_ptr<JpegBand>> encoders;  // as many as there were bands
};

template <typename Make>
Bytes JpegEncoder::Impl::encode_bands(Extent extent, Subsampling subsampling, const Make& make) {
    const std::vector<JpegRows> bands = bands_of(extent, mcu_extent(subsampling));
    while (encoders.size() < bands.size()) encoders.push_back(std::make_unique<JpegBand>(options));
    if (bands.size() == 1) return Bytes::copy_of(make(*encoders[0], bands[0]));
    std::vector<std::span<const std::byte>> made(bands.size());
    const auto part = [&](std::size_t i) { made[i] = make(*encoders[i], bands[i]); };
    if (crew != nullptr) {
        crew->each(bands.size(), part);
    } else {
        for (std::size_t i = 0; i < bands.size(); ++i) part(i);
    }
    return join(made, extent.height);
}

Bytes JpegEncoder::Impl::encode_planes(const ImageView& image, Subsampling subsampling) {
    return encode_bands(image.extent, subsampling, [&](JpegBand& encoder, const JpegRows& band) {
        YuvRows rows(image, {Range::full, Matrix::bt601});
        return encoder.encode_planes(rows, subsampling, band);
    });
}

Bytes JpegEncoder::Impl::encode(const ImageView& image) {
    const Extent extent = image.extent;
    if (extent.width == 0 || extent.height == 0 || extent.width > kMaxSide || extent.height > kMaxSide) {
        throw Error(fmt::format("cannot encode {}x{} as JPEG: each side must be 1 to {}", extent.width, extent.height, kMaxSide));
    }
    // As the plane that it is: libjpeg copies rows of gray pixels byte by byte, which takes as long as half the rest.
    if (image.format == PixelFormat::gray) return encode_planes(image, Subsampling::gray);
    if (is_yuv(image.format)) {
        const Subsampling own = own_subsampling(image.format);
        const Subsampling wanted = options.subsampling_asked ? options.subsampling : own;
        if (wanted == own || wanted == Subsampling::gray) return encode_planes(image, wanted);
        return encode_planes(convert(image, planar_format(wanted), options.matte, Range::full, Matrix::bt601).view(), wanted);
    }
    const Subsampling subsampling = image.format == PixelFormat::gray16le ? Subsampling::gray : options.subsampling;
    return encode_bands(extent, subsampling, [&](JpegBand& encoder, const JpegRows& band) { return encoder.encode_pixels(image, band); });
}

JpegEncoder::JpegEncoder(JpegOptions options) : impl_(std::make_unique<Impl>(options)) {}
JpegEncoder::~JpegEncoder() = default;
JpegEncoder::JpegEncoder(JpegEncoder&&) noexcept = default;

Bytes JpegEncoder::encode(const ImageView& image, Crew* crew) {
    impl_->crew = crew;
    return impl_->encode(image);
}

}  // namespace framepipe
