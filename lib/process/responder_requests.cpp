// How requests get into the pipeline.
#include <pthread.h>

#include <algorithm>

#include "frame/error.hpp"
#include "process/responder_impl.hpp"

namespace framepipe {
namespace {

/// Requests in a pipeline that keeps them apart: enough to keep every stage of it busy.
constexpr std::size_t kMostUnderWay = 16;
/// Answers of one asker that wait for an earlier one: beyond this it asks without end.
constexpr std::size_t kMostAnswersWaiting = 64;

}  // namespace

bool Responder::Impl::ask(const StatePtr& state, Frame request, std::uint32_t note, const std::string& refusal) {
    bool sane = true;
    {
        std::unique_lock lock(mutex);
        ++counts.requests;
        PendingRequest entry;
        entry.id = next_id++;
        entry.note = note;
        if (const auto own = request.header.raw("request")) entry.own_request = std::string(*own);
        entry.deadline = SteadyClock::now() + options.time_limit;
        if (options.newest_only) {
            counts.dropped += std::erase_if(state->pending, [&](const PendingRequest& older) {
                if (!older.waits()) return false;
                --waiting;
                return true;
            });
        }
        const auto own_waiting = std::count_if(state->pending.begin(), state->pending.end(), [](const auto& p) { return p.waits(); });
        if (!refusal.empty()) {
            entry.answer = error_answer(refusal);
            ++counts.errors;
        } else if (static_cast<std::size_t>(own_waiting) >= options.max_waiting) {
            entry.answer = error_answer("too many requests wait: " + std::to_string(options.max_waiting) + " of this client");
            ++counts.errors;
        } else if (waiting >= options.max_waiting_all) {
            entry.answer = error_answer("too many requests wait: " + std::to_string(options.max_waiting_all) + " of all clients");
            ++counts.errors;
        } else {
            request.header.set("request", std::to_string(entry.id));
            request.header.set("seq", static_cast<std::int64_t>(counts.requests - 1));
            request.header.set("time_us", now_us());
            entry.request = std::move(request);
            ++waiting;
        }
        state->pending.push_back(std::move(entry));
        sane = state->pending.size() <= kMostAnswersWaiting + options.max_waiting + kMostUnderWay;
        if (pipe == nullptr) changed.set();
        send_requests(lock);
    }
    hand_out(state);
    return sane;
}

void Responder::Impl::forget(const StatePtr& state) {
    {
        const std::lock_guard lock(mutex);
        for (const PendingRequest& entry : state->pending) waiting -= entry.waits() ? 1 : 0;
        state->pending.clear();
        askers.remove(state);
    }
    const std::lock_guard lock(state->delivery);
    state->gone = true;
}

/// The next waiting request, of each asker in turn. With the mutex held.
std::optional<Frame> Responder::Impl::next_request() {
    const std::size_t most = carries == Carries::yes ? kMostUnderWay : 1;
    if (waiting == 0 || under_way.size() >= most) return std::nullopt;
    for (std::size_t i = 0; i < askers.size(); ++i) {
        const StatePtr state = askers.front();
        askers.splice(askers.end(), askers, askers.begin());
        for (PendingRequest& entry : state->pending) {
            if (!entry.waits()) continue;
            Frame request = std::move(*entry.request);
            entry.request.reset();
            --waiting;
            under_way.emplace(entry.id, state);
            return request;
        }
    }
    return std::nullopt;
}

template <typename Write>
RequestPipe::Taken Responder::Impl::write_unlocked(std::unique_lock<std::mutex>& lock, Write write) {
    RequestPipe& to = *pipe;  // stays while somebody writes
    auto taken = RequestPipe::Taken::reader_left;
    std::string failure = kReadsNoMore;
    lock.unlock();
    try {
        taken = write(to);
    } catch (const Error& error) {
        failure = error.what();
    }
    lock.lock();
    if (taken == RequestPipe::Taken::reader_left) break_down(failure);
    return taken;
}

void Responder::Impl::send_requests(std::unique_lock<std::mutex>& lock) {
    while (pipe != nullptr && writing == Writing::none && !stopping && !broken) {
        const std::optional<Frame> request = next_request();
        if (!request) return;
        writing = Writing::some_thread;
        const auto taken = write_unlocked(lock, [&](RequestPipe& to) { return to.write(*request); });
        writing = taken == RequestPipe::Taken::partly ? Writing::the_rest : Writing::none;
        // There is something for it to do, or it waits for the end of the writing.
        if (writing == Writing::the_rest || stopping || broken) filled.notify_all();
    }
}

void Responder::Impl::write_the_rest() {
    ::pthread_setname_np(::pthread_self(), "respond-write");
    std::unique_lock lock(mutex);
    for (;;) {
        filled.wait(lock, [&] { return writing == Writing::the_rest || ((stopping || broken) && writing == Writing::none); });
        if (writing == Writing::none) return;
        write_unlocked(lock, [](RequestPipe& to) { return to.finish(); });
        writing = Writing::none;
        send_requests(lock);
    }
}

}  // namespace framepipe
