// The module's one entry: what the program needs of GDCM goes through this object.
#include <gdcmImageApplyLookupTable.h>
#include <gdcmImageChangePhotometricInterpretation.h>
#include <gdcmImageChangePlanarConfiguration.h>
#include <gdcmImageChangeTransferSyntax.h>
#include <gdcmImageHelper.h>
#include <gdcmImageReader.h>
#include <gdcmReader.h>
#include <gdcmTrace.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "frame/error.hpp"
#include "volume/dicom_module.hpp"

namespace framepipe {
namespace {

using gdcm::PhotometricInterpretation;

std::string text(const gdcm::DataSet& data, const gdcm::Tag& tag) {
    if (!data.FindDataElement(tag)) return {};
    const gdcm::ByteValue* bytes = data.GetDataElement(tag).GetByteValue();
    if (bytes == nullptr) return {};
    std::string words(bytes->GetPointer(), bytes->GetLength());
    words.erase(std::find_if(words.begin(), words.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }), words.end());
    while (words.ends_with(' ')) words.pop_back();
    return words;
}

/// The numbers of an element of decimal or integer strings ("0.5\\0.5"); empty: it is not there, or has something else.
std::vector<double> numbers(const gdcm::DataSet& data, const gdcm::Tag& tag) {
    const std::string all = text(data, tag);
    std::vector<double> values;
    for (std::string_view rest = all; !rest.empty();) {
        const auto end = std::min(rest.find('\\'), rest.size());
        std::string_view word = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        word.remove_prefix(std::min(word.find_first_not_of(" +"), word.size()));
        double value = 0;
        const auto [stop, result] = std::from_chars(word.data(), word.data() + word.size(), value);
        const std::string_view after(stop, static_cast<std::size_t>(word.data() + word.size() - stop));
        if (result != std::errc() || !std::isfinite(value) || after.find_first_not_of(' ') != std::string_view::npos) return {};
        values.push_back(value);
    }
    return values;
}

VoxelType type_of(const gdcm::PixelFormat& format) {
    const bool with_sign = format.GetPixelRepresentation() != 0;
    switch (format.GetBitsAllocated()) {
        case 8:
            return with_sign ? VoxelType::int8 : VoxelType::uint8;
        case 16:
            return with_sign ? VoxelType::int16 : VoxelType::uint16;
        case 32:
            return with_sign ? VoxelType::int32 : VoxelType::uint32;
        default:
            throw Error("its pixels have " + std::to_string(format.GetBitsAllocated()) + " bits; 8, 16 and 32 are understood");
    }
}

void set_colour(DicomImage& image, const gdcm::File& file, const gdcm::PixelFormat& format) {
    const PhotometricInterpretation colour = gdcm::ImageHelper::GetPhotometricInterpretationValue(file);
    image.small_is_bright = colour == PhotometricInterpretation::MONOCHROME1;
    if (colour == PhotometricInterpretation::PALETTE_COLOR) {
        image.channels = 3;
        image.type = VoxelType::uint8;
    } else if (format.GetSamplesPerPixel() == 3) {
        image.channels = 3;
    } else if (format.GetSamplesPerPixel() != 1) {
        throw Error("its pixels have " + std::to_string(format.GetSamplesPerPixel()) + " samples; 1 and 3 are understood");
    }
}

/// Where the image is: from the elements themselves, since GDCM makes up what is not there.
void set_place(DicomImage& image, const gdcm::DataSet& data) {
    if (const auto p = numbers(data, gdcm::Tag(0x0020, 0x0032)); p.size() == 3) image.position = {p[0], p[1], p[2]};
    if (const auto o = numbers(data, gdcm::Tag(0x0020, 0x0037)); o.size() == 6) image.orientation = {o[0], o[1], o[2], o[3], o[4], o[5]};
    if (const auto s = numbers(data, gdcm::Tag(0x0028, 0x0030)); s.size() == 2) image.pixel_spacing = {s[1], s[0]};
    if (const auto z = numbers(data, gdcm::Tag(0x0018, 0x0088)); z.size() == 1)
        image.slice_spacing = z[0];
    else if (const auto thickness = numbers(data, gdcm::Tag(0x0018, 0x0050)); thickness.size() == 1)
        image.slice_spacing = thickness[0];
    if (const auto slope = numbers(data, gdcm::Tag(0x0028, 0x1053)); !slope.empty() && slope[0] != 0) image.slope = slope[0];
    if (const auto intercept = numbers(data, gdcm::Tag(0x0028, 0x1052)); !intercept.empty()) image.intercept = intercept[0];
}

/// The same for enhanced images of several frames, whose places are nested in groups that GDCM knows its way through.
void set_place_of_frames(DicomImage& image, const gdcm::File& file) {
    const auto position = gdcm::ImageHelper::GetOriginValue(file);
    std::vector<double> directions;
    const bool directed = gdcm::ImageHelper::GetDirectionCosinesFromDataSet(file.GetDataSet(), directions);
    if (!directed) directions = gdcm::ImageHelper::GetDirectionCosinesValue(file);
    const auto spacing = gdcm::ImageHelper::GetSpacingValue(file);
    const auto rescale = gdcm::ImageHelper::GetRescaleInterceptSlopeValue(file);
    if (position.size() == 3) image.position = {position[0], position[1], position[2]};
    if (directions.size() == 6)
        image.orientation = {directions[0], directions[1], directions[2], directions[3], directions[4], directions[5]};
    if (spacing.size() >= 2) image.pixel_spacing = {spacing[0], spacing[1]};
    if (spacing.size() >= 3) image.slice_spacing = spacing[2];
    if (rescale.size() == 2 && rescale[1] != 0) {
        image.intercept = rescale[0];
        image.slope = rescale[1];
    }
}

DicomImage image_of(const gdcm::File& file) {
    const gdcm::DataSet& data = file.GetDataSet();
    DicomImage image;
    image.series.assign(text(data, gdcm::Tag(0x0020, 0x000e)));
    image.description.assign(text(data, gdcm::Tag(0x0008, 0x103e)));
    if (const auto number = numbers(data, gdcm::Tag(0x0020, 0x0013)); !number.empty())
        image.instance = static_cast<std::int64_t>(number[0]);
    const auto sizes = gdcm::ImageHelper::GetDimensionsValue(file);
    image.columns = sizes.at(0);
    image.rows = sizes.at(1);
    if (sizes.size() > 2) image.frames = std::max(1U, sizes[2]);
    const gdcm::PixelFormat format = gdcm::ImageHelper::GetPixelFormatValue(file);
    image.type = type_of(format);
    set_colour(image, file, format);
    const gdcm::Tag shared_groups(0x5200, 0x9229);
    if (image.frames > 1 && data.FindDataElement(shared_groups))
        set_place_of_frames(image, file);
    else
        set_place(image, data);
    const auto centre = numbers(data, gdcm::Tag(0x0028, 0x1050));
    const auto width = numbers(data, gdcm::Tag(0x0028, 0x1051));
    if (!centre.empty() && !width.empty() && width[0] >= 1) image.window = {centre[0], width[0]};
    return image;
}

/// Filters count who holds their input, and delete it as the last one: it must not be on the stack.
using Held = gdcm::SmartPointer<gdcm::Image>;

template <typename Filter>
Held output(Filter& filter) {
    return new gdcm::Image(dynamic_cast<const gdcm::Image&>(filter.GetOutput()));
}

Held decompressed(const Held& image) {
    gdcm::ImageChangeTransferSyntax filter;
    filter.SetTransferSyntax(gdcm::TransferSyntax::ExplicitVRLittleEndian);
    filter.SetInput(*image);
    if (!filter.Change()) throw Error("its pixels are broken, or compressed in a way that is not understood");
    return output(filter);
}

Held through_table(const Held& image) {
    gdcm::ImageApplyLookupTable filter;
    filter.SetInput(*image);
    filter.SetRGB8(true);
    if (!filter.Apply()) throw Error("its colour table is broken");
    return output(filter);
}

Held with_channels_together(const Held& image) {
    gdcm::ImageChangePlanarConfiguration filter;
    filter.SetPlanarConfiguration(0);
    filter.SetInput(*image);
    if (!filter.Change()) throw Error("its colours are in an order that is not understood");
    return output(filter);
}

Held as_rgb(const Held& image) {
    gdcm::ImageChangePhotometricInterpretation filter;
    filter.SetPhotometricInterpretation(PhotometricInterpretation::RGB);
    filter.SetInput(*image);
    if (!filter.Change()) throw Error("its colours are of a kind that is not understood");
    return output(filter);
}

/// Brings the pixels into the form that decode() promises.
Held plain(const gdcm::Image& source) {
    Held image = decompressed(new gdcm::Image(source));
    if (image->GetPhotometricInterpretation() == PhotometricInterpretation::PALETTE_COLOR) return through_table(image);
    if (image->GetPixelFormat().GetSamplesPerPixel() != 3) return image;
    image = with_channels_together(image);
    const PhotometricInterpretation colour = image->GetPhotometricInterpretation();
    return colour == PhotometricInterpretation::YBR_FULL || colour == PhotometricInterpretation::YBR_FULL_422 ? as_rgb(image) : image;
}

/// False if the pixels are not there, or were not read to their end. GDCM stands behind them then, or at the end of a
/// file that is cut, with zeros for what is missing: then their tag is not where their length says.
bool pixels_are_whole(std::istream& file, const gdcm::File& read) {
    const gdcm::Tag pixels(0x7fe0, 0x0010);
    if (!read.GetDataSet().FindDataElement(pixels)) return false;
    const gdcm::VL length = read.GetDataSet().GetDataElement(pixels).GetVL();
    const gdcm::TransferSyntax syntax = read.GetHeader().GetDataSetTransferSyntax();
    // What is compressed shows when it is decompressed.
    if (length.IsUndefined() || syntax.IsEncapsulated() || syntax == gdcm::TransferSyntax::DeflatedExplicitVRLittleEndian) return true;
    const std::int64_t head = syntax.GetNegociatedType() == gdcm::TransferSyntax::Implicit ? 8 : 12;
    file.clear();
    file.seekg(static_cast<std::int64_t>(file.tellg()) - std::int64_t{std::uint32_t{length}} - head);
    std::array<char, 4> tag{};
    file.read(tag.data(), tag.size());
    const std::string_view found(tag.data(), tag.size());
    return found == std::string_view("\xe0\x7f\x10\0", 4) || found == std::string_view("\x7f\xe0\0\x10", 4);
}

class Module : public Dicom {
public:
    Module() {
        gdcm::Trace::DebugOff();
        gdcm::Trace::WarningOff();
        gdcm::Trace::ErrorOff();
    }

