#include "volume/dicom.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <vector>

#include "frame/error.hpp"
#include "volume/apart.hpp"
#include "volume/byte_order.hpp"
#include "volume/dense.hpp"
#include "volume/memory.hpp"
#include "volume/patient_space.hpp"

namespace framepipe {
namespace {

namespace fs = std::filesystem;
using Vector = std::array<double, 3>;

struct Slice {
    fs::path file;
    DicomImage image;
    double place = 0;  // millimetres along the planes' normal
};
using Slices = std::vector<Slice>;

struct Speaker {
    const std::string& name;
    const OpenVolumeOptions& options;
    void operator()(const std::string& words) const {
        if (options.warn) options.warn(name + ": " + words);
    }
};

double dot(const Vector& a, const Vector& b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

Vector direction(const std::array<double, 6>& orientation, std::size_t first) {
    return {orientation[first], orientation[first + 1], orientation[first + 2]};
}

Vector normal_of(const std::array<double, 6>& orientation) {
    const Vector a = direction(orientation, 0);
    const Vector b = direction(orientation, 3);
    return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

/// Two images that can be slices of one volume.
bool alike(const DicomImage& a, const DicomImage& b) {
    const auto same_direction = [&] {
        if (!a.orientation || !b.orientation) return a.orientation.has_value() == b.orientation.has_value();
        for (std::size_t i = 0; i < 6; ++i)
            if (std::fabs((*a.orientation)[i] - (*b.orientation)[i]) > 1e-3) return false;
        return true;
    };
    return a.series.view() == b.series.view() && a.columns == b.columns && a.rows == b.rows && a.type == b.type &&
           a.channels == b.channels && a.frames == 1 && b.frames == 1 && same_direction();
}

/// The images of those files that have one. `of` must be among them, if it is any.
Slices images_of(Dicom& dicom, std::span<const fs::path> files, const fs::path& of, const Speaker& say) {
    struct Answer {
        bool is_image;
        DicomImage image;
    };
    const SharedMemory memory(files.size() * sizeof(Answer));
    const std::span<Answer> answers(reinterpret_cast<Answer*>(memory.span().data()), files.size());
    const auto failures = run_apart(files.size(), [&](std::size_t i) {
        if (const auto image = dicom.describe(files[i])) answers[i] = {true, *image};
    });
    Slices images;
    bool without = false;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const bool wanted = files[i] == of || files.size() == 1;
        if (!failures[i].empty()) {
            if (wanted) throw Error(failures[i]);
            say(fmt::format("{} is left out: {}", files[i].filename().string(), failures[i]));
        } else if (answers[i].is_image) {
            images.push_back({files[i], answers[i].image});
        } else if (wanted) {
            throw Error("it is DICOM without an image");
        } else {
            without = true;
        }
    }
    if (images.empty()) throw Error(without ? "there is no image in its DICOM files" : "none of its DICOM files can be read");
    return images;
}

/// Images that are alike together.
std::vector<Slices> groups_of(const Slices& images) {
    std::vector<Slices> groups;
    for (const Slice& slice : images) {
        const auto group = std::find_if(groups.begin(), groups.end(), [&](const Slices& g) { return alike(g[0].image, slice.image); });
        if (group != groups.end())
            group->push_back(slice);
        else
            groups.push_back({slice});
    }
    return groups;
}

std::int64_t depth_of(const Slices& slices) {
    return static_cast<std::int64_t>(slices.size()) * slices[0].image.frames;
}

Slices chosen(Slices images, const fs::path& of, const Speaker& say) {
    if (!of.empty()) {
        const auto wanted = std::find_if(images.begin(), images.end(), [&](const Slice& s) { return s.file == of; });
        if (wanted->image.frames > 1) return {*wanted};
        const DicomImage image = wanted->image;
        std::erase_if(images, [&](const Slice& s) { return s.image.series.view() != image.series.view(); });
    }
    std::vector<Slices> groups = groups_of(images);
    const auto best =
        std::max_element(groups.begin(), groups.end(), [](const Slices& a, const Slices& b) { return depth_of(a) < depth_of(b); });
    const DicomImage image = (*best)[0].image;
    std::set<std::string_view> series;
    std::int64_t left_out = 0;
    for (const Slices& group : groups) {
        series.insert(group[0].image.series.view());
        if (&group != &*best && group[0].image.series.view() == image.series.view()) left_out += depth_of(group);
    }
    if (series.size() > 1)
        say(fmt::format("{} series, showing the largest{}, {} slices", series.size(),
                        image.description.view().empty() ? std::string() : fmt::format(" ('{}')", image.description.view()),
                        depth_of(*best)));
    if (left_out > 0)
        say(fmt::format("{} of the series {} of another size, kind or direction and left out", left_out, left_out == 1 ? "is" : "are"));
    return std::move(*best);
}

/// Puts the slices in order. True: their places are known, and no two are the same.
bool sort(Slices& slices, const Speaker& say) {
    const bool placed = std::all_of(slices.begin(), slices.end(),
                                    [](const Slice& s) { return s.image.position.has_value() && s.image.orientation.has_value(); });
    std::stable_sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return a.image.instance < b.image.instance; });
    if (!placed) {
        say("its slices do not say where they are; they are in the order of their numbers");
        return false;
    }
    const Vector normal = normal_of(*slices[0].image.orientation);
    for (Slice& slice : slices) slice.place = dot(*slice.image.position, normal);
    std::stable_sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return a.place < b.place; });
    const std::size_t before = slices.size();
    constexpr double kSame = 1e-3;
    slices.erase(std::unique(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return b.place - a.place < kSame; }),
                 slices.end());
    if (slices.size() < before)
        say(fmt::format("{} where others are, and left out",
                        before - slices.size() == 1 ? "1 slice is" : fmt::format("{} slices are", before - slices.size())));
    return true;
}

