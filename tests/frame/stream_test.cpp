// Reader and writer against the golden bytes of the format.
#include <sys/socket.h>

#include <csignal>

#include <thread>

#include "catch.hpp"
#include "files.hpp"
#include "frame/error.hpp"
#include "frame/input.hpp"
#include "frame/writer.hpp"

using namespace framepipe;
using framepipe_test::golden;
using framepipe_test::Pipe;

namespace {

std::string head(std::uint32_t header_size, std::uint64_t payload_size) {
    std::string out = "FPF1";
    for (int i = 0; i < 4; ++i) out += static_cast<char>(header_size >> (8 * i));
    for (int i = 0; i < 8; ++i) out += static_cast<char>(payload_size >> (8 * i));
    return out;
}

/// Reads a stream to its end through a pipe, `step` bytes being written at a time.
std::vector<Frame> read_pipe(const std::string& stream, std::size_t step) {
    Pipe pipe;
    std::jthread feeder([&] {
        for (std::size_t at = 0; at < stream.size(); at += step) pipe.put(std::string_view(stream).substr(at, step));
        pipe.write.reset();
    });
    const auto input = open_input(pipe.read.get());
    std::vector<Frame> frames;
    while (auto frame = input->next()) frames.push_back(std::move(*frame));
    return frames;
}

std::string read_error(const std::string& stream, bool memory) {
    InputOptions options;
    options.max_frame = 1000;
    try {
        if (memory) {
            const auto input = open_input(Bytes::copy_of(stream), options);
            while (input->next()) {
            }
        } else {
            Pipe pipe;
            pipe.put(stream);
            pipe.write.reset();
            const auto input = open_input(pipe.read.get(), options);
            while (input->next()) {
            }
        }
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a reader sees to it that its pipe holds about one frame, whoever writes", "[stream]") {
    const std::string payload(300000, 'x'), header = R"({"type":"image/x-raw","format":"gray","width":600,"height":500})";
    Pipe pipe;
    std::jthread feeder([&] { pipe.put(head(static_cast<std::uint32_t>(header.size()), payload.size()) + header + payload); });
    const auto input = open_input(pipe.read.get());
    const auto frame = input->next();
    REQUIRE(frame);
    CHECK(frame->payload.text() == payload);
    CHECK(::fcntl(pipe.read.get(), F_GETPIPE_SZ) == 512 << 10);
}

TEST_CASE("the golden bytes are read as what they say", "[frame]") {
    const auto input =
        open_input(Bytes::copy_of(golden("rgb.frame") + golden("text.frame") + golden("unknown.frame") + golden("end.frame")));
    const auto rgb = input->next();
    REQUIRE(rgb);
    CHECK(rgb->header.type() == "image/x-raw");
    CHECK(rgb->header.format() == "rgb24");
    CHECK(rgb->header.width() == 2);
    CHECK(rgb->header.height() == 1);
    CHECK(rgb->header.seq() == 7);
    CHECK(rgb->header.time_us() == 1700000000123456);
    CHECK(rgb->header.live());
    CHECK(rgb->payload.text() == std::string_view("\xff\0\0\0\0\xff", 6));
    const auto text = input->next();
    REQUIRE(text);
    CHECK(text->header.stream() == "café");
    CHECK(text->payload.text() == "grüße");
    const auto unknown = input->next();
    REQUIRE(unknown);
    CHECK(unknown->header.raw("huge") == "1e400");
    CHECK(unknown->header.raw("x-lens") == R"({"f": 1.80, "deep":[1,{"a":"}]\""}]})");
    const auto end = input->next();
    REQUIRE(end);
    CHECK(end->header.end());
    CHECK(end->payload.empty());
    CHECK_FALSE(input->next());
}

TEST_CASE("the writer's bytes are pinned", "[frame]") {
    Header header("text/plain");
    header.set("seq", std::int64_t{3});
    const std::string json = R"({"type":"text/plain","seq":3})";
    const std::string whole = head(48, 2) + json + std::string(48 - json.size(), ' ') + "hi";
    Pipe pipe;
    FrameWriter writer(pipe.write.get());
    CHECK(writer.write({header, Bytes::copy_of("hi")}));
    CHECK(pipe.ready() == whole);
}

TEST_CASE("a stream arrives the same in pieces of any size", "[frame]") {
    std::string stream = golden("rgb.frame");
    Header big("application/octet-stream");
    for (int i = 0; i < 6; ++i) {
        // Sizes and header lengths that change foil the reader's guesses.
        const std::string payload(static_cast<std::size_t>(i % 2 == 0 ? 70000 * i : 13), static_cast<char>('a' + i));
        big.set("pad", std::string(static_cast<std::size_t>(i * 37 % 90), '.'));
        stream += wire_head(big, payload.size()) + payload;
    }
    stream += golden("end.frame");
    for (const std::size_t step : {std::size_t{1}, std::size_t{17}, std::size_t{4096}, stream.size()}) {
        if (step == 1 && stream.size() > 1000000) continue;
        INFO("step " << step);
        const auto frames = read_pipe(stream, step);
        REQUIRE(frames.size() == 8);
        for (int i = 0; i < 6; ++i) {
            const auto& payload = frames[static_cast<std::size_t>(i + 1)].payload;
            CHECK(payload.size() == static_cast<std::size_t>(i % 2 == 0 ? 70000 * i : 13));
            CHECK(payload.text().find_first_not_of(static_cast<char>('a' + i)) == std::string_view::npos);
        }
        CHECK(frames.back().header.end());
    }
}

