// Pictures that a server sends one after the other over HTTP, as network cameras do.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "frame/descriptor.hpp"
#include "frame/input.hpp"
#include "net/url.hpp"
#include "source/source.hpp"

namespace framepipe {

struct HttpOptions {
    std::uint64_t max_frame = kDefaultMaxFrame;
    std::string token = {};  // sent as `Authorization: Bearer`; empty: what the address has before its host, if anything
    /// How long connecting may take, and how long the server may send nothing.
    std::chrono::milliseconds timeout{10'000};
};

/// A response whose body is pictures, which pass as they come: multipart/x-mixed-replace, or one
/// picture (image/...). A thread takes the body out of its chunks and notices silence.
class HttpStream : public Source {
public:
    /// Connects, asks, and follows redirections.
    /// throws Error if there is no connection, or no good answer
    HttpStream(const std::string& url, HttpOptions options);
    ~HttpStream() override;

    /// The answer's type in small letters ("multipart/x-mixed-replace").
    const std::string& type() const { return type_; }

    std::optional<Frame> next() override;

private:
    void request(const HttpUrl& url);
    std::string read_head();
    std::string first_line();
    /// What the peer sends next, at least one byte; 0: the end.
    std::size_t receive(char* to, std::size_t size);
    std::size_t receive_body(char* to, std::size_t size);
    void pump(int to);

    const std::string name_;  // for messages
    const HttpOptions options_;
    Descriptor socket_;
    std::string ahead_;  // received, but not yet taken
    std::string type_;
    bool chunked_ = false;
    std::uint64_t chunk_left_ = 0;
    bool first_chunk_ = true;

    Descriptor body_;  // what the thread writes comes out here
    std::unique_ptr<FrameInput> input_;
    std::string failure_;  // of the thread; read when body_ has ended
    std::jthread thread_;
};

}  // namespace framepipe
