#include "serve/publishing.hpp"

#include <fmt/format.h>

#include <chrono>
#include <system_error>
#include <thread>

#include "frame/dialects.hpp"
#include "frame/error.hpp"

namespace framepipe::serve {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(300);

/// Frames that come without our header are pictures as they are now.
bool has_headers(ByteReader& reader) {
    reader.fill(kMagic.size(), kPrefixSize);
    return Bytes({}, reader.available()).text().starts_with(std::string_view(kMagic.data(), kMagic.size()));
}

}  // namespace

/// Threads of producers, which may outlive their connections a little.
struct Publishing::Tally {
    std::mutex mutex;  // guards both
    std::condition_variable changed;
    std::size_t producers = 0;

    bool enter(std::size_t most) {
        const std::lock_guard lock(mutex);
        if (producers >= most) return false;
        ++producers;
        return true;
    }
    void leave() {
        const std::lock_guard lock(mutex);
        --producers;
        changed.notify_all();
    }
};

Publishing::Publishing(std::shared_ptr<Hub> hub, PublishOptions options)
    : hub_(std::move(hub)), options_(options), tally_(std::make_shared<Tally>()) {}

Publishing::~Publishing() {
    std::unique_lock lock(tally_->mutex);
    tally_->changed.wait_for(lock, kPatience, [this] { return tally_->producers == 0; });
}

PublishRefusal Publishing::refusal_of(Taken taken, const std::string& stream) const {
    switch (taken) {
        case Taken::other_feeder:
            return {409, fmt::format("another producer feeds stream {} (the server's --takeover lets a new one take its place)",
                                     json_string(stream))};
        case Taken::forbidden:
            return {403, fmt::format("your token does not let you publish the stream {} (the server's --tokens)", json_string(stream))};
        case Taken::too_many_streams:
            return {503, fmt::format("there are as many streams as may be; there is no room for {}", json_string(stream))};
        default:
            return {429, fmt::format("more than {} frames a second (the server's --publish-rate)", options_.max_rate)};
    }
}

std::shared_ptr<Intake> Publishing::open(const std::string& stream, bool claims, PermitPtr permit, Intake::Notify notify, PublishRefusal& refusal) {
    if (!tally_->enter(options_.max_producers)) {
        refusal = {503, fmt::format("there are {} producers already, as many as may be", options_.max_producers)};
        return nullptr;
    }
    const auto intake = std::make_shared<Intake>(hub_, Intake::Options{stream, options_.takeover, options_.max_rate, permit}, std::move(notify));
    const Taken taken = claims && !permit->may(Right::publish, stream) ? Taken::forbidden : claims ? intake->claim() : Taken::yes;
    if (taken != Taken::yes) {
        tally_->leave();
        refusal = refusal_of(taken, stream);
        return nullptr;
    }
    try {
        std::thread([intake, tally = tally_] {
            intake->run();
            tally->leave();
        }).detach();
    } catch (const std::system_error&) {
        hub_->release(*intake);
        tally_->leave();
        refusal = {503, "there is no thread to be had for one more producer"};
        return nullptr;
    }
    return intake;
}

void Publishing::read(std::shared_ptr<Intake> intake, Descriptor input) {
    InputOptions options;
    options.name = "the body";
    options.max_frame = options_.max_frame;
    options.lines = true;
    options.stamp = false;  // the stream counts on where the producer before left off
    std::thread([intake, options, held = std::move(input)] {
        std::string failure;
        try {
            ByteReader reader(held.get(), options.name);
            const bool replaceable = !has_headers(reader);
            const auto frames = open_input(std::move(reader), options);
            while (auto frame = frames->next()) {
                const bool live = frame->header.live();
                intake->put_and_wait(std::move(*frame), replaceable || live);
            }
        } catch (const Error& error) {
            failure = error.what();
        }
        intake->end(failure);
    }).detach();
}

}  // namespace framepipe::serve
