// The streams that others publish to a broker.
#pragma once

#include <memory>
#include <stop_token>

#include "broker/subscription.hpp"
#include "source/relay_source.hpp"

namespace framepipe {

/// One connection to the broker. A broker sends what it has whether it is read or not, so that nothing is
/// gained by saying what was taken: the newest is kept here.
class BrokerSource : public RelaySource {
public:
    /// streams  what is known of them over all connections; outlives this
    /// throws Error if there is no connection, or the broker refuses
    BrokerSource(broker::Streams& streams, const std::stop_token& stop) : streams_(streams) { streams_.open(stop); }
    ~BrokerSource() override { streams_.close(); }

    std::optional<Frame> next_until(SteadyClock::time_point until) override { return streams_.next_until(until); }
    bool keeps_headers() const override { return true; }
    void taken(const std::string&, std::uint64_t) override {}

private:
    broker::Streams& streams_;
};

}  // namespace framepipe
