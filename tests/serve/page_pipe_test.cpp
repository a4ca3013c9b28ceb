#include "serve/page_pipe.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "catch.hpp"
#include "serve/message.hpp"

using namespace framepipe;
using namespace framepipe::serve;

namespace {

std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
    return bytes;
}

Descriptor file_of(const std::string& bytes) {
    Descriptor file(memfd_create("test", MFD_CLOEXEC));
    REQUIRE(write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    return file;
}

/// A viewer's socket, and the viewer.
struct Pair {
    Descriptor ours, theirs;

    explicit Pair(int buffer = 1 << 20) {
        int ends[2];
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
        ours = Descriptor(ends[0]);
        theirs = Descriptor(ends[1]);
        setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    }
    std::string received() const {
        std::string all, some(65536, '\0');
        for (ssize_t n; (n = read(theirs.get(), some.data(), some.size())) > 0;) all.append(some, 0, static_cast<std::size_t>(n));
        return all;
    }
};

}  // namespace

TEST_CASE("every socket gets the whole file", "[serve]") {
    const std::string bytes = pattern(100010);
    const Descriptor file = file_of(bytes);
    PagePipe pages;
    CHECK_FALSE(pages.holds(file.get()));
    pages.load(file.get(), bytes.size());
    REQUIRE(pages.holds(file.get()));
    for (int i = 0; i < 3; ++i) {
        const Pair viewer;
        CHECK(pages.send(viewer.ours.get()) == static_cast<ssize_t>(bytes.size()));
        CHECK((viewer.received() == bytes));
    }
    pages.unload();
    CHECK_FALSE(pages.holds(file.get()));
}

TEST_CASE("what one socket does not take reaches no other", "[serve]") {
    const std::string bytes = pattern(300000);
    const Descriptor file = file_of(bytes);
    PagePipe pages;
    pages.load(file.get(), bytes.size());
    const Pair slow(4096), quick;
    const ssize_t sent = pages.send(slow.ours.get());
    REQUIRE(sent > 0);
    REQUIRE(sent < static_cast<ssize_t>(bytes.size()));
    CHECK(pages.send(slow.ours.get()) == -1);
    CHECK(errno == EAGAIN);
    std::string got;
    REQUIRE(pages.send(quick.ours.get()) > 0);
    got = quick.received();
    CHECK((got == bytes.substr(0, got.size())));
    CHECK((slow.received() == bytes.substr(0, static_cast<std::size_t>(sent))));
}

TEST_CASE("another file takes the place of the first, and one that is too large leaves nothing", "[serve]") {
    const std::string first = pattern(50000), second = pattern(20001), large = pattern(3 << 20);
    const Descriptor a = file_of(first), b = file_of(second), c = file_of(large);
    PagePipe pages;
    pages.load(a.get(), first.size());
    pages.load(b.get(), second.size());
    CHECK_FALSE(pages.holds(a.get()));
    REQUIRE(pages.holds(b.get()));
    const Pair viewer;
    CHECK(pages.send(viewer.ours.get()) == static_cast<ssize_t>(second.size()));
    CHECK((viewer.received() == second));
    pages.load(c.get(), large.size());
    CHECK_FALSE(pages.holds(b.get()));
    CHECK_FALSE(pages.holds(c.get()));
}

TEST_CASE("a message is sent from its pages first, from any place by its file, and is the same", "[serve]") {
    std::atomic<std::uint64_t> in_use{0};
    MemoryFiles files(in_use);
    PagePipe pages;
    const auto original = std::make_shared<Message>("head", Bytes::from(pattern(60000)), "tail");
    const std::string whole = original->text();
    const Message message(original, files, &pages);
    REQUIRE(message.in_file());
    const Pair viewer;
    CHECK(message.send_some(viewer.ours.get(), 0) == static_cast<ssize_t>(whole.size()));
    CHECK((viewer.received() == whole));
    CHECK(message.send_some(viewer.ours.get(), 50000) == static_cast<ssize_t>(whole.size() - 50000));
    CHECK((viewer.received() == whole.substr(50000)));
    pages.unload();
    CHECK(message.send_some(viewer.ours.get(), 0) == static_cast<ssize_t>(whole.size()));
    CHECK((viewer.received() == whole));
}
