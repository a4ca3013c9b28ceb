// Bytes out of gzip (by zlib).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "frame/bytes.hpp"

namespace framepipe {

/// True if the bytes begin as gzip does.
bool is_gzip(std::span<const std::byte> bytes);

/// Reads what gzip holds from its beginning on, several members one after another too. It keeps no more than it is asked for.
class GzipReader {
public:
    explicit GzipReader(Bytes gzip);
    ~GzipReader();

    /// Fills `into` with the next bytes.
    /// throws Error: they are broken, or there are fewer
    void read(std::span<std::byte> into);
    /// Fills as much of `into` as there is, and returns how much that is.
    /// throws Error: they are broken
    std::size_t read_some(std::span<std::byte> into);
    /// throws Error as read() does
    void skip(std::uint64_t bytes);

private:
    struct Impl;  // zlib stays in gzip.cpp
    std::unique_ptr<Impl> impl_;
};

/// `size` bytes of what `gzip` holds, from byte `offset` on.
/// What follows them is read for the checksum at the end, unless it is more than 64 MiB.
/// throws Error: they are more than `max_memory`, or are broken, or there are fewer
Bytes gunzip(const Bytes& gzip, std::uint64_t offset, std::uint64_t size, std::uint64_t max_memory);

}  // namespace framepipe
