// TIFF stacks.
#pragma once

#include "frame/bytes.hpp"
#include "volume/open_volume.hpp"

namespace framepipe {

/// The volume of a TIFF's pages: axis 0 goes from page to page, 1 from row to row, 2 from column to column. Where its pixels
/// lie in `file` as they are, and pages at equal distances, it shares them; else they are decoded. An ImageJ stack has its
/// spacing, unit, calibration and display range; of its channels and frames the first is taken.
/// name     for what is worth saying
/// throws Error that says why not, without the file's name
/// source TIFF 6.0; https://imagej.net/ij/docs/guide/146-29.html for ImageJ's
Volume read_tiff(const Bytes& file, const std::string& name, const OpenVolumeOptions& options);

}  // namespace framepipe
