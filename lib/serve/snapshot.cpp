#include "serve/snapshot.hpp"

namespace framepipe::serve {
namespace {

constexpr auto kPatience = std::chrono::seconds(5);
/// How often a stream is looked for that nobody named and that does not exist yet.
constexpr auto kLookEvery = std::chrono::milliseconds(20);

}  // namespace

struct SnapshotWait::Watch final : Subscription {
    Watch(SnapshotWait& owner, const std::string& stream) : Subscription(owner.shard_, stream, owner.form_), owner_(owner) {
        joined_.latest.reset();
    }
    void on_frame(const FramePtr& frame) override {
        if (frame->is_picture()) owner_.answer(frame);
    }
    SnapshotWait& owner_;
};

SnapshotWait::SnapshotWait(Shard& shard, std::optional<std::string> stream, PermitPtr permit, Form form,
                           std::function<void(const FramePtr&)> on_answer)
    : shard_(shard),
      stream_(std::move(stream)),
      permit_(std::move(permit)),
      form_(form),
      on_answer_(std::move(on_answer)),
      timeout_(shard.loop(), [this] { answer(nullptr); }),
      look_(shard.loop(), [this] { choose_stream(); }) {}

SnapshotWait::~SnapshotWait() = default;

void SnapshotWait::start() {
    timeout_.after(kPatience);
    choose_stream();
}

void SnapshotWait::choose_stream() {
    const auto name = stream_ ? stream_ : shard_.hub().default_picture_stream(*permit_);
    if (!name) {
        if (!demand_) demand_.emplace(shard_.hub());
        return look_.after(kLookEvery);
    }
    watch_ = std::make_unique<Watch>(*this, *name);
    demand_.reset();
    // Its first picture may have come since it was looked for.
    if (const FramePtr latest = shard_.hub().latest(*name); !stream_ && look_.armed() && latest) answer(latest);
}

void SnapshotWait::answer(const FramePtr& frame) {
    if (answered_) return;
    answered_ = true;
    timeout_.cancel();
    look_.cancel();
    watch_.reset();
    demand_.reset();
    on_answer_(frame);
}

}  // namespace framepipe::serve
