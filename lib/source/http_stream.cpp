#include "source/http_stream.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "frame/ascii.hpp"
#include "frame/error.hpp"

namespace framepipe {

namespace {

constexpr std::size_t kMaxHead = 64 << 10;
constexpr std::size_t kMaxReason = 200;
constexpr int kMaxRedirections = 5;

/// A header's value; empty: it is not there.
std::string header_value(const std::string& head, std::string_view name) {
    std::size_t line = head.find("\r\n");
    while (line != std::string::npos && line + 2 < head.size()) {
        const auto begin = line + 2;
        line = head.find("\r\n", begin);
        const std::string_view text = std::string_view(head).substr(begin, line - begin);
        const auto colon = text.find(':');
        if (colon == std::string_view::npos || lower(text.substr(0, colon)) != name) continue;
        const auto value = text.find_first_not_of(" \t", colon + 1);
        return value == std::string_view::npos ? std::string() : std::string(text.substr(value));
    }
    return {};
}

bool wait_for(int fd, short events, std::chrono::milliseconds timeout) {
    pollfd look{fd, events, 0};
    int ready;
    do {
        ready = ::poll(&look, 1, static_cast<int>(timeout.count()));
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

/// 0, or the errno of the failure.
int try_connect(int fd, const addrinfo& address, std::chrono::milliseconds timeout) {
    if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (!wait_for(fd, POLLOUT, timeout)) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

Descriptor connect_to(const HttpUrl& url, std::chrono::milliseconds timeout) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    if (const int result = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found); result != 0) {
        throw Error(fmt::format("cannot find the host {}: {}", url.host, lower(::gai_strerror(result))));
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
    int reason = 0;
    for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
        Descriptor fd(::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol));
        reason = fd ? try_connect(fd.get(), *address, timeout) : errno;
        if (reason == 0) return fd;
    }
    throw SystemError(fmt::format("cannot connect to {}", url.host_header), reason);
}

void send_all(int fd, std::string_view text, std::chrono::milliseconds timeout) {
    while (!text.empty()) {
        const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (n > 0) {
            text.remove_prefix(static_cast<std::size_t>(n));
        } else if (errno == EAGAIN && wait_for(fd, POLLOUT, timeout)) {
            continue;
        } else if (errno != EINTR) {
            throw SystemError("cannot send the request", errno);
        }
    }
}

}  // namespace

HttpStream::HttpStream(const std::string& url, HttpOptions options) : name_(HttpUrl::parse(url).shown()), options_(std::move(options)) {
    request(HttpUrl::parse(url));
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) throw SystemError("cannot make a socket pair", errno);
    body_ = Descriptor(ends[0]);
    InputOptions input;
    input.name = name_;
    input.max_frame = options_.max_frame;
    input_ = open_input(body_.get(), input);
    thread_ = std::jthread([this, to = ends[1]] { pump(to); });
}

HttpStream::~HttpStream() {
    // Both ends of what the thread may wait for.
    ::shutdown(socket_.get(), SHUT_RDWR);
    ::shutdown(body_.get(), SHUT_RDWR);
}

void HttpStream::request(const HttpUrl& first) {
    HttpUrl url = first;
    for (int hop = 0; hop <= kMaxRedirections; ++hop) {
        ahead_.clear();
        socket_ = connect_to(url, options_.timeout);
        // A token is for the server that the user named, and for none that it leads to.
        const bool has_token = !options_.token.empty() && url.host_header == first.host_header;
        const std::string allowance = has_token ? "Bearer " + options_.token : url.authorization;
        const std::string authorization = allowance.empty() ? "" : fmt::format("Authorization: {}\r\n", allowance);
        send_all(socket_.get(),
                 fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: framepipe/" FRAMEPIPE_VERSION
                             "\r\nAccept: multipart/x-mixed-replace, image/*, */*\r\n{}Connection: close\r\n\r\n",
                             url.target, url.host_header, authorization),
                 options_.timeout);
        const std::string head = read_head();
        const std::string status = head.substr(0, head.find("\r\n"));
        const auto code_at = status.find(' ');
        const std::string code = code_at == std::string::npos ? std::string() : status.substr(code_at + 1, 3);
        const std::string location = header_value(head, "location");
        if (code.starts_with('3') && !location.empty()) {
            url = url.redirected(location);
            continue;
        }
        if (code == "401")
            throw Error(fmt::format("{} wants a name and a password (http://name:password@host/...) or a token (--token-file)", name_));
        const std::string type = lower(header_value(head, "content-type"));
        chunked_ = lower(header_value(head, "transfer-encoding")) == "chunked";
        if (code != "200") {
            // Plain words say more than the status does: which option of wsserve would admit us, say.
            const std::string words = type.starts_with("text/plain") ? first_line() : "";
            const std::string reason = words.empty() ? status.substr(code_at + 1) : code + " " + words;
            throw Error(fmt::format("{}: the server answers {}", name_, json_string(reason)));
        }
        type_ = type.substr(0, type.find_first_of("; "));
        return;
    }
    throw Error(fmt::format("{}: more than {} redirections", name_, kMaxRedirections));
}

