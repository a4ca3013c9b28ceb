#include "serve/answer_cache.hpp"

#include <utility>

namespace framepipe::serve {

AnswerCache::Key AnswerCache::key(std::string_view request, As as, std::uint64_t run) {
    return {std::string(request), travels_as_bytes(as) ? as : As::image, run};
}

std::optional<Frame> AnswerCache::find(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(key);
    if (found == places_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    ++hits_;
    return found->second->answer;
}

void AnswerCache::keep(const Key& key, Frame answer) {
    if (answer.payload.size() > max_bytes_ || key.request.size() > kMaxRequest) return;
    const std::lock_guard lock(mutex_);
    if (places_.contains(key)) return;
    bytes_ += answer.payload.size();
    while (bytes_ > max_bytes_) {
        bytes_ -= entries_.back().answer.payload.size();
        places_.erase(entries_.back().key);
        entries_.pop_back();
    }
    entries_.push_front({key, std::move(answer)});
    places_.emplace(key, entries_.begin());
}

std::uint64_t AnswerCache::hits() const {
    const std::lock_guard lock(mutex_);
    return hits_;
}

}  // namespace framepipe::serve