TEST_CASE("a stream cut at any byte yields its whole frames and an error that says where", "[frame]") {
    const std::string first = golden("rgb.frame");
    const std::string whole = first + golden("unknown.frame");
    for (const bool memory : {true, false}) {
        for (std::size_t n = first.size() + 4; n < whole.size(); ++n) {
            INFO("cut after byte " << n << (memory ? " of memory" : " of a pipe"));
            CHECK_THAT(read_error(whole.substr(0, n), memory), ContainsSubstring("frame 1 on ") && ContainsSubstring("ended inside"));
        }
    }
}

TEST_CASE("lengths beyond the limits are refused before memory is taken", "[frame]") {
    for (const bool memory : {true, false}) {
        CHECK_THAT(read_error(head(2, std::uint64_t{1} << 63) + "{}", memory),
                   ContainsSubstring("frame 0 on ") && ContainsSubstring("payload of 9223372036854775808 bytes is over the limit of 1000"));
        CHECK_THAT(read_error(head(2, 1001) + "{}", memory), ContainsSubstring("payload of 1001 bytes"));
        CHECK_THAT(read_error(head(0xFFFFFFFF, 0), memory), ContainsSubstring("header of 4294967295 bytes"));
        CHECK_THAT(read_error(head(1, 0) + "{", memory), ContainsSubstring("header of 1 bytes"));
        CHECK_THAT(read_error(head(2, 0) + "{}", memory), ContainsSubstring("header has no type"));
    }
}

TEST_CASE("frames over the limit can be left out", "[frame]") {
    const auto framed = [](char byte, std::size_t size) {
        const std::string header = R"({"type":"text/plain"})";
        return head(static_cast<std::uint32_t>(header.size()), size) + header + std::string(size, byte);
    };
    const std::string stream =
        framed('l', 1001) + framed('a', 900) + framed('l', 5'000'000) + framed('l', 1001) + framed('b', 1000) + framed('c', 3);
    int left_out = 0;
    InputOptions options;
    options.max_frame = 1000;
    options.left_out = [&](const std::string& words) {
        ++left_out;
        CHECK(words == "a frame on stdin is over the limit of 1000 bytes (--max-frame)");
    };
    const auto read = [](FrameInput& input) {
        std::string all;
        while (const auto frame = input.next())
            all += std::string(frame->payload.text().substr(0, 1)) + std::to_string(frame->payload.size()) + " ";
        return all;
    };
    CHECK(read(*open_input(Bytes::copy_of(stream), options)) == "a900 b1000 c3 ");
    CHECK(left_out == 3);
    for (const std::size_t step : {std::size_t{7}, std::size_t{4096}, stream.size()}) {
        left_out = 0;
        Pipe pipe;
        std::jthread feeder([&] {
            for (std::size_t at = 0; at < stream.size(); at += step) pipe.put(std::string_view(stream).substr(at, step));
            pipe.write.reset();
        });
        CHECK(read(*open_input(pipe.read.get(), options)) == "a900 b1000 c3 ");
        CHECK(left_out == 3);
    }
    // What never ends is no frame, however long it says to be.
    for (const std::uint64_t size : {std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
        Pipe pipe;
        pipe.put(head(2, size) + "{}" + std::string(3000, 'x'));
        pipe.write.reset();
        CHECK_THROWS_WITH(open_input(pipe.read.get(), options)->next(),
                          ContainsSubstring("frame 0 on stdin: input ended inside the frame, after 3018 of "));
        CHECK_THROWS_WITH(open_input(Bytes::copy_of(head(2, size) + "{}xx"), options)->next(),
                          ContainsSubstring("ended inside the frame, after 20 of "));
    }
}

TEST_CASE("text that a program printed between frames is quoted", "[frame]") {
    for (const bool memory : {true, false}) {
        CHECK_THAT(read_error(golden("rgb.frame") + "Loading model weights...\n" + golden("rgb.frame"), memory),
                   ContainsSubstring("frame 1 on ") && ContainsSubstring("Loading model"));
    }
}

TEST_CASE("a reader that has left is not a failure", "[frame]") {
    Pipe pipe;
    std::signal(SIGPIPE, SIG_IGN);
    FrameWriter writer(pipe.write.get());
    pipe.read.reset();
    CHECK(writer.reader_left());
    CHECK_FALSE(writer.write({Header("text/plain"), Bytes::copy_of("x")}));
}

TEST_CASE("a full disk is said", "[frame]") {
    const Descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    FrameWriter writer(full.get());
    CHECK_THROWS_WITH(writer.write({Header("text/plain"), Bytes::copy_of("x")}), ContainsSubstring("no space left on device"));
}

TEST_CASE("frames pass through a socket and a file too", "[frame]") {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    const Descriptor a(ends[0]);
    Descriptor b(ends[1]);
    FrameWriter writer(b.get());
    CHECK(writer.write({Header("text/plain"), Bytes::copy_of("x")}));
    CHECK(writer.unread() > 0);
    b.reset();
    const auto input = open_input(a.get());
    CHECK(input->next()->payload.text() == "x");
    CHECK_FALSE(input->next());
}
