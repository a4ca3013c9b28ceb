// The pixels of slices.
#pragma once

#include <memory>

#include "image/crew.hpp"
#include "image/pixel_format.hpp"
#include "volume/slice_look.hpp"
#include "volume/volume.hpp"

namespace framepipe {

/// Draws slices as gray or rgb24, or with 16 bits a sample as gray16le or rgb48le. Alpha blends over white. Keeps tables
/// and memory between slices. One thread at a time.
class SlicePictures {
public:
    /// crew  helps with large slices; outlives this
    SlicePictures(bool deep, Crew& crew);
    ~SlicePictures();

    /// volume, index  where the slice is: the look's own volume, or a part of it that lies otherwise
    Image draw(const Volume& volume, std::int64_t index, const SliceLook& look);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace framepipe
