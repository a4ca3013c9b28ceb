#include "volume/tiff.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "frame/error.hpp"
#include "volume/byte_order.hpp"
#include "volume/dense.hpp"
#include "volume/imagej.hpp"
#include "volume/memory.hpp"
#include "volume/tiff_file.hpp"

namespace framepipe {
namespace {

/// The pages that make up the volume: page i is `first + i * step`.
struct Stack {
    std::int64_t depth = 0;
    std::int64_t step = 1;
};

/// ImageJ's pages go through channels first, then slices, then frames. What varies and is not paged through stays at its first.
Stack imagej_stack(const ImageJ& imagej, std::int64_t pages, const std::string& name, const OpenVolumeOptions& options) {
    const bool all = imagej.channels <= pages && imagej.slices <= pages / imagej.channels &&
                     imagej.frames <= pages / imagej.channels / imagej.slices && imagej.channels * imagej.slices * imagej.frames == pages;
    if (!all) return {pages, 1};
    // NumPy users' stacks: tifffile calls the first of three axes channels unless it is told otherwise.
    if (imagej.slices == 1 && imagej.frames == 1) return {pages, 1};
    const bool through_time = imagej.slices == 1 && imagej.frames > 1;
    std::string left_out;
    if (imagej.channels > 1) left_out = fmt::format("{} channels", imagej.channels);
    if (imagej.frames > 1 && !through_time) left_out += fmt::format("{}{} frames", left_out.empty() ? "" : " and ", imagej.frames);
    if (!left_out.empty() && options.warn) options.warn(fmt::format("{}: {}, showing the first", name, left_out));
    return {through_time ? imagej.frames : imagej.slices, imagej.channels};
}

void check_alike(const std::vector<TiffPage>& pages) {
    const auto words = [](const TiffPage& page) {
        return fmt::format("{}x{} pixels of {} {}", page.width, page.height, page.samples, name_of(page.type));
    };
    for (std::size_t i = 1; i < pages.size(); ++i)
        if (!pages[i].same_pixels(pages[0]))
            throw Error(fmt::format("its page {} is {}, but page 1 is {}{}", i + 1, words(pages[i]), words(pages[0]),
                                    words(pages[i]) == words(pages[0]) ? " of another kind of colour" : ""));
}

/// Bytes from one page to the next, where all lie as they are and at equal distances; nullopt: they do not.
std::optional<std::ptrdiff_t> page_stride(const std::vector<TiffPage>& pages) {
    if (!pages[0].plain) return std::nullopt;
    std::optional<std::ptrdiff_t> stride;
    for (std::size_t i = 1; i < pages.size(); ++i) {
        if (!pages[i].plain) return std::nullopt;
        const auto here = static_cast<std::ptrdiff_t>(*pages[i].plain) - static_cast<std::ptrdiff_t>(*pages[i - 1].plain);
        if (stride && here != *stride) return std::nullopt;
        stride = here;
    }
    return stride.value_or(0);
}

/// `depth` pages that are all like `page`, the first one at byte `at` of `bytes`, each `stride` bytes from the one before.
Volume volume_of(const Bytes& bytes, const TiffPage& page, std::int64_t depth, std::uint64_t at, std::ptrdiff_t stride, bool big_endian) {
    return paged_volume(bytes, at, {depth, page.height, page.width, page.samples, page.channels, page.type, big_endian, stride});
}

Volume decode(TiffFile& tiff, const Stack& stack, std::uint64_t max_memory) {
    const auto& pages = tiff.pages();
    const TiffPage& page = pages[0];
    const std::uint64_t page_bytes = static_cast<std::uint64_t>(page.height) * page.row_bytes();
    if (page_bytes > static_cast<std::uint64_t>(std::numeric_limits<std::ptrdiff_t>::max()) / stack.depth)
        throw Error("its pages promise more than any memory holds");
    Block block = take_memory(page_bytes * stack.depth, max_memory);
    for (std::int64_t i = 0; i < stack.depth; ++i) {
        const auto number = static_cast<std::size_t>(i * stack.step);
        try {
            tiff.decode(pages[number], block.span().subspan(i * page_bytes, page_bytes));
        } catch (const Error& error) {
            throw Error(fmt::format("its page {}: {}", number + 1, error.what()));
        }
    }
    return volume_of(std::move(block).share(), page, stack.depth, 0, static_cast<std::ptrdiff_t>(page_bytes), kNativeBig);
}

/// ImageJ writes stacks of more than 4 GiB with one directory, and all pages behind the first one's pixels.
bool has_one_directory(const std::vector<TiffPage>& pages, const std::optional<ImageJ>& imagej) {
    return pages.size() == 1 && imagej && imagej->images > 1 && pages[0].plain;
}

bool is_unsigned(VoxelType type) {
    return type == VoxelType::uint8 || type == VoxelType::uint16 || type == VoxelType::uint32;
}

void set_spacing(Volume& volume, const TiffPage& page, const std::optional<ImageJ>& imagej) {
    const auto usable = [](double resolution) { return std::isfinite(resolution) && resolution > 0; };
    if (!usable(page.x_resolution) || !usable(page.y_resolution)) return;
    if (imagej) {
        volume.axes[1].spacing = 1 / page.y_resolution;
        volume.axes[2].spacing = 1 / page.x_resolution;
    } else {
        // Dots per inch of paper say nothing of the depth: the pixels' proportion is all that can be used.
        volume.axes[1].spacing = page.x_resolution / page.y_resolution;
    }
}

}  // namespace

Volume read_tiff(const Bytes& file, const std::string& name, const OpenVolumeOptions& options) {
    TiffFile tiff(file, options.max_memory);
    const auto& pages = tiff.pages();
    const TiffPage& page = pages[0];
    const std::optional<ImageJ> imagej = parse_imagej(tiff.description());
    check_alike(pages);
    const bool one_directory = has_one_directory(pages, imagej);
    const std::int64_t count = one_directory ? imagej->images : static_cast<std::int64_t>(pages.size());
    if (count == 1) throw Error(fmt::format("it has one page of {}x{} pixels; a volume has several", page.width, page.height));
    const Stack stack = imagej ? imagej_stack(*imagej, count, name, options) : Stack{count, 1};

    Volume volume;
    if (one_directory) {
        Dense dense;
        dense.shape = {count, page.height, page.width * page.samples};
        dense.type = page.type;
        const std::uint64_t needed = size_of(dense);
        if (*page.plain > file.size() || needed > file.size() - *page.plain)
            throw Error(fmt::format("its {} pages of {}x{} pixels are {} bytes, but after the header there are only {}", count, page.width,
                                    page.height, needed, file.size() - std::min<std::uint64_t>(*page.plain, file.size())));
        const auto page_bytes = static_cast<std::ptrdiff_t>(needed / static_cast<std::uint64_t>(count));
        volume = volume_of(file, page, stack.depth, *page.plain, page_bytes * stack.step, tiff.big_endian());
    } else if (const auto stride = page_stride(pages)) {
        for (std::size_t i = 0; i < pages.size(); ++i) {
            const std::uint64_t bytes = static_cast<std::uint64_t>(page.height) * page.row_bytes();
            if (*pages[i].plain > file.size() || bytes > file.size() - *pages[i].plain)
                throw Error(fmt::format("its page {} is cut short: the file ends inside it", i + 1));
        }
        volume = volume_of(file, page, stack.depth, *page.plain, *stride * stack.step, tiff.big_endian());
    } else {
        volume = decode(tiff, stack, options.max_memory);
    }

    set_spacing(volume, page, imagej);
    if (page.white_is_zero && is_unsigned(page.type)) {
        volume.slope = -1;
        volume.intercept = std::ldexp(1.0, static_cast<int>(8 * size_of(page.type))) - 1;
    }
    if (page.has_colour_table && options.warn) options.warn(name + ": its colour table is left out, its numbers are shown");
    if (imagej) {
        volume.axes[0].spacing = imagej->spacing;
        volume.unit = imagej->unit;
        volume.display_range = imagej->display_range;
        if (!page.white_is_zero) {
            volume.slope = imagej->slope;
            volume.intercept = imagej->intercept;
        }
    }
    return volume;
}

}  // namespace framepipe
