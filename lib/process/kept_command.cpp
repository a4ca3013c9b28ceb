#include "process/kept_command.hpp"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "frame/back_off.hpp"
#include "frame/error.hpp"
#include "frame/input.hpp"
#include "process/child.hpp"
#include "process/last_words.hpp"

namespace framepipe {
namespace {

using namespace std::chrono_literals;
using Clock = SteadyClock;

/// From SIGTERM to SIGKILL; the whole server has a second to end.
constexpr auto kPatience = 1500ms;
constexpr auto kPatienceAtTheEnd = 400ms;
/// For the end of its output after SIGKILL: then somebody has it who left the process group.
constexpr auto kAfterKill = 100ms;
/// For its own end after that of its output.
constexpr auto kAfterOutput = 200ms;

struct Ready {
    bool words = false;
    bool ended = false;
};

/// Waits until the event is set, one of the descriptors can be read (-1: none), or the time has come.
Ready wait(WakeEvent& event, int words, int ended, Clock::time_point until) {
    std::array<pollfd, 3> descriptors{{{event.fd(), POLLIN, 0}, {words, POLLIN, 0}, {ended, POLLIN, 0}}};
    const auto time = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    ::poll(descriptors.data(), descriptors.size(), static_cast<int>(std::clamp<std::int64_t>(time.count(), 0, 3'600'000)));
    event.clear();
    return {descriptors[1].revents != 0, descriptors[2].revents != 0};
}

}  // namespace

/// What the thread that reads the output shares with the command's own, which may leave it behind: a
/// read cannot be ended while some program that got away holds the pipe.
struct KeptCommand::Reading {
    Reading(Descriptor output, Listener& to, std::shared_ptr<WakeEvent> when_over)
        : fd(std::move(output)), listener(to), woken(std::move(when_over)) {}

    const Descriptor fd;
    Listener& listener;  // not to be called once `closed`
    const std::shared_ptr<WakeEvent> woken;

    std::mutex mutex;  // guards all below, and is held while a frame is handed on
    bool closed = false;
    bool over = false;
    std::uint64_t frames = 0;
    std::string broken;

