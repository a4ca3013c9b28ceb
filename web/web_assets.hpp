// The viewer page, compiled into the program.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace framepipe {

/// One file of the viewer page. All of it lives as long as the program.
struct WebAsset {
    std::string_view path;            ///< on the server: "/" is the page itself, "/app.js" a part of it
    std::string_view type;            ///< Content-Type
    std::string_view etag;            ///< of `body`, in its quotes; changes when the file does
    std::span<const std::byte> body;  ///< the file
    std::span<const std::byte> gzip;  ///< the same as `Content-Encoding: gzip`; empty: it would not be smaller
};

/// Every file of the page, sorted by path.
std::span<const WebAsset> web_assets();

}  // namespace framepipe
