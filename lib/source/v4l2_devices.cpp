#include "source/v4l2_devices.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <glob.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "frame/descriptor.hpp"
#include "frame/error.hpp"
#include "frame/natural_order.hpp"

namespace framepipe {

namespace {

/// Drivers of the Raspberry Pi whose nodes give bare sensor data, or nothing without libcamera.
constexpr std::array<std::string_view, 6> kLibcameraDrivers{"unicam", "bcm2835-isp", "rp1-cfe", "pispbe", "bcm2835-codec", "rpi-hevc-dec"};

int control(int fd, unsigned long request, void* argument) {
    int result;
    do {
        result = ::ioctl(fd, request, argument);
    } while (result < 0 && errno == EINTR);
    return result;
}

Descriptor open_device(const std::string& path) {
    Descriptor fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (fd) return fd;
    const int reason = errno;
    if (reason == EACCES || reason == EPERM) {
        throw Error(fmt::format(
            "cannot open {}: permission denied; add yourself to the group video (sudo usermod -aG video $USER) and log in anew", path));
    }
    if (reason == EBUSY) throw Error(fmt::format("cannot open {}: another program uses it", path));
    if (reason == ENOENT || reason == ENODEV || reason == ENXIO) {
        throw Error(fmt::format("cannot open {}: {}; capture --list-devices shows what there is", path, system_reason(reason)));
    }
    throw SystemError("cannot open " + path, reason);
}

std::string fourcc_text(std::uint32_t code) {
    std::string text;
    for (unsigned shift = 0; shift < 32; shift += 8) text += static_cast<char>(code >> shift & 0x7f);
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

template <std::size_t n>
std::string text_of(const __u8 (&bytes)[n]) {
    const auto end = std::find(std::begin(bytes), std::end(bytes), 0);
    return {std::begin(bytes), end};
}

std::string rates_of(int fd, std::uint32_t fourcc, std::uint32_t width, std::uint32_t height) {
    std::vector<std::string> rates;
    v4l2_frmivalenum interval{};
    interval.pixel_format = fourcc;
    interval.width = width;
    interval.height = height;
    for (; control(fd, VIDIOC_ENUM_FRAMEINTERVALS, &interval) == 0; ++interval.index) {
        const auto& time = interval.type == V4L2_FRMIVAL_TYPE_DISCRETE ? interval.discrete : interval.stepwise.min;
        if (time.numerator > 0) rates.push_back(fmt::format("{:.4g}", static_cast<double>(time.denominator) / time.numerator));
        if (interval.type != V4L2_FRMIVAL_TYPE_DISCRETE) break;
    }
    return rates.empty() ? std::string() : fmt::format(" ({} fps)", fmt::join(rates, ", "));
}

std::vector<std::string> sizes_of(int fd, std::uint32_t fourcc) {
    std::vector<std::string> sizes;
    v4l2_frmsizeenum size{};
    size.pixel_format = fourcc;
    for (; control(fd, VIDIOC_ENUM_FRAMESIZES, &size) == 0; ++size.index) {
        if (size.type != V4L2_FRMSIZE_TYPE_DISCRETE) {
            const auto& range = size.stepwise;
            sizes.push_back(fmt::format("{}x{} to {}x{}", range.min_width, range.min_height, range.max_width, range.max_height));
            break;
        }
        sizes.push_back(fmt::format("{}x{}{}", size.discrete.width, size.discrete.height,
                                    rates_of(fd, fourcc, size.discrete.width, size.discrete.height)));
    }
    return sizes;
}

std::vector<CameraFormat> formats_of(int fd) {
    std::vector<CameraFormat> formats;
    v4l2_fmtdesc format{};
    format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    for (; control(fd, VIDIOC_ENUM_FMT, &format) == 0; ++format.index) {
        formats.push_back({fourcc_text(format.pixelformat), text_of(format.description), sizes_of(fd, format.pixelformat)});
    }
    return formats;
}

}  // namespace

bool CameraDevice::has(const std::string& fourcc) const {
    return std::any_of(formats.begin(), formats.end(), [&](const CameraFormat& format) { return format.fourcc == fourcc; });
}

void check_driver(const std::string& path, const std::string& driver) {
    if (std::find(kLibcameraDrivers.begin(), kLibcameraDrivers.end(), driver) == kLibcameraDrivers.end()) return;
    throw Error(fmt::format("{} is a camera that only libcamera can read (driver {}); try: rpicam-vid -t 0 --codec mjpeg -o - | wsserve",
                            path, driver));
}

CameraDevice query_camera(const std::string& path) {
    const Descriptor fd = open_device(path);
    v4l2_capability capability{};
    if (control(fd.get(), VIDIOC_QUERYCAP, &capability) != 0) {
        if (errno == ENOTTY || errno == EINVAL) throw Error(fmt::format("{} is no camera", path));
        throw SystemError("cannot ask " + path + " what it is", errno);
    }
    CameraDevice device{path, text_of(capability.card), text_of(capability.driver), {}};
    check_driver(path, device.driver);
    const auto abilities = capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps : capability.capabilities;
    if ((abilities & V4L2_CAP_VIDEO_CAPTURE) == 0)
        throw Error(fmt::format("{} gives no pictures: it is another node of {}", path, device.name));
    device.formats = formats_of(fd.get());
    return device;
}

std::vector<CameraDevice> list_cameras() {
    glob_t found{};
    std::vector<std::string> paths;
    if (::glob("/dev/video*", GLOB_NOSORT, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
    std::sort(paths.begin(), paths.end(), natural_less);
    std::vector<CameraDevice> cameras;
    for (const auto& path : paths) {
        try {
            cameras.push_back(query_camera(path));
        } catch (const Error&) {
            // Nodes for metadata and codecs are no cameras, and others may not be ours to open.
        }
    }
    return cameras;
}

std::string describe(const std::vector<CameraDevice>& cameras) {
    std::string text;
    for (const auto& camera : cameras) {
        text += fmt::format("{}  {} ({})\n", camera.path, camera.name, camera.driver);
        for (const auto& format : camera.formats) {
            text += fmt::format("    {}  {}\n", format.fourcc, format.description);
            for (const auto& size : format.sizes) text += fmt::format("        {}\n", size);
        }
    }
    return text;
}

std::string why_no_stream(const std::string& path) {
    const Descriptor fd = open_device(path);
    v4l2_requestbuffers buffers{};
    buffers.count = 1;
    buffers.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    buffers.memory = V4L2_MEMORY_MMAP;
    if (control(fd.get(), VIDIOC_REQBUFS, &buffers) != 0) {
        return errno == EBUSY ? std::string("another program uses it") : system_reason(errno);
    }
    return "it has no format that OpenCV knows";
}

}  // namespace framepipe
