#include "serve/endpoints.hpp"

namespace framepipe::serve {

Response health_response(const Context& context) {
    if ((context.desk || context.publishing || context.relay) && context.hub.streams().empty()) return text_response(200, "ok");
    if (const auto complaint = context.hub.complaint()) return text_response(503, *complaint);
    return text_response(200, "ok");
}

Response streams_response(const Context& context, const Permit& permit) {
    std::string json = "{\"streams\":[";
    for (const StreamStatus& stream : context.hub.streams(permit)) {
        if (json.back() == '}') json += ',';
        json += stream.json();
    }
    Response response;
    response.type = "application/json";
    response.body = Bytes::from(json + "]}\n");
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

}  // namespace framepipe::serve
