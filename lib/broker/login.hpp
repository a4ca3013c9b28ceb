// How a client of a broker shows who it is.
#pragma once

#include <string>

namespace framepipe::broker {

/// How we show who we are, and whom we trust. Each is empty where it is not wanted.
struct Login {
    std::string user;
    std::string password;
    std::string ca_file;           // empty: what the system trusts, or SSL_CERT_FILE
    std::string certificate_file;  // ours, with its key
    std::string key_file;
};

}  // namespace framepipe::broker
