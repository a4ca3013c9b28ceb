// tjloop: what `encode jpeg` is measured against, and what it is fed with.
//   tjloop frames FORMAT W H COUNT   a stream of COUNT frames to stdout; FORMAT is rgb24, yuv420p, nv12 or yuyv422,
//                                    with "+limited" for limited range
//   tjloop read SIZE                 reads stdin to its end, frame after frame into one buffer of SIZE bytes
//   tjloop limit FORMAT W H COUNT    TurboJPEG in a loop over the same pictures, one thread, no pipe: tjCompress2 for
//                                    rgb24, tjCompressFromYUVPlanes for the others
// read and limit print the CPU seconds they used.
#include <fcntl.h>
#include <sys/resource.h>
#include <turbojpeg.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr int kPictures = 4;
constexpr int kQuality = 80;

// Gradients, shapes with edges, something like text, and noise.
Bytes picture(int w, int h, int k) {
    Bytes p(static_cast<std::size_t>(w) * h * 3);
    std::uint32_t r = 777U + static_cast<std::uint32_t>(k);
    for (int y = 0; y < h; ++y) {
        for (int x = 0; x < w; ++x) {
            const double fx = double(x) / w, fy = double(y) / h;
            double c[3] = {200 * fx + 30 * std::sin(9 * fy + k * 0.1), 180 * (1 - fy) + 40 * fx, 90 + 80 * std::sin(6 * fx * fy + 1)};
            for (int s = 0; s < 12; ++s) {
                const double cx = 0.08 + 0.083 * s + 0.002 * k, cy = 0.5 + 0.35 * std::sin(s * 1.7), radius = 0.03 + 0.012 * (s % 4);
                const double dx = fx - cx, dy = (fy - cy) * h / w;
                const bool inside = s % 2 ? dx * dx + dy * dy < radius * radius : std::fabs(dx) < radius && std::fabs(dy) < radius * 0.7;
                if (inside) c[s % 3] = 40 + 17 * s, c[(s + 1) % 3] = 230 - 11 * s;
            }
            if (int(fx * 40) % 7 == 3 && int(fy * h) % 14 < 6) c[0] = c[1] = c[2] = 20;
            r = r * 1664525U + 1013904223U;
            const double noise = (double(r >> 24) - 128) * 0.05;
            for (int i = 0; i < 3; ++i) {
                const double v = c[i] + noise;
                p[(static_cast<std::size_t>(y) * w + x) * 3 + i] = static_cast<std::uint8_t>(v < 0 ? 0 : v > 255 ? 255 : v);
            }
        }
    }
    return p;
}

struct Format {
    std::string name;
    bool limited = false;
    int sampling() const { return name == "yuyv422" ? TJSAMP_422 : TJSAMP_420; }
};

Format format_of(std::string text) {
    const auto plus = text.find("+limited");
    if (plus == std::string::npos) return {text};
    return {text.substr(0, plus), true};
}

// Full-range planes, one after another.
Bytes planes(tjhandle tj, const Bytes& rgb, int w, int h, int sampling) {
    Bytes out(tjBufSizeYUV2(w, 1, h, sampling));
    tjEncodeYUV3(tj, rgb.data(), w, 0, h, TJPF_RGB, out.data(), 1, sampling, 0);
    return out;
}

Bytes as_format(tjhandle tj, const Bytes& rgb, int w, int h, const Format& format) {
    if (format.name == "rgb24") return rgb;
    Bytes yuv = planes(tj, rgb, w, h, format.sampling());
    const std::size_t luma = static_cast<std::size_t>(w) * h, chroma = (yuv.size() - luma) / 2;
    if (format.limited) {
        for (std::size_t i = 0; i < yuv.size(); ++i) {
            yuv[i] = static_cast<std::uint8_t>(i < luma ? 16 + (yuv[i] * 219 + 127) / 255 : 128 + ((yuv[i] - 128) * 224) / 255);
        }
    }
    if (format.name == "yuv420p") return yuv;
    Bytes out(yuv.size());
    const std::uint8_t *u = yuv.data() + luma, *v = u + chroma;
    if (format.name == "nv12") {
        std::memcpy(out.data(), yuv.data(), luma);
        for (std::size_t i = 0; i < chroma; ++i) out[luma + 2 * i] = u[i], out[luma + 2 * i + 1] = v[i];
    } else {
        for (std::size_t i = 0; i < chroma; ++i) {
            out[4 * i] = yuv[2 * i], out[4 * i + 1] = u[i], out[4 * i + 2] = yuv[2 * i + 1], out[4 * i + 3] = v[i];
        }
    }
    return out;
}

