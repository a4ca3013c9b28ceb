// A USB webcam in user space. It speaks USB/IP with the kernel's vhci-hcd over a socket pair, so that
// the real uvcvideo driver makes /dev/videoN of it.
//
//   usb_camera MJPG_FILE YUYV_FILE FPS       as root, with vhci-hcd and uvcvideo loaded
//
// It gives 640x480 as MJPG (the JPEGs of MJPG_FILE, one after the other, in a loop; whatever their
// bytes are) and as YUYV (the raw pictures of YUYV_FILE). SIGUSR1 unplugs it and plugs it in again,
// SIGUSR2 freezes the flow of pictures and thaws it, SIGTERM ends. A line on stderr tells each change.
//
// source  USB 2.0, chapter 9; USB Video Class 1.0; Documentation/usb/usbip_protocol.rst of Linux
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::uint32_t kWidth = 640;
constexpr std::uint32_t kHeight = 480;
constexpr std::uint32_t kLargestPicture = kWidth * kHeight * 2;
constexpr std::uint32_t kPayload = 16384;  // of one bulk transfer
constexpr std::uint8_t kMjpgFormat = 1;    // bFormatIndex
constexpr std::uint8_t kYuyvFormat = 2;

[[noreturn]] void fail(const char* attempt) {
    std::perror(attempt);
    std::exit(1);
}

/// Little-endian fields, one after the other.
class Fields {
public:
    Fields& u8(std::uint32_t value) {
        octets_.push_back(static_cast<std::uint8_t>(value));
        return *this;
    }
    Fields& u16(std::uint32_t value) { return u8(value & 255).u8(value >> 8 & 255); }
    Fields& u32(std::uint32_t value) { return u16(value & 65535).u16(value >> 16); }
    Fields& bytes(std::initializer_list<std::uint32_t> values) {
        for (const auto value : values) u8(value);
        return *this;
    }
    Fields& add(const Octets& other) {
        octets_.insert(octets_.end(), other.begin(), other.end());
        return *this;
    }
    std::uint32_t size() const { return static_cast<std::uint32_t>(octets_.size()); }
    const Octets& octets() const { return octets_; }

private:
    Octets octets_;
};

Octets device_descriptor() {
    return Fields().bytes({18, 1}).u16(0x200).bytes({0xef, 2, 1, 64}).u16(0x1209).u16(1).u16(0x100).bytes({1, 2, 0, 1}).octets();
}

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

/// A USB/IP command, in this machine's byte order but for `setup`.
struct Command {
    enum : std::uint32_t { submit = 1, unlink = 2 };
    std::uint32_t command, seqnum, devid, direction, endpoint;
    std::uint32_t flags;  // of unlink: the seqnum to drop
    std::uint32_t length, start, packets, interval;
    std::array<std::uint8_t, 8> setup;
};
constexpr std::size_t kCommandSize = 48;

/// Both formats' pictures.
struct Pictures {
    std::vector<Octets> mjpg;
    std::vector<Octets> yuyv;
};

class Camera {
public:
    Camera(Pictures pictures, std::uint32_t fps) : pictures_(std::move(pictures)), fps_(fps) { plug_in(); }

    int fd() const { return fd_; }

    void toggle_plug() {
        if (fd_ >= 0) {
            unplug();
        } else {
            plug_in();
        }
    }
    void toggle_freeze() {
        frozen_ = !frozen_;
        std::fprintf(stderr, frozen_ ? "frozen\n" : "thawed\n");
    }

    /// The next picture is due.
    void tick() {
        if (!streaming_ || frozen_ || fd_ < 0 || !current_.empty()) return;
        const auto& pictures = probe_[2] == kYuyvFormat ? pictures_.yuyv : pictures_.mjpg;
        current_ = pictures[number_++ % pictures.size()];
        sent_ = 0;
        pump();
    }

    /// Answers one command of the host.
    void serve() {
        Command command{};
        std::array<std::uint32_t, kCommandSize / 4> words{};
        if (!receive(words.data(), kCommandSize)) return unplug();
        for (std::size_t i = 0; i < 10; ++i) words[i] = ntohl(words[i]);
        std::memcpy(&command, words.data(), sizeof command);
        if (command.command == Command::unlink) return drop(command);
        Octets out(command.direction == 0 ? command.length : 0);
        if (!out.empty() && !receive(out.data(), out.size())) return unplug();
        if (command.endpoint == 0) return control(command, out);
        waiting_.push_back(command);
        pump();
    }

private:
    void plug_in() {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) fail("socketpair");
        const int attach = ::open("/sys/devices/platform/vhci_hcd.0/attach", O_WRONLY);
        if (attach < 0) fail("vhci-hcd");
        // port, descriptor, bus and device number, speed (3: high)
        const std::string words = "0 " + std::to_string(ends[1]) + " 65538 3";
        ssize_t written = -1;
        for (int tries = 0; tries < 200 && written < 0; ++tries) {
            written = ::write(attach, words.data(), words.size());
            if (written < 0 && errno != EBUSY) break;
            if (written < 0) ::usleep(50'000);  // the port is still letting the last one go
        }
        if (written < 0) fail("attach");
        ::close(attach);
        ::close(ends[1]);
        fd_ = ends[0];
        waiting_.clear();
        current_.clear();
        streaming_ = false;
        set_probe(kMjpgFormat, 0);
        std::fprintf(stderr, "plugged in\n");
    }

