#include "serve/questions.hpp"

#include <fmt/format.h>

#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "serve/client_message.hpp"
#include "serve/hub.hpp"
#include "serve/shard.hpp"
#include "serve/source_log.hpp"
#include "serve/websocket.hpp"

namespace framepipe::serve {

/// What pipelines of one client each have done in all, and how many run.
struct Desk::Tally {
    std::mutex mutex;  // guards all below
    std::size_t open = 0;
    ResponderCounts ended;
    std::vector<Responder*> running;
};

namespace {

/// With a log of its own for what the pipeline says.
std::unique_ptr<Responder> make_responder(ResponderOptions options) {
    const auto log = std::make_shared<SourceLog>("");
    options.on_start = [log](bool again) {
        log->end_run();
        log->begin_run(again);
    };
    options.on_line = [log](const std::string& line) { log->line(line); };
    return std::make_unique<Responder>(std::move(options));
}

void add(ResponderCounts& sum, const ResponderCounts& more) {
    sum.requests += more.requests;
    sum.answers += more.answers;
    sum.errors += more.errors;
    sum.dropped += more.dropped;
    sum.strays += more.strays;
    sum.restarts += more.restarts;
}

}  // namespace

/// An asker of the shared pipeline, or of one of its own.
class Desk::Place {
public:
    Place(std::unique_ptr<Responder> own, std::shared_ptr<Tally> tally) : own_(std::move(own)), tally_(std::move(tally)) {}
    ~Place() {
        asker.reset();
        if (!own_) return;
        {
            const std::lock_guard lock(tally_->mutex);
            std::erase(tally_->running, own_.get());
            add(tally_->ended, own_->counts());
        }
        // Its end may take half a second, in which the other viewers of this thread shall not wait.
        std::thread([own = std::move(own_), tally = std::move(tally_)]() mutable {
            own.reset();
            const std::lock_guard lock(tally->mutex);
            --tally->open;
        }).detach();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    std::unique_ptr<Responder::Asker> asker;

    Description description() const { return own_ ? own_->description() : nullptr; }
    std::string trouble() const { return own_ ? own_->trouble() : std::string(); }

private:
    std::unique_ptr<Responder> own_;
    std::shared_ptr<Tally> tally_;
};

Desk::Desk(RespondOptions options) : options_(std::move(options)), cache_(options_.max_cache), tally_(std::make_shared<Tally>()) {
    if (!options_.each) shared_ = make_responder(options_.pipeline);
}

Desk::~Desk() {
    // Pipelines whose clients have just gone are still being ended.
    for (auto patience = std::chrono::milliseconds(600); patience.count() > 0; patience -= std::chrono::milliseconds(5)) {
        {
            const std::lock_guard lock(tally_->mutex);
            if (tally_->open == 0) return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

std::unique_ptr<Desk::Place> Desk::open(Responder::Answer answer) {
    if (shared_) {
        auto place = std::make_unique<Place>(nullptr, nullptr);
        place->asker = shared_->open(std::move(answer));
        return place;
    }
    const std::lock_guard lock(tally_->mutex);
    if (tally_->open >= options_.max_each) return nullptr;
    ++tally_->open;
    auto own = make_responder(options_.pipeline);
    Responder& responder = *own;
    tally_->running.push_back(&responder);
    auto place = std::make_unique<Place>(std::move(own), tally_);
    place->asker = responder.open(std::move(answer));
    return place;
}

void Desk::stop() {
    if (shared_) shared_->stop();
    const std::lock_guard lock(tally_->mutex);
    for (Responder* responder : tally_->running) responder->stop();
}

ResponderCounts Desk::counts() const {
    if (shared_) return shared_->counts();
    const std::lock_guard lock(tally_->mutex);
    ResponderCounts sum = tally_->ended;
    for (const Responder* responder : tally_->running) add(sum, responder->counts());
    return sum;
}

Description Desk::description() const {
    return shared_ ? shared_->description() : nullptr;
}

std::string Desk::trouble() const {
    return shared_ ? shared_->trouble() : std::string();
}

namespace {

/// An error for people's own pages: a text message with JSON.
MessagePtr error_message(const Frame& answer) {
    const std::string json = fmt::format(R"({{"error":{}}})", json_string(answer.header.string("error").value_or("")));
    return std::make_shared<Message>(websocket_head(Opcode::text, json.size()) + json);
}

}  // namespace

MessagePtr refusal_message(Shard& shard, Form form, const std::string& words, const std::string& own_request) {
    Frame answer = error_answer(words);
    if (!own_request.empty()) answer.header.set("request", own_request);
    return form.wrap == Wrap::v1 ? shard.hub().make_live(std::move(answer))->message(form) : error_message(answer);
}

/// What is under way.
struct Questions::Question {
    std::uint32_t number = 0;  // the client's, from 1
    As as = As::image;
    std::optional<AnswerCache::Key> key;  // what its answer may be kept by
};

/// Answers come in other threads, and may come when the client has gone: `deliver` is then empty.
struct Questions::Link {
    Link(Desk& of, Shard& in, Form form, Deliver to) : desk(of), shard(in), usual(form), deliver(std::move(to)) {}

    Desk& desk;
    Shard& shard;
    const Form usual;  // of answers that are asked for in no other

    // The shard's thread alone.
    Deliver deliver;
    std::uint32_t delivered = 0;  // the question whose answer was delivered last

    std::mutex mutex;           // guards open
    std::deque<Question> open;  // in their order, which is that of the answers

    /// The question of that number; those before it were dropped for newer ones.
    Question take(std::uint32_t number) {
        const std::lock_guard lock(mutex);
        while (open.front().number != number) open.pop_front();
        Question question = std::move(open.front());
        open.pop_front();
        return question;
    }

    /// The message that carries the answer; null if its picture is broken and the client takes no whole frames.
    MessagePtr message_of(Frame answer, const Question& question) {
        const Form form{usual.wrap, question.as};
        if (answer.header.raw("error") && form.wrap != Wrap::v1) return error_message(answer);
        const auto request = answer.header.string("request");
        const bool lasts = question.key && answer.header.flag("immutable") && !answer.header.raw("error");
        const FramePtr live = shard.hub().make_live(std::move(answer));
        if (const MessagePtr message = live->message(form)) {
            const auto picture = lasts ? live->picture(question.key->as) : std::nullopt;
            if (picture) {
                Frame kept{picture->header, picture->bytes};
                kept.header.erase("request");
                desk.cache()->keep(*question.key, std::move(kept));
            }
            return message;
        }
        Frame broken = error_answer("the answer is no picture that can be shown");
        if (request) broken.header.set("request", *request);
        return form.wrap == Wrap::v1 ? shard.hub().make_live(std::move(broken))->message(form) : error_message(broken);
    }
};

Questions::Questions(Desk& desk, Shard& shard, Form usual, Deliver deliver)
    : desk_(desk), link_(std::make_shared<Link>(desk, shard, usual, std::move(deliver))) {
    place_ = desk_.open([link = link_](Frame answer, std::uint32_t number) {
        // Made here, where no viewer waits for it.
        MessagePtr message = link->message_of(std::move(answer), link->take(number));
        link->shard.loop().post([link, number, message = std::move(message)] {
            link->delivered = number;
            if (link->deliver) link->deliver(message);
        });
    });
}

Questions::~Questions() {
    place_.reset();
    link_->deliver = nullptr;
}

Description Questions::description() const {
    const Description own = place_ ? place_->description() : nullptr;
    return own ? own : desk_.description();
}

std::string Questions::trouble() const {
    const std::string own = place_ ? place_->trouble() : std::string();
    return own.empty() ? desk_.trouble() : own;
}

bool Questions::ask(std::string_view payload, bool is_text, const std::string& own_request, std::optional<As> as) {
    Frame frame = frame_of_message(payload, is_text);
    if (!own_request.empty()) frame.header.set("request", own_request);
    if (!place_) {
        link_->deliver(refusal_message(link_->shard, link_->usual, "as many pipelines run as may (--respond-each)", own_request));
        return true;
    }
    Question question{.number = asked_ + 1, .as = as.value_or(link_->usual.as), .key = {}};
    AnswerCache* cache = desk_.cache();
    if (cache && is_text && payload.size() <= AnswerCache::kMaxRequest) {
        question.key = AnswerCache::key(payload, question.as, desk_.counts().restarts);
        // Not before the answers to earlier questions.
        auto known = link_->delivered == asked_ ? cache->find(*question.key) : std::nullopt;
        if (known) {
            if (!own_request.empty()) known->header.set("request", own_request);
            link_->deliver(link_->shard.hub().make_live(std::move(*known))->message({link_->usual.wrap, question.as}));
            return true;
        }
    }
    const std::uint32_t number = ++asked_;
    {
        const std::lock_guard lock(link_->mutex);
        link_->open.push_back(std::move(question));
    }
    const std::uint64_t limit = desk_.options().max_request;
    if (payload.size() <= limit) return place_->asker->ask(std::move(frame), number);
    return place_->asker->refuse(std::move(frame),
                                 fmt::format("request of {} bytes is over the limit of {} (--max-request)", payload.size(), limit), number);
}

}  // namespace framepipe::serve
