#include "serve/websocket.hpp"

#include "catch.hpp"

using namespace framepipe::serve;

namespace {

/// A client's frame with the mask 1 2 3 4.
std::string masked(int first, std::string_view payload) {
    std::string out{static_cast<char>(first), static_cast<char>(0x80 | payload.size()), 1, 2, 3, 4};
    for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ static_cast<char>(i % 4 + 1));
    return out;
}

struct Client {
    WebSocketReader reader{1000};
    std::string seen;

    std::optional<CloseReason> send(std::string_view bytes) {
        return reader.read(bytes, [this](const WebSocketReader::Message& message) {
            seen += std::to_string(static_cast<int>(message.opcode)) + ":" + std::string(message.payload) + ";";
        });
    }
};

}  // namespace

TEST_CASE("the accept key is that of RFC 6455", "[serve]") {
    CHECK(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    for (const char* bad : {"", "short", "dGhlIHNhbXBsZSBub25jZQ=!", "dGhlIHNhbXBs ZSBub25jZQ=="}) CHECK_FALSE(websocket_accept(bad));
}

TEST_CASE("heads are as short as they can be", "[serve]") {
    CHECK(websocket_head(Opcode::binary, 125) == std::string("\x82\x7d"));
    CHECK(websocket_head(Opcode::text, 126) == std::string("\x81\x7e\x00\x7e", 4));
    CHECK(websocket_head(Opcode::binary, 65535) == std::string("\x82\x7e\xff\xff", 4));
    CHECK(websocket_head(Opcode::binary, 65536) == std::string("\x82\x7f\0\0\0\0\0\1\0\0", 10));
    CHECK(websocket_close(1001, "bye") ==
          "\x88\x05\x03\xe9"
          "bye");
    CHECK(websocket_close(1000, std::string(200, 'x')).size() == 127);
}

TEST_CASE("messages are the same however the bytes are cut", "[serve]") {
    const std::string stream = masked(0x81, "hello") + masked(0x01, "in ") + masked(0x89, "ping") + masked(0x00, "three ") +
                               masked(0x80, "parts") + masked(0x82, "") +
                               masked(0x88,
                                      "\x03\xe8"
                                      "done") +
                               masked(0x81, "never read");
    for (std::size_t cut = 1; cut <= stream.size(); ++cut) {
        INFO("pieces of " << cut);
        Client client;
        for (std::size_t at = 0; at < stream.size(); at += cut) REQUIRE_FALSE(client.send(std::string_view(stream).substr(at, cut)));
        CHECK(client.seen == "1:hello;9:ping;1:in three parts;2:;8:done;");
    }
}

TEST_CASE("a message over the limit is refused by its length, before it comes", "[serve]") {
    Client client;
    const auto failure = client.send(std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10));
    REQUIRE(failure);
    CHECK(failure->code == 1009);
    Client parts;
    CHECK_FALSE(parts.send(masked(0x01, std::string(100, 'x'))));
    for (int i = 0; i < 9; ++i) CHECK_FALSE(parts.send(masked(0x00, std::string(100, 'x'))));
    CHECK(parts.send(masked(0x80, "x"))->code == 1009);
}
