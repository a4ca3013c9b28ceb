// The page's files: those in the program, or a folder of the user's.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "serve/http_message.hpp"

namespace framepipe::serve {

/// A file of the page that is in the program.
struct Asset {
    std::string_view path;  // "/": the page itself
    std::string_view type;
    std::string_view etag;  // with its quotes
    std::span<const std::byte> body;
    std::span<const std::byte> gzip;  // empty: not worth it
};

/// Immutable: any thread.
class Site {
public:
    explicit Site(std::span<const Asset> assets) : assets_(assets) {}
    /// throws Error if `folder` is none
    explicit Site(std::filesystem::path folder);

    bool is_folder() const { return !folder_.empty(); }
    /// The answer to GET or HEAD; nullopt: there is no such file. Hidden files and whatever lies
    /// outside of the folder do not exist.
    std::optional<Response> find(const Request& request) const;

private:
    std::optional<Response> find_asset(const Request& request) const;
    std::optional<Response> find_file(const Request& request) const;

    std::span<const Asset> assets_;
    std::filesystem::path folder_;
};

}  // namespace framepipe::serve