std::string HttpStream::read_head() {
    std::string text;
    while (true) {
        if (const auto end = text.find("\r\n\r\n"); end != std::string::npos) {
            ahead_ = text.substr(end + 4);
            text.resize(end + 2);
            if (!text.starts_with("HTTP/1.")) throw Error(fmt::format("{} is no HTTP server", name_));
            return text;
        }
        if (text.size() > kMaxHead) throw Error(fmt::format("{}: the answer's header has no end", name_));
        std::array<char, 4096> some;
        const std::size_t n = receive(some.data(), some.size());
        if (n == 0) throw Error(fmt::format("{}: the server closed the connection without an answer", name_));
        text.append(some.data(), n);
    }
}

/// The body's first line, as far as it comes.
std::string HttpStream::first_line() {
    std::string line;
    try {
        for (char c = 0; line.size() < kMaxReason && receive_body(&c, 1) == 1 && c != '\n' && c != '\r';) line += c;
    } catch (const Error&) {
        // Its status is reason enough.
    }
    return line;
}

std::size_t HttpStream::receive(char* to, std::size_t size) {
    if (!ahead_.empty()) {
        const std::size_t n = std::min(size, ahead_.size());
        std::memcpy(to, ahead_.data(), n);
        ahead_.erase(0, n);
        return n;
    }
    while (true) {
        const ssize_t n = ::recv(socket_.get(), to, size, 0);
        if (n >= 0) return static_cast<std::size_t>(n);
        if (errno == EAGAIN && !wait_for(socket_.get(), POLLIN, options_.timeout)) {
            throw Error(fmt::format("the server sent nothing for {} s", std::chrono::duration<double>(options_.timeout).count()));
        }
        if (errno != EAGAIN && errno != EINTR) throw SystemError("the connection broke", errno);
    }
}

/// source  RFC 9112, section 7.1
std::size_t HttpStream::receive_body(char* to, std::size_t size) {
    if (!chunked_) return receive(to, size);
    if (chunk_left_ == 0) {
        std::string line;
        // The line end after a chunk's data, then the line with the next one's length.
        for (int lines = first_chunk_ ? 1 : 2; lines > 0;) {
            char c = 0;
            if (receive(&c, 1) == 0) return 0;
            if (c == '\n') {
                if (--lines > 0) line.clear();
            } else {
                line += c;
            }
            if (line.size() > 1000) throw Error("a chunk's length is longer than a line");
        }
        first_chunk_ = false;
        const auto [end, result] = std::from_chars(line.data(), line.data() + line.size(), chunk_left_, 16);
        if (result != std::errc()) throw Error(fmt::format("not a chunk's length: {}", json_string(line)));
        if (chunk_left_ == 0) return 0;
    }
    const std::size_t n = receive(to, static_cast<std::size_t>(std::min<std::uint64_t>(size, chunk_left_)));
    chunk_left_ -= n;
    return n;
}

void HttpStream::pump(int to) {
    pthread_setname_np(pthread_self(), "http");
    const Descriptor out(to);
    try {
        std::vector<char> buffer(64 << 10);
        bool started = false;
        while (const std::size_t n = receive_body(buffer.data(), buffer.size())) {
            std::string_view some(buffer.data(), n);
            // Some servers put a line end before the first boundary.
            while (!started && !some.empty() && (some.front() == '\r' || some.front() == '\n')) some.remove_prefix(1);
            if (some.empty()) continue;
            started = true;
            while (!some.empty()) {
                const ssize_t sent = ::send(out.get(), some.data(), some.size(), MSG_NOSIGNAL);
                if (sent < 0 && errno == EINTR) continue;
                if (sent < 0) return;
                some.remove_prefix(static_cast<std::size_t>(sent));
            }
        }
    } catch (const Error& error) {
        failure_ = error.what();
    }
}

std::optional<Frame> HttpStream::next() {
    try {
        if (auto frame = input_->next()) return frame;
    } catch (const Error&) {
        // A silent server is the cause, a picture cut by it only what follows.
        if (thread_.joinable()) {
            ::shutdown(socket_.get(), SHUT_RDWR);
            ::shutdown(body_.get(), SHUT_RDWR);
            thread_.join();
        }
        if (failure_.empty()) throw;
    }
    if (thread_.joinable()) thread_.join();
    if (!failure_.empty()) throw Error(failure_);
    return std::nullopt;
}

}  // namespace framepipe
