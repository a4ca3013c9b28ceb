#include "serve/intake.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/log.hpp"

namespace framepipe::serve {
namespace {

constexpr std::size_t kMaxWaiting = 256;
constexpr std::size_t kMaxWaitingBytes = 32 << 20;

/// No more than a second's worth: so much later a producer that is held up is read again, and has left.
std::size_t most_waiting(double max_rate) {
    return max_rate > 0 ? static_cast<std::size_t>(std::clamp(max_rate, 1.0, double{kMaxWaiting})) : kMaxWaiting;
}

}  // namespace

Intake::Intake(std::shared_ptr<Hub> hub, Options options, Notify notify)
    : hub_(std::move(hub)), options_(std::move(options)), most_waiting_(most_waiting(options_.max_rate)), notify_(std::move(notify)) {
    numbers = true;
}

Taken Intake::claim() {
    return hub_->claim(options_.stream, *this, options_.takeover);
}

void Intake::put(Frame frame, bool replaceable) {
    if (!frame.header.raw("stream") && !options_.stream.empty()) frame.header.set("stream", options_.stream);
    if (!frame.header.time_us()) frame.header.set("time_us", now_us());
    {
        const std::lock_guard lock(mutex_);
        bytes_ += frame.payload.size();
        const bool gives_way = replaceable && frame.header.is_image() && !frame.header.end();
        const auto older = !gives_way ? waiting_.end() : std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& one) {
            return one.gives_way && one.frame.header.stream() == frame.header.stream();
        });
        if (older != waiting_.end()) {
            bytes_ -= older->frame.payload.size();
            older->frame = std::move(frame);
            ++status_.done;
            ++status_.replaced;
            hub_->metrics().drop(InputDrop::replaced);
        } else {
            waiting_.push_back({std::move(frame), gives_way});
        }
        status_.full = waiting_.size() >= most_waiting_ || bytes_ >= kMaxWaitingBytes;
    }
    work_.notify_one();
}

void Intake::put_and_wait(Frame frame, bool replaceable) {
    put(std::move(frame), replaceable);
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return !status_.full; });
}

void Intake::end(std::string failure) {
    {
        const std::lock_guard lock(mutex_);
        no_more_ = true;
        if (status_.failure.empty()) status_.failure = std::move(failure);
    }
    work_.notify_one();
}

void Intake::forget() {
    const std::lock_guard lock(telling_);
    notify_ = nullptr;
}

Intake::Status Intake::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

void Intake::tell() {
    const std::lock_guard lock(telling_);
    if (notify_) notify_();
}

void Intake::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        work_.wait(lock, [this] { return no_more_ || !waiting_.empty(); });
        if (waiting_.empty()) break;
        Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        bytes_ -= next.frame.payload.size();
        const bool lost = status_.lost;
        const Taken refused = status_.refused;
        lock.unlock();
        if (lost)
            hub_->count(refused);
        else
            publish(std::move(next.frame), next.gives_way);
        lock.lock();
        ++status_.done;
        if (status_.full && waiting_.size() <= most_waiting_ / 2 && bytes_ < kMaxWaitingBytes / 2) {
            status_.full = false;
            room_.notify_all();
        }
        lock.unlock();
        tell();
        lock.lock();
    }
    lock.unlock();
    hub_->release(*this);
    lock.lock();
    status_.ended = true;
    lock.unlock();
    tell();
}

/// returns  false if the frame is to be left out
bool Intake::wait_for_turn(const std::string& stream, bool gives_way) {
    while (options_.max_rate > 0) {
        const auto wait = hub_->admit(stream, *this, options_.max_rate);
        if (wait <= SteadyClock::duration(0)) break;
        if (gives_way) return false;
        std::unique_lock lock(mutex_);
        // Whose stream is lost has nothing to wait for: the hub refuses it.
        if (lost_.wait_for(lock, wait, [this] { return status_.lost; })) break;
    }
    return true;
}

void Intake::publish(Frame frame, bool gives_way) {
    const std::string stream = frame.header.stream();
    const bool permitted = options_.permit->may(Right::publish, stream);
    Taken taken = Taken::forbidden;
    if (permitted) taken = wait_for_turn(stream, gives_way) ? hub_->publish(std::move(frame), this) : Taken::too_fast;
    if (!permitted || taken == Taken::too_fast) hub_->count(taken);
    if (taken == Taken::too_fast)
        log::warn_once("publish rate", fmt::format("stream {}: more than {} frames a second come; live pictures beyond that are left out "
                                                   "(--publish-rate)",
                                                   json_string(stream), options_.max_rate));
    const std::lock_guard lock(mutex_);
    if (taken == Taken::yes) {
        ++status_.published;
        return;
    }
    status_.refused = taken;
    if (taken == Taken::too_fast) ++status_.too_fast;
    if (taken == Taken::too_fast || status_.lost || !options_.exclusive) return;
    status_.lost = true;
    status_.lost_stream = stream;
}

void Intake::on_lost(const std::string& stream) {
    {
        const std::lock_guard lock(mutex_);
        if (!options_.exclusive) return;
        status_.refused = Taken::other_feeder;
        status_.lost = true;
        status_.lost_stream = stream;
        lost_.notify_all();
    }
    tell();
}

}  // namespace framepipe::serve