void check_distances(const Slices& slices, const Speaker& say) {
    std::vector<double> distances;
    for (std::size_t i = 1; i < slices.size(); ++i) distances.push_back(slices[i].place - slices[i - 1].place);
    if (distances.empty()) return;
    std::sort(distances.begin(), distances.end());
    const double middle = distances[distances.size() / 2];
    if (distances.back() - distances.front() > 0.02 * middle + 0.002)
        say(fmt::format("its slices are {:.4g} to {:.4g} mm apart, but shown as if all distances were alike{}", distances.front(),
                        distances.back(), distances.back() > 1.5 * middle ? "; some may be missing" : ""));
}

/// Sets spacing and patient space. `step` takes one slice to the next, where that is known.
void set_space(Volume& volume, const DicomImage& first, const std::optional<Vector>& step) {
    const auto usable = [](double length) { return std::isfinite(length) && length > 0; };
    const auto pixel = first.pixel_spacing.value_or(std::array<double, 2>{1, 1});
    const bool measured = first.pixel_spacing && usable(pixel[0]) && usable(pixel[1]);
    if (measured) {
        volume.unit = "mm";
        volume.axes[0].spacing = pixel[0];
        volume.axes[1].spacing = pixel[1];
    }
    if (step)
        volume.axes[2].spacing = std::sqrt(dot(*step, *step));
    else if (first.slice_spacing && usable(*first.slice_spacing))
        volume.axes[2].spacing = *first.slice_spacing;
    if (!measured || !first.orientation || !first.position) return;
    const Vector along = direction(*first.orientation, 0);
    const Vector down = direction(*first.orientation, 3);
    const Vector normal = normal_of(*first.orientation);
    PatientSpace space{};
    for (std::size_t row = 0; row < 3; ++row)
        space[row] = {along[row] * pixel[0], down[row] * pixel[1], step ? (*step)[row] : normal[row] * volume.axes[2].spacing,
                      (*first.position)[row]};
    if (is_sound(space)) volume.patient_space = scaled(space, {-1, -1, 1});
}

/// The values of `slice`, as floats.
template <typename T>
void to_floats(std::span<const std::byte> stored, const DicomImage& image, std::span<std::byte> into) {
    for (std::size_t i = 0; i < stored.size() / sizeof(T); ++i) {
        T number;
        std::memcpy(&number, stored.data() + i * sizeof(T), sizeof(T));
        const auto value = static_cast<float>(static_cast<double>(number) * image.slope + image.intercept);
        std::memcpy(into.data() + i * sizeof(float), &value, sizeof value);
    }
}