void put(const void* data, std::size_t size) {
    const auto* p = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t n = write(STDOUT_FILENO, p, size);
        if (n <= 0) std::exit(1);
        p += n, size -= static_cast<std::size_t>(n);
    }
}

int frames(const Format& format, int w, int h, int count) {
    fcntl(STDOUT_FILENO, F_SETPIPE_SZ, 1 << 20);
    tjhandle tj = tjInitCompress();
    std::vector<Bytes> pictures;
    for (int k = 0; k < kPictures; ++k) pictures.push_back(as_format(tj, picture(w, h, k), w, h, format));
    for (int i = 0; i < count; ++i) {
        const Bytes& p = pictures[i % kPictures];
        char header[256];
        const int size = std::snprintf(header, sizeof header, R"({"type":"image/x-raw","format":"%s","width":%d,"height":%d,"seq":%d%s})",
                                       format.name.c_str(), w, h, i,
                                       format.name == "rgb24" ? ""
                                       : format.limited       ? R"(,"range":"limited")"
                                                              : R"(,"range":"full")");
        std::uint8_t prefix[16] = {'F', 'P', 'F', '1'};
        for (int b = 0; b < 4; ++b) prefix[4 + b] = static_cast<std::uint8_t>(size >> (8 * b));
        for (int b = 0; b < 8; ++b) prefix[8 + b] = static_cast<std::uint8_t>(p.size() >> (8 * b));
        put(prefix, sizeof prefix);
        put(header, static_cast<std::size_t>(size));
        put(p.data(), p.size());
    }
    return 0;
}

void print_cpu(const rusage& before) {
    rusage after;
    getrusage(RUSAGE_SELF, &after);
    const auto seconds = [](const rusage& r) {
        return double(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + double(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
    };
    std::printf("%.6f\n", seconds(after) - seconds(before));
}

int read_only(std::size_t frame) {
    fcntl(STDIN_FILENO, F_SETPIPE_SZ, 1 << 20);
    Bytes buffer(frame);
    rusage before;
    getrusage(RUSAGE_SELF, &before);
    std::size_t have = 0;
    for (;;) {
        const ssize_t n = read(STDIN_FILENO, buffer.data() + have, frame - have);
        if (n <= 0) break;
        have = (have + static_cast<std::size_t>(n)) % frame;
    }
    print_cpu(before);
    return 0;
}

int limit(const Format& format, int w, int h, int count) {
    tjhandle tj = tjInitCompress();
    const bool rgb = format.name == "rgb24";
    std::vector<Bytes> pictures;
    for (int k = 0; k < kPictures; ++k) {
        const Bytes p = picture(w, h, k);
        pictures.push_back(rgb ? p : planes(tj, p, w, h, format.sampling()));
    }
    const unsigned long room = tjBufSize(w, h, format.sampling());
    unsigned char* out = tjAlloc(static_cast<int>(room));
    const auto one = [&](int i) {
        unsigned long size = room;
        const Bytes& p = pictures[i % kPictures];
        int failed = 0;
        if (rgb) {
            failed = tjCompress2(tj, p.data(), w, 0, h, TJPF_RGB, &out, &size, TJSAMP_420, kQuality, TJFLAG_NOREALLOC);
        } else {
            const std::size_t luma = static_cast<std::size_t>(w) * h;
            const unsigned char* three[3] = {p.data(), p.data() + luma, p.data() + luma + (p.size() - luma) / 2};
            failed = tjCompressFromYUVPlanes(tj, three, w, nullptr, h, format.sampling(), &out, &size, kQuality, TJFLAG_NOREALLOC);
        }
        if (failed) std::exit((std::fprintf(stderr, "tjloop: %s\n", tjGetErrorStr2(tj)), 1));
    };
    for (int i = 0; i < kPictures; ++i) one(i);
    rusage before;
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < count; ++i) one(i);
    print_cpu(before);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    if (argc == 3 && what == "read") return read_only(static_cast<std::size_t>(std::atol(argv[2])));
    if (argc == 6 && what == "frames") return frames(format_of(argv[2]), std::atoi(argv[3]), std::atoi(argv[4]), std::atoi(argv[5]));
    if (argc == 6 && what == "limit") return limit(format_of(argv[2]), std::atoi(argv[3]), std::atoi(argv[4]), std::atoi(argv[5]));
    std::fprintf(stderr, "usage: tjloop frames|limit FORMAT W H COUNT, tjloop read SIZE\n");
    return 2;
}
