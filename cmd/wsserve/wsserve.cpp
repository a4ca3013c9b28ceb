// wsserve: serve the frames on stdin, and of commands that it runs, to browsers.
// A page, WebSocket, MJPEG and snapshots of the newest pictures; every viewer gets what its link carries.
// Ends 0 when told to stop; at the end of input only with --exit-on-eof: 0, or 1 if the input was broken.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cli/log.hpp"
#include "cli/service_manager.hpp"
#include "cli/signals.hpp"
#include "cli/token.hpp"
#include "cli/units.hpp"
#include "command.hpp"
#include "frame/error.hpp"
#include "serve/input_feed.hpp"
#include "serve/server.hpp"
#include "serve/welcome.hpp"
#include "web_assets.hpp"
#include "wsserve/sources.hpp"

namespace framepipe {
namespace {

struct Options {
    CommonOptions common;
    std::vector<std::string> listen;  // empty: localhost:8080, unless sockets are passed to us
    std::string send_as = "image";
    std::string token_file;
    bool on_demand = false;
    bool exit_on_eof = false;
    std::vector<std::string> sources;
    std::chrono::nanoseconds idle_close = std::chrono::seconds(10);
    bool publish = false;
    std::string publish_token_file;
    serve::PublishOptions publishing;
    std::string respond;
    std::string respond_each;
    std::chrono::nanoseconds respond_timeout = std::chrono::seconds(10);
    serve::RespondOptions desk;
    serve::ServerOptions server;
};

void declare(CLI::App& app, Options& o) {
    // A script's variable that is not set must not open the server to all.
    const CLI::Validator named(
        [](const std::string& file) { return file.empty() ? std::string("the file's name is empty") : std::string(); }, "");
    declare_common(app, o.common, Role::sink);
    app.add_option("-l,--listen", o.listen, "where to listen; `:8080` is every interface, port 0 any free one; or unix:PATH; repeatable")
        ->type_name("HOST:PORT")
        ->allow_extra_args(false)
        ->default_str("localhost:8080");
    app.add_option("--web", o.server.web, "serve this folder in place of the built-in page")->type_name("DIR");
    app.add_option("--send-as", o.send_as, "what WebSocket viewers get unless they ask by ?as=")
        ->check(CLI::IsMember({"image", "lossless", "raw", "base64", "data-url"}))
        ->capture_default_str();
    app.add_option("--ws-path", o.server.websocket_paths, "one more path for WebSockets; repeatable")
        ->type_name("PATH")
        ->allow_extra_args(false);
    app.add_option("--base-path", o.server.base_path, "a proxy leaves this in front of all paths, like `/cam/`")->type_name("PATH");
    app.add_option("--mjpeg-path", o.server.mjpeg_paths, "one more path for the MJPEG stream; repeatable")
        ->type_name("PATH")
        ->allow_extra_args(false);
    app.add_option("-q,--quality", o.server.hub.quality, "quality of JPEGs made here, 1 to 100")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    const auto source = app.add_option("--source", o.sources, "run this command of the shell; its frames are the stream NAME; repeatable")
                            ->type_name("NAME=CMD")
                            ->allow_extra_args(false);
    const auto on_demand = app.add_flag("--on-demand", o.on_demand, "read the input, and run sources, only while somebody watches");
    add_duration(app, "--idle-close", o.idle_close, "how long a source runs on when nobody watches any more (default: 10s)")
        ->needs(source)
        ->needs(on_demand);
    app.add_flag("--exit-on-eof", o.exit_on_eof, "end when the input ends");
    add_duration(app, "--stall-timeout", o.server.stall_timeout, "let a viewer go that takes no byte for so long (default: 30s)");
    add_bytes(app, "--max-memory", o.server.hub.max_memory, "memory for all frames on their way to viewers (default: 256MiB)");
    app.add_option("--max-connections", o.server.limits.connections, "connections at a time, 0: any number")
        ->check(whole_number(0))
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--max-connections-per-address", o.server.limits.connections_per_address,
                   "of one address (default: 1000, but any number from this machine)")
        ->check(whole_number(0))
        ->type_name("N");
    app.add_option("--max-request-rate", o.server.limits.requests_per_address,
                   "HTTP requests a second from one address (default: 200, but any number from this machine)")
        ->check(whole_number(0))
        ->type_name("N");
    app.add_option("--allow-origin", o.server.access.allow_origins,
                   "let pages of this origin connect, `null` those opened from disk, `*` all; repeatable")
        ->type_name("ORIGIN")
        ->allow_extra_args(false);
    app.add_option("--allow-host", o.server.access.allow_hosts, "answer to this host name too; repeatable")
        ->type_name("NAME")
        ->allow_extra_args(false);
    app.add_flag("--publish", o.publish, "let producers push frames to /publish");
    app.add_option("--publish-token-file", o.publish_token_file, "the same, for those who send the token in this file")
        ->type_name("FILE")
        ->check(named);
    app.add_flag("--takeover", o.publishing.takeover, "a new producer takes the stream of another");
    app.add_option("--publish-rate", o.publishing.max_rate, "most frames a second of a producer's stream")
        ->type_name("N")
        ->check(CLI::Range(0.001, 1e6))
        ->capture_default_str();
    const auto hub = app.add_flag("--hub", o.server.relay, "pass each client's messages on to all clients");
    const auto respond = app.add_option("--respond", o.respond, "answer clients' messages by this pipeline, one for all of them")
                             ->type_name("CMD")
                             ->excludes(hub);
    app.add_option("--respond-each", o.respond_each, "the same, with a pipeline for each client")
        ->type_name("CMD")
        ->excludes(respond)
        ->excludes(hub);
    add_bytes(app, "--max-request", o.desk.max_request, "longest message that is answered (default: 64KiB)");
    add_duration(app, "--respond-timeout", o.respond_timeout, "time for an answer, then an error is sent (default: 10s)");
    add_bytes(app, "--respond-cache", o.desk.max_cache, "memory for answers that the pipeline calls immutable; 0: none (default: 64MiB)");
    app.add_flag("--newest-request", o.desk.pipeline.newest_only, "drop a client's waiting requests when a newer one comes");
    app.add_option("--token-file", o.token_file, "viewers must send the token in this file (or in $FRAMEPIPE_TOKEN)")
        ->type_name("FILE")
        ->check(named);
    app.add_option("--tls-cert", o.server.tls_certificates, "speak TLS (https, wss) with this certificate, PEM, read again on SIGHUP")
        ->type_name("FILE");
    app.add_option("--tls-key", o.server.tls_key, "its private key, PEM (default: in the same file)")
        ->type_name("FILE")
        ->needs("--tls-cert");
    app.add_option("--auth-file", o.server.access.auth_file, "viewers must be users in this file of htpasswd -B, read again on SIGHUP")
        ->type_name("FILE")
        ->check(named);
    app.add_option("--tokens", o.server.access.tokens_file, "tokens with lines `TOKEN view|publish STREAM`, read again on SIGHUP")
        ->type_name("FILE")
        ->check(named);
}

std::vector<serve::Asset> page() {
    std::vector<serve::Asset> assets;
    for (const WebAsset& asset : web_assets()) assets.push_back({asset.path, asset.type, asset.etag, asset.body, asset.gzip});
    return assets;
}

/// Where frames, or answers, come from elsewhere, a terminal or /dev/null is not read.
bool has_input() {
    struct stat in {};
    struct stat null {};
    const bool is_null =
        ::fstat(STDIN_FILENO, &in) == 0 && ::stat("/dev/null", &null) == 0 && S_ISCHR(in.st_mode) && in.st_rdev == null.st_rdev;
    return !is_null && ::isatty(STDIN_FILENO) == 0;
}

/// What the input's thread shares with the main one, which may end first: that thread may be in a read
/// that nothing ends, so nobody waits for it.
struct Shared {
    std::mutex mutex;                 // guards both
    serve::Server* server = nullptr;  // null: it has ended
    bool failed = false;
};

/// True if the server has something other than MJPEG there.
bool is_taken(const std::string& path, const std::vector<std::string>& websocket_paths) {
    static constexpr std::array<std::string_view, 7> kOwn{"/ws",      "/websocket", "/publish", "/snapshot.jpg",
                                                          "/streams", "/metrics",   "/healthz"};
    return std::find(kOwn.begin(), kOwn.end(), path) != kOwn.end() ||
           std::find(websocket_paths.begin(), websocket_paths.end(), path) != websocket_paths.end();
}

void feed(serve::InputFeed& feed, Shared& shared, bool exit_on_eof) {
    const std::string failure = feed.run();
    if (!failure.empty()) log::error(failure);
    const std::lock_guard lock(shared.mutex);
    shared.failed = !failure.empty();
    if (exit_on_eof && shared.server) shared.server->stop();
}

ExitCode run(Options& o) {
    ServiceManager manager;
    o.server.sockets = manager.take_sockets();
    if (o.listen.empty() && o.server.sockets.empty()) o.listen.push_back("localhost:8080");
    for (const std::string& address : o.listen) o.server.listen.push_back(parse_listen(address));
    o.server.default_as = *serve::parse_as(o.send_as);
    o.server.access.token = read_token(o.token_file);
    // A source would show it to the server that it takes pictures from.
    if (o.token_file.empty()) ::unsetenv("FRAMEPIPE_TOKEN");
    if (!o.publish_token_file.empty()) o.server.access.publish_token = read_token(o.publish_token_file);
    for (const std::string& path : o.server.websocket_paths)
        if (!path.starts_with('/')) throw UsageError("--ws-path " + path + ": a path begins with /");
    for (const std::string& path : o.server.mjpeg_paths) {
        if (!path.starts_with('/')) throw UsageError("--mjpeg-path " + path + ": a path begins with /");
        if (is_taken(path, o.server.websocket_paths)) throw UsageError("--mjpeg-path " + path + ": something else is at this path");
    }
    if (o.publishing.takeover && !o.publish && o.publish_token_file.empty())
        throw UsageError("--takeover goes with --publish: without it there are no producers");

    if (!o.server.base_path.empty() && !o.server.base_path.starts_with('/'))
        throw UsageError("--base-path " + o.server.base_path + ": a path begins with /");
    if (!o.server.base_path.ends_with('/')) o.server.base_path += '/';
    if (o.server.base_path == "/") o.server.base_path.clear();

    if (!o.respond.empty() || !o.respond_each.empty()) {
        o.desk.each = o.respond.empty();
        o.desk.pipeline.command = o.desk.each ? o.respond_each : o.respond;
        o.desk.pipeline.start_at_once = !o.on_demand;
        o.desk.pipeline.time_limit = std::chrono::duration_cast<std::chrono::milliseconds>(o.respond_timeout);
        o.desk.pipeline.max_frame = o.common.max_frame;
        o.desk.pipeline.say = [](const std::string& words) { log::warn(words); };
        o.server.respond = o.desk;
    }

    if (o.publish || !o.publish_token_file.empty()) {
        o.publishing.max_frame = o.common.max_frame;
        o.server.publish = o.publishing;
    }
    o.server.sources = parse_sources(o.sources, o.server.hub.max_streams);
    for (serve::CommandSourceOptions& source : o.server.sources) {
        source.on_demand = o.on_demand;
        source.idle_close = std::chrono::duration_cast<std::chrono::milliseconds>(o.idle_close);
        source.max_frame = o.common.max_frame;
    }
    o.server.max_relayed = static_cast<std::size_t>(std::min<std::uint64_t>(o.server.max_relayed, o.common.max_frame));
    const bool needs_input = !o.server.respond && !o.server.publish && !o.server.relay && o.server.sources.empty();
    if (::isatty(STDIN_FILENO) == 1 && needs_input)
        throw UsageError("stdin is a terminal, which gives no frames; try: capture test: | wsserve");

    const std::vector<serve::Asset> assets = page();
    const bool publishes = o.server.publish.has_value();
    const bool tls = !o.server.tls_certificates.empty();
    const bool has_users = !o.server.access.auth_file.empty();
    const bool has_tokens = !o.server.access.token.empty() || !o.server.access.tokens_file.empty();
    const bool has_files = tls || has_users || !o.server.access.tokens_file.empty();
    serve::Server server(std::move(o.server), assets);
    const bool has_token = server.guards(serve::Right::view);
    std::string with = has_token && has_users ? "a user's password" : "";
    if (has_token && has_tokens) with += fmt::format("{}?token=... or Authorization: Bearer ...", with.empty() ? "" : " or ");
    std::vector<std::string> words;
    for (const serve::Place& place : server.places())
        for (std::string& line : serve::welcome(place, with, tls)) words.push_back(std::move(line));
    const std::string where = fmt::format("{}", fmt::join(words, "; "));
    const auto reload = [&] {
        manager.reloading();
        const std::vector<std::string> failures = server.reload();
        for (const std::string& failure : failures) log::warn(failure + "; what was read before stays");
        if (failures.empty()) log::notice("its files are read again");
        manager.ready(where);
    };
    const StopSignals signals(
        [&](int) {
            manager.stopping();
            server.stop();
        },
        true, has_files ? reload : std::function<void()>());
    for (const std::string& line : words) log::notice(line);
    const bool anybody_publishes = publishes && !server.guards(serve::Right::publish);
    if (const auto warning = serve::exposure_warning(server.places(), has_token, anybody_publishes)) log::warn(*warning);
    if (const auto warning = serve::password_warning(server.places(), tls); warning && has_users) log::warn(*warning);
    manager.ready(where);

    const auto shared = std::make_shared<Shared>();
    shared->server = &server;
    InputOptions input = input_options(o.common, nullptr);
    input.lines = true;
    if (has_input() || needs_input) {
        const auto source = std::make_shared<serve::InputFeed>(open_input(STDIN_FILENO, std::move(input)), STDIN_FILENO, server.hub(),
                                                               o.common.stream, o.on_demand, !needs_input);
        std::thread([source, shared, exit_on_eof = o.exit_on_eof] { feed(*source, *shared, exit_on_eof); }).detach();
    }
    server.run();
    const std::lock_guard lock(shared->mutex);
    shared->server = nullptr;
    return shared->failed && o.exit_on_eof ? ExitCode::failed : ExitCode::ok;
}

}  // namespace

namespace commands {

const CommandSpec wsserve{"wsserve", "Serve the frames on stdin to browsers", [](CLI::App& app) {
                              const auto options = std::make_shared<Options>();
                              declare(app, *options);
                              return [options] { return run(*options); };
                          }};

}  // namespace commands
}  // namespace framepipe
