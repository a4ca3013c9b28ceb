// publish: push the frames on stdin to a server.
// Live pictures are never late there: what waits for a slow link gives way to the newest.
// Ends 0 when its input ends and was sent, or when told to stop; 1 if the server takes nothing, or the input was broken.
#include <unistd.h>

#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "cli/log.hpp"
#include "cli/signals.hpp"
#include "cli/token.hpp"
#include "command.hpp"
#include "frame/error.hpp"
#include "pusher.hpp"

namespace framepipe::publish {
namespace {

struct Options {
    CommonOptions common;
    std::string url;
    std::string token_file;
    bool wait = false;
};

void declare(CLI::App& app, Options& o) {
    declare_common(app, o.common, Role::sink);
    app.add_option("URL", o.url, "the server: ws://HOST/publish, or wss://");
    app.add_option("--token-file", o.token_file, "send the token in this file (or in $FRAMEPIPE_TOKEN)")->type_name("FILE");
    app.add_flag("--wait", o.wait, "end only when the server has taken the last frame");
}

HttpUrl server_of(const Options& o) {
    if (o.url.empty()) throw UsageError("no URL given; try: capture test: | encode jpeg | publish ws://localhost:8080/publish");
    HttpUrl url = HttpUrl::parse(o.url, {"ws", "wss"});
    if (url.target == "/") url.target = "/publish";
    if (o.common.stream_given) url.set_parameter("stream", o.common.stream);
    return url;
}

/// What the reading thread shares with the sending one, which does not wait for it: it may be in a read
/// that nothing ends.
struct Reading {
    std::unique_ptr<Pusher> pusher;
    std::unique_ptr<FrameInput> input;
    std::mutex mutex;     // guards failure
    std::string failure;  // of the input
};

void read_frames(Reading& reading) {
    try {
        while (auto frame = reading.input->next())
            if (!reading.pusher->put(std::move(*frame))) return;
    } catch (const Error& error) {
        const std::lock_guard lock(reading.mutex);
        reading.failure = error.what();
    }
    reading.pusher->end();
}

ExitCode run(const Options& o) {
    const HttpUrl url = server_of(o);
    const std::string token = read_token(o.token_file);
    if (::isatty(STDIN_FILENO) == 1) throw UsageError("stdin is a terminal, which gives no frames; try: capture test: | publish " + o.url);
    std::stop_source stop;
    const StopSignals signals([&](int) { stop.request_stop(); }, true);

    const auto reading = std::make_shared<Reading>();
    reading->pusher = std::make_unique<Pusher>(
        url, PushOptions{.token = token, .wait = o.wait},
        LinkWords{[](const std::string& words) { log::warn(words); }, [](const std::string& words) { log::notice(words); }},
        stop.get_token());
    InputOptions input = input_options(o.common, nullptr);
    input.lines = true;
    reading->input = open_input(STDIN_FILENO, std::move(input));
    std::thread([reading] { read_frames(*reading); }).detach();
    reading->pusher->run();
    if (const auto dropped = reading->pusher->dropped()) log::verbose(std::to_string(dropped) + " pictures gave way to newer ones");
    const std::lock_guard lock(reading->mutex);
    if (!reading->failure.empty()) throw Error(reading->failure);
    return ExitCode::ok;
}

}  // namespace
}  // namespace framepipe::publish

const framepipe::CommandSpec framepipe::commands::publish{"publish", "Push the frames on stdin to a server", [](CLI::App& app) {
                                                              const auto options = std::make_shared<framepipe::publish::Options>();
                                                              framepipe::publish::declare(app, *options);
                                                              return [options] { return framepipe::publish::run(*options); };
                                                          }};
