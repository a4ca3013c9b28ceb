// NIfTI files.
#pragma once

#include <filesystem>

#include "frame/bytes.hpp"
#include "volume/open_volume.hpp"

namespace framepipe {

/// The bytes that is_nifti() wants to see: a header of NIfTI-2.
inline constexpr std::size_t kNiftiHeaderSize = 540;

/// True if a file that begins with these bytes is NIfTI-1 or -2, of one file or of two, or ANALYZE 7.5, from which
/// NIfTI-1 comes.
bool is_nifti(std::span<const std::byte> head);

/// The header's file beside `path`, if that is the second file of two ("brain.img" of "brain.hdr", either one
/// compressed or not); else `path`.
std::filesystem::path nifti_header_of(const std::filesystem::path& path);

/// The volume of the header in `file`, which is gzip or not, and which lies at `path`. Where there are several volumes
/// it is the first one. Axes are the file's: the first lies closest together.
/// throws Error that says why not, without the file's name
/// source https://nifti.nimh.nih.gov/nifti-1, https://nifti.nimh.nih.gov/nifti-2
Volume read_nifti(const std::filesystem::path& path, const Bytes& file, const OpenVolumeOptions& options);

}  // namespace framepipe
