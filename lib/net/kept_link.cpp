#include "net/kept_link.hpp"

#include "net/backoff.hpp"

namespace framepipe {

void KeptLink::run(const std::function<void()>& session) {
    struct Close {
        FrameQueue& queue;
        ~Close() { queue.close(); }
    } close{queue_};
    Backoff backoff(kLongestPause);
    while (!stop_.stop_requested()) {
        worked_ = false;
        try {
            session();
            return;
        } catch (const Error& error) {
            if (stop_.stop_requested()) return;
            const std::string words = name_ + ": " + error.what();
            if (!ever_worked_ || dynamic_cast<const FinalError*>(&error) != nullptr) throw Error(words);
            if (worked_) backoff.reset();
            // Words for the first failure of a row.
            if (!said_) words_.warn(words + "; it is tried again");
            said_ = true;
            if (queue_.ended() && !wait_) throw Error(name_ + ": the last frames did not get there: " + error.what());
            queue_.pause(backoff.next());
        }
    }
}

void KeptLink::works() {
    if (worked_) return;
    worked_ = ever_worked_ = true;
    if (said_) words_.notice(name_ + " takes frames again");
    said_ = false;
}

}  // namespace framepipe
