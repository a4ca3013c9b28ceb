#include "process/responder.hpp"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <utility>

#include "frame/back_off.hpp"
#include "frame/error.hpp"
#include "frame/input.hpp"
#include "process/responder_impl.hpp"

namespace framepipe {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstPause = 100ms;
constexpr auto kLongestPause = 5000ms;
/// A pipeline that has run for so long is taken to be one that answers.
constexpr auto kSettled = 2000ms;

}  // namespace

Frame error_answer(const std::string& words) {
    Frame frame{Header("text/plain"), Bytes::copy_of(valid_utf8(words))};
    frame.header.set("error", words);
    return frame;
}

void Responder::Impl::say(const std::string& words) const {
    if (options.say) options.say(words);
}

void Responder::Impl::hand_out(const StatePtr& state) {
    const std::lock_guard delivery(state->delivery);
    while (!state->gone) {
        Frame answer;
        std::uint32_t note = 0;
        {
            const std::lock_guard lock(mutex);
            if (state->pending.empty() || !state->pending.front().answer) return;
            PendingRequest& first = state->pending.front();
            answer = std::move(*first.answer);
            note = first.note;
            if (first.own_request) {
                answer.header.set_raw("request", *first.own_request);
            } else {
                answer.header.erase("request");
            }
            state->pending.pop_front();
        }
        state->hand_out(std::move(answer), note);
    }
}

void Responder::Impl::read_answers(int fd) {
    ::pthread_setname_np(::pthread_self(), "respond-read");
    InputOptions input;
    input.name = "its output";
    input.max_frame = options.max_frame;
    try {
        const auto answers = open_input(fd, input);
        while (auto frame = answers->next()) {
            if (is_description(frame->header)) {
                take_description(*frame);
            } else {
                take_answer(std::move(*frame));
            }
        }
        const std::lock_guard lock(mutex);
        break_down("");
    } catch (const Error& error) {
        const std::lock_guard lock(mutex);
        break_down(error.what());
    }
}

void Responder::Impl::take_description(const Frame& frame) {
    try {
        Description read = read_description(frame);
        const std::lock_guard lock(mutex);
        description = std::move(read);
        described = true;
        trouble.clear();
    } catch (const Error& error) {
        say("'" + options.command + "': " + error.what() + "; left out");
    }
}

void Responder::Impl::take_answer(Frame frame) {
    StatePtr state;
    {
        std::unique_lock lock(mutex);
        auto found = under_way.end();
        if (const auto request = frame.header.string("request")) {
            if (carries == Carries::unknown) carries = Carries::yes;
            std::uint64_t id = 0;
            for (const char c : *request) id = c >= '0' && c <= '9' ? id * 10 + static_cast<std::uint64_t>(c - '0') : 0;
            found = under_way.find(id);
        } else if (carries != Carries::yes) {
            carries = Carries::no;  // one at a time, so the answer can only be for that one
            found = under_way.begin();
        }
        if (found == under_way.end()) {
            ++counts.strays;
            return;
        }
        answered = true;
        trouble.clear();
        ++counts.answers;
        state = found->second.lock();
        if (state) {
            for (PendingRequest& entry : state->pending)
                if (entry.id == found->first && !entry.answer) entry.answer = std::move(frame);
        }
        under_way.erase(found);
        send_requests(lock);
    }
    if (state) hand_out(state);
}

void Responder::Impl::break_down(const std::string& reason) {
    if (!broken) why = reason;
    broken = true;
    changed.set();
    filled.notify_all();
}

void Responder::Impl::stop() {
    const std::lock_guard lock(mutex);
    stopping = true;
    changed.set();
    filled.notify_all();
}

std::list<Responder::Impl::StatePtr> Responder::Impl::fail_under_way(const std::string& words) {
    std::list<StatePtr> touched;
    for (const auto& [id, weak] : under_way) {
        const StatePtr state = weak.lock();
        if (!state) continue;
        for (PendingRequest& entry : state->pending) {
            if (entry.id != id || entry.answer) continue;
            entry.answer = error_answer(words);
            ++counts.errors;
        }
        touched.push_back(state);
    }
    under_way.clear();
    return touched;
}

std::list<Responder::Impl::StatePtr> Responder::Impl::expire(SteadyClock::time_point now, SteadyClock::time_point& next) {
    std::list<StatePtr> touched;
    for (const StatePtr& state : askers) {
        for (PendingRequest& entry : state->pending) {
            if (entry.answer) continue;
            if (entry.deadline > now) {
                next = std::min(next, entry.deadline);
                continue;
            }
            if (entry.waits()) {
                entry.request.reset();
                --waiting;
            } else if (carries != Carries::yes || !answered) {
                // A late answer could be taken for another's; or the pipeline hangs.
                broken = true;
                why = "no answer within the time limit";
            }
            under_way.erase(entry.id);
            const auto seconds = std::chrono::duration<double>(options.time_limit).count();
            entry.answer = error_answer("no answer within " + std::to_string(seconds).substr(0, 4) + " s");
            ++counts.errors;
            touched.push_back(state);
        }
    }
    return touched;
}

bool Responder::Impl::wait_for_change(std::unique_lock<std::mutex>& lock, int ended, LastWords* words, SteadyClock::time_point until) {
    lock.unlock();
    std::array<pollfd, 3> descriptors{{{changed.fd(), POLLIN, 0}, {ended, POLLIN, 0}, {words ? words->fd() : -1, POLLIN, 0}}};
    const auto time = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now());
    ::poll(descriptors.data(), descriptors.size(), static_cast<int>(std::clamp<std::int64_t>(time.count(), 0, 3'600'000)));
    changed.clear();
    if (words != nullptr && descriptors[2].revents != 0) words->read();
    lock.lock();
    return descriptors[1].revents != 0;
}

