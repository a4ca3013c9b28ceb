// publish: push the frames on stdin to a server or a broker.
// Live pictures are never late there: what waits for a slow link gives way to the newest.
// Ends 0 when its input ends and was sent, or when told to stop; 1 if the other side takes nothing or not
// all, or the input was broken.
#include <unistd.h>

#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "broker/address.hpp"
#include "broker/publisher.hpp"
#include "broker/topics.hpp"
#include "broker_options.hpp"
#include "cli/left_out.hpp"
#include "cli/log.hpp"
#include "cli/signals.hpp"
#include "cli/token.hpp"
#include "command.hpp"
#include "frame/error.hpp"
#include "pusher.hpp"

namespace framepipe::publish {
namespace {

/// What CLI11 makes of a flag without a value.
constexpr const char* kNoPrefix = "true";

struct Options {
    CommonOptions common;
    std::string url;
    std::string token_file;
    bool wait = false;
    BrokerOptions broker;
    std::string home_assistant;  // as it was given; empty: not
};

void declare(CLI::App& app, Options& o) {
    declare_common(app, o.common, Role::sink);
    app.add_option("URL", o.url, "the server: ws://HOST/publish or wss://, or a broker: mqtt://HOST/PREFIX or mqtts://");
    app.add_option("--token-file", o.token_file, "send the token in this file (or in $FRAMEPIPE_TOKEN)")->type_name("FILE");
    app.add_flag("--wait", o.wait, "end only when the server has taken the last frame");
    declare_broker(app, o.broker);
    app.add_flag("--home-assistant", o.home_assistant,
                 "mqtt://: announce the camera to Home Assistant; =PREFIX: where it listens (default: homeassistant)");
}

bool is_broker(const Options& o) {
    return o.url.starts_with("mqtt://") || o.url.starts_with("mqtts://");
}

void check_options(const Options& o) {
    if (o.url.empty()) throw UsageError("no URL given; try: capture test: | encode jpeg | publish ws://localhost:8080/publish");
    const auto only_for = [](bool given, const std::string& option, const char* what) {
        if (given) throw UsageError(option + " is for " + what + " only");
    };
    if (is_broker(o)) return only_for(!o.token_file.empty(), "--token-file", "ws:// and wss://");
    only_for(!o.broker.given().empty(), o.broker.given(), "mqtt:// and mqtts://");
    only_for(!o.home_assistant.empty(), "--home-assistant", "mqtt:// and mqtts://");
}

const LinkWords kLinkWords{[](const std::string& words) { log::warn(words); }, [](const std::string& words) { log::notice(words); }};

std::unique_ptr<FrameLink> to_server(const Options& o, const std::stop_token& stop) {
    HttpUrl url = HttpUrl::parse(o.url, {"ws", "wss"});
    if (url.target == "/") url.target = "/publish";
    if (o.common.stream_given) url.set_parameter("stream", o.common.stream);
    return std::make_unique<Pusher>(url, PushOptions{.token = read_token(o.token_file), .wait = o.wait}, kLinkWords, stop);
}

/// What could not be sent, said by any thread.
class Unsent {
public:
    void operator()(const std::string& why) {
        const std::lock_guard lock(mutex_);
        left_out_(why);
    }
    ExitCode finish() {
        const std::lock_guard lock(mutex_);
        return left_out_.finish("frames");
    }

private:
    std::mutex mutex_;  // guards left_out_
    LeftOut left_out_{false};
};

std::unique_ptr<FrameLink> to_broker(const Options& o, Unsent& unsent, const std::stop_token& stop) {
    broker::PublishOptions options{.address = broker::Address::parse(o.url)};
    options.prefix = broker::place_to_publish(options.address).prefix;
    options.login = o.broker.login(options.address);
    options.wait = o.wait;
    if (!o.home_assistant.empty()) options.home_assistant = o.home_assistant == kNoPrefix ? "homeassistant" : o.home_assistant;
    if (o.common.stream_given) options.stream = o.common.stream;
    if (const auto wrong = broker::wrong_with_stream(options.stream); !wrong.empty()) throw UsageError("--stream: the name " + wrong);
    const auto left_out = [&unsent, name = options.address.shown()](const std::string& why) { unsent(name + ": " + why); };
    return std::make_unique<broker::Publisher>(std::move(options), broker::PublishWords{kLinkWords, left_out}, stop);
}

/// What the reading thread shares with the sending one, which does not wait for it: it may be in a read
/// that nothing ends.
struct Reading {
    std::unique_ptr<FrameLink> link;
    std::unique_ptr<FrameInput> input;
    std::mutex mutex;     // guards failure
    std::string failure;  // of the input
};

void read_frames(Reading& reading) {
    try {
        while (auto frame = reading.input->next())
            if (!reading.link->put(std::move(*frame))) return;
    } catch (const Error& error) {
        const std::lock_guard lock(reading.mutex);
        reading.failure = error.what();
    }
    reading.link->end();
}

ExitCode run(const Options& o) {
    check_options(o);
    if (::isatty(STDIN_FILENO) == 1) throw UsageError("stdin is a terminal, which gives no frames; try: capture test: | publish " + o.url);
    std::stop_source stop;
    const StopSignals signals([&](int) { stop.request_stop(); }, true);

    const auto reading = std::make_shared<Reading>();
    // What the reading thread may still use stays when this returns.
    static Unsent unsent;
    reading->link = is_broker(o) ? to_broker(o, unsent, stop.get_token()) : to_server(o, stop.get_token());
    InputOptions input = input_options(o.common, nullptr);
    input.lines = true;
    input.left_out = [](const std::string& why) { unsent(why); };
    reading->input = open_input(STDIN_FILENO, std::move(input));
    std::thread([reading] { read_frames(*reading); }).detach();
    reading->link->run();
    if (const auto dropped = reading->link->dropped())
        log::verbose(dropped == 1 ? "1 picture gave way to a newer one" : std::to_string(dropped) + " pictures gave way to newer ones");
    const ExitCode result = unsent.finish();
    const std::lock_guard lock(reading->mutex);
    if (!reading->failure.empty()) throw Error(reading->failure);
    return result;
}

}  // namespace
}  // namespace framepipe::publish

const framepipe::CommandSpec framepipe::commands::publish{"publish", "Push the frames on stdin to a server or a broker", [](CLI::App& app) {
                                                              const auto options = std::make_shared<framepipe::publish::Options>();
                                                              framepipe::publish::declare(app, *options);
                                                              return [options] { return framepipe::publish::run(*options); };
                                                          }};
