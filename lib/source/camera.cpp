#include "source/camera.hpp"

#include <fmt/format.h>

#include "frame/error.hpp"
#include "frame/image_info.hpp"
#include "source/jpeg_tables.hpp"
#include "source/opencv_module.hpp"
#include "source/v4l2_devices.hpp"
#include "source/whole_image.hpp"

namespace framepipe {

namespace {

/// The format to ask for; empty: whatever the device has, as OpenCV's bgr24.
std::string choose_format(const CameraDevice& device, CameraPictures pictures) {
    if (pictures == CameraPictures::mjpeg && !device.has("MJPG")) {
        throw Error(fmt::format("{} gives no MJPEG; try --camera-format raw", device.path));
    }
    if (pictures != CameraPictures::raw && device.has("MJPG")) return "MJPG";
    return device.has("YUYV") ? "YUYV" : std::string();
}

std::string asked(const CameraOptions& options) {
    std::string text;
    if (options.size) text += fmt::format(" {}x{}", options.size->width, options.size->height);
    if (options.fps) text += fmt::format(" at {:g}", *options.fps);
    return text.empty() ? text : fmt::format(" (asked for:{})", text);
}

}  // namespace

std::unique_ptr<Source> open_camera(const CameraOptions& options, const Say& say, bool say_given) {
    const CameraDevice device = query_camera(options.device);
    auto camera = opencv().open_camera({options.device, choose_format(device, options.pictures), options.size, options.fps});
    if (!camera) throw Error(fmt::format("cannot read {}: {}", options.device, why_no_stream(options.device)));
    if (say_given && say.notice) say.notice(fmt::format("{} ({}): {}{}", options.device, device.name, camera->given(), asked(options)));
    return std::make_unique<JpegCare>(std::move(camera), options.device, say);
}

std::optional<Frame> JpegCare::next() {
    while (auto frame = inner_->next()) {
        if (frame->header.type() != "image/jpeg") return frame;
        try {
            check_whole(frame->payload);
            const auto info = *identify_image(frame->payload);
            frame->header.set("width", std::int64_t{info.width});
            frame->header.set("height", std::int64_t{info.height});
            frame->payload = with_huffman_tables(std::move(frame->payload));
            return frame;
        } catch (const Error& error) {
            if (!said_ && say_.warn) say_.warn(fmt::format("{}: {}; such pictures are left out", name_, error.what()));
            said_ = true;
        }
    }
    return std::nullopt;
}

}  // namespace framepipe
