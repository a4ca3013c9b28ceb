#include "web_assets.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "catch.hpp"

using namespace framepipe;

namespace {

std::string text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string page_file(std::string_view path) {
    const std::string_view three = "/three/";
    const std::string file = path == "/"               ? FRAMEPIPE_SOURCE "/web/page/index.html"
                             : path.starts_with(three) ? "/usr/share/javascript/three/" + std::string(path.substr(three.size()))
                                                       : FRAMEPIPE_SOURCE "/web/page" + std::string(path);
    std::ifstream in(file, std::ios::binary);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("each file of the page is embedded byte for byte", "[web]") {
    REQUIRE_FALSE(web_assets().empty());
    for (const WebAsset& asset : web_assets()) {
        INFO(asset.path);
        CHECK(text(asset.body) == page_file(asset.path));
        CHECK_FALSE(asset.type.empty());
        if (!asset.gzip.empty()) {
            CHECK(asset.gzip.size() < asset.body.size());
            CHECK(text(asset.gzip.first(3)) == "\x1f\x8b\x08");
        }
    }
}

TEST_CASE("the page, its script and both icons are there, and no path twice", "[web]") {
    std::set<std::string_view> paths;
    for (const WebAsset& asset : web_assets()) {
        CHECK(paths.insert(asset.path).second);
    }
    for (const std::string_view path : {"/", "/app.js", "/style.css", "/favicon.svg", "/favicon.ico"}) {
        INFO(path);
        CHECK(paths.contains(path));
    }
}

TEST_CASE("an ETag is quoted and differs between files", "[web]") {
    std::set<std::string_view> tags;
    for (const WebAsset& asset : web_assets()) {
        CHECK(asset.etag.size() == 18);
        CHECK(asset.etag.front() == '"');
        CHECK(asset.etag.back() == '"');
        CHECK(tags.insert(asset.etag).second);
    }
}

TEST_CASE("every file that the page asks for is embedded", "[web]") {
    std::set<std::string> wanted;
    for (const WebAsset& asset : web_assets()) {
        const std::string body = text(asset.body);
        for (const std::string_view before : {"src=\"", "href=\"", "from '", "from \"", "URL('", "import('"}) {
            for (std::size_t at = body.find(before); at != std::string::npos; at = body.find(before, at + 1)) {
                const std::size_t begin = at + before.size();
                const std::string name = body.substr(begin, body.find_first_of("\"'", begin) - begin);
                if (name.ends_with(".js") || name.ends_with(".css") || name.ends_with(".svg") || name.ends_with(".ico")) {
                    wanted.insert((std::filesystem::path(asset.path).parent_path() / name).lexically_normal().string());
                }
            }
        }
    }
    CHECK(wanted.size() >= 30);
    CHECK(wanted.contains("/three/build/three.module.js"));
    for (const std::string& path : wanted) {
        INFO(path);
        CHECK(std::ranges::any_of(web_assets(), [&](const WebAsset& asset) { return asset.path == path; }));
    }
}
