// A folder of images, one slice each.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "volume/open_volume.hpp"

namespace framepipe {

/// True if a file that begins with these bytes (20 are enough) is an image that can be a slice: JPEG, PNG, WebP or TIFF.
bool is_slice_image(std::string_view beginning);

/// The volume of these images, in this order: axis 0 goes from image to image, 1 from row to row, 2 from column to column.
/// throws Error that says why not: they are not of one size and kind, or one is broken; the file's name is in it
Volume read_images(std::span<const std::filesystem::path> files, const OpenVolumeOptions& options);

}  // namespace framepipe
