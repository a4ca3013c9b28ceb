#include "serve/server.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include "cli/log.hpp"
#include "frame/error.hpp"
#include "serve/listener.hpp"
#include "serve/listening.hpp"
#include "serve/relay.hpp"
#include "serve/shard.hpp"
#include "serve/tls.hpp"

namespace framepipe::serve {
namespace {

/// A second is what the whole command has; the rest is for leaving.
constexpr auto kFarewell = std::chrono::milliseconds(700);
/// So many share a thread while it has time. Ciphering is for each viewer alone, there is nothing to share.
constexpr std::size_t kFewConnections = 1024;
constexpr std::size_t kFewCiphered = 128;
/// Of a core's time.
constexpr double kLowLoad = 0.4;
constexpr auto kHeaderTimeout = std::chrono::seconds(10);

std::string machine_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::vector<std::string> websocket_paths(const std::vector<std::string>& more) {
    std::vector<std::string> paths{"/ws", "/websocket"};
    paths.insert(paths.end(), more.begin(), more.end());
    return paths;
}

}  // namespace

struct Server::Impl {
    Impl(ServerOptions&& options, std::span<const Asset> assets)
        : hub(std::make_shared<Hub>(options.hub)),
          access(std::move(options.access), machine_name()),
          site(options.web.empty() ? Site(assets) : Site(options.web)),
          limits(options.limits),
          context{.hub = *hub, .access = access, .site = site, .limits = limits} {
        context.default_as = options.default_as;
        context.websocket_paths = websocket_paths(options.websocket_paths);
        context.mjpeg_paths = options.mjpeg_paths;
        context.base_path = options.base_path;
        context.stall_timeout = options.stall_timeout;
        if (!options.tls_certificates.empty()) {
            tls = std::make_unique<TlsIdentity>(std::move(options.tls_certificates), std::move(options.tls_key));
            context.tls = tls.get();
        }
        context.header_timeout = kHeaderTimeout;
        respond = std::move(options.respond);
        if (options.publish) publishing = std::make_unique<Publishing>(hub, *options.publish);
        context.publishing = publishing.get();
        for (CommandSourceOptions& source : options.sources) sources.push_back(std::make_unique<CommandSource>(hub, std::move(source)));
        context.sources = sources;
        max_relayed = options.relay ? options.max_relayed : 0;
        for (const ListenAddress& address : options.listen) places.push_back(listen_on(address));
        for (Descriptor& socket : options.sockets) places.push_back(take_over(std::move(socket)));
        const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
        for (unsigned i = 0; i < (options.threads ? options.threads : cores); ++i) shards.push_back(std::make_unique<Shard>(context));
        for (Listening& listening : places)
            for (Descriptor& socket : listening.sockets)
                listeners.push_back(
                    std::make_unique<Listener>(shards.front()->loop(), std::move(socket),
                                               [this](Descriptor viewer, const Peer& peer) { deal(std::move(viewer), peer); }));
    }

    /// To one thread while it has time: two that send the same frames at once wait for each other, and
    /// each costs a wake-up a frame. Then to the thread with the fewest.
    void deal(Descriptor viewer, const Peer& peer) {
        auto seat = limits.admit(peer);
        if (!seat || seat->denial()) {
            const Refusal reason = seat ? seat->denial()->reason : Refusal::connections;
            shards.front()->counters().refusals[static_cast<std::size_t>(reason)].add();
            if (seat) log::warn_once(name_of(reason), "refused a connection: " + seat->denial()->text);
        }
        if (!seat) return;
        const auto has_time = [few = tls ? kFewCiphered : kFewConnections](const auto& shard) {
            return shard->connections() < few && shard->load() < kLowLoad;
        };
        auto chosen = std::find_if(shards.begin(), shards.end(), has_time);
        if (chosen == shards.end())
            chosen = std::min_element(shards.begin(), shards.end(),
                                      [](const auto& a, const auto& b) { return a->connections() < b->connections(); });
        (*chosen)->adopt(std::move(viewer), std::move(*seat));
    }

    /// One thread of viewers. If it fails, nobody would accept viewers any more, or wake those that it has: all end.
    void run(Shard& shard) {
        try {
            return shard.run();
        } catch (const std::exception& error) {
            const std::lock_guard lock(mutex);
            if (failure.empty()) failure = error.what();
        }
        for (const auto& other : shards) other->stop(kFarewell);
    }

    std::shared_ptr<Hub> hub;
    Access access;
    const Site site;
    std::unique_ptr<TlsIdentity> tls;
    Limits limits;
    Context context;
    std::unique_ptr<Publishing> publishing;
    std::vector<std::unique_ptr<CommandSource>> sources;
    std::size_t max_relayed = 0;  // 0: nothing is
    std::unique_ptr<Relay> relay;
    std::vector<Listening> places;
    std::vector<std::unique_ptr<Shard>> shards;
    std::vector<std::unique_ptr<Listener>> listeners;
    std::optional<RespondOptions> respond;
    std::mutex mutex;            // guards sources and desk, which stop() may ask for while run() begins or ends, and failure
    std::string failure;         // of a thread of viewers; empty: none
    std::unique_ptr<Desk> desk;  // ends before the shards that its answers go to
};

Server::Server(ServerOptions options, std::span<const Asset> assets) : impl_(std::make_unique<Impl>(std::move(options), assets)) {}
Server::~Server() = default;

std::vector<Place> Server::places() const {
    std::vector<Place> all;
    for (const Listening& listening : impl_->places) all.push_back(listening.place);
    return all;
}
bool Server::guards(Right right) const {
    return impl_->access.guards(right);
}
std::vector<std::string> Server::reload() {
    std::vector<std::string> failures;
    const auto attempt = [&](auto&& read) {
        try {
            read();
        } catch (const Error& error) {
            failures.emplace_back(error.what());
        }
    };
    attempt([&] { impl_->access.reload_users(); });
    attempt([&] { impl_->access.reload_tokens(); });
    if (impl_->tls) attempt([&] { impl_->tls->reload(); });
    return failures;
}
std::shared_ptr<Hub> Server::hub() const {
    return impl_->hub;
}

void Server::run() {
    // Not before: their threads must find the signals blocked, as all but the first thread do.
    if (impl_->respond) {
        const std::lock_guard lock(impl_->mutex);
        impl_->desk = std::make_unique<Desk>(std::move(*impl_->respond));
        impl_->context.desk = impl_->desk.get();
    }
    if (impl_->max_relayed > 0) {
        impl_->relay = std::make_unique<Relay>(impl_->hub, impl_->max_relayed);
        impl_->context.relay = impl_->relay.get();
    }
    {
        const std::lock_guard lock(impl_->mutex);
        for (const auto& source : impl_->sources) source->start();
    }
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < impl_->shards.size(); ++i)
        threads.emplace_back([this, shard = impl_->shards[i].get()] {
            prctl(PR_SET_NAME, "viewers");
            impl_->run(*shard);
        });
    impl_->run(*impl_->shards.front());
    threads.clear();
    std::vector<std::unique_ptr<CommandSource>> ending;
    {
        const std::lock_guard lock(impl_->mutex);
        ending.swap(impl_->sources);
    }
    ending.clear();
    impl_->access.stop();
    impl_->hub->close();
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->failure.empty()) throw Error("a thread of viewers failed: " + impl_->failure);
}

void Server::stop() {
    for (const auto& shard : impl_->shards) shard->stop(kFarewell);
    const std::lock_guard lock(impl_->mutex);
    for (const auto& source : impl_->sources) source->stop();
    if (impl_->desk) impl_->desk->stop();
}

}  // namespace framepipe::serve
