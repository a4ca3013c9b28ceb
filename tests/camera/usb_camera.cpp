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

#include "usb_descriptors.hpp"

namespace {

[[noreturn]] void fail(const char* attempt) {
    std::perror(attempt);
    std::exit(1);
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
