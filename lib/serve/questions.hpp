// What a WebSocket client asks the server's pipeline (wsserve --respond), and the answers on their way back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "process/responder.hpp"
#include "serve/answer_cache.hpp"
#include "serve/live_frame.hpp"

namespace framepipe::serve {

class Hub;
class Shard;

struct RespondOptions {
    ResponderOptions pipeline;
    bool each = false;                     // a pipeline for each client, not one for all
    std::size_t max_each = 64;             // of those at a time
    std::uint64_t max_request = 64 << 10;  // the longest message that is a request, bytes
    std::uint64_t max_cache = 64 << 20;    // payloads of answers that the shared pipeline calls immutable, bytes
};

/// The pipelines that answer. Any thread. Must outlive what open() gives, and end before the shards.
class Desk {
public:
    explicit Desk(RespondOptions options);
    ~Desk();

    /// A place to ask from. `answer` is called in other threads.
    /// returns  null if as many pipelines run as may
    class Place;
    std::unique_ptr<Place> open(Responder::Answer answer);

    /// Begins the end of all pipelines without waiting for it.
    void stop();

    const RespondOptions& options() const { return options_; }
    /// What the shared pipeline says of itself; null: nothing, or there is one for each client.
    Description description() const;
    /// Why the shared pipeline does not answer now; empty: it does, or there is one for each client.
    std::string trouble() const;
    ResponderCounts counts() const;

    /// Answers that other clients may get as well; null: there is a pipeline for each client.
    AnswerCache* cache() { return shared_ ? &cache_ : nullptr; }
    std::uint64_t cache_hits() const { return cache_.hits(); }

private:
    friend class Place;
    struct Tally;
    const RespondOptions options_;
    AnswerCache cache_;
    std::unique_ptr<Responder> shared_;
    std::shared_ptr<Tally> tally_;
};

/// The answer to a client who may not ask, or cannot.
/// own_request  its `request`; empty: none
MessagePtr refusal_message(Shard& shard, Form form, const std::string& words, const std::string& own_request);

/// One client's questions. Lives in its shard's thread.
class Questions {
public:
    /// Takes an answer as the message to send, or null if the picture was broken. In the shard's thread.
    using Deliver = std::function<void(MessagePtr)>;

    /// usual  the form of answers that are asked for in no other
    Questions(Desk& desk, Shard& shard, Form usual, Deliver deliver);
    ~Questions();

    /// Asks with the payload of a message: text, or a picture by its first bytes, or any bytes.
    /// own_request  what the answer's `request` is to be; empty: none
    /// as           what this answer's picture is to be; nullopt: as all are
    /// returns      false if the client asks without end and should be let go
    [[nodiscard]] bool ask(std::string_view payload, bool is_text, const std::string& own_request = {}, std::optional<As> as = {});

    /// What the pipeline that is asked says of itself; null: nothing.
    Description description() const;
    /// Why it does not answer now; empty: it does.
    std::string trouble() const;

private:
    struct Question;
    struct Link;

    Desk& desk_;
    std::shared_ptr<Link> link_;
    std::uint32_t asked_ = 0;  // questions
    std::unique_ptr<Desk::Place> place_;
};

}  // namespace framepipe::serve
