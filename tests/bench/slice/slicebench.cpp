// slicebench VOLUME TOP ROUNDS: what cutting a slice and compressing it takes, beside reading the slice by the plainest
// loop and compressing a picture that is there already. Prints a line an axis: microseconds of each, medians.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "codec/jpeg.hpp"
#include "image/pixel_format.hpp"
#include "volume/cut.hpp"
#include "volume/open_volume.hpp"
#include "volume/slice_frames.hpp"

using namespace framepipe;

namespace {

template <typename Work>
double microseconds(Work work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

void read_plainly(const SliceView& slice, std::vector<std::uint16_t>& out) {
    std::uint16_t* to = out.data();
    for (std::uint32_t y = 0; y < slice.extent.height; ++y)
        for (std::uint32_t x = 0; x < slice.extent.width; ++x)
            *to++ = *reinterpret_cast<const std::uint16_t*>(slice.first + static_cast<std::ptrdiff_t>(x) * slice.x_stride +
                                                            static_cast<std::ptrdiff_t>(y) * slice.y_stride);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) return 2;
    const Volume volume = open_volume(argv[1]);
    const int rounds = std::atoi(argv[3]);
    for (std::size_t axis = 0; axis < 3; ++axis) {
        SliceOptions options;
        options.request.axis = std::to_string(axis);
        options.request.range = ValueRange{0, std::atof(argv[2])};
        SliceFrames slices(volume, options, {});
        const SlicePlane plane = slice_plane(volume, std::to_string(axis), Convention::radiological);
        JpegEncoder encoder({});
        std::vector<double> reading, compressing, ours;
        for (int i = -5; i < rounds; ++i) {  // the first ones warm up
            SliceRequest request;
            request.index = static_cast<std::int64_t>(i + 5) * 37 % volume.axes[axis].size;
            Frame frame;
            const double one = microseconds([&] {
                frame = slices.slice(Header("text/plain"), request);
                encoder.encode(raw_view(frame));
            });
            // Another slice, so that neither finds the other's in the cache.
            const SliceView slice = slice_view(volume, plane, (*request.index + volume.axes[axis].size / 2) % volume.axes[axis].size);
            std::vector<std::uint16_t> out(std::size_t{slice.extent.width} * slice.extent.height);
            const double two = microseconds([&] { read_plainly(slice, out); });
            const double three = microseconds([&] { encoder.encode(raw_view(frame)); });
            if (i < 0) continue;
            ours.push_back(one);
            reading.push_back(two);
            compressing.push_back(three);
        }
        std::printf("%zu %.0f %.0f %.0f\n", axis, median(reading), median(compressing), median(ours));
    }
    return 0;
}
