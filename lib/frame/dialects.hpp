// The streams that other programs write, read as frames. See framepipe-frames(5).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "frame/byte_reader.hpp"
#include "frame/input.hpp"

namespace framepipe {

enum class Dialect { fpf, jpeg, png, webp, multipart, y4m, pnm, lines };

/// Tells the dialect of an input by its first bytes, which stay available. Reads no byte more than the
/// decision needs; plain lines are a dialect only if `options.lines`.
/// returns  nullopt if the input is empty
/// throws   Error that names what was found instead, and what to do where that is known
std::optional<Dialect> sniff(ByteReader& reader, const InputOptions& options);

/// Frames from an input of any dialect but `fpf`. Takes over the reader, and what it has read ahead.
std::unique_ptr<FrameInput> open_dialect(Dialect dialect, ByteReader reader, const InputOptions& options);

/// open_input() after what `reader` has read ahead.
std::unique_ptr<FrameInput> open_input(ByteReader reader, InputOptions options);

/// What InputOptions::left_out is told.
std::string over_limit(const std::string& name, std::uint64_t max_frame);

/// For messages: the beginning of `bytes`, as text in quotes where a program printed text, else the
/// kind of file by its name, else the first bytes in hexadecimal.
std::string describe_start(std::span<const std::byte> bytes);

/// The same for what comes next in `reader`, without waiting for more of it.
std::string describe_start(ByteReader& reader);

}  // namespace framepipe
