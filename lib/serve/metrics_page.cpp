// /metrics: all that is counted.
#include <algorithm>
#include <array>
#include <atomic>

#include "process/usage.hpp"
#include "serve/command_source.hpp"
#include "serve/endpoints.hpp"
#include "serve/exposition.hpp"
#include "serve/questions.hpp"

namespace framepipe::serve {
namespace {

/// Of a counter that each thread of viewers has.
template <typename Get>
std::uint64_t sum(const Context& context, Get get) {
    std::uint64_t total = 0;
    for (const ViewerCounters* counters : context.counters) total += get(*counters);
    return total;
}

void add_process(Exposition& page) {
    const ProcessUsage usage = process_usage();
    page.single("process_cpu_seconds_total", "counter", "CPU time of wsserve.", usage.cpu_seconds);
    page.single("process_resident_memory_bytes", "gauge", "Memory of wsserve that is in RAM.", usage.resident_bytes);
    page.single("process_virtual_memory_bytes", "gauge", "Address space of wsserve.", usage.virtual_bytes);
    page.single("process_open_fds", "gauge", "Open file descriptors.", usage.open_descriptors);
    page.single("process_max_fds", "gauge", "The most file descriptors that may be open.", usage.max_descriptors);
    page.single("process_threads", "gauge", "Threads of wsserve.", usage.threads);
    page.single("process_start_time_seconds", "gauge", "When wsserve was started, since the UNIX epoch.", usage.start_time);
    const ChildrenUsage children = children_usage();
    // One that ends between two looks is missed once; a counter never falls.
    static std::atomic<double> most{0};
    double before = most;
    while (before < children.cpu_seconds && !most.compare_exchange_weak(before, children.cpu_seconds)) continue;
    page.single("framepipe_children_cpu_seconds_total", "counter", "CPU time of pipelines, those that have ended too.",
                std::max(before, children.cpu_seconds));
    page.single("framepipe_children", "gauge", "Processes of pipelines.", children.processes);
}

void add_streams(Exposition& page, const std::vector<StreamStatus>& streams) {
    const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        page.family(name, type, help);
        for (const StreamStatus& stream : streams) page.sample(name, label("stream", stream.name), value(stream));
    };
    each("framepipe_frames_in_total", "counter", "Frames that came in.", [](const StreamStatus& s) { return s.frames; });
    each("framepipe_bytes_in_total", "counter", "Payload bytes that came in.", [](const StreamStatus& s) { return s.bytes; });
    each("framepipe_stream_viewers", "gauge", "Viewers of the stream.", [](const StreamStatus& s) { return s.viewers; });
    each("framepipe_stream_fps", "gauge", "Frames a second, recent mean.", [](const StreamStatus& s) { return s.fps; });
    each("framepipe_stream_age_seconds", "gauge", "Since the last frame came; -1: none came.",
         [](const StreamStatus& s) { return s.age_us < 0 ? -1.0 : static_cast<double>(s.age_us) / 1e6; });
    page.family("framepipe_stream_state", "gauge", "1 for the state that the stream is in.");
    for (const StreamStatus& stream : streams)
        page.sample("framepipe_stream_state", label("stream", stream.name) + ',' + label("state", name_of(stream.state)), 1);
}

void add_sources(Exposition& page, const Context& context) {
    if (context.sources.empty()) return;
    const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        page.family(name, type, help);
        for (const auto& source : context.sources) page.sample(name, label("stream", source->name()), value(source->counts()));
    };
    each("framepipe_source_running", "gauge", "1 while the source's command runs.", [](const auto& c) { return c.running ? 1 : 0; });
    each("framepipe_source_restarts_total", "counter", "Times that the source's command was started again after it ended by itself.",
         [](const auto& c) { return c.restarts; });
    each("framepipe_source_lines_left_out_total", "counter",
         "Lines that the source's command said and that are not in the log, being too many.", [](const auto& c) { return c.lines_left_out; });
}

void add_viewers(Exposition& page, const Context& context, const Metrics& metrics) {
    page.family("framepipe_viewers", "gauge", "Viewers that are connected.");
    page.sample("framepipe_viewers", label("kind", "websocket"), metrics.websocket_viewers.load());
    page.sample("framepipe_viewers", label("kind", "mjpeg"), metrics.mjpeg_viewers.load());
    page.single("framepipe_connections", "gauge", "Connections that are open.", metrics.open_connections.load());
    page.single("framepipe_connections_total", "counter", "Connections that were accepted.",
                sum(context, [](const auto& c) { return c.connections.get(); }));
    page.single("framepipe_requests_total", "counter", "HTTP requests.", sum(context, [](const auto& c) { return c.requests.get(); }));
    page.family("framepipe_refusals_total", "counter", "Requests refused and viewers let go, by reason.");
    for (std::size_t i = 0; i < kRefusals; ++i)
        page.sample("framepipe_refusals_total", label("reason", name_of(static_cast<Refusal>(i))),
                    sum(context, [i](const auto& c) { return c.refusals[i].get(); }));
}

