// One connection to an MQTT broker, by libmosquitto.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/address.hpp"
#include "frame/clock.hpp"
#include "net/not_there.hpp"

namespace framepipe::broker {

/// A broker takes connections, but does not answer in time: it is starting, or a node of a cluster that chooses its leader.
class SilentError : public NotThereError {
public:
    using NotThereError::NotThereError;
};

/// The broker sends what is no MQTT, or what the library takes for such.
class ProtocolError : public Error {
public:
    using Error::Error;
};

using Properties = std::vector<std::pair<std::string, std::string>>;

/// A message that comes in. Valid within the call that it comes with.
struct Message {
    std::string_view topic;
    std::span<const std::byte> payload;
    bool retained = false;          // it was there before we asked
    std::string content_type = {};  // empty: none; these two are of MQTT 5
    Properties properties = {};
};

/// Why a broker does not take a message.
struct Refusal {
    bool too_large = false;
    std::string reason;
};

/// A message that goes out.
struct Outgoing {
    std::string topic;
    std::span<const std::byte> payload;
    bool retain = false;
    /// The broker says when it has taken it (QoS 1); else nothing is known but that it was sent.
    bool acknowledged = false;
    std::string content_type = {};  // these two go with MQTT 5 only
    Properties properties = {};
    /// Called with the broker's answer to an acknowledged one, with its reason where it does not take it (MQTT 5
    /// only); empty: that is an Error.
    std::function<void(const std::optional<Refusal>&)> answered = {};
};

/// What the broker says in our name when we are gone without a word. Retained.
struct Will {
    std::string topic;
    std::string payload;
};

/// How we show who we are, and whom we trust. Each is empty where it is not wanted.
struct Login {
    std::string user;
    std::string password;
    std::string ca_file;           // empty: what the system trusts, or SSL_CERT_FILE
    std::string certificate_file;  // ours, with its key
    std::string key_file;
};

struct ConnectionOptions {
    Login login;
    bool tls = false;
    std::string client_id;
    std::optional<Will> will = {};
    /// How long the broker may take to answer when we connect.
    std::chrono::milliseconds answer{5'000};
    /// How long it may be silent afterwards, for which it is pinged.
    std::chrono::milliseconds timeout{5'000};
};

/// One thread at a time, but for wake(). Nothing happens outside its calls, in which what comes in goes to the
/// handler. All but close() and wake() throw Error when the connection is gone or `stop` says so.
class Connection {
public:
    using Handler = std::function<void(const Message&)>;

    /// Connects by MQTT 5, or 3.1.1 where the broker has no more.
    /// throws Error with the reason if there is no connection, or the broker refuses it
    Connection(const Host& host, const ConnectionOptions& options, Handler handler, std::stop_token stop);
    /// Ends the connection without a word, so that the will is said.
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// True for MQTT 5, false for 3.1.1.
    bool has_properties() const;
    /// The largest packet that the broker says it takes; nullopt: it does not say.
    std::optional<std::uint64_t> max_packet() const;

    /// Asks for topics, and waits for the answer.
    /// throws Error if the broker refuses one
    void subscribe(const std::vector<std::string>& topics);
    /// Asks for a topic; whether the broker lets us have it is of no concern.
    void try_subscribe(const std::string& topic);
    void unsubscribe(const std::vector<std::string>& topics);

    /// Sends a message, as much of it as the system takes now; wait() sends the rest.
    /// returns  false if it is larger than the broker takes: nothing is sent
    bool publish(const Outgoing& message);
    /// While true, what is published waits for what comes after it, so that both reach the broker together.
    void hold_back(bool held);
    /// Messages that the system has not taken whole yet, those to be acknowledged as one. Little more than that is
    /// then on its way.
    std::size_t unfinished() const;
    /// Messages to be acknowledged that are not.
    std::size_t unacknowledged() const;

    /// Waits until anything has come or gone, `until`, or wake().
    void wait(SteadyClock::time_point until);
    /// The same, and lets go of `turn` meanwhile: who has it then may publish.
    void wait(SteadyClock::time_point until, std::unique_lock<std::mutex>& turn);
    /// Makes a wait(), or else the next one, return at once. Any thread may call.
    void wake();

    /// Takes leave, so that the will is not said. Waits at most `limit` until all is sent.
    void close(std::chrono::milliseconds limit = std::chrono::milliseconds(500)) noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace framepipe::broker
