// TLS (OpenSSL), for https and wss.
#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace framepipe::serve {

/// The server's side of TLS on one socket, which it does not own. TLS 1.2 and 1.3. One thread.
class TlsStream {
public:
    struct Impl;
    explicit TlsStream(std::unique_ptr<Impl> impl);
    ~TlsStream();

    /// As recv() and send() with MSG_DONTWAIT on a socket, errno included. The handshake goes along with the
    /// first calls of receive(). After send() has failed with EAGAIN the same bytes have to come again.
    ssize_t receive(std::span<char> buffer);
    ssize_t send(std::string_view bytes);

    /// The handshake is over.
    bool established() const;
    /// receive() waits until the socket can be written to.
    bool wants_write() const;
    /// What came first was an HTTP request without TLS.
    bool is_plain_http() const;
    /// Tells the peer that no more comes.
    void finish();

private:
    std::unique_ptr<Impl> impl_;
};

/// The server's certificate and key. Any thread.
class TlsIdentity {
public:
    /// certificates  PEM: the server's own, then those between it and a root
    /// key           PEM, without a passphrase; empty: in the same file
    /// throws        Error
    TlsIdentity(std::string certificates, std::string key);
    ~TlsIdentity();

    /// Reads the files again, for connections from then on.
    /// throws Error; what was read before then stays
    void reload();

    /// socket  non-blocking, and outlives what is returned
    /// throws  Error if there is no memory to be had
    std::unique_ptr<TlsStream> open(int socket) const;

private:
    struct Keys;
    std::shared_ptr<const Keys> read() const;

    const std::string certificates_;
    const std::string key_;
    mutable std::mutex mutex_;  // guards keys_
    std::shared_ptr<const Keys> keys_;
};

}  // namespace framepipe::serve
