#include "usb_descriptors.hpp"

namespace {

/// The one frame size of a format. subtype: VS_FRAME_UNCOMPRESSED or VS_FRAME_MJPEG
Octets frame_descriptor(std::uint32_t subtype, std::uint32_t fps) {
    const std::uint32_t interval = 10'000'000 / fps;
    return Fields()
        .bytes({34, 0x24, subtype, 1, 0})
        .u16(kWidth)
        .u16(kHeight)
        .u32(kLargestPicture * 8)
        .u32(kLargestPicture * 8 * fps)
        .u32(kLargestPicture)
        .u32(interval)
        .u8(2)
        .u32(interval)
        .u32(interval * 2)
        .octets();
}

}  // namespace

Octets device_descriptor() {
    return Fields().bytes({18, 1}).u16(0x200).bytes({0xef, 2, 1, 64}).u16(0x1209).u16(1).u16(0x100).bytes({1, 2, 0, 1}).octets();
}

Octets configuration_descriptor(std::uint32_t fps) {
    const Octets colour = Fields().bytes({6, 0x24, 0x0d, 1, 1, 4}).octets();
    const Octets units = Fields()
                             .bytes({18, 0x24, 2, 1})  // camera terminal
                             .u16(0x201)
                             .bytes({0, 0})
                             .u16(0)
                             .u16(0)
                             .u16(0)
                             .bytes({3, 0, 0, 0})
                             .bytes({11, 0x24, 5, 2, 1})  // processing unit
                             .u16(0)
                             .bytes({2})
                             .u16(0)
                             .bytes({0})
                             .bytes({9, 0x24, 3, 3})  // output terminal
                             .u16(0x101)
                             .bytes({0, 2, 0})
                             .octets();
    const Octets mjpg = Fields().bytes({11, 0x24, 6, kMjpgFormat, 1, 0, 1, 0, 0, 0, 0}).add(frame_descriptor(7, fps)).add(colour).octets();
    const Octets yuyv = Fields()
                            .bytes({27, 0x24, 4, kYuyvFormat, 1})
                            .bytes({'Y', 'U', 'Y', '2', 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71})
                            .bytes({16, 1, 0, 0, 0, 0})
                            .add(frame_descriptor(5, fps))
                            .add(colour)
                            .octets();
    Fields body;
    body.bytes({8, 11, 0, 2, 0x0e, 3, 0, 2});    // both interfaces are one function
    body.bytes({9, 4, 0, 0, 0, 0x0e, 1, 0, 2});  // video control
    body.bytes({13, 0x24, 1}).u16(0x100).u16(13 + static_cast<std::uint32_t>(units.size())).u32(48'000'000).bytes({1, 1}).add(units);
    body.bytes({9, 4, 1, 0, 1, 0x0e, 2, 0, 0});  // video streaming
    const auto streaming = 15 + static_cast<std::uint32_t>(mjpg.size() + yuyv.size());
    body.bytes({15, 0x24, 1, 2}).u16(streaming).bytes({0x81, 0, 3, 0, 0, 0, 1, 0, 0}).add(mjpg).add(yuyv);
    body.bytes({7, 5, 0x81, 2}).u16(512).u8(0);  // the bulk endpoint
    return Fields().bytes({9, 2}).u16(9 + body.size()).bytes({2, 1, 0, 0x80, 250}).add(body.octets()).octets();
}

Octets string_descriptor(const std::string& text) {
    Fields fields;
    fields.bytes({2 + 2 * static_cast<std::uint32_t>(text.size()), 3});
    for (const char letter : text) fields.u16(static_cast<unsigned char>(letter));
    return fields.octets();
}
