#include "frame/error_frame.hpp"

#include <utility>

namespace framepipe {

Frame error_frame(Header header, const std::string& why) {
    header.set("type", "text/plain");
    for (const char* key : {"format", "width", "height", "range", "matrix"}) header.erase(key);
    header.set("error", why);
    return {std::move(header), Bytes::copy_of(why)};
}

}  // namespace framepipe
