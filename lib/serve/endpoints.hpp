// The endpoints that tell how the server does.
#pragma once

#include "serve/context.hpp"
#include "serve/http_message.hpp"

namespace framepipe::serve {

/// 200 while frames arrive or nobody wants them, else 503; a line of text says why.
Response health_response(const Context& context);
/// The streams that may be watched, as JSON.
Response streams_response(const Context& context, const Permit& permit);
/// What is counted, as Prometheus reads it.
Response metrics_response(const Context& context);

}  // namespace framepipe::serve