    void unplug() {
        ::shutdown(fd_, SHUT_RDWR);
        ::close(fd_);
        fd_ = -1;
        std::fprintf(stderr, "unplugged\n");
    }

    bool receive(void* to, std::size_t size) const {
        auto* at = static_cast<char*>(to);
        while (size > 0) {
            const ssize_t n = ::read(fd_, at, size);
            if (n <= 0) return false;
            at += n;
            size -= static_cast<std::size_t>(n);
        }
        return true;
    }

    void send(const Octets& octets) const {
        const std::uint8_t* at = octets.data();
        std::size_t left = octets.size();
        while (left > 0) {
            const ssize_t n = ::send(fd_, at, left, MSG_NOSIGNAL);
            if (n <= 0) return;
            at += n;
            left -= static_cast<std::size_t>(n);
        }
    }

    static void append_words(Octets& to, std::initializer_list<std::uint32_t> words) {
        for (const auto word : words) {
            for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<std::uint8_t>(word >> shift));
        }
    }

    /// RET_SUBMIT. `length` counts for data that came in, too.
    void reply(const Command& command, int status, const Octets& data, std::size_t length) const {
        Octets packet;
        append_words(packet,
                     {3, command.seqnum, 0, 0, 0, static_cast<std::uint32_t>(status), static_cast<std::uint32_t>(length), 0, 0, 0, 0, 0});
        packet.insert(packet.end(), data.begin(), data.end());
        send(packet);
    }

    /// RET_UNLINK.
    void drop(const Command& command) {
        const auto found =
            std::find_if(waiting_.begin(), waiting_.end(), [&](const Command& other) { return other.seqnum == command.flags; });
        const int status = found == waiting_.end() ? 0 : -ECONNRESET;
        if (found != waiting_.end()) waiting_.erase(found);
        Octets packet;
        append_words(packet, {4, command.seqnum, 0, 0, 0, static_cast<std::uint32_t>(status), 0, 0, 0, 0, 0, 0});
        send(packet);
    }

    void set_probe(std::uint32_t format, std::uint32_t interval) {
        Fields fields;
        fields.u16(1).bytes({format == kYuyvFormat ? kYuyvFormat : kMjpgFormat, 1u}).u32(interval != 0 ? interval : 10'000'000 / fps_);
        for (int i = 0; i < 5; ++i) fields.u16(0);
        probe_ = fields.u32(kLargestPicture).u32(kPayload).octets();
    }

    void control(const Command& command, const Octets& out) {
        const auto& setup = command.setup;
        const auto value = static_cast<std::uint32_t>(setup[2] | setup[3] << 8);
        const auto length = static_cast<std::size_t>(setup[6] | setup[7] << 8);
        const auto give = [&](Octets data) {
            data.resize(std::min(data.size(), length));
            reply(command, 0, data, data.size());
        };
        switch (setup[0] << 8 | setup[1]) {
            case 0x8006:  // GET_DESCRIPTOR
                if (value >> 8 == 1) return give(device_descriptor());
                if (value >> 8 == 2) return give(configuration_descriptor(fps_));
                if (value == 0x300) return give({4, 3, 9, 4});
                if (value >> 8 == 3) return give(string_descriptor((value & 255) == 1 ? "framepipe" : "Test camera"));
                break;
            case 0x0009:  // SET_CONFIGURATION
            case 0x010b:  // SET_INTERFACE
                return reply(command, 0, {}, out.size());
            case 0x8000:  // GET_STATUS
            case 0x8100:
            case 0x8200:
                return give({0, 0});
            case 0x0201:  // CLEAR_FEATURE, halt of the endpoint: the stream is over
                streaming_ = false;
                current_.clear();
                return reply(command, 0, {}, out.size());
            case 0x2101:  // SET_CUR: probe or commit
                if (out.size() >= 8) {
                    set_probe(out[2], static_cast<std::uint32_t>(out[4] | out[5] << 8 | out[6] << 16) | static_cast<std::uint32_t>(out[7])
                                                                                                            << 24);
                }
                if (value == 0x200) start();
                return reply(command, 0, {}, out.size());
            case 0xa181:  // GET_CUR, GET_MIN, GET_MAX, GET_DEF
            case 0xa182:
            case 0xa183:
            case 0xa187:
                return give(probe_);
            case 0xa185:
                return give({26, 0});  // GET_LEN
            case 0xa186:
                return give({3});  // GET_INFO
            default:
                break;
        }
        reply(command, -EPIPE, {}, 0);
    }

    void start() {
        streaming_ = true;
        current_.clear();
        number_ = 0;
    }

    /// Sends as much of the current picture as the host has asked for.
    void pump() {
        while (!current_.empty() && !waiting_.empty()) {
            const Command command = waiting_.front();
            waiting_.pop_front();
            const std::size_t part = std::min<std::size_t>(std::min(command.length, kPayload) - 2, current_.size() - sent_);
            const bool last = sent_ + part == current_.size();
            Octets data{2, static_cast<std::uint8_t>(0x80 | frame_id_ | (last ? 2 : 0))};
            const auto from = current_.begin() + static_cast<std::ptrdiff_t>(sent_);
            data.insert(data.end(), from, from + static_cast<std::ptrdiff_t>(part));
            reply(command, 0, data, data.size());
            sent_ += part;
            if (last) {
                current_.clear();
                frame_id_ ^= 1;
            }
        }
    }

    const Pictures pictures_;
    const std::uint32_t fps_;
    int fd_ = -1;                  // our end of the cable; -1: unplugged
    Octets probe_;                 // the stream's parameters
    std::deque<Command> waiting_;  // bulk transfers that the host waits for
    Octets current_;               // the picture being sent; empty: none
    std::size_t sent_ = 0;
    std::size_t number_ = 0;
    std::uint8_t frame_id_ = 0;
    bool streaming_ = false;
    bool frozen_ = false;
};

