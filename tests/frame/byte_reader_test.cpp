// Looking ahead in a pipe without waiting for what is not needed.
#include "frame/byte_reader.hpp"

#include <fcntl.h>

#include <thread>

#include "catch.hpp"
#include "files.hpp"
#include "frame/clock.hpp"
#include "frame/error.hpp"

using namespace framepipe;
using framepipe_test::Pipe;

namespace {

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 256);
    return text;
}

}  // namespace

TEST_CASE("bytes that are there are given without waiting for more", "[byte_reader]") {
    Pipe pipe;
    pipe.put("abcdef");
    ByteReader reader(pipe.read.get());
    CHECK(reader.fill(2));  // would wait for ever if it wanted a full buffer
    CHECK(text_of(reader.available()) == "abcdef");
    reader.consume(2);
    CHECK(reader.offset() == 2);
    CHECK(reader.take(3).text() == "cde");
    pipe.write.reset();
    CHECK(reader.fill(1));
    CHECK_FALSE(reader.fill(2));
    CHECK_FALSE(reader.at_end());
    CHECK(reader.take(9).text() == "f");
    CHECK(reader.at_end());
    CHECK(reader.offset() == 6);
}

TEST_CASE("what lies beyond the allowed bytes stays in the pipe", "[byte_reader]") {
    Pipe pipe;
    pipe.put("abcdef");
    ByteReader reader(pipe.read.get());
    CHECK(reader.fill(1, 4));
    CHECK(text_of(reader.available()) == "abcd");
    CHECK(reader.rest().text() == "abcd");
    CHECK(pipe.ready() == "ef");
}

TEST_CASE("fill_ready takes what is there and does not wait", "[byte_reader]") {
    Pipe pipe;
    pipe.put("ab");
    ByteReader reader(pipe.read.get());
    CHECK(reader.fill(1, 1));
    reader.fill_ready(64);
    CHECK(text_of(reader.available()) == "ab");
}

TEST_CASE("large parts keep their bytes, whatever was read ahead", "[byte_reader]") {
    const std::string all = pattern(5 << 20);
    const std::size_t look = GENERATE(std::size_t{1}, std::size_t{100'000}, std::size_t{3 << 20});
    const std::size_t part = GENERATE(std::size_t{777}, std::size_t{65'536}, std::size_t{1'500'000});
    Pipe pipe;
    std::jthread feeder([&] {
        pipe.put(all);
        pipe.write.reset();
    });
    ByteReader reader(pipe.read.get());
    std::string got;
    while (!reader.at_end()) {
        reader.fill(look);
        CHECK(reader.offset() == got.size());
        got += reader.take(part).text();
    }
    CHECK(got == all);
}

TEST_CASE("bytes that were taken do not change when reading goes on", "[byte_reader]") {
    const std::string all = pattern(1 << 20);
    Pipe pipe;
    std::jthread feeder([&] {
        pipe.put(all);
        pipe.write.reset();
    });
    ByteReader reader(pipe.read.get());
    REQUIRE(reader.fill(300'000));
    const Bytes first = reader.take(200'000);
    REQUIRE(reader.fill(500'000));
    const Bytes second = reader.take(400'000);
    CHECK(first.text() == all.substr(0, 200'000));
    CHECK(second.text() == all.substr(200'000, 400'000));
    CHECK(reader.skip(all.size() - 600'001));
    CHECK(reader.take(2).text() == all.substr(all.size() - 1));
    CHECK_FALSE(reader.skip(1));
}

TEST_CASE("memory is handed out without copies", "[byte_reader]") {
    const Bytes memory = Bytes::from(std::string("abcdef"));
    ByteReader reader(memory);
    CHECK(reader.fd() == -1);
    CHECK(reader.fill(6));
    CHECK_FALSE(reader.fill(7));
    CHECK(reader.take(2).data() == memory.data());
    CHECK(reader.rest().data() == memory.data() + 2);
    CHECK(reader.at_end());
}

TEST_CASE("a huge wish takes no memory before the bytes come", "[byte_reader]") {
    Pipe pipe;
    pipe.put("abc");
    pipe.write.reset();
    ByteReader reader(pipe.read.get());
    CHECK_FALSE(reader.fill(std::size_t{1} << 62));
    CHECK(reader.take(3).text() == "abc");
}

TEST_CASE("a descriptor that cannot be read is named", "[byte_reader]") {
    const Descriptor folder(::open("/", O_RDONLY | O_CLOEXEC));
    ByteReader reader(folder.get(), "a folder");
    CHECK_THROWS_WITH(reader.fill(1), Equals("cannot read a folder: is a directory"));
}

TEST_CASE("a descriptor that somebody made non-blocking is waited for", "[byte_reader]") {
    Pipe pipe;
    ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
    ByteReader reader(pipe.read.get());
    std::jthread feeder([&] { pipe.put("late"); });
    const std::int64_t before = now_us();
    CHECK(reader.fill(4));
    CHECK(reader.read_time_us() >= before);
}

TEST_CASE("a pipe grows to about one frame of what is read from it", "[byte_reader]") {
    const auto size_after = [](std::size_t frame) {
        Pipe pipe;
        ByteReader reader(pipe.read.get());
        std::jthread feeder([&] { pipe.put(pattern(frame)); });
        CHECK(reader.take(frame).text() == pattern(frame));
        return ::fcntl(pipe.read.get(), F_GETPIPE_SZ);
    };
    CHECK(size_after(1000) == 64 << 10);
    CHECK(size_after(200000) == 256 << 10);
    CHECK(size_after(5000000) == 1 << 20);
}
