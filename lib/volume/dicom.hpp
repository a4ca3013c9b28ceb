// DICOM series.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "volume/dicom_module.hpp"
#include "volume/open_volume.hpp"

namespace framepipe {

/// True if a file that begins with these bytes (132 are enough) is DICOM.
bool is_dicom(std::string_view beginning);

/// The volume of a series: axis 0 goes from column to column, 1 from row to row, 2 from slice to slice, in the order of their
/// places along the normal of the planes (else of their numbers). Of several series in `files` the largest is taken, and that
/// is said, as are slices that are left out and uneven distances. A file of several frames is a series alone.
/// name     for what is worth saying
/// of       one of the files: its series is taken, or it alone, if it has several frames; empty: the largest series
/// throws Error that says why not, without the folder's name
/// source DICOM PS3.3, C.7.6.2 (Image Plane), C.11.1 (Modality LUT), C.11.2 (VOI LUT)
Volume read_dicom(Dicom& dicom, std::span<const std::filesystem::path> files, const std::string& name, const OpenVolumeOptions& options,
                  const std::filesystem::path& of = {});

}  // namespace framepipe
