// What a broker is to keep, on its way there.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "broker/dialer.hpp"
#include "frame/bytes.hpp"

namespace framepipe::broker {

/// Sends retained messages by a connection and a thread of its own. A broker may read nothing from who has sent it such
/// a message until it is stored: nats-server waits for that up to four seconds each time while its cluster chooses a leader, and
/// frames that came by the same connection would wait, too. Any thread may call.
class Keeper {
public:
    Keeper(const Address& address, const Login& login);
    ~Keeper();
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

    /// What the broker is to keep under this topic from now on. It is sent again whenever there is a new connection:
    /// the broker may be another one than before, or have forgotten.
    void put(const std::string& topic, Bytes payload);

    struct Message {
        std::string topic;
        Bytes payload;
    };
    /// Ends the connection; nothing may be put any more.
    /// returns  what has not been sent
    std::vector<Message> end();

private:
    struct Value {
        Bytes payload;
        bool sent = false;
    };

    void run(const std::stop_token& stop);
    void session(Connection& connection);
    bool send_next(Connection& connection);

    Dialer dialer_;  // the thread's

    std::mutex mutex_;  // guards all below
    std::condition_variable_any changed_;
    std::map<std::string, Value> values_;  // by their topics
    Connection* connection_ = nullptr;     // to be woken when there is something to send

    std::jthread thread_;  // the last one: it uses the others
};

}  // namespace framepipe::broker
