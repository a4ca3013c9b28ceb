#include "process/description.hpp"

#include <boost/json.hpp>

#include "frame/error.hpp"

namespace framepipe {

bool is_description(const Header& header) {
    return header.flag("describes") && !header.raw("request");
}

Description read_description(const Frame& frame) {
    if (frame.payload.size() > kMaxDescription)
        throw Error("its description has " + std::to_string(frame.payload.size()) + " bytes, over the limit of " +
                    std::to_string(kMaxDescription));
    boost::json::error_code ec;
    const auto text = frame.payload.text();
    const auto value = boost::json::parse({text.data(), text.size()}, ec);
    if (ec || !value.is_object()) throw Error("its description is no JSON object");
    return std::make_shared<const std::string>(text);
}

}  // namespace framepipe
