#include "net/kept_link.hpp"

#include <string_view>

#include "frame/back_off.hpp"
#include "net/not_there.hpp"

namespace framepipe {

void KeptLink::run(const std::function<void()>& session) {
    struct Close {
        FrameQueue& queue;
        ~Close() { queue.close(); }
    } close{queue_};
    BackOff back_off(kFirstPause, kLongestPause);
    while (!stop_.stop_requested()) {
        worked_ = false;
        try {
            session();
            return;
        } catch (const Error& error) {
            if (stop_.stop_requested()) return;
            // A client's errors name the address already.
            const bool named = std::string_view(error.what()).find(name_) != std::string_view::npos;
            const std::string name = named ? "" : name_ + ": ", words = name + error.what();
            const bool may_come = ever_worked_ || dynamic_cast<const NotThereError*>(&error) != nullptr;
            if (!may_come || dynamic_cast<const FinalError*>(&error) != nullptr) throw Error(words);
            if (queue_.ended() && !wait_) throw Error(name + "the last frames did not get there: " + error.what());
            if (worked_) back_off.reset();
            // Words for the first failure of a row.
            if (!said_) words_.warn(words + "; it is tried again");
            said_ = true;
            queue_.pause(back_off.next());
        }
    }
}

void KeptLink::works() {
    if (worked_) return;
    if (said_) words_.notice(name_ + (ever_worked_ ? " takes frames again" : " takes frames"));
    worked_ = ever_worked_ = true;
    said_ = false;
}

}  // namespace framepipe
