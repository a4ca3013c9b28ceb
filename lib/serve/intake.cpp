#include "serve/intake.hpp"

#include <algorithm>

namespace framepipe::serve {
namespace {

constexpr std::size_t kMaxWaiting = 256;
constexpr std::size_t kMaxWaitingBytes = 32 << 20;

}  // namespace

Intake::Intake(std::shared_ptr<Hub> hub, Options options, Notify notify)
    : hub_(std::move(hub)), options_(std::move(options)), notify_(std::move(notify)) {
    numbers = true;
    max_rate = options_.max_rate;
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
        const auto older =
            !replaceable || !frame.header.is_image()
                ? waiting_.end()
                : std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& one) {
                      return one.replaceable && one.frame.header.is_image() && one.frame.header.stream() == frame.header.stream();
                  });
        if (older != waiting_.end()) {
            bytes_ -= older->frame.payload.size();
            older->frame = std::move(frame);
            ++status_.done;
            hub_->metrics().drop(InputDrop::replaced);
        } else {
            waiting_.push_back({std::move(frame), replaceable});
        }
        status_.full = waiting_.size() >= kMaxWaiting || bytes_ >= kMaxWaitingBytes;
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
        Frame frame = std::move(waiting_.front().frame);
        waiting_.pop_front();
        bytes_ -= frame.payload.size();
        const bool lost = status_.lost;
        const Taken refused = status_.refused;
        lock.unlock();
        if (lost)
            hub_->count(refused);
        else
            publish(std::move(frame));
        lock.lock();
        ++status_.done;
        if (status_.full && waiting_.size() < kMaxWaiting / 2 && bytes_ < kMaxWaitingBytes / 2) {
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

void Intake::publish(Frame frame) {
    const std::string stream = frame.header.stream();
    const bool permitted = options_.permit->may(Right::publish, stream);
    const Taken taken = permitted ? hub_->publish(std::move(frame), this) : Taken::forbidden;
    if (!permitted) hub_->count(taken);
    const std::lock_guard lock(mutex_);
    if (taken == Taken::yes) {
        ++status_.published;
        return;
    }
    status_.refused = taken;
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
    }
    tell();
}

}  // namespace framepipe::serve
