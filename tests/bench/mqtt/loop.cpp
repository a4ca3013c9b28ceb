// The library's bare loop, as mosquitto_pub and mosquitto_sub have it: what publish and capture are measured beside.
// loop pub PORT TOPIC: each message on stdin, u32 little-endian length and bytes, is published.
// loop sub PORT TOPIC: each message is written to stdout in the same way.
#include <mosquitto.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

bool read_all(void* to, std::size_t size) {
    auto* at = static_cast<char*>(to);
    while (size > 0) {
        const auto got = ::read(0, at, size);
        if (got <= 0) return false;
        at += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

void write_all(const void* from, std::size_t size) {
    const auto* at = static_cast<const char*>(from);
    while (size > 0) {
        const auto put = ::write(1, at, size);
        if (put <= 0) std::exit(0);
        at += put;
        size -= static_cast<std::size_t>(put);
    }
}

}  // namespace

int main(int, char** argv) {
    ::mosquitto_lib_init();
    mosquitto* client = ::mosquitto_new(nullptr, true, argv[3]);
    ::mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    ::mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    const bool is_pub = !std::strcmp(argv[1], "pub");
    if (!is_pub) {
        ::mosquitto_connect_callback_set(client, [](mosquitto* c, void* topic, int) { ::mosquitto_subscribe(c, nullptr, static_cast<char*>(topic), 0); });
        ::mosquitto_message_callback_set(client, [](mosquitto*, void*, const mosquitto_message* message) {
            const auto size = static_cast<std::uint32_t>(message->payloadlen);
            write_all(&size, sizeof size);
            write_all(message->payload, size);
        });
    }
    if (::mosquitto_connect(client, "127.0.0.1", std::atoi(argv[2]), 60) != MOSQ_ERR_SUCCESS) return 1;
    if (!is_pub) return ::mosquitto_loop_forever(client, -1, 1);
    ::mosquitto_loop_start(client);
    std::vector<char> bytes;
    for (std::uint32_t size = 0; read_all(&size, sizeof size);) {
        bytes.resize(size);
        if (!read_all(bytes.data(), size)) break;
        ::mosquitto_publish(client, nullptr, argv[3], static_cast<int>(size), bytes.data(), 0, false);
    }
    ::mosquitto_disconnect(client);
    ::mosquitto_loop_stop(client, false);
}
