#include "volume/gzip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

#include "frame/error.hpp"
#include "volume/memory.hpp"

namespace framepipe {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr std::size_t kStep = 1 << 30;  // zlib counts in 32 bits
/// What is read beyond what is needed, to come to the checksum: a fraction of a second.
constexpr std::uint64_t kMostRest = 64 << 20;

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
    return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

struct GzipReader::Impl {
    explicit Impl(Bytes gzip) : bytes(std::move(gzip)), rest(bytes.span()) {
        if (::inflateInit2(&stream, kGzipOnly) != Z_OK) throw std::bad_alloc();
    }
    ~Impl() { ::inflateEnd(&stream); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    /// False: the last member has ended.
    bool step(std::span<std::byte>& into) {
        const std::size_t in = std::min(rest.size(), kStep);
        const std::size_t out = std::min(into.size(), kStep);
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(rest.data()));  // zlib does not write there
        stream.avail_in = static_cast<uInt>(in);
        stream.next_out = reinterpret_cast<Bytef*>(into.data());
        stream.avail_out = static_cast<uInt>(out);
        const int result = ::inflate(&stream, Z_NO_FLUSH);
        rest = rest.subspan(in - stream.avail_in);
        const std::size_t made = out - stream.avail_out;
        into = into.subspan(made);
        given += made;
        if (result == Z_STREAM_END) {
            // What follows and is no gzip is no part of it: padding, say.
            if (!is_gzip(rest)) return false;
            ::inflateReset(&stream);
            return true;
        }
        if (result == Z_MEM_ERROR) throw std::bad_alloc();
        if (result == Z_BUF_ERROR || (result == Z_OK && rest.empty() && made == 0))
            throw Error(fmt::format("its gzip breaks off after {} bytes of content", given));
        if (result != Z_OK)
            throw Error(fmt::format("its gzip is broken after {} bytes of content: {}", given,
                                    stream.msg != nullptr ? stream.msg : "it wants a dictionary"));
        return true;
    }

    Bytes bytes;
    std::span<const std::byte> rest;
    z_stream stream{};
    std::uint64_t given = 0;
    bool ended = false;
};

GzipReader::GzipReader(Bytes gzip) : impl_(std::make_unique<Impl>(std::move(gzip))) {}
GzipReader::~GzipReader() = default;

std::size_t GzipReader::read_some(std::span<std::byte> into) {
    const std::size_t wanted = into.size();
    while (!into.empty() && !impl_->ended) impl_->ended = !impl_->step(into);
    return wanted - into.size();
}

void GzipReader::read(std::span<std::byte> into) {
    const std::uint64_t before = impl_->given;
    if (read_some(into) != into.size())
        throw Error(fmt::format("its gzip holds {} bytes, but {} are needed", impl_->given, before + into.size()));
}

void GzipReader::skip(std::uint64_t bytes) {
    std::array<std::byte, 16384> thrown_away;
    while (bytes > 0) {
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, thrown_away.size()));
        read(std::span(thrown_away).first(part));
        bytes -= part;
    }
}

Bytes gunzip(const Bytes& gzip, std::uint64_t offset, std::uint64_t size, std::uint64_t max_memory) {
    Block block = take_memory(size, max_memory);
    GzipReader reader(gzip);
    reader.skip(offset);
    reader.read(block.span());
    // At the end the checksum and the length are compared, also where there is more than is needed.
    std::array<std::byte, 16384> rest;
    std::uint64_t more = 0;
    while (more < kMostRest) {
        const std::size_t got = reader.read_some(rest);
        if (got == 0) break;
        more += got;
    }
    return std::move(block).share();
}

}  // namespace framepipe