    void run(std::uint64_t max_frame) {
        ::pthread_setname_np(::pthread_self(), "source-read");
        std::string failure;
        try {
            InputOptions options;
            options.name = "its output";
            options.max_frame = max_frame;
            options.lines = true;
            options.stamp = false;  // the stream counts on from run to run
            const auto input = open_input(fd.get(), options);
            while (auto frame = input->next()) {
                const std::lock_guard lock(mutex);
                ++frames;
                if (!closed) listener.on_frame(std::move(*frame));
            }
        } catch (const Error& error) {
            failure = error.what();
        }
        {
            const std::lock_guard lock(mutex);
            over = true;
            broken = std::move(failure);
        }
        woken->set();
    }
    bool is_over() {
        const std::lock_guard lock(mutex);
        return over;
    }
    void close() {
        const std::lock_guard lock(mutex);
        closed = true;
    }
};

/// On the way to the end of a run.
enum class KeptCommand::Step { wanted, unwanted, asked, killed, ended };

/// How long it stays at a step.
std::chrono::milliseconds KeptCommand::patience(Step step, const Wish& wish, std::chrono::milliseconds idle_close) {
    switch (step) {
        case Step::wanted:
            break;
        case Step::unwanted:
            return wish.at_once ? 0ms : idle_close;
        case Step::asked:
        case Step::ended:
            return wish.stopping ? kPatienceAtTheEnd : kPatience;
        case Step::killed:
            return kAfterKill;
    }
    return 1h;
}

KeptCommand::KeptCommand(KeptCommandOptions options, Listener& listener) : options_(std::move(options)), listener_(listener) {
    thread_ = std::thread([this] { run(); });
}

KeptCommand::~KeptCommand() {
    finish();
}

void KeptCommand::finish() {
    stop();
    if (thread_.joinable()) thread_.join();
}

void KeptCommand::want(bool wanted) {
    set_wish({wanted, false, false});
}

void KeptCommand::dismiss() {
    set_wish({false, true, false});
}

void KeptCommand::stop() {
    set_wish({false, true, true});
}

void KeptCommand::set_wish(Wish wish) {
    {
        const std::lock_guard lock(mutex_);
        if (wish_.stopping) return;
        // Dismissed is dismissed, however often it is not wanted after that.
        wish.at_once = wish.at_once || (!wish.wanted && wish_.at_once);
        wish_ = wish;
    }
    woken_->set();
}

KeptCommand::Wish KeptCommand::wish() const {
    const std::lock_guard lock(mutex_);
    return wish_;
}

void KeptCommand::run() {
    ::pthread_setname_np(::pthread_self(), "source");
    BackOff back_off(options_.first_pause, options_.longest_pause);
    auto not_before = Clock::now();
    auto ended = not_before;
    bool resting = true;
    for (;;) {
        const Wish wish = this->wish();
        if (wish.stopping) return;
        if (!wish.wanted && !resting) {
            // Who comes next shall not wait as long as all before together have made it.
            resting = true;
            back_off.reset();
            not_before = std::min(not_before, ended + options_.first_pause);
            listener_.on_rest(false);
        }
        if (!wish.wanted || Clock::now() < not_before) {
            wait(*woken_, -1, -1, wish.wanted ? not_before : Clock::now() + 1h);
            continue;
        }
        listener_.on_start();
        std::optional<RunEnd> end = run_once();
        ended = Clock::now();
        resting = !end;
        if (end) {
            end->did_well = end->frames > 0 && end->lasted >= options_.lasting;
            if (end->lasted >= options_.lasting) back_off.reset();
            end->pause = back_off.next();
            not_before = ended + end->pause;
            if (!this->wish().stopping) listener_.on_end(*end);
        } else {
            back_off.reset();
        }
    }
}

std::optional<RunEnd> KeptCommand::run_once() {
    RunEnd end;
    const auto began = Clock::now();
    std::optional<Child> child;
    std::shared_ptr<Reading> reading;
    try {
        child.emplace(options_.command, std::vector<Child::Variable>(), ChildPipes{.input = false, .errors = true});
        reading = std::make_shared<Reading>(child->take_output(), listener_, woken_);
        std::thread([reading, max_frame = options_.max_frame] { reading->run(max_frame); }).detach();
    } catch (const Error& error) {
        end.broken = error.what();
        return end;
    } catch (const std::system_error&) {
        end.broken = "there is no thread to be had for it";
        return end;
    }

    LastWords words(child->errors(), [this](const std::string& line) { listener_.on_line(line); });
    Step step = Step::wanted;
    auto since = Clock::now();  // it is at this step
    bool was_asked = false;     // to end
    while (!reading->is_over()) {
        const Wish wish = this->wish();
        const auto now = Clock::now();
        if (step == Step::wanted || (step == Step::unwanted && wish.wanted)) {
            step = wish.wanted ? Step::wanted : Step::unwanted;
            since = now;
        }
        const auto due = since + patience(step, wish, options_.idle_close);
        if (now < due) {
            const bool asked = step != Step::wanted && step != Step::unwanted;
            const Ready ready = wait(*woken_, words.fd(), asked ? -1 : child->ended(), due);
            if (ready.words) words.read();
            if (ready.ended) {
                // The rest of its group has nobody who waits for it.
                child->terminate();
                step = Step::ended;
                since = Clock::now();
            }
            continue;
        }
        if (step == Step::killed) break;
        since = now;
        if (step == Step::unwanted) {
            reading->close();
            if (!wish.stopping) listener_.on_rest(true);
            child->terminate();
            was_asked = true;
            step = Step::asked;
        } else {
            child->interrupt();
            step = Step::killed;
        }
    }
    reading->close();

    const bool by_itself = child->wait(was_asked ? 0ms : kAfterOutput);
    end.how = child->end(0ms, kPatienceAtTheEnd);
    for (const std::string& line : words.finish()) end.last_words += (end.last_words.empty() ? "" : "\n") + line;
    if (was_asked) return std::nullopt;
    const std::lock_guard lock(reading->mutex);
    end.frames = reading->frames;
    end.broken = reading->broken;
    if (!by_itself) {
        end.how.clear();  // that was us
        if (end.broken.empty()) end.broken = "it closed its output and went on";
    }
    end.lasted = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
    return end;
}

}  // namespace framepipe
