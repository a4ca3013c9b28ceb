#include "serve/endpoints.hpp"

#include <fmt/format.h>

#include <iterator>

#include "serve/command_source.hpp"
#include "serve/questions.hpp"

namespace framepipe::serve {
namespace {

/// A label's value in Prometheus' text format.
std::string label(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out;
}

class Page {
public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        fmt::format_to(std::back_inserter(text_), "# HELP framepipe_{0} {2}\n# TYPE framepipe_{0} {1}\n", name, type, help);
    }
    template <typename Value>
    void sample(std::string_view name, std::string_view labels, Value value) {
        fmt::format_to(std::back_inserter(text_), "framepipe_{}{} {}\n", name, labels, value);
    }
    template <typename Value>
    void single(std::string_view name, std::string_view type, std::string_view help, Value value) {
        family(name, type, help);
        sample(name, "", value);
    }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
};

template <typename Get>
std::uint64_t sum(const Context& context, Get get) {
    std::uint64_t total = 0;
    for (const ViewerCounters* counters : context.counters) total += get(*counters).get();
    return total;
}

void add_streams(Page& page, const std::vector<StreamStatus>& streams) {
    const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        page.family(name, type, help);
        for (const StreamStatus& stream : streams) page.sample(name, fmt::format("{{stream=\"{}\"}}", label(stream.name)), value(stream));
    };
    each("frames_in_total", "counter", "Frames that came in.", [](const StreamStatus& s) { return s.frames; });
    each("bytes_in_total", "counter", "Payload bytes that came in.", [](const StreamStatus& s) { return s.bytes; });
    each("stream_viewers", "gauge", "Viewers of the stream.", [](const StreamStatus& s) { return s.viewers; });
    each("stream_fps", "gauge", "Frames a second, recent mean.", [](const StreamStatus& s) { return s.fps; });
    each("stream_age_seconds", "gauge", "Since the last frame came.",
         [](const StreamStatus& s) { return static_cast<double>(s.age_us) / 1e6; });
    page.family("stream_state", "gauge", "1 for the state that the stream is in.");
    for (const StreamStatus& stream : streams)
        page.sample("stream_state", fmt::format("{{stream=\"{}\",state=\"{}\"}}", label(stream.name), name_of(stream.state)), 1);
}

void add_sources(Page& page, const Context& context) {
    if (context.sources.empty()) return;
    const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        page.family(name, type, help);
        for (const auto& source : context.sources)
            page.sample(name, fmt::format("{{stream=\"{}\"}}", label(source->name())), value(source->counts()));
    };
    each("source_running", "gauge", "1 while the source's command runs.", [](const auto& c) { return c.running ? 1 : 0; });
    each("source_restarts_total", "counter", "Times that the source's command was started again after it ended by itself.",
         [](const auto& c) { return c.restarts; });
    each("source_lines_left_out_total", "counter", "Lines that the source's command said and that are not in the log, being too many.",
         [](const auto& c) { return c.lines_left_out; });
}

}  // namespace

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

Response metrics_response(const Context& context) {
    const Metrics& metrics = context.hub.metrics();
    Page page;
    page.family("build_info", "gauge", "The version.");
    page.sample("build_info", "{version=\"" FRAMEPIPE_VERSION "\"}", 1);
    page.family("viewers", "gauge", "Viewers that are connected.");
    page.sample("viewers", "{kind=\"websocket\"}", metrics.websocket_viewers.load());
    page.sample("viewers", "{kind=\"mjpeg\"}", metrics.mjpeg_viewers.load());
    page.single("connections", "gauge", "Connections that are open.", metrics.open_connections.load());
    page.single("connections_total", "counter", "Connections that were accepted.",
                sum(
                    context, [](const auto& c) -> auto& { return c.connections; }));
    page.single("requests_total", "counter", "HTTP requests.",
                sum(
                    context, [](const auto& c) -> auto& { return c.requests; }));
    add_streams(page, context.hub.streams());
    add_sources(page, context);
    page.single("frames_out_total", "counter", "Frames handed to viewers' sockets.",
                sum(
                    context, [](const auto& c) -> auto& { return c.frames; }));
    page.single("bytes_out_total", "counter", "Bytes handed to sockets.",
                sum(
                    context, [](const auto& c) -> auto& { return c.bytes; }));
    page.family("drops_total", "counter", "Frames that a viewer was not sent, by reason.");
    for (std::size_t i = 0; i < kDrops; ++i)
        page.sample("drops_total", fmt::format("{{reason=\"{}\"}}", name_of(static_cast<Drop>(i))),
                    sum(
                        context, [i](const auto& c) -> auto& { return c.drops[i]; }));
    page.family("refusals_total", "counter", "Requests refused and viewers let go, by reason.");
    for (std::size_t i = 0; i < kRefusals; ++i)
        page.sample("refusals_total", fmt::format("{{reason=\"{}\"}}", name_of(static_cast<Refusal>(i))),
                    sum(
                        context, [i](const auto& c) -> auto& { return c.refusals[i]; }));
    if (context.desk) {
        const ResponderCounts counts = context.desk->counts();
        page.single("respond_requests_total", "counter", "Requests of clients to the pipeline.", counts.requests);
        page.single("respond_answers_total", "counter", "Answers of the pipeline.", counts.answers);
        page.single("respond_cached_total", "counter", "Requests whose answer was still known.", context.desk->cache_hits());
        page.single("respond_errors_total", "counter", "Requests that the server answered with an error.", counts.errors);
        page.single("respond_dropped_total", "counter", "Requests dropped for a newer one (--newest-request).", counts.dropped);
        page.single("respond_strays_total", "counter", "Frames out of the pipeline that answer no request.", counts.strays);
        page.single("respond_restarts_total", "counter", "Times that the pipeline was started again.", counts.restarts);
    }
    page.family("conversions_total", "counter", "Representations that were made of frames.");
    page.sample("conversions_total", "{to=\"jpeg\"}", metrics.jpeg_encodes.load());
    page.sample("conversions_total", "{to=\"png\"}", metrics.png_encodes.load());
    page.sample("conversions_total", "{to=\"rgba\"}", metrics.rgba_decodes.load());
    page.sample("conversions_total", "{to=\"base64\"}", metrics.base64_encodes.load());
    page.single("bad_pictures_total", "counter", "Pictures that could not be converted.", metrics.bad_pictures.load());
    page.single("stale_frames_total", "counter", "Old frames thrown away when viewers came back.", metrics.stale_frames.load());
    page.single("refused_frames_total", "counter", "Frames left out because there are too many streams.", metrics.refused_frames.load());
    page.single("relayed_messages_total", "counter", "Messages of clients that went to all clients.", metrics.relayed_messages.load());
    page.single("replaced_frames_total", "counter", "Producers' frames replaced by newer ones before they were published.",
                metrics.replaced_frames.load());
    page.single("too_fast_frames_total", "counter", "Producers' frames left out because there were too many a second.",
                metrics.too_fast_frames.load());
    page.single("live_frames", "gauge", "Frames in memory.", metrics.live_frames.load());
    page.single("live_bytes", "gauge", "Bytes of frames in memory.", metrics.live_bytes.load());
    Response response;
    response.type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = Bytes::from(page.take());
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

}  // namespace framepipe::serve
