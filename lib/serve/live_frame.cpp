#include "serve/live_frame.hpp"

#include <fmt/format.h>

#include "cli/log.hpp"
#include "frame/error.hpp"
#include "serve/base64.hpp"
#include "serve/websocket.hpp"

namespace framepipe::serve {
namespace {

bool is_text(const Header& header) {
    return header.type().starts_with("text/") || header.type() == "application/json";
}

/// A frame's own header describes what it was; this one describes what viewers get.
Header encoded_header(const Header& from, std::string_view type) {
    Header header = from;
    if (from.is_raw())
        for (const char* key : {"format", "range", "matrix"}) header.erase(key);
    header.set("type", type);
    return header;
}

std::optional<Seconds> age_of(const Header& header) {
    const auto time = header.time_us();
    if (!time) return std::nullopt;
    // Not as whole numbers: a header may hold any.
    return Seconds((static_cast<double>(now_us()) - static_cast<double>(*time)) / 1e6);
}

std::string mjpeg_head(const Header& header, std::size_t size) {
    const std::int64_t time = header.time_us().value_or(now_us());
    return fmt::format("Content-Type: {}\r\nContent-Length: {}\r\nX-Timestamp: {}.{:06}\r\n\r\n", header.type(), size, time / 1000000,
                       time % 1000000);
}

}  // namespace

std::optional<As> parse_as(std::string_view text) {
    if (text == "image") return As::image;
    if (text == "lossless") return As::lossless;
    if (text == "raw") return As::raw;
    if (text == "base64") return As::base64;
    if (text == "data-url") return As::data_url;
    return std::nullopt;
}

bool travels_as_bytes(As as) {
    return as != As::base64 && as != As::data_url;
}

Form form_at(std::size_t index) {
    return {static_cast<Wrap>(index / kRepresentations), static_cast<As>(index % kRepresentations)};
}

std::string mjpeg_end() {
    return fmt::format("\r\n--{}--\r\n", kBoundary);
}

LiveFrame::LiveFrame(Frame frame, std::uint64_t id, FrameContext context)
    : frame_(std::move(frame)),
      stream_(frame_.header.stream()),
      id_(id),
      context_(context),
      is_picture_(frame_.header.is_image()),
      age_(age_of(frame_.header)) {
    ++context_.metrics.live_frames;
    hold(frame_.payload.size());
}

LiveFrame::~LiveFrame() {
    --context_.metrics.live_frames;
    context_.metrics.live_bytes -= held_;
}

void LiveFrame::hold(std::size_t bytes) {
    held_ += bytes;
    context_.metrics.live_bytes += bytes;
}

MessagePtr LiveFrame::message(Form form) {
    const std::size_t i = form.index();
    const Message* ready = ready_[i].load(std::memory_order_acquire);
    if (!ready) {
        const std::lock_guard lock(mutex_);
        if (!tried_[i]) {
            tried_[i] = true;
            messages_[i] = wrap(form);
            ready_[i].store(messages_[i].get(), std::memory_order_release);
        }
        ready = messages_[i].get();
    }
    return ready ? MessagePtr(shared_from_this(), ready) : nullptr;
}

std::optional<LiveFrame::Picture> LiveFrame::picture(As as) {
    const std::lock_guard lock(mutex_);
    const Made& slot = made(as);
    if (!slot.bytes) return std::nullopt;
    return Picture{slot.header, *slot.bytes};
}

const LiveFrame::Made& LiveFrame::made(As as) {
    Made& slot = made_[static_cast<std::size_t>(as)];
    if (slot.tried) return slot;
    try {
        slot = make(as);
        // `image` holds nothing of its own: it is the frame's payload, or the JPEG.
        if (slot.bytes && slot.bytes->data() != frame_.payload.data() && as != As::image) hold(slot.bytes->size());
    } catch (const Error& error) {
        ++context_.metrics.bad_pictures;
        log::warn_once("picture " + stream_,
                       fmt::format("cannot show a picture{}: {}", stream_.empty() ? "" : " of stream " + stream_, error.what()));
    }
    slot.tried = true;
    return slot;
}

LiveFrame::Made LiveFrame::make(As as) {
    Made made;
    if (!is_picture_) return made;
    switch (as) {
        case As::image:
            if (frame_.header.is_raw()) return this->made(As::jpeg);
            return {true, frame_.payload, frame_.header};
        case As::lossless:
            if (frame_.header.is_raw()) return {true, context_.maker.png(frame_), encoded_header(frame_.header, "image/png")};
            return {true, frame_.payload, frame_.header};
        case As::jpeg:
            return {true, context_.maker.jpeg(frame_), encoded_header(frame_.header, "image/jpeg")};
        case As::raw:
            made.header = frame_.header;
            made.bytes = context_.maker.rgba(frame_, made.header);
            return made;
        case As::base64:
        case As::data_url: {
            const Made& image = this->made(As::image);
            if (!image.bytes) return made;
            std::string text;
            if (as == As::data_url) text = fmt::format("data:{};base64,", image.header.type());
            text.reserve(text.size() + image.bytes->size() * 4 / 3 + 4);
            append_base64(text, *image.bytes);
            ++context_.metrics.base64_encodes;
            return {true, Bytes::from(std::move(text)), image.header};
        }
    }
    return made;
}

std::unique_ptr<Message> LiveFrame::wrap(Form form) {
    Bytes body = frame_.payload;
    const Header* header = &frame_.header;
    bool text = is_text(frame_.header);
    if (is_picture_) {
        const Made& made = this->made(form.as);
        if (!made.bytes) return nullptr;
        body = *made.bytes;
        header = &made.header;
        text = !travels_as_bytes(form.as);
    } else if (form.wrap == Wrap::mjpeg) {
        return nullptr;
    } else if (text && form.wrap != Wrap::v1 && !is_valid_utf8(body.text())) {
        body = Bytes::from(valid_utf8(body.text()));  // browsers fail a text message that is not UTF-8
    }
    std::string head, tail;
    switch (form.wrap) {
        case Wrap::bare_meta: {
            const std::string json = header->text();
            head = websocket_head(Opcode::text, json.size()) + json;
            [[fallthrough]];
        }
        case Wrap::bare:
            head += websocket_head(text ? Opcode::text : Opcode::binary, body.size());
            break;
        case Wrap::v1: {
            const std::string wire = wire_head(*header, body.size(), "wsserve");
            head = websocket_head(Opcode::binary, wire.size() + body.size()) + wire;
            break;
        }
        case Wrap::mjpeg:
            head = mjpeg_head(*header, body.size());
            // The boundary at once: a part is complete for a browser only when the next one begins.
            tail = fmt::format("\r\n--{}\r\n", kBoundary);
            break;
    }
    return std::make_unique<Message>(std::move(head), std::move(body), std::move(tail), Carried{id_, arrival_, age_});
}

}  // namespace framepipe::serve
