#include "codec/recode_stream.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <chrono>

#include "codec/ordered_pool.hpp"
#include "codec/read_ahead.hpp"
#include "frame/error.hpp"

namespace framepipe {
namespace {

using namespace std::chrono_literals;

// A frame and its place in the input, from 0.
struct Numbered {
    Frame frame;
    std::uint64_t index = 0;
};

struct NumberedResult {
    Recoded recoded;
    std::uint64_t index = 0;
};

bool is_readable(int fd) {
    pollfd look{fd, POLLIN, 0};
    return fd < 0 || ::poll(&look, 1, 0) != 0;
}

std::string place_of(const Header& header, std::uint64_t index) {
    const std::int64_t number = header.seq().value_or(static_cast<std::int64_t>(index));
    const std::string stream = header.stream();
    return stream.empty() ? fmt::format("frame {}", number) : fmt::format("frame {} of stream '{}'", number, stream);
}

bool is_picture(const Recoded& recoded) {
    return recoded.outcome != Recoded::Outcome::passed;
}

}  // namespace

FrameSink frames_to(FrameWriter& out) {
    return [&out](const Recoded& recoded) { return out.write(recoded.frame); };
}

FrameSink pictures_to(FrameWriter& out) {
    return [&out](const Recoded& recoded) {
        if (!is_picture(recoded)) return true;
        // Bare bytes have no header that tells the writer to hold a live picture back.
        while (recoded.frame.header.live() && !out.wait_drained(SteadyClock::now() + 1s)) {
            if (out.reader_left()) return false;
        }
        return out.write_bare(recoded.frame.payload);
    };
}

FrameSink pictures_to(FileOutput& files) {
    return [&files](const Recoded& recoded) { return !is_picture(recoded) || files.write(recoded.frame.payload); };
}

RecodeCounts recode_stream(FrameInput& in, const RecodeStreamOptions& options, const FrameSink& sink) {
    RecodeCounts counts;
    ReadAhead ahead(options.downstream, options.workers);
    Crew crew(options.workers - 1);
    const auto make_work = [&] {
        return [&crew, recoder = std::make_shared<Recoder>(options.recode), stream = options.stream](Numbered item, bool alone) {
            if (stream) item.frame.header.set("stream", *stream);
            return NumberedResult{(*recoder)(std::move(item.frame), alone ? &crew : nullptr), item.index};
        };
    };
    const auto deliver = [&](NumberedResult result) {
        const Recoded& recoded = result.recoded;
        switch (recoded.outcome) {
            case Recoded::Outcome::made:
                ++counts.made;
                break;
            case Recoded::Outcome::untouched:
                ++counts.untouched;
                break;
            case Recoded::Outcome::passed:
                ++counts.passed;
                break;
            case Recoded::Outcome::bad: {
                ++counts.bad;
                const std::string line = fmt::format("{}: {}", place_of(recoded.frame.header, result.index), recoded.why);
                if (options.strict) throw Error(line);
                if (options.bad) options.bad(recoded.why, line);
                return true;
            }
        }
        const bool wanted = sink(recoded);
        if (wanted) ahead.written(recoded.frame.header.live());
        return wanted;
    };
    const auto take = [&]() -> std::optional<Numbered> {
        auto frame = in.next();
        if (!frame) return std::nullopt;
        ahead.taken(frame->header.live());
        return Numbered{std::move(*frame), counts.frames++};
    };
    OrderedPool<Numbered, NumberedResult>(options.workers, {.waits = [&options] { return is_readable(options.input_fd); },
                                                            .take = take,
                                                            .limit = [&ahead] { return ahead.limit(); },
                                                            .make_work = make_work,
                                                            .deliver = deliver})
        .run();
    return counts;
}

}  // namespace framepipe
