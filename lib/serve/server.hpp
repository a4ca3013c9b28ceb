// The server whole: listens, serves viewers in a thread for each core, and stops in order.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/units.hpp"
#include "serve/access.hpp"
#include "serve/command_source.hpp"
#include "serve/hub.hpp"
#include "serve/limits.hpp"
#include "serve/listening.hpp"
#include "serve/publishing.hpp"
#include "serve/questions.hpp"
#include "serve/site.hpp"

namespace framepipe::serve {

struct ServerOptions {
    std::vector<ListenAddress> listen;
    std::vector<Descriptor> sockets;  // to listen on as well; see take_over()
    unsigned threads = 0;             // 0: one for each core
    As default_as = As::image;
    std::vector<std::string> websocket_paths;  // besides /, /ws and /websocket
    std::vector<std::string> mjpeg_paths;      // besides /stream.mjpg
    std::string base_path;                     // in front of all paths, "/cam/"; empty: none
    std::filesystem::path web;                 // empty: the page in the program
    std::chrono::nanoseconds stall_timeout = std::chrono::seconds(30);
    AccessOptions access;
    std::string tls_certificates;  // file, see TlsIdentity; empty: TLS is not spoken
    std::string tls_key;           // empty: in the same file
    HubOptions hub;
    LimitOptions limits;
    std::optional<RespondOptions> respond;
    std::optional<PublishOptions> publish;
    std::vector<CommandSourceOptions> sources;  // no more than hub.max_streams
    bool relay = false;                         // clients' messages to all clients
    std::size_t max_relayed = 32ULL << 20;      // bytes of one of them
};

class Server {
public:
    /// Listens at once; nothing is answered before run().
    /// assets  the page in the program; outlive the server
    /// throws  Error
    Server(ServerOptions options, std::span<const Asset> assets);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Where it listens, with the ports that it has.
    std::vector<Place> places() const;
    /// Lives as long as somebody holds it: an input in a blocking read may outlive the server.
    std::shared_ptr<Hub> hub() const;

    /// True if not everybody has this right.
    bool guards(Right right) const;
    /// Reads the files of users and of tokens, the certificate and the key anew. Any thread.
    /// returns  for each that cannot be, why: what was read before then stays
    std::vector<std::string> reload();

    /// Serves until stop(). Threads are started here, so block the signals before.
    /// throws  Error if one of them failed in a way that nobody reckoned with; the others have ended in order
    void run();
    /// Says farewell to all viewers; run() returns within a second. Any thread.
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace framepipe::serve
