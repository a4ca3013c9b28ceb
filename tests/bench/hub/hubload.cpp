// hubload: one producer and many clients of a WebSocket hub.
//
// The producer sends pictures as data URLs (img=sq=data:image/jpeg;base64,...) and after each a text with
// numbers, flat out or at a rate. The clients take what comes. Each picture holds the time of its sending
// (stampframe.h), so that a client can tell how old it is when its last byte has come. Prints one JSON object;
// WINDOW_BEGIN and WINDOW_END on stderr mark the time that it is about.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../fanout/stampframe.h"

namespace {

constexpr std::string_view kPicture = "img=sq=data:image/jpeg;base64,";
constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kStampBytes = 48;  // of the JPEG, which hold the stamp
constexpr size_t kStampDigits = kStampBytes / 3 * 4;
constexpr size_t kHead = 10 + kPicture.size() + kStampDigits;

void encode(const uint8_t* from, size_t n, char* to) {
    for (; n >= 3; n -= 3, from += 3) {
        const uint32_t bits = uint32_t(from[0]) << 16 | uint32_t(from[1]) << 8 | from[2];
        for (int shift = 18; shift >= 0; shift -= 6) *to++ = kDigits[bits >> shift & 63];
    }
}

std::vector<uint8_t> decode(std::string_view digits) {
    static const auto values = [] {
        std::vector<uint8_t> all(256);
        for (int i = 0; i < 64; i++) all[uint8_t(kDigits[i])] = uint8_t(i);
        return all;
    }();
    std::vector<uint8_t> bytes;
    for (size_t i = 0; i + 4 <= digits.size(); i += 4) {
        uint32_t bits = 0;
        for (size_t j = 0; j < 4; j++) bits = bits << 6 | values[uint8_t(digits[i + j])];
        for (int shift = 16; shift >= 0; shift -= 8) bytes.push_back(uint8_t(bits >> shift));
    }
    return bytes;
}

int connect_websocket(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(uint16_t(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const std::string request =
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) || write(fd, request.data(), request.size()) < 0) {
        perror("hubload: connect");
        exit(1);
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::string head;
    for (char c; head.find("\r\n\r\n") == std::string::npos; head += c)
        if (read(fd, &c, 1) != 1 || head.size() > 4096) exit(1);
    if (head.compare(9, 3, "101") != 0) {
        fprintf(stderr, "hubload: %s", head.c_str());
        exit(1);
    }
    return fd;
}

/// A client's text message; its mask is 0, so the payload goes out as it is.
std::string message(std::string_view payload) {
    std::string out = "\x81";
    const size_t n = payload.size();
    if (n < 126) {
        out += char(0x80 | n);
    } else {
        const int bytes = n < 65536 ? 2 : 8;
        out += char(0x80 | (bytes == 2 ? 126 : 127));
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += char(uint64_t(n) >> shift);
    }
    out.append(4, '\0');
    return out.append(payload);
}

void produce(int fd, size_t size, double fps, const std::atomic<bool>& stop, std::atomic<uint64_t>& sent) {
    Frame frame(size / 4 * 3);
    frame.data.resize(frame.data.size() / 3 * 3);
    std::string url(kPicture);
    url.resize(kPicture.size() + frame.data.size() / 3 * 4);
    encode(frame.data.data(), frame.data.size(), url.data() + kPicture.size());
    std::string picture = message(url);
    char* stamp_at = picture.data() + (picture.size() - url.size()) + kPicture.size();
    const std::string numbers =
        message("a1=sq=[0.4967141530112327, -0.13826430117118466, 0.6476885381006925, 1.5230298564080254, -0.23415337472333597, -0.234136956]");
    const auto send_all = [&](const std::string& data) {
        for (size_t done = 0; done < data.size() && !stop;) {
            const ssize_t n = send(fd, data.data() + done, data.size() - done, MSG_NOSIGNAL);
            if (n < 0 && errno != EINTR) return false;
            if (n > 0) done += size_t(n);
        }
        return true;
    };
    uint64_t next = now_ns(CLOCK_MONOTONIC);
    for (uint64_t number = 0; !stop; ++number) {
        if (fps > 0) {
            next += uint64_t(1e9 / fps);
            const timespec at = {time_t(next / 1000000000), long(next % 1000000000)};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
        }
        frame.stamp(number, false);
        encode(frame.data.data(), kStampBytes, stamp_at);
        if (!send_all(picture) || !send_all(numbers)) return;
        ++sent;
    }
}

struct Client {
    int fd = -1;
    std::string head;        // read and not yet understood
    uint64_t skip = 0;       // bytes of the message that is being read
    bool is_picture = false;
    uint64_t stamp = 0;
    uint64_t pictures = 0;
};

struct Totals {
    uint64_t bytes = 0, pictures = 0, texts = 0;
    std::vector<uint32_t> ages_us;
};

/// Reads what there is. returns false when the connection has ended
bool drain(Client& c, Totals& totals, bool counting) {
    const auto finished = [&] {
        if (!counting) return;
        if (!c.is_picture) {
            ++totals.texts;
            return;
        }
        ++totals.pictures;
        ++c.pictures;
        const uint64_t now = now_ns(CLOCK_REALTIME);
        totals.ages_us.push_back(uint32_t(now > c.stamp ? (now - c.stamp) / 1000 : 0));
    };
    static char scratch[1 << 16];
    for (int turns = 0; turns < 64; ++turns) {
        ssize_t n;
        if (c.skip > 0) {
            n = recv(c.fd, scratch, std::min<uint64_t>(c.skip, 1 << 20), MSG_TRUNC | MSG_DONTWAIT);
        } else {
            n = recv(c.fd, scratch, kHead - c.head.size(), MSG_DONTWAIT);
        }
        if (n == 0) return false;
        if (n < 0) return errno == EAGAIN || errno == EINTR;
        if (counting) totals.bytes += uint64_t(n);
        if (c.skip > 0) {
            c.skip -= uint64_t(n);
            if (c.skip == 0) finished();
            continue;
        }
        c.head.append(scratch, size_t(n));
        while (c.head.size() >= 2) {
            const uint8_t length = uint8_t(c.head[1]) & 127;
            const size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
            if (c.head.size() < 2 + extra) break;
            uint64_t payload = extra ? 0 : length;
            for (size_t i = 0; i < extra; ++i) payload = payload << 8 | uint8_t(c.head[2 + i]);
            const size_t start = 2 + extra;
            const size_t wanted = start + size_t(std::min<uint64_t>(payload, kPicture.size() + kStampDigits));
            if (c.head.size() < wanted) break;
            const std::string_view text = std::string_view(c.head).substr(start);
            c.is_picture = payload > kStampDigits && text.substr(0, kPicture.size()) == kPicture;
            if (c.is_picture) memcpy(&c.stamp, decode(text.substr(kPicture.size(), kStampDigits)).data() + 14, 8);
            const size_t here = size_t(std::min<uint64_t>(start + payload, c.head.size()));
            c.skip = start + payload - here;
            c.head.erase(0, here);
            if (c.skip > 0) break;
            finished();
        }
    }
    return true;
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
    int port = 0, count = 100;
    double warm = 1, secs = 3, fps = 0;
    size_t size = 40000;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        if (name == "--port") port = atoi(argv[i + 1]);
        else if (name == "--clients") count = atoi(argv[i + 1]);
        else if (name == "--warm") warm = atof(argv[i + 1]);
        else if (name == "--secs") secs = atof(argv[i + 1]);
        else if (name == "--fps") fps = atof(argv[i + 1]);
        else if (name == "--size") size = size_t(atol(argv[i + 1]));
        else return 2;
    }
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    std::vector<Client> clients(static_cast<size_t>(count));
    for (Client& c : clients) {
        c.fd = connect_websocket(port);
        epoll_event event{.events = EPOLLIN, .data = {.ptr = &c}};
        epoll_ctl(epoll, EPOLL_CTL_ADD, c.fd, &event);
    }
    const int producer = connect_websocket(port);
    std::atomic<bool> stop{false};
    std::atomic<uint64_t> sent{0};
    std::thread sender([&] { produce(producer, size, fps, stop, sent); });
    // Some hubs send its own messages back to it.
    std::thread reader([&] {
        char buffer[1];
        while (recv(producer, buffer, 1 << 20, MSG_TRUNC) > 0) {}
    });
    Totals totals;
    totals.ages_us.reserve(1 << 20);
    uint64_t gone = 0, sent_before = 0;
    double cpu_before = 0;
    const uint64_t begin = now_ns(CLOCK_MONOTONIC) + uint64_t(warm * 1e9), end = begin + uint64_t(secs * 1e9);
    bool counting = false;
    for (uint64_t now = 0; now < end; now = now_ns(CLOCK_MONOTONIC)) {
        if (!counting && now >= begin) {
            counting = true;
            sent_before = sent;
            cpu_before = cpu_seconds();
            fprintf(stderr, "WINDOW_BEGIN\n");
        }
        epoll_event events[64];
        const int n = epoll_wait(epoll, events, 64, 20);
        for (int i = 0; i < n; ++i) {
            Client& c = *static_cast<Client*>(events[i].data.ptr);
            if (drain(c, totals, counting)) continue;
            ++gone;
            close(c.fd);
        }
    }
    fprintf(stderr, "WINDOW_END\n");
    const double cpu = cpu_seconds() - cpu_before;
    const uint64_t sent_in_window = sent - sent_before;
    stop = true;
    shutdown(producer, SHUT_RDWR);
    sender.join();
    reader.join();
    std::sort(totals.ages_us.begin(), totals.ages_us.end());
    const auto age = [&](double part) {
        return totals.ages_us.empty() ? -1.0 : double(totals.ages_us[size_t(part * double(totals.ages_us.size() - 1))]) / 1000;
    };
    std::vector<uint64_t> each;
    for (const Client& c : clients) each.push_back(c.pictures);
    std::sort(each.begin(), each.end());
    printf("{\"seconds\":%g,\"bytes\":%llu,\"pictures\":%llu,\"texts\":%llu,\"sent\":%llu,\"gone\":%llu,\"least\":%llu,\"median\":%llu,"
           "\"age_p50_ms\":%.2f,\"age_p99_ms\":%.2f,\"age_max_ms\":%.2f,\"load_cpu_s\":%.3f}\n",
           secs, (unsigned long long)totals.bytes, (unsigned long long)totals.pictures, (unsigned long long)totals.texts,
           (unsigned long long)sent_in_window, (unsigned long long)gone, (unsigned long long)each.front(),
           (unsigned long long)each[each.size() / 2], age(0.5), age(0.99), age(1), cpu);
    return 0;
}
