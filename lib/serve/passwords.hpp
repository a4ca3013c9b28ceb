// Users and their passwords: a file as `htpasswd -B` writes it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "frame/clock.hpp"
#include "serve/address_rate.hpp"
#include "serve/peer.hpp"

namespace framepipe::serve {

struct Login {
    std::string user;
    std::string password;
};

/// Any thread. bcrypt takes tens of milliseconds on purpose, so passwords are checked in a thread of
/// their own, and those that were right are remembered for a while, by a keyed hash.
class Passwords {
public:
    /// Reads lines `USER:HASH`; empty lines, and those that begin with `#`, are passed over.
    /// throws Error that names the file, the line and the user
    explicit Passwords(std::string file);
    ~Passwords();
    Passwords(const Passwords&) = delete;
    Passwords& operator=(const Passwords&) = delete;

    /// Reads the file again, and remembers nobody.
    /// throws Error; what was read before then stays
    void reload();

    /// True if they were right within the last minutes.
    bool remembers(const Login& login);

    enum class Verdict { right, wrong, too_often, busy };
    using Tell = std::function<void(Verdict)>;
    /// tell  called once: at once if there is no need or no room to check, else in the thread that checks
    void check(const Login& login, const Peer& peer, Tell tell);

    /// Ends the thread; `tell` is called no more. What waits stays unanswered.
    void stop();

private:
    using Users = std::unordered_map<std::string, std::string>;  // hashes
    struct Waiting {
        Login login;
        std::string mac;
        Peer peer;
        std::vector<Tell> tells;
    };
    static Users read(const std::string& file);
    std::string mac_of(const Login& login) const;
    bool remembers_mac(const std::string& mac);  // under the lock
    void work();
    static bool is_right(const Login& login, const std::string* hash, const std::string& any_hash);

    const std::string file_;
    const std::string key_;  // of the hashes by which is remembered; random
    AddressRate attempts_;

    std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    Users users_;
    std::uint64_t readings_ = 0;                            // of the file
    std::map<std::string, SteadyClock::time_point> right_;  // until when
    std::deque<Waiting> waiting_;                           // the first one is being checked
    bool stopping_ = false;
    std::thread thread_;  // since the first check
};

}  // namespace framepipe::serve
