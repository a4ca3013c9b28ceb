// The body of a request that pushes frames: one picture, a multipart stream, a run of frames.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "serve/connection.hpp"
#include "serve/http_body.hpp"
#include "serve/publishing.hpp"

namespace framepipe::serve {

/// Lives in its connection's thread.
class Upload final : public Pollable {
public:
    /// Called once, at the end: with the number of frames that came, or with why the producer must go.
    using OnEnd = std::function<void(const Intake::Status& status)>;

    Upload(Connection& connection, Publishing& publishing, const Request& request, PermitPtr permit, OnEnd on_end);
    ~Upload() override;

    /// Once, before the first put().
    /// refusal  why it cannot be
    bool open(PublishRefusal& refusal);

    /// Takes bytes of the body from the socket.
    /// throws Error if they are broken
    void put(std::string_view bytes);
    /// True when the body has come whole.
    bool whole() const { return body_.whole(); }
    /// Bytes behind the body: the next request.
    std::string take_rest() { return body_.take_rest(); }
    bool ended() const { return ended_; }

    void on_ready(std::uint32_t events) override;

private:
    struct Link;
    void check();
    void write_on();
    void close_pipe();

    Connection& connection_;
    Publishing& publishing_;
    const std::optional<std::string> stream_;
    const PermitPtr permit_;
    OnEnd on_end_;
    HttpBody body_;
    std::string unwritten_;
    Descriptor pipe_;  // to the thread that reads frames
    std::shared_ptr<Link> link_;
    std::shared_ptr<Intake> intake_;
    bool ended_ = false;
};

}  // namespace framepipe::serve
