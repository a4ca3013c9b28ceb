// HTTP/1.1 on one connection, until it becomes a WebSocket or an MJPEG stream.
#pragma once

#include <memory>
#include <string>

#include "serve/access.hpp"
#include "serve/connection.hpp"
#include "serve/http_message.hpp"
#include "serve/intake.hpp"

namespace framepipe::serve {

class SnapshotWait;
class Upload;

class HttpSession final : public Protocol {
public:
    explicit HttpSession(Connection& connection);
    ~HttpSession() override;

    void on_bytes(std::string_view bytes) override;
    void on_end() override;
    void on_plain_request() override;
    void on_drained() override;
    void on_tick() override;
    void on_dismissed(Refusal reason) override;
    void on_stop() override;

private:
    void next_request();
    void handle(Request request);
    bool admit(const Request& request);
    void check_login(const Login& login, Request request);
    void on_verdict(const Request& request, Passwords::Verdict verdict);
    void route(const Request& request);
    bool has_place(const Request& request);
    bool take_base_path(Request& request);
    /// True if it asks for what only viewers of streams get. All others are clients of the hub, where there is one.
    static bool is_viewer(const Request& request);
    void open_websocket(const Request& request);
    void open_publish(const Request& request);
    void end_upload(Request request, const Intake::Status& status);
    /// Answers the handshake, and lets the session that `make` gives for framepipe.v1 or not take over.
    template <typename Session>
    void upgrade(const Request& request, std::unique_ptr<Session> session);
    bool is_handshake(const Request& request);
    void take_body(std::string_view bytes);
    void open_mjpeg(const Request& request);
    void open_snapshot(const Request& request);
    void answer_snapshot(const Request& request, const FramePtr& frame, As as);
    void respond(const Request& request, Response response);
    void refuse(const Request& request, unsigned status, Refusal reason, std::string_view text);

    Connection& connection_;
    std::string buffer_;
    bool busy_ = false;                                                          // an answer is on its way
    bool close_ = false;                                                         // after it
    bool checking_ = false;                                                      // a password
    std::shared_ptr<HttpSession*> self_ = std::make_shared<HttpSession*>(this);  // null when it has gone; the shard's thread alone
    Identity identity_;                                                          // of whoever asked last
    SteadyClock::time_point since_;                                              // it waits for a request, or for the rest of one
    std::unique_ptr<SnapshotWait> snapshot_;
    std::unique_ptr<Upload> upload_;
};

}  // namespace framepipe::serve
