#include "source/network.hpp"

#include <fmt/format.h>

#include "frame/error.hpp"
#include "net/url.hpp"

namespace framepipe {

std::unique_ptr<Video> open_network_video(const std::string& url) {
    auto& cv = opencv();
    try {
        return cv.open_video(url);
    } catch (const Error&) {
        throw Error(fmt::format("cannot open {}: nobody answers there, or it sends nothing that FFmpeg can read", shown_address(url)));
    }
}

}  // namespace framepipe
