#include "volume/open_volume.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "frame/error.hpp"
#include "volume/dicom.hpp"
#include "volume/folder.hpp"
#include "volume/gzip.hpp"
#include "volume/image_folder.hpp"
#include "volume/mapped_file.hpp"
#include "volume/nifti.hpp"
#include "volume/npy.hpp"
#include "volume/nrrd.hpp"
#include "volume/raw.hpp"
#include "volume/tiff.hpp"
#include "volume/tiff_file.hpp"

namespace framepipe {
namespace {

namespace fs = std::filesystem;

std::string name_of(const fs::path& path) {
    const auto name = path.filename().empty() ? path.parent_path().filename() : path.filename();
    return name.string();
}

/// What a file of no known format begins with, for people: text as it is, other bytes in hexadecimal.
std::string beginning(std::span<const std::byte> bytes) {
    if (bytes.empty()) return "it is empty";
    bool text = true;
    std::string quoted, hexadecimal;
    for (const std::byte byte : bytes.first(std::min<std::size_t>(bytes.size(), 8))) {
        const auto c = std::to_integer<unsigned char>(byte);
        text = text && c >= 0x20 && c < 0x7f;
        quoted += static_cast<char>(c);
        hexadecimal += fmt::format(" {:02x}", c);
    }
    return text ? fmt::format("it begins with '{}'", quoted) : "it begins with" + hexadecimal;
}

constexpr const char* kUnderstood = ", which is no NumPy .npy, NIfTI, NRRD, TIFF or DICOM; for raw voxels give --shape and --dtype";

Volume read_gzip(const fs::path& path, const Bytes& file, const OpenVolumeOptions& options) {
    std::array<std::byte, kNiftiHeaderSize> first{};
    const auto head = std::span<const std::byte>(first).first(GzipReader(file).read_some(first));
    if (is_nifti(head)) return read_nifti(path, file, options);
    throw Error("of what can be in a gzip, NIfTI is understood; in this one " + beginning(head));
}

constexpr std::size_t kBeginning = 132;  // bytes that tell what a file in a folder is

/// The series of which the file is one slice, or the file alone where it has several.
Volume read_dicom_of(const fs::path& path, const OpenVolumeOptions& options) {
    std::vector<fs::path> files;
    for (const fs::path& file : files_in(path.has_parent_path() ? path.parent_path() : "."))
        if (is_dicom(first_bytes(file, kBeginning))) files.push_back(file);
    // A hidden file is not among them, nor one that is named without its folder.
    const auto same = std::find_if(files.begin(), files.end(), [&](const fs::path& file) { return file.filename() == path.filename(); });
    if (same == files.end())
        files.push_back(path);
    else
        *same = path;
    return read_dicom(dicom(), files, name_of(path), options, path);
}

Volume read_file(const fs::path& path, const Bytes& file, const OpenVolumeOptions& options) {
    if (is_npy(file)) return read_npy(file);
    if (is_nifti(file)) return read_nifti(path, file, options);
    if (is_nrrd(file)) return read_nrrd(path, file, options);
    // Before TIFF: the first bytes of a DICOM file are its writer's own, and some write a TIFF's there.
    if (is_dicom(file.text())) return read_dicom_of(path, options);
    if (is_tiff(file)) return read_tiff(file, name_of(path), options);
    if (is_gzip(file)) return read_gzip(path, file, options);
    throw Error(beginning(file) + kUnderstood);
}

Volume read_folder(const fs::path& folder, const OpenVolumeOptions& options) {
    std::vector<fs::path> images, dicoms;
    std::size_t others = 0;
    for (const fs::path& file : files_in(folder)) {
        const std::string beginning = first_bytes(file, kBeginning);
        if (is_dicom(beginning))
            dicoms.push_back(file);
        else if (is_slice_image(beginning))
            images.push_back(file);
        else
            ++others;
    }
    if (!dicoms.empty()) return read_dicom(dicom(), dicoms, name_of(folder), options);
    if (images.empty()) throw Error("there is no JPEG, PNG, WebP, TIFF or DICOM in it");
    if (others > 0 && options.warn)
        options.warn(fmt::format("{}: {} {} no JPEG, PNG, WebP or TIFF and left out", name_of(folder), others,
                                 others == 1 ? "file is" : "files are"));
    return read_images(images, options);
}

}  // namespace

Volume open_volume(const std::filesystem::path& path, const OpenVolumeOptions& options) {
    std::error_code ignored;
    const bool folder = !options.raw && fs::is_directory(path, ignored);
    const fs::path start = options.raw || folder ? path : nifti_header_of(path);
    const Bytes file = folder ? Bytes() : map_file(start);
    try {
        Volume volume = options.raw ? read_raw(file, *options.raw) : folder ? read_folder(path, options) : read_file(start, file, options);
        volume.name = name_of(path);
        return volume;
    } catch (const Error& error) {
        throw Error(fmt::format("cannot read {}: {}", path.string(), error.what()));
    }
}

}  // namespace framepipe
