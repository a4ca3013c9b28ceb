// What a broker or the library says, in our words.
#pragma once

#include <string>
#include <string_view>

namespace framepipe::broker {

/// Why a broker refuses: a reason code of MQTT 5 (section 2.4), or a return code of 3.1.1 (3.2.2.3).
std::string connect_reason(int code, bool version5);

/// Why a call of libmosquitto failed (MOSQ_ERR_*).
std::string library_reason(int code);

/// The reason at the end of a line that the library logs of OpenSSL; empty: the line is about something else.
std::string openssl_reason(std::string_view line);

/// Why there is no secure connection; empty: nothing says that it is for TLS.
/// words              openssl_reason()'s, the last
/// wants_certificate  the broker has asked for ours
/// has_certificate    it got one
std::string tls_reason(const std::string& words, bool wants_certificate, bool has_certificate);

}  // namespace framepipe::broker
