// Any bytes, read as a volume's file: each input is refused in one line, or is a volume whose every corner lies in memory.
// And as what somebody asks for who looks at one.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "require.hpp"
#include "volume/gzip.hpp"
#include "volume/nifti.hpp"
#include "volume/npy.hpp"
#include "volume/nrrd.hpp"
#include "volume/open_volume.hpp"
#include "volume/slice_request.hpp"
#include "volume/tiff.hpp"
#include "volume/tiff_file.hpp"

namespace {

using namespace framepipe;
using framepipe_test::may_refuse;
using framepipe_test::require;

/// Reads the voxels at the ends of all axes: what lies between them lies between these.
void examine(const Volume& volume) {
    volatile unsigned sum = 0;
    for (int corner = 0; corner < 16; ++corner) {
        const std::byte* at = volume.first + (corner & 8 ? (volume.channels - 1) * volume.channel_stride : 0);
        for (int axis = 0; axis < 3; ++axis) {
            require(volume.axes[axis].size >= 1);
            require(volume.axes[axis].spacing > 0);
            if (corner >> axis & 1) at += (volume.axes[axis].size - 1) * volume.axes[axis].stride;
        }
        for (std::size_t i = 0; i < size_of(volume.type); ++i) sum = sum + std::to_integer<unsigned>(at[i]);
    }
}

template <typename Reader>
void read(Reader reader) {
    may_refuse([&] { examine(reader()); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes file = Bytes::copy_of(std::as_bytes(std::span(data, size)));
    OpenVolumeOptions options;
    options.max_memory = 1 << 20;
    const std::filesystem::path nowhere = "/nonexistent/volume.hdr";  // of files with a second one, that is not there
    if (is_npy(file)) read([&] { return read_npy(file); });
    if (is_nifti(file) || is_gzip(file)) read([&] { return read_nifti(nowhere, file, options); });
    if (is_nrrd(file)) read([&] { return read_nrrd(nowhere, file, options); });
    if (is_tiff(file)) read([&] { return read_tiff(file, "volume", options); });
    may_refuse([&] { parse_slice_request(file.text(), "an index from 0 to 9"); });
    return 0;
}
