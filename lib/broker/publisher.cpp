#include "broker/publisher.hpp"

#include <pthread.h>

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include "broker/stream_publisher.hpp"
#include "frame/error.hpp"

namespace framepipe::broker {
namespace {

/// As many as a wsserve takes.
constexpr std::size_t kMostStreams = 256;

}  // namespace

struct Publisher::Impl {
    struct Stream {
        Stream(const PublishOptions& options, const std::string& name, const PublishWords& words, const std::stop_token& stop)
            : publisher(options, name, words, stop) {}
        StreamPublisher publisher;
        std::jthread thread;
    };

    Impl(PublishOptions o, PublishWords w, const std::stop_token& told)
        : options(std::move(o)), words(std::move(w)), forward(told, [this] { stop.request_stop(); }) {}

    void send(Stream& stream);
    PublishWords once();

    const PublishOptions options;
    const PublishWords words;
    std::stop_source stop;  // of all streams: told to, or one has failed
    std::stop_callback<std::function<void()>> forward;

    std::mutex said;
    int broken = 0;  // guarded by said: streams without a connection that had one

    std::mutex mutex;
    std::condition_variable_any changed;
    // The rest is guarded by mutex.
    std::size_t running = 0;
    bool ended = false;
    std::exception_ptr failure;
    std::map<std::string, std::unique_ptr<Stream>> streams;  // the last one: its threads use the others
};

/// That the broker is away is said by the first stream that notices, that it is back by the last.
PublishWords Publisher::Impl::once() {
    return {{[this](const std::string& line) {
                 const std::lock_guard lock(said);
                 if (broken++ == 0) words.link.warn(line);
             },
             [this](const std::string& line) {
                 const std::lock_guard lock(said);
                 if (--broken == 0) words.link.notice(line);
             }},
            words.left_out};
}

void Publisher::Impl::send(Stream& stream) {
    ::pthread_setname_np(::pthread_self(), "broker");
    std::exception_ptr failed;
    try {
        stream.publisher.run();
    } catch (...) {
        failed = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    --running;
    if (failed && !failure) failure = failed;
    changed.notify_all();
}

Publisher::Publisher(PublishOptions options, PublishWords words, std::stop_token stop)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(words), stop)) {}

Publisher::~Publisher() {
    impl_->stop.request_stop();
}

bool Publisher::put(Frame frame) {
    Impl::Stream* stream = nullptr;
    {
        const std::string own = frame.header.stream();
        const std::string& name = own.empty() ? impl_->options.stream : own;
        const std::lock_guard lock(impl_->mutex);
        if (impl_->failure || impl_->stop.stop_requested()) return false;
        auto& place = impl_->streams[name];
        if (!place) {
            if (impl_->streams.size() > kMostStreams) {
                impl_->streams.erase(name);
                impl_->words.left_out("frames of more than " + std::to_string(kMostStreams) + " streams");
                return true;
            }
            place = std::make_unique<Impl::Stream>(impl_->options, name, impl_->once(), impl_->stop.get_token());
            ++impl_->running;
            place->thread = std::jthread([this, &made = *place] { impl_->send(made); });
        }
        stream = place.get();
    }
    return stream->publisher.put(std::move(frame));
}

void Publisher::end() {
    const std::lock_guard lock(impl_->mutex);
    impl_->ended = true;
    for (auto& [name, stream] : impl_->streams) stream->publisher.end();
    impl_->changed.notify_all();
}

void Publisher::run() {
    std::unique_lock lock(impl_->mutex);
    impl_->changed.wait(lock, impl_->stop.get_token(), [this] { return impl_->failure || (impl_->ended && impl_->running == 0); });
    impl_->stop.request_stop();
    // The others take leave of their brokers.
    impl_->changed.wait(lock, [this] { return impl_->running == 0; });
    if (impl_->failure) std::rethrow_exception(impl_->failure);
}

std::uint64_t Publisher::dropped() const {
    const std::lock_guard lock(impl_->mutex);
    std::uint64_t count = 0;
    for (const auto& [name, stream] : impl_->streams) count += stream->publisher.dropped();
    return count;
}

}  // namespace framepipe::broker
