// Any bytes as what clients send to the server, and as the files of its tokens and users.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frame/descriptor.hpp"
#include "require.hpp"
#include "serve/client_message.hpp"
#include "serve/control.hpp"
#include "serve/http_body.hpp"
#include "serve/http_message.hpp"
#include "serve/passwords.hpp"
#include "serve/relay_kind.hpp"
#include "serve/tokens.hpp"
#include "serve/websocket.hpp"

namespace {

using namespace framepipe;
using namespace framepipe::serve;
using framepipe_test::may_refuse;
using framepipe_test::require;

constexpr std::size_t kMaxMessage = 1 << 10;

/// A head, an empty line, and a body that comes in pieces.
void read_request(std::string_view text) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return;
    const auto request = parse_request(text.substr(0, end + 4));
    if (!request) return;
    require(request->path.find('\0') == std::string::npos);
    request->parameter("stream");
    request->header_lists("connection", "upgrade");
    if (!request->has_body) return;
    may_refuse([&] {
        HttpBody reader(*request);
        std::string body;
        for (std::string_view rest = text.substr(end + 4); !rest.empty() && !reader.whole();) {
            const std::string_view some = rest.substr(0, 7);
            reader.put(some, body);
            rest.remove_prefix(some.size());
        }
        require(body.size() <= text.size());
    });
}

void read_message(std::string_view message, bool is_text) {
    const RelayKind kind = relay_kind(message, is_text);
    require(kind.key.size() + kind.body.size() <= message.size());
    relayed_picture(kind, is_text);
    frame_of_message(message, is_text);
    if (is_text) may_refuse([&] { parse_control(message); });
}

/// The messages and how it ended, whatever the pieces they come in.
void read_websocket(std::string_view bytes) {
    using Messages = std::vector<std::pair<Opcode, std::string>>;
    const auto read = [&](std::size_t size) {
        WebSocketReader reader(kMaxMessage);
        std::pair<Messages, std::optional<std::uint16_t>> found;
        for (std::string_view rest = bytes; !rest.empty() && !found.second;) {
            const std::string_view some = rest.substr(0, size);
            rest.remove_prefix(some.size());
            const auto wrong = reader.read(some, [&](const WebSocketReader::Message& message) {
                require(message.payload.size() <= kMaxMessage);
                found.first.emplace_back(message.opcode, message.payload);
            });
            if (wrong) found.second = wrong->code;
        }
        return found;
    };
    const auto whole = read(bytes.size());
    require(read(1) == whole);
    for (const auto& [opcode, payload] : whole.first)
        if (opcode == Opcode::text || opcode == Opcode::binary) read_message(payload, opcode == Opcode::text);
}

void read_files(std::string_view text) {
    const Descriptor file(::memfd_create("fuzz", MFD_CLOEXEC));
    require(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    const std::string path = "/proc/self/fd/" + std::to_string(file.get());
    may_refuse([&] { Tokens::read(path).find(text.substr(0, text.find(' '))); });
    may_refuse([&] { Passwords passwords(path); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    read_request(text);
    read_websocket(text);
    for (const bool is_text : {false, true}) read_message(text, is_text);
    read_files(text);
    return 0;
}