Octets contents(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Pictures read_pictures(const char* mjpg_path, const char* yuyv_path) {
    Pictures pictures;
    const Octets mjpg = contents(mjpg_path);
    const std::array<std::uint8_t, 3> start{0xff, 0xd8, 0xff};
    auto begin = mjpg.begin();
    while (begin != mjpg.end()) {
        const auto end = std::search(begin + 1, mjpg.end(), start.begin(), start.end());
        pictures.mjpg.emplace_back(begin, end);
        begin = end;
    }
    const Octets yuyv = contents(yuyv_path);
    for (std::size_t at = 0; at + kLargestPicture <= yuyv.size(); at += kLargestPicture) {
        const auto from = yuyv.begin() + static_cast<std::ptrdiff_t>(at);
        pictures.yuyv.emplace_back(from, from + kLargestPicture);
    }
    return pictures;
}

int block_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM, SIGINT}) sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    return ::signalfd(-1, &set, 0);
}

int start_timer(std::uint32_t fps) {
    const timespec interval{fps == 1 ? 1 : 0, fps == 1 ? 0 : 1'000'000'000L / fps};
    const itimerspec time{interval, interval};
    const int fd = ::timerfd_create(CLOCK_MONOTONIC, 0);
    ::timerfd_settime(fd, 0, &time, nullptr);
    return fd;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4 || std::atoi(argv[3]) < 1) {
        std::fprintf(stderr, "usage: usb_camera MJPG_FILE YUYV_FILE FPS\n");
        return 2;
    }
    const auto fps = static_cast<std::uint32_t>(std::atoi(argv[3]));
    Pictures pictures = read_pictures(argv[1], argv[2]);
    if (pictures.mjpg.empty() || pictures.yuyv.empty()) {
        std::fprintf(stderr, "usb_camera: no pictures\n");
        return 2;
    }
    const int signals = block_signals();
    const int timer = start_timer(fps);
    Camera camera(std::move(pictures), fps);
    while (true) {
        std::array<pollfd, 3> ready{{{signals, POLLIN, 0}, {timer, POLLIN, 0}, {camera.fd(), POLLIN, 0}}};
        if (::poll(ready.data(), ready.size(), -1) < 0) fail("poll");
        if (ready[0].revents != 0) {
            signalfd_siginfo signal{};
            if (::read(signals, &signal, sizeof signal) < 0) fail("signalfd");
            if (signal.ssi_signo == SIGUSR1) {
                camera.toggle_plug();
            } else if (signal.ssi_signo == SIGUSR2) {
                camera.toggle_freeze();
            } else {
                return 0;
            }
            continue;
        }
        if (ready[2].revents != 0) camera.serve();
        if (ready[1].revents != 0) {
            std::uint64_t ticks = 0;
            if (::read(timer, &ticks, sizeof ticks) == sizeof ticks) camera.tick();
        }
    }
}
