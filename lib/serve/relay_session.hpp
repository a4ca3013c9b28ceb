// A client of wsserve --hub: what it sends goes to all of them.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "serve/relay.hpp"
#include "serve/websocket_peer.hpp"

namespace framepipe::serve {

class RelaySession final : public WebSocketPeer {
public:
    /// echo     it gets messages also when it has sent a picture: else a producer gets nothing more, since
    ///          many never read, and what they do not read would end their connections after a while
    /// is_page  it is a page in a browser, which always reads: numbers make no producer of it
    RelaySession(Connection& connection, Relay& relay, bool echo, bool is_page);
    ~RelaySession() override;

    void start();
    void on_begun(const Outbox::Entry& entry) override { relay_.note_begun(entry.message->frame_id()); }
    /// Sends the messages, `whole` as one, if nothing waits for the client, or if it gets nothing.
    /// returns  false: they have to wait
    bool send_at_once(const MessagePtr& whole, const Bundle& bundle);
    /// Lets the message wait for the client; in its slot, a picture replaces the one that waits there, if the
    /// client's socket does not take that one now.
    void offer(const MessagePtr& message, Outbox::Slot slot);
    /// Sends what waits.
    void send();

private:
    void on_text(std::string_view text) override { pass_on(text, true); }
    void on_binary(std::string_view bytes) override { pass_on(bytes, false); }
    void pass_on(std::string_view payload, bool is_text);
    void note_kind(RelayKind::What what);
    /// It is taken to read nothing.
    bool is_deaf() const;
    void show(const RelayKind& kind, std::string_view payload, bool is_text);
    void feed(const std::string& stream);
    void pace(std::size_t picture_bytes);

    Relay& relay_;
    const bool echo_;
    const bool is_page_;
    bool is_producer_ = false;
    int numbers_in_a_row_ = 0;  // that it has sent last, up to kMeter
    std::shared_ptr<Relay::Room> room_;
    std::string stream_;           // of its last picture, where its numbers belong
    std::set<std::string> feeds_;  // streams that it has fed
    Timer pause_;
};

}  // namespace framepipe::serve
