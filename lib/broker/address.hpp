// The address of a broker, or of a cluster of brokers, and a path of topics there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace framepipe::broker {

struct Host {
    std::string name;  // without the brackets of IPv6
    std::uint16_t port = 0;

    std::string shown() const;
    /// The numeric addresses of its name, so that each can be tried.
    /// throws Error if there are none
    std::vector<std::string> addresses() const;
};

/// mqtt://USER@HOST:PORT,HOST:PORT/LEVEL/LEVEL; over TLS mqtts://.
struct Address {
    bool tls = false;
    std::string user;               // empty: none
    std::vector<Host> hosts;        // each is as good as the others
    std::vector<std::string> path;  // its levels as they were written, with their %XX

    /// throws UsageError if it is no such address, or has a password, which is nobody's to see
    static Address parse(const std::string& text);

    /// For messages: without the user's name.
    std::string shown() const;
};

/// Which topics the address means.
struct Place {
    std::string prefix;  // the topics' beginning, without the / before the stream
    std::string stream;
    bool all = false;  // all streams: `+`
};

/// Of an address to publish to: its path is the prefix; without one it is "framepipe".
/// throws UsageError if a level has a wild card, or what no topic may have
Place place_to_publish(const Address& address);

/// Of an address to take from: its last level is the stream, or `+`.
/// throws UsageError as above, and if there is no prefix
Place place_to_take(const Address& address);

}  // namespace framepipe::broker
