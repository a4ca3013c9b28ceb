#include "source/sequence.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "frame/error.hpp"
#include "frame/image_info.hpp"
#include "frame/module.hpp"
#include "source/expand.hpp"
#include "source/opencv_module.hpp"
#include "source/whole_image.hpp"

namespace framepipe {

namespace {

std::size_t read_at(int fd, std::span<std::byte> into, std::size_t offset) {
    std::size_t got = 0;
    while (got < into.size()) {
        const ssize_t n = ::pread(fd, into.data() + got, into.size() - got, static_cast<off_t>(offset + got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw SystemError("cannot read it", errno);
        if (n == 0) break;
        got += static_cast<std::size_t>(n);
    }
    return got;
}

/// Starts of files that are streams of ours or of a dialect, rather than one picture.
bool begins_stream(std::string_view start, const std::string& file) {
    if (start.starts_with("FPF1") || start.starts_with("YUV4MPEG2 ")) return true;
    if (start.size() > 2 && start[0] == 'P' && start[1] >= '5' && start[1] <= '7' && std::isspace(static_cast<unsigned char>(start[2])))
        return true;
    return file.ends_with(".mjpg") || file.ends_with(".mjpeg");
}

}  // namespace

Sequence::Sequence(std::vector<std::string> files, SequenceOptions options, Say say)
    : files_(std::move(files)), options_(std::move(options)), say_(std::move(say)) {}

std::optional<Frame> Sequence::next() {
    while (true) {
        if (at_ == files_.size()) {
            if (given_in_pass_ == 0) {
                if (left_out_ > 0) throw Error("no picture could be read");
                return std::nullopt;
            }
            if (++passes_ == options_.loops) return std::nullopt;
            at_ = 0;
            given_in_pass_ = 0;
        }
        try {
            auto frame = stream_ || video_ ? next_of_open_file() : open_file();
            if (frame) {
                finish(*frame);
                ++given_of_file_;
                ++given_in_pass_;
                if (!stream_ && !video_) close_file();
                return frame;
            }
        } catch (const MissingModule& error) {
            throw MissingModule(fmt::format("{}: {}", files_[at_], error.what()));
        } catch (const Error& error) {
            leave_out(error.what());
        }
        close_file();
    }
}

std::optional<Frame> Sequence::next_of_open_file() {
    return stream_ ? stream_->next() : video_->next();
}

/// The first frame of the file at at_.
std::optional<Frame> Sequence::open_file() {
    const std::string& file = files_[at_];
    fd_ = Descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!fd_ || ::fstat(fd_.get(), &status) != 0) throw SystemError("cannot open it", errno);
    if (S_ISDIR(status.st_mode)) throw Error("it is a directory");

    bool is_stream = !S_ISREG(status.st_mode);
    is_pipe_ = is_stream;
    if (!is_stream) {
        std::array<std::byte, 16> start{};
        const std::size_t got = read_at(fd_.get(), start, 0);
        if (got == 0) throw Error("it is empty");
        const std::string_view text(reinterpret_cast<const char*>(start.data()), got);
        is_recording_ = text.starts_with("FPF1");
        is_stream = begins_stream(text, file);
        if (!is_stream && !sniff_image({start.data(), got}).empty())
            return whole_picture(fd_.get(), static_cast<std::uint64_t>(status.st_size));
    }
    if (!is_stream) return open_with_opencv();
    InputOptions input;
    input.name = file;
    input.max_frame = options_.max_frame;
    input.downstream = options_.downstream;
    input.warn = say_.warn;
    // Numbers and times are of the whole sequence, not of each file.
    input.stamp = false;
    stream_ = open_input(fd_.get(), input);
    return stream_->next();
}

Frame Sequence::whole_picture(int fd, std::uint64_t size) const {
    if (size > options_.max_frame)
        throw Error(fmt::format("it has {} bytes, more than the limit of {} (--max-frame)", size, options_.max_frame));
    Block bytes(static_cast<std::size_t>(size));
    bytes.resize(read_at(fd, bytes.span(), 0));
    check_whole(bytes.span());
    const auto info = *identify_image(bytes.span());
    Header header(info.type);
    header.set("width", std::int64_t{info.width});
    header.set("height", std::int64_t{info.height});
    return {std::move(header), std::move(bytes).share()};
}

std::optional<Frame> Sequence::open_with_opencv() {
    const std::string& file = files_[at_];
    fd_.reset();
    if (auto picture = opencv().read_picture(file)) return picture;
    if (has_picture_ending(file)) throw Error("it is no picture");
    video_ = opencv().open_video(file);
    return video_->next();
}

void Sequence::leave_out(const std::string& reason) {
    // A stream's errors name it already.
    const std::string& file = files_[at_];
    const std::string words = reason.find(file) != std::string::npos ? reason : fmt::format("{}: {}", file, reason);
    const bool has_begun = given_of_file_ > 0;
    if (options_.strict || (files_.size() == 1 && !has_begun)) throw Error(words);
    ++left_out_;
    if (said_.insert(file).second && say_.warn) say_.warn(words + (has_begun ? "; played up to there" : "; left out"));
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> Sequence::place() const {
    if (options_.loops == 0) return std::nullopt;
    // A picture is closed when it has been given.
    const std::uint64_t open = stream_ || video_ ? 1 : 0;
    return std::pair{passes_ * files_.size() + at_ + open, options_.loops * files_.size()};
}

void Sequence::close_file() {
    stream_.reset();
    video_.reset();
    fd_.reset();
    is_pipe_ = is_recording_ = false;
    given_of_file_ = 0;
    ++at_;
}

void Sequence::finish(Frame& frame) const {
    Header& header = frame.header;
    if (is_recording_) {
        if (const auto time = header.time_us()) header.set_meta_raw("recorded_us", std::to_string(*time));
        for (const char* key : {"seq", "time_us", "live", "stages"}) header.erase(key);
    } else if (!is_pipe_) {
        header.set_meta_raw("file", json_string(files_[at_]));
    }
}

}  // namespace framepipe
