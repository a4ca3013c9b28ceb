#include "serve/page_pipe.hpp"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <iterator>
#include <string>
#include <thread>

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

Pages pages_of(const std::string& bytes) {
    Pages pages = PageStore::small(bytes.size());
    REQUIRE(pages.bytes().size() == bytes.size());
    std::memcpy(pages.bytes().data(), bytes.data(), bytes.size());
    return pages;
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

TEST_CASE("every socket gets all the bytes", "[serve]") {
    const std::string bytes = pattern(100010);
    const Pages pages = pages_of(bytes);
    PagePipe pipe;
    REQUIRE(pipe.open());
    for (int i = 0; i < 3; ++i) {
        const Pair viewer;
        CHECK(pipe.send(viewer.ours.get(), pages.bytes()) == static_cast<ssize_t>(bytes.size()));
        CHECK((viewer.received() == bytes));
    }
}

TEST_CASE("what one socket does not take reaches no other", "[serve]") {
    const std::string bytes = pattern(200000);
    const Pages pages = pages_of(bytes);
    PagePipe pipe;
    const Pair slow(4096), quick;
    const ssize_t sent = pipe.send(slow.ours.get(), pages.bytes());
    REQUIRE(sent > 0);
    REQUIRE(sent < static_cast<ssize_t>(bytes.size()));
    CHECK(pipe.send(slow.ours.get(), pages.bytes()) == -1);
    CHECK(errno == EAGAIN);
    CHECK(pipe.send(quick.ours.get(), pages.bytes()) == static_cast<ssize_t>(bytes.size()));
    CHECK((quick.received() == bytes));
    CHECK((slow.received() == bytes.substr(0, static_cast<std::size_t>(sent))));
}

TEST_CASE("a socket has the bytes after their pages are gone", "[serve]") {
    const std::string bytes = pattern(100010);
    const Pair viewer;
    PagePipe pipe;
    {
        const Pages pages = pages_of(bytes);
        REQUIRE(pipe.send(viewer.ours.get(), pages.bytes()) == static_cast<ssize_t>(bytes.size()));
    }
    const Pages others = pages_of(std::string(bytes.size(), 'x'));
    CHECK((viewer.received() == bytes));
}

TEST_CASE("what is more than fits goes in pieces", "[serve]") {
    const std::string bytes = pattern(3 << 20);
    const Pages pages = pages_of(bytes);
    PagePipe pipe;
    const Pair viewer;
    std::string got;
    while (got.size() < bytes.size()) {
        const ssize_t sent = pipe.send(viewer.ours.get(), pages.bytes().subspan(got.size()));
        REQUIRE(sent > 0);
        got += viewer.received();
    }
    CHECK((got == bytes));
}

TEST_CASE("a message in pages is sent from any place, and is the same", "[serve]") {
    std::atomic<std::uint64_t> in_use{0};
    PagePipe pipe;
    const auto original = std::make_shared<Message>("head", Bytes::from(pattern(60000)), "tail");
    const std::string whole = original->text();
    const Message message(original, PageStore::small(whole.size()), pipe, in_use);
    REQUIRE(message.in_pages());
    CHECK(in_use == whole.size());
    const Pair viewer;
    for (const std::size_t offset : {std::size_t{0}, std::size_t{3}, std::size_t{50000}, whole.size() - 1}) {
        CHECK(message.send_some(viewer.ours.get(), offset) == static_cast<ssize_t>(whole.size() - offset));
        CHECK((viewer.received() == whole.substr(offset)));
    }
}

TEST_CASE("where no pipe is to be had, a message is sent from memory", "[serve]") {
    const Pair viewer;
    const auto original = std::make_shared<Message>("head", Bytes::from(pattern(60000)), "tail");
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    PagePipe pipe;
    setrlimit(RLIMIT_NOFILE, &before);
    REQUIRE_FALSE(pipe.open());
    std::atomic<std::uint64_t> in_use{0};
    const Message message(original, {}, pipe, in_use);
    CHECK_FALSE(message.in_pages());
    CHECK(in_use == 0);
    CHECK(message.send_some(viewer.ours.get(), 0) == static_cast<ssize_t>(message.size()));
    CHECK((viewer.received() == original->text()));
}

TEST_CASE("where the system has no vmsplice, as in some sandboxes, nothing is sent by pages", "[serve]") {
    bool denied = false, open = true;
    // In a thread of its own, since nothing takes it back.
    std::thread([&] {
        sock_filter look[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                              BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_vmsplice, 0, 1),
                              BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
        const sock_fprog program{std::size(look), look};
        denied = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
        open = PagePipe().open();
    }).join();
    if (denied)
        CHECK_FALSE(open);
    else
        WARN("filters for system calls cannot be set here");
}
