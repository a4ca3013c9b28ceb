#include "volume/slice_frames.hpp"

#include <fmt/format.h>

#include <utility>

#include "frame/error.hpp"
#include "frame/error_frame.hpp"
#include "image/crew.hpp"
#include "volume/slice_picture.hpp"
#include "volume/slice_prefetch.hpp"
#include "volume/slice_words.hpp"

namespace framepipe {
namespace {

void set_meta(Header& header, const std::vector<std::pair<std::string, std::string>>& members) {
    if (header.raw("meta")) {
        for (const auto& [key, value] : members) header.set_meta_raw(key, value);
        return;
    }
    std::string text;
    for (const auto& [key, value] : members) text += fmt::format("{}\"{}\":{}", text.empty() ? "{" : ",", key, value);
    header.set_raw("meta", text + "}");
}

}  // namespace

struct SliceFrames::Impl {
    Impl(Volume given, SliceOptions options, std::function<void(const std::string&)> complain)
        : volume(std::move(given)),
          looks(volume, std::move(options)),
          indices("an index from " + looks.indices()),
          pictures(looks.options().deep, crew),
          bad(std::move(complain)) {}

    /// The gathered voxels of a slice, or none.
    SlicePrefetch::Found gathered(std::size_t axis, std::int64_t index);

    const Volume volume;
    const SliceLooks looks;
    const std::string indices;  // as messages say them
    Crew crew{spare_cores()};
    SlicePictures pictures;
    const std::function<void(const std::string&)> bad;
    std::optional<std::pair<std::size_t, std::int64_t>> last;  // axis and index of the last slice
    std::optional<SlicePrefetch> prefetch;                     // from the first rest() on
};

SlicePrefetch::Found SliceFrames::Impl::gathered(std::size_t axis, std::int64_t index) {
    if (!prefetch) return {};
    auto found = prefetch->find(axis, index);
    // Who comes from near by is on his way: the slices that he will want next are worth more than this one a little sooner.
    if (!found.volume && last && is_near(last->first, last->second, axis, index)) found = prefetch->gather(axis, index, crew);
    return found;
}

SliceFrames::SliceFrames(Volume volume, SliceOptions options, std::function<void(const std::string&)> bad)
    : impl_(std::make_unique<Impl>(std::move(volume), std::move(options), std::move(bad))) {}

SliceFrames::~SliceFrames() = default;

std::optional<Frame> SliceFrames::operator()(Frame frame) {
    const bool request = frame.header.raw("request").has_value();
    const bool text = frame.header.type() == "text/plain";
    if (frame.header.end() || frame.header.raw("error") || (!text && !request)) return frame;
    try {
        if (!text) throw Error(fmt::format("{} is no request: text/plain is wanted", frame.header.type()));
        const SliceRequest wanted = parse_slice_request(frame.payload.text(), impl_->indices);
        if (wanted.describe) return description(std::move(frame.header));
        Frame answer = slice(frame.header, wanted);
        // The volume stays what it is while we have it open.
        if (request) answer.header.set("immutable", true);
        return answer;
    } catch (const Error& error) {
        if (request) return error_frame(std::move(frame.header), error.what());
        impl_->bad(error.what());
        return {};
    }
}

Frame SliceFrames::slice(Header header, const SliceRequest& request) {
    if (impl_->prefetch) impl_->prefetch->pause();
    const SliceLook look = impl_->looks(request);
    const std::size_t axis = look.plane.index_axis;
    const auto near = impl_->gathered(axis, look.index);
    impl_->last = {axis, look.index};
    Image image = impl_->pictures.draw(near.volume ? *near.volume : impl_->volume, near.volume ? near.index : look.index, look);
    describe_raw(header, image.view());
    set_meta(header, slice_meta(impl_->volume, impl_->looks, look));
    return {std::move(header), std::move(image.pixels).share()};
}

Frame SliceFrames::description(Header header) const {
    header.set("type", "application/json");
    for (const char* key : {"format", "width", "height", "range", "matrix"}) header.erase(key);
    return {std::move(header), Bytes::from(describe_volume(impl_->volume, impl_->looks))};
}

bool SliceFrames::finite() const {
    return impl_->looks.finite();
}

std::int64_t SliceFrames::slices() const {
    return impl_->looks({}).depth;
}

void SliceFrames::rest() {
    if (!impl_->last) return;
    if (!impl_->prefetch) impl_->prefetch.emplace(impl_->volume);
    impl_->prefetch->go_on(impl_->last->first, impl_->last->second);
}

}  // namespace framepipe
