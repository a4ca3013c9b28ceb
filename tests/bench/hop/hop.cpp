// The two ends of a hop through a pipe, and the plain loop that marks what the machine can do.
//   hop write COUNT [PAYLOAD]  writes COUNT frames of 1080p rgb24 (or of PAYLOAD bytes) to stdout
//   hop loop [BUFFER]          reads and writes until the end of input, BUFFER bytes at a time
//   hop read                   reads to the end, and prints bytes and seconds since the first byte
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kPipe = 1 << 20;
constexpr std::size_t kPicture = 1920 * 1080 * 3;

bool write_all(const char* bytes, std::size_t size) {
    while (size > 0) {
        const ssize_t n = ::write(STDOUT_FILENO, bytes, size);
        if (n <= 0) return false;
        bytes += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

void append_little(std::string& to, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i) & 0xff);
}

int write_frames(long count, std::size_t payload) {
    ::fcntl(STDOUT_FILENO, F_SETPIPE_SZ, kPipe);
    std::string header = payload == kPicture ? R"({"type":"image/x-raw","format":"rgb24","width":1920,"height":1080)" : R"({"type":"a/b")";
    std::vector<char> pixels(payload, 'x');
    for (long i = 0; i < count; ++i) {
        const std::string text = header + ",\"seq\":" + std::to_string(i) + "}";
        std::string head = "FPF1";
        append_little(head, text.size(), 4);
        append_little(head, payload, 8);
        head += text;
        if (!write_all(head.data(), head.size()) || !write_all(pixels.data(), pixels.size())) return 1;
    }
    return 0;
}

int loop(std::size_t size) {
    ::fcntl(STDOUT_FILENO, F_SETPIPE_SZ, kPipe);
    std::vector<char> buffer(size);
    for (;;) {
        const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (n <= 0) return n == 0 ? 0 : 1;
        if (!write_all(buffer.data(), static_cast<std::size_t>(n))) return 1;
    }
}

int read_all() {
    std::vector<char> buffer(kPicture);
    std::uint64_t total = 0;
    std::chrono::steady_clock::time_point start;
    for (;;) {
        const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (n < 0) return 1;
        if (n == 0) break;
        if (total == 0) start = std::chrono::steady_clock::now();
        total += static_cast<std::uint64_t>(n);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%llu %.6f\n", static_cast<unsigned long long>(total), seconds);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string mode = argc > 1 ? argv[1] : "";
    const std::size_t number = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
    if (mode == "write" && number > 0)
        return write_frames(static_cast<long>(number), argc > 3 ? std::strtoull(argv[3], nullptr, 10) : kPicture);
    if (mode == "loop") return loop(number > 0 ? number : kPipe);
    if (mode == "read") return read_all();
    std::fprintf(stderr, "usage: hop write COUNT [PAYLOAD] | hop loop [BUFFER] | hop read\n");
    return 2;
}
