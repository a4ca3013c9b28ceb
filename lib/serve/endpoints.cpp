#include "serve/endpoints.hpp"

#include "serve/questions.hpp"

namespace framepipe::serve {

Response health_response(const Context& context) {
    const bool needs_frames = !(context.desk || context.publishing || context.relay) || !context.hub.streams().empty();
    auto complaint = needs_frames ? context.hub.complaint() : std::nullopt;
    if (context.desk && (!needs_frames || complaint))
        if (const std::string trouble = context.desk->trouble(); !trouble.empty())
            complaint = "the pipeline that answers stopped " + trouble;
    return complaint ? text_response(503, *complaint) : text_response(200, "ok");
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
