#include "serve/upload.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "frame/error.hpp"
#include "serve/shard.hpp"

namespace framepipe::serve {

/// What the intake's thread reaches the upload by.
struct Upload::Link {
    Upload* upload;  // the shard's thread alone; null: it has gone
};

Upload::Upload(Connection& connection, Publishing& publishing, const Request& request, PermitPtr permit, OnEnd on_end)
    : connection_(connection),
      publishing_(publishing),
      stream_(request.parameter("stream")),
      permit_(std::move(permit)),
      on_end_(std::move(on_end)),
      body_(request),
      link_(std::make_shared<Link>(Link{this})) {}

Upload::~Upload() {
    link_->upload = nullptr;
    if (intake_) intake_->forget();
    close_pipe();
}

bool Upload::open(PublishRefusal& refusal) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        refusal = {503, "cannot take frames: " + system_reason(errno)};
        return false;
    }
    Descriptor read_end(ends[0]);
    pipe_ = Descriptor(ends[1]);
    fcntl(pipe_.get(), F_SETFL, O_NONBLOCK);
    const auto notify = [&loop = connection_.shard().loop(), link = link_] {
        loop.post([link] {
            if (link->upload) link->upload->check();
        });
    };
    intake_ = publishing_.open(stream_.value_or(""), stream_.has_value(), permit_, notify, refusal);
    if (!intake_) return false;
    connection_.shard().loop().watch(pipe_.get(), EPOLLOUT | EPOLLET, *this);
    publishing_.read(intake_, std::move(read_end));
    return true;
}

void Upload::put(std::string_view bytes) {
    body_.put(bytes, unwritten_);
    write_on();
}

void Upload::on_ready(std::uint32_t) {
    if (pipe_) write_on();
}

void Upload::write_on() {
    std::size_t written = 0;
    while (pipe_ && written < unwritten_.size()) {
        const ssize_t n = write(pipe_.get(), unwritten_.data() + written, unwritten_.size() - written);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        // The reader has found what is no frame; its words come by the intake.
        written = n < 0 ? unwritten_.size() : written + static_cast<std::size_t>(n);
    }
    unwritten_.erase(0, written);
    if (unwritten_.empty() && body_.whole()) close_pipe();
    const bool was_full = !connection_.reading();
    connection_.set_reading(unwritten_.empty());
    if (was_full && connection_.reading()) connection_.receive_soon();
}

void Upload::close_pipe() {
    if (!pipe_) return;
    connection_.shard().loop().unwatch(pipe_.get());
    pipe_.reset();
}

void Upload::check() {
    const Intake::Status status = intake_->status();
    if (ended_ || (!status.lost && !status.ended)) return;
    ended_ = true;
    close_pipe();
    unwritten_.clear();
    on_end_(status);
}

}  // namespace framepipe::serve