void add_histogram(Exposition& page, const Context& context, std::string_view name, std::string_view help,
                   Durations ViewerCounters::*durations) {
    std::array<std::uint64_t, Durations::kClasses> counts;
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = sum(context, [&](const auto& c) { return (c.*durations).in_class(i); });
    const std::uint64_t sum_us = sum(context, [&](const auto& c) { return (c.*durations).sum_us(); });
    page.histogram(name, help, Durations::kEnds, counts, static_cast<double>(sum_us) / 1e6);
}

void add_output(Exposition& page, const Context& context) {
    page.single("framepipe_frames_offered_total", "counter", "Frames that came for viewers: handed over, dropped, or on their way.",
                sum(context, [](const auto& c) { return c.offered.get(); }));
    page.single("framepipe_frames_out_total", "counter", "Frames handed to viewers' sockets.",
                sum(context, [](const auto& c) { return c.frames.get(); }));
    page.single("framepipe_bytes_out_total", "counter", "Bytes handed to sockets.",
                sum(context, [](const auto& c) { return c.bytes.get(); }));
    page.family("framepipe_drops_total", "counter", "Frames that a viewer was not sent, by reason.");
    for (std::size_t i = 0; i < kDrops; ++i)
        page.sample("framepipe_drops_total", label("reason", name_of(static_cast<Drop>(i))),
                    sum(context, [i](const auto& c) { return c.drops[i].get(); }));
    add_histogram(page, context, "framepipe_picture_wait_seconds", "From a picture's arrival here until a viewer's socket had it whole.",
                  &ViewerCounters::wait);
    add_histogram(page, context, "framepipe_picture_age_seconds", "From a picture's time_us until a viewer's socket had it whole.",
                  &ViewerCounters::age);
}

void add_answers(Exposition& page, const Desk& desk) {
    const ResponderCounts counts = desk.counts();
    page.single("framepipe_respond_requests_total", "counter", "Requests of clients to the pipeline.", counts.requests);
    page.single("framepipe_respond_answers_total", "counter", "Answers of the pipeline.", counts.answers);
    page.single("framepipe_respond_cached_total", "counter", "Requests whose answer was still known.", desk.cache_hits());
    page.single("framepipe_respond_errors_total", "counter", "Requests that the server answered with an error.", counts.errors);
    page.single("framepipe_respond_dropped_total", "counter", "Requests dropped for a newer one (--newest-request).", counts.dropped);
    page.single("framepipe_respond_strays_total", "counter", "Frames out of the pipeline that answer no request.", counts.strays);
    page.single("framepipe_respond_restarts_total", "counter", "Times that the pipeline was started again.", counts.restarts);
}

void add_frames(Exposition& page, const Metrics& metrics) {
    page.family("framepipe_input_drops_total", "counter", "Frames that came in and were not published, by reason.");
    for (std::size_t i = 0; i < kInputDrops; ++i)
        page.sample("framepipe_input_drops_total", label("reason", name_of(static_cast<InputDrop>(i))), metrics.input_drops[i].load());
    page.family("framepipe_conversions_total", "counter", "Representations that were made of frames.");
    page.sample("framepipe_conversions_total", label("to", "jpeg"), metrics.jpeg_encodes.load());
    page.sample("framepipe_conversions_total", label("to", "png"), metrics.png_encodes.load());
    page.sample("framepipe_conversions_total", label("to", "rgba"), metrics.rgba_decodes.load());
    page.sample("framepipe_conversions_total", label("to", "base64"), metrics.base64_encodes.load());
    page.single("framepipe_bad_pictures_total", "counter", "Pictures that could not be converted.", metrics.bad_pictures.load());
    page.single("framepipe_relayed_messages_total", "counter", "Messages of clients that went to all clients.",
                metrics.relayed_messages.load());
    page.single("framepipe_live_frames", "gauge", "Frames in memory.", metrics.live_frames.load());
    page.single("framepipe_live_bytes", "gauge", "Bytes of frames in memory.", metrics.live_bytes.load());
}

}  // namespace

Response metrics_response(const Context& context) {
    const Metrics& metrics = context.hub.metrics();
    Exposition page;
    page.family("framepipe_build_info", "gauge", "The version.");
    page.sample("framepipe_build_info", label("version", FRAMEPIPE_VERSION), 1);
    add_process(page);
    add_viewers(page, context, metrics);
    add_streams(page, context.hub.streams());
    add_sources(page, context);
    add_output(page, context);
    if (context.desk) add_answers(page, *context.desk);
    add_frames(page, metrics);
    Response response;
    response.type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = Bytes::from(page.take());
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

}  // namespace framepipe::serve