    std::optional<DicomImage> describe(const std::filesystem::path& path) override try {
        std::ifstream file(path, std::ios::binary);
        gdcm::Reader reader;
        reader.SetStream(file);
        if (!reader.ReadUpToTag(gdcm::Tag(0x7fe0, 0x0010))) throw Error("it is broken or cut short");
        if (!pixels_are_whole(file, reader.GetFile())) throw Error("it is cut short");
        const gdcm::DataSet& data = reader.GetFile().GetDataSet();
        if (!data.FindDataElement(gdcm::Tag(0x0028, 0x0010)) || !data.FindDataElement(gdcm::Tag(0x0028, 0x0011))) return std::nullopt;
        return image_of(reader.GetFile());
    } catch (const Error&) {
        throw;
    } catch (const std::exception&) {  // its words are of its own code
        throw Error("it is broken");
    }

    void decode(const std::filesystem::path& path, std::span<std::byte> into) override try {
        gdcm::ImageReader reader;
        reader.SetFileName(path.c_str());
        if (!reader.Read()) throw Error("its pixels are broken or cut short");
        const Held image = plain(reader.GetImage());
        if (image->GetBufferLength() != into.size() || !image->GetBuffer(reinterpret_cast<char*>(into.data())))
            throw Error("its pixels are broken or cut short");
    } catch (const Error&) {
        throw;
    } catch (const std::exception&) {
        throw Error("its pixels are broken");
    }
};

}  // namespace
}  // namespace framepipe

extern "C" __attribute__((visibility("default"))) framepipe::Dicom* framepipe_dicom() {
    static framepipe::Module module;
    return &module;
}
