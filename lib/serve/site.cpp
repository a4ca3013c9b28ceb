#include "serve/site.hpp"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "frame/descriptor.hpp"
#include "frame/error.hpp"

namespace framepipe::serve {
namespace {

constexpr std::uint64_t kMaxFile = 256ULL << 20;

std::string_view mime_type(std::string_view path) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kTypes{{
        {".html", "text/html; charset=utf-8"},
        {".htm", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".txt", "text/plain; charset=utf-8"},
        {".md", "text/plain; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".gif", "image/gif"},
        {".webp", "image/webp"},
        {".avif", "image/avif"},
        {".ico", "image/x-icon"},
        {".wasm", "application/wasm"},
        {".woff2", "font/woff2"},
        {".woff", "font/woff"},
        {".mp4", "video/mp4"},
        {".webm", "video/webm"},
        {".webmanifest", "application/manifest+json"},
        {".xml", "application/xml"},
    }};
    for (const auto& [ending, type] : kTypes)
        if (path.ends_with(ending)) return type;
    return "application/octet-stream";
}

/// True if If-None-Match names the tag: the peer has the file.
bool has_already(const Request& request, std::string_view etag) {
    const auto header = request.header("if-none-match");
    return header && (*header == "*" || header->find(etag) != std::string_view::npos);
}

/// No part of the path is empty, hidden or climbs up.
bool is_plain(std::string_view path) {
    if (!path.starts_with('/') || path.find('\\') != std::string_view::npos) return false;
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::string_view part = path.substr(0, path.find('/'));
        path.remove_prefix(part.size());
        if (part.starts_with('.') || (part.empty() && !path.empty())) return false;
    }
    return true;
}

std::optional<Bytes> read_file(int fd, std::size_t size) {
    Block block(size);
    std::size_t done = 0;
    while (done < size) {
        const ssize_t n = read(fd, block.data() + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return std::nullopt;
        done += static_cast<std::size_t>(n);
    }
    return std::move(block).share();
}

}  // namespace

Site::Site(std::filesystem::path folder) {
    std::error_code ec;
    folder_ = std::filesystem::canonical(folder, ec);
    if (ec) throw Error(fmt::format("cannot serve the folder {}: {}", folder.string(), system_reason(ec.value())));
    if (!std::filesystem::is_directory(folder_)) throw Error(fmt::format("cannot serve the folder {}: it is no folder", folder.string()));
}

std::optional<Response> Site::find(const Request& request) const {
    return folder_.empty() ? find_asset(request) : find_file(request);
}

std::optional<Response> Site::find_asset(const Request& request) const {
    const std::string_view path = request.path == "/index.html" ? "/" : std::string_view(request.path);
    for (const Asset& asset : assets_) {
        if (asset.path != path) continue;
        Response response;
        response.type = asset.type;
        response.headers = {{"ETag", std::string(asset.etag)}, {"Cache-Control", "no-cache"}, {"Vary", "Accept-Encoding"}};
        if (has_already(request, asset.etag)) {
            response.status = 304;
            return response;
        }
        const bool gzip = !asset.gzip.empty() && request.header_lists("accept-encoding", "gzip");
        if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
        response.body = Bytes(nullptr, gzip ? asset.gzip : asset.body);
        return response;
    }
    return std::nullopt;
}

std::optional<Response> Site::find_file(const Request& request) const {
    if (!is_plain(request.path)) return std::nullopt;
    std::filesystem::path path = folder_ / request.path.substr(1);
    std::error_code ec;
    if (std::filesystem::is_directory(path, ec)) path /= "index.html";
    // A link may lead out of the folder.
    path = std::filesystem::canonical(path, ec);
    if (ec || !path.string().starts_with(folder_ == "/" ? "/" : folder_.string() + "/")) return std::nullopt;

    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status {};
    if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) > kMaxFile)
        return std::nullopt;
    const std::string etag = fmt::format("\"{:x}-{:x}-{:x}\"", status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size);
    Response response;
    response.type = mime_type(path.string());
    response.headers = {{"ETag", etag}, {"Cache-Control", "no-cache"}};
    if (has_already(request, etag)) {
        response.status = 304;
        return response;
    }
    auto body = read_file(file.get(), static_cast<std::size_t>(status.st_size));
    if (!body) return std::nullopt;
    response.body = std::move(*body);
    return response;
}

}  // namespace framepipe::serve