void to_floats(std::span<const std::byte> stored, const DicomImage& image, std::span<std::byte> into) {
    switch (image.type) {
        case VoxelType::int8:
            return to_floats<std::int8_t>(stored, image, into);
        case VoxelType::uint16:
            return to_floats<std::uint16_t>(stored, image, into);
        case VoxelType::int16:
            return to_floats<std::int16_t>(stored, image, into);
        case VoxelType::uint32:
            return to_floats<std::uint32_t>(stored, image, into);
        case VoxelType::int32:
            return to_floats<std::int32_t>(stored, image, into);
        default:
            return to_floats<std::uint8_t>(stored, image, into);
    }
}

Volume voxels(Dicom& dicom, const Slices& slices, const OpenVolumeOptions& options) {
    const DicomImage& first = slices[0].image;
    // PET has a slope for each slice: then only the values are of one scale.
    const bool scales_differ = std::any_of(
        slices.begin(), slices.end(), [&](const Slice& s) { return s.image.slope != first.slope || s.image.intercept != first.intercept; });
    Dense dense;
    dense.shape = {first.columns, first.rows, depth_of(slices)};
    dense.first_fastest = true;
    dense.type = scales_differ ? VoxelType::float32 : first.type;
    dense.big_endian = kNativeBig;
    if (first.channels > 1) {
        dense.shape.insert(dense.shape.begin(), first.channels);
        dense.channel_axis = 0;
    }
    const std::uint64_t size = size_of(dense);
    check_memory(size, options.max_memory);
    const SharedMemory all(size);
    const auto each = static_cast<std::size_t>(size / slices.size());
    const auto failures = run_apart(slices.size(), [&](std::size_t i) {
        const auto into = all.span().subspan(i * each, each);
        if (!scales_differ) return dicom.decode(slices[i].file, into);
        Block stored(each / sizeof(float) * size_of(first.type));
        dicom.decode(slices[i].file, stored.span());
        to_floats(stored.span(), slices[i].image, into);
    });
    for (std::size_t i = 0; i < slices.size(); ++i)
        if (!failures[i].empty()) throw Error(fmt::format("{}: {}", slices[i].file.filename().string(), failures[i]));
    Volume volume = dense_volume(all.share(), dense);
    if (!scales_differ && first.channels == 1) {
        volume.slope = first.slope;
        volume.intercept = first.intercept;
    }
    return volume;
}

}  // namespace

bool is_dicom(std::string_view beginning) {
    return beginning.size() >= 132 && beginning.substr(128, 4) == "DICM";
}

Volume read_dicom(Dicom& dicom, std::span<const fs::path> files, const std::string& name, const OpenVolumeOptions& options,
                  const fs::path& of) {
    const Speaker say{name, options};
    Slices slices = chosen(images_of(dicom, files, of, say), of, say);
    std::optional<Vector> step;
    if (slices[0].image.frames == 1) {
        const bool placed = sort(slices, say);
        if (slices.size() == 1)
            throw Error(
                fmt::format("it has one slice of {}x{} pixels; a volume has several", slices[0].image.columns, slices[0].image.rows));
        if (placed) {
            check_distances(slices, say);
            const Vector& from = *slices.front().image.position;
            const Vector& to = *slices.back().image.position;
            const auto steps = static_cast<double>(slices.size() - 1);
            step = {(to[0] - from[0]) / steps, (to[1] - from[1]) / steps, (to[2] - from[2]) / steps};
        }
    }
    Volume volume = voxels(dicom, slices, options);
    volume.columns_first = true;
    const DicomImage& first = slices[0].image;
    set_space(volume, first, step);
    // The lowest and the highest value that are neither all black nor all white.
    if (const auto& window = slices[slices.size() / 2].image.window; window && (*window)[1] > 1)
        volume.display_range = {(*window)[0] - 0.5 - ((*window)[1] - 1) / 2, (*window)[0] - 0.5 + ((*window)[1] - 1) / 2};
    if (first.small_is_bright) say("its small numbers are meant to be bright (MONOCHROME1); --invert shows them so");
    return volume;
}

}  // namespace framepipe
