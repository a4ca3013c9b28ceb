// The parts of a server's address.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace framepipe {

struct HttpUrl {
    std::string scheme;         // "http", "https", "ws" or "wss"
    std::string host;           // without the brackets of IPv6
    std::string port;           // 80 or 443 where the address has none
    std::string target = "/";   // path and query
    std::string authorization;  // value of that header, from user:password@; empty: none
    std::string host_header;    // host and port as they stood in the address

    /// schemes  those that are taken; messages name the first
    /// throws   UsageError if it is no address of these
    static HttpUrl parse(const std::string& text, std::initializer_list<std::string_view> schemes = {"http"});

    /// True if the connection is to be encrypted.
    bool secure() const { return scheme == "https" || scheme == "wss"; }

    /// The value of a parameter in the query, decoded; nullopt: it is not there.
    std::optional<std::string> parameter(std::string_view name) const;
    /// Takes a parameter out of the query.
    void drop_parameter(std::string_view name);
    /// Puts a parameter into the query, in the place of one of that name.
    void set_parameter(std::string_view name, std::string_view value);

    /// The address for messages: without name and password, and without a token in its query.
    std::string shown() const;

    /// Where a Location header leads from here. throws Error if it is no http:// address
    HttpUrl redirected(const std::string& location) const;
};

/// The text with each %XX as the byte that it stands for.
std::string percent_decoded(std::string_view text);

/// An address as messages show it: without name and password.
std::string shown_address(const std::string& url);

}  // namespace framepipe