void Responder::Impl::watch(std::unique_lock<std::mutex>& lock, const Child& child, LastWords& words) {
    while (!stopping && !broken) {
        // What is asked from now on has more time than this, so nobody needs to tell of it.
        auto next = SteadyClock::now() + options.time_limit;
        const auto touched = expire(SteadyClock::now(), next);
        if (!touched.empty()) {
            lock.unlock();
            for (const StatePtr& state : touched) hand_out(state);
            lock.lock();
            send_requests(lock);  // fewer are under way
            continue;
        }
        if (!wait_for_change(lock, child.ended(), &words, next)) continue;
        // Programs that outlive their shell may still answer, but nobody would hear of their end. Now, since the
        // number of a group whose shell is reaped may become another's.
        child.interrupt();
        break_down("");
    }
}

void Responder::Impl::run_once() {
    Child child(options.command, {{kRespondVariable, "1"}}, {.input = true, .errors = options.on_line != nullptr});
    LastWords words(options.on_line ? child.errors() : -1, options.on_line);
    RequestPipe requests(child.input());
    std::thread writer([&] { write_the_rest(); });
    std::thread reader([&] { read_answers(child.output()); });
    {
        std::unique_lock lock(mutex);
        pipe = &requests;
        started = SteadyClock::now();
        send_requests(lock);
        watch(lock, child, words);
        // It ended by itself: its exit code says more than that we killed it, or could not write to it.
        if (broken && (why.empty() || why == kReadsNoMore)) {
            lock.unlock();
            const bool ended = child.wait(100ms);
            lock.lock();
            if (ended) why.clear();
        }
        // Nobody may write to it when its stdin is closed; a write that blocks ends with the process.
        if (!stopping || !under_way.empty() || writing == Writing::the_rest) child.interrupt();
        filled.notify_all();
    }
    writer.join();  // when nobody writes
    {
        const std::lock_guard lock(mutex);
        pipe = nullptr;
    }
    const std::string ended = child.end(200ms, 300ms);
    reader.join();

    const auto& last_words = words.finish();

    std::list<StatePtr> touched;
    {
        const std::lock_guard lock(mutex);
        const bool by_itself = why.empty() || why == kReadsNoMore;
        if (why.empty()) why = ended.empty() ? "it ended" : ended;
        why = "(" + why + ")";
        if (by_itself && !last_words.empty()) why += ": " + last_words.back();
        touched = fail_under_way("the request was lost: the pipeline stopped " + why);
    }
    for (const StatePtr& state : touched) hand_out(state);
}

void Responder::Impl::run() {
    ::pthread_setname_np(::pthread_self(), "respond");
    BackOff back_off(kFirstPause, kLongestPause);
    std::string said;
    bool again = false;
    std::unique_lock lock(mutex);
    while (!stopping) {
        if (!options.start_at_once && waiting == 0) {
            wait_for_change(lock, -1, nullptr, SteadyClock::now() + 1h);
            continue;
        }
        broken = answered = described = false;
        carries = Carries::unknown;
        why.clear();
        lock.unlock();
        if (options.on_start) options.on_start(again);
        try {
            run_once();
        } catch (const Error& error) {
            const std::lock_guard held(mutex);
            why = std::string("(") + error.what() + ")";
        }
        lock.lock();
        if (stopping) return;
        ++counts.restarts;
        again = !answered;
        if (!answered && !described) trouble = why;
        if (answered) {
            back_off.reset();
            said.clear();
        }
        if (std::exchange(said, why) != why) say("'" + options.command + "' stopped " + why + "; it is started again");
        // Time limits hold while there is no pipeline, too.
        const auto until = SteadyClock::now() + back_off.next();
        while (!stopping && SteadyClock::now() < until) {
            auto next = until;
            const auto touched = expire(SteadyClock::now(), next);
            lock.unlock();
            for (const StatePtr& state : touched) hand_out(state);
            lock.lock();
            wait_for_change(lock, -1, nullptr, next);
        }
    }
}

Responder::Asker::Asker(std::shared_ptr<Impl> impl, Answer answer)
    : impl_(std::move(impl)), state_(std::make_shared<State>(std::move(answer))) {
    const std::lock_guard lock(impl_->mutex);
    impl_->askers.push_back(state_);
}

Responder::Asker::~Asker() {
    impl_->forget(state_);
}

bool Responder::Asker::ask(Frame request, std::uint32_t note) {
    return impl_->ask(state_, std::move(request), note, "");
}

bool Responder::Asker::refuse(Frame request, const std::string& words, std::uint32_t note) {
    return impl_->ask(state_, std::move(request), note, words);
}

Responder::Responder(ResponderOptions options) : impl_(std::make_shared<Impl>(std::move(options))) {
    impl_->runner = std::thread([impl = impl_.get()] { impl->run(); });
}

Responder::~Responder() {
    stop();
    impl_->runner.join();
}

void Responder::stop() {
    impl_->stop();
}

std::unique_ptr<Responder::Asker> Responder::open(Answer answer) {
    return std::unique_ptr<Asker>(new Asker(impl_, std::move(answer)));
}

Description Responder::description() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->description;
}

std::string Responder::trouble() const {
    const std::lock_guard lock(impl_->mutex);
    const bool settled = impl_->pipe != nullptr && SteadyClock::now() - impl_->started >= kSettled;
    return settled ? std::string() : impl_->trouble;
}

ResponderCounts Responder::counts() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->counts;
}

}  // namespace framepipe
