#include "frame/input.hpp"

#include "frame/byte_reader.hpp"
#include "frame/dialects.hpp"
#include "frame/fpf_reader.hpp"
#include "frame/latest.hpp"

namespace framepipe {
namespace {

/// Tells the dialect in the first next(), since that may have to wait for the first bytes.
class Input : public FrameInput {
public:
    Input(ByteReader reader, InputOptions options) : reader_(std::move(reader)), options_(std::move(options)) {}

    std::optional<Frame> next() override {
        if (!inner_) {
            const auto dialect = sniff(reader_, options_);
            if (!dialect) return std::nullopt;
            inner_ = open(*dialect);
        }
        return inner_->next();
    }

    bool has_read_ahead() const override { return inner_ && inner_->has_read_ahead(); }

private:
    std::unique_ptr<FrameInput> open(Dialect dialect) {
        if (dialect != Dialect::fpf) return open_dialect(dialect, std::move(reader_), options_);
        const int fd = reader_.fd();
        return fd < 0 ? open_fpf(reader_.rest(), options_) : open_fpf(fd, reader_.rest(), options_);
    }

    ByteReader reader_;
    InputOptions options_;
    std::unique_ptr<FrameInput> inner_;
};

}  // namespace

std::unique_ptr<FrameInput> open_input(ByteReader reader, InputOptions options) {
    const FrameWriter* downstream = options.downstream;
    const bool latest = options.latest && reader.fd() >= 0;
    // Who takes only the newest frame reads on while the output is behind, so nothing is to wait for.
    if (latest) options.downstream = nullptr;
    const int fd = reader.fd();
    auto input = std::make_unique<Input>(std::move(reader), std::move(options));
    if (!latest) return input;
    return newest_only(std::move(input), fd, downstream);
}

std::unique_ptr<FrameInput> open_input(int fd, InputOptions options) {
    ByteReader reader(fd, options.name);
    return open_input(std::move(reader), std::move(options));
}

std::unique_ptr<FrameInput> open_input(Bytes bytes, InputOptions options) {
    ByteReader reader(std::move(bytes), options.name);
    return open_input(std::move(reader), std::move(options));
}

}  // namespace framepipe
