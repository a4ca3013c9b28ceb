#include "broker/keeper.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "frame/back_off.hpp"
#include "frame/error.hpp"

namespace framepipe::broker {
namespace {

constexpr auto kFirstPause = std::chrono::milliseconds(250);
constexpr auto kLongestPause = std::chrono::milliseconds(5000);
constexpr auto kIdle = std::chrono::seconds(1);
/// How long what is under way may take at the end.
constexpr auto kFarewell = std::chrono::milliseconds(200);

}  // namespace

Keeper::Keeper(const Address& address, const Login& login)
    : dialer_(address, login), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Keeper::~Keeper() = default;

void Keeper::put(const std::string& topic, Bytes payload) {
    const std::lock_guard lock(mutex_);
    values_[topic] = {std::move(payload)};
    if (connection_ != nullptr) connection_->wake();
    changed_.notify_all();
}

std::vector<Keeper::Message> Keeper::end() {
    thread_.request_stop();
    thread_.join();
    std::vector<Message> unsent;
    for (auto& [topic, value] : values_)
        if (!value.sent) unsent.push_back({topic, std::move(value.payload)});
    return unsent;
}

void Keeper::run(const std::stop_token& stop) {
    ::pthread_setname_np(::pthread_self(), "keeper");
    BackOff back_off(kFirstPause, kLongestPause);
    while (!stop.stop_requested()) {
        std::unique_ptr<Connection> connection;
        try {
            connection = dialer_.connect({}, stop);
            session(*connection);
        } catch (const Error&) {  // said by who sends the frames, if it lasts
        }
        std::unique_lock lock(mutex_);
        connection_ = nullptr;
        if (stop.stop_requested()) {
            if (connection) connection->close(kFarewell);
            return;
        }
        for (auto& [topic, value] : values_)
            if (std::exchange(value.sent, false)) back_off.reset();
        changed_.wait_for(lock, stop, back_off.next(), [] { return false; });
    }
}

void Keeper::session(Connection& connection) {
    {
        const std::lock_guard lock(mutex_);
        connection_ = &connection;
    }
    for (;;) {
        if (connection.unfinished() == 0 && send_next(connection)) continue;
        connection.wait(SteadyClock::now() + kIdle);
    }
}

/// returns  false if all is sent
bool Keeper::send_next(Connection& connection) {
    std::unique_lock lock(mutex_);
    const auto next = std::find_if(values_.begin(), values_.end(), [](const auto& one) { return !one.second.sent; });
    if (next == values_.end()) return false;
    next->second.sent = true;
    const Bytes payload = next->second.payload;
    const std::string topic = next->first;
    lock.unlock();
    connection.publish({.topic = topic, .payload = payload, .retain = true});
    return true;
}

}  // namespace framepipe::broker
