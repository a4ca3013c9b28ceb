// The parts of an http:// address.
#pragma once

#include <string>

namespace framepipe {

struct HttpUrl {
    std::string host;  // without the brackets of IPv6
    std::string port = "80";
    std::string target = "/";   // path and query
    std::string authorization;  // value of that header, from user:password@; empty: none
    std::string host_header;    // host and port as they stood in the address

    /// throws UsageError if it is no http:// address
    static HttpUrl parse(const std::string& text);

    /// Where a Location header leads from here. throws Error if it is no http:// address
    HttpUrl redirected(const std::string& location) const;
};

}  // namespace framepipe
