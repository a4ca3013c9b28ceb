#include "serve/passwords.hpp"

#include <crypt.h>
#include <errno.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "frame/error.hpp"
#include "serve/tokens.hpp"

namespace framepipe::serve {
namespace {

constexpr auto kRemember = std::chrono::minutes(10);
constexpr std::size_t kMaxRemembered = 4096;
constexpr std::size_t kMaxWaiting = 64;
/// Passwords tried from one address: so many at once, then one each six seconds. Right ones do not count.
constexpr double kAttempts = 10;
constexpr double kAttemptsPerSecond = 1.0 / 6;
/// Of bcrypt: 2 to this power rounds, which is seconds already.
constexpr int kMaxCost = 15;

std::string random_key() {
    std::string key(32, 0);
    if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1)
        throw Error("cannot get random bytes for a key");
    return key;
}

/// True for `$2y$10$` and 53 characters, with `a` or `b` in the place of the y.
bool is_bcrypt(const std::string& hash) {
    const auto digit = [&](std::size_t i) { return hash[i] >= '0' && hash[i] <= '9'; };
    if (hash.size() != 60 || !hash.starts_with("$2") || std::string_view("yab").find(hash[2]) == std::string_view::npos) return false;
    return hash[3] == '$' && digit(4) && digit(5) && hash[6] == '$';
}

}  // namespace

Passwords::Passwords(std::string file)
    : file_(std::move(file)), key_(random_key()), attempts_(kAttemptsPerSecond, kAttempts), users_(read(file_)) {}

Passwords::~Passwords() {
    stop();
}

Passwords::Users Passwords::read(const std::string& file) {
    const std::string attempt = "cannot read the users in " + file;
    std::ifstream in(file);
    if (!in) throw SystemError(attempt, errno);
    Users users;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        if (line.empty() || line.front() == '#') continue;
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos || colon == 0)
            throw Error(fmt::format("{}: line {} is not of the form USER:HASH, as htpasswd -B writes it", attempt, number));
        const std::string user = line.substr(0, colon);
        const std::string hash = line.substr(colon + 1);
        if (!is_bcrypt(hash))
            throw Error(fmt::format("{0}: the password of {1} in line {2} is not hashed by bcrypt; htpasswd -B {3} {1} does that", attempt,
                                    user, number, file));
        if (const int cost = std::stoi(hash.substr(4, 2)); cost > kMaxCost)
            throw Error(fmt::format("{}: the password of {} in line {} has a cost of {}, over the limit of {}", attempt, user, number, cost,
                                    kMaxCost));
        users.emplace(user, hash);
    }
    if (in.bad()) throw Error(attempt + ": it is a folder, or cannot be read");
    return users;
}

void Passwords::reload() {
    Users users = read(file_);
    const std::lock_guard lock(mutex_);
    users_ = std::move(users);
    right_.clear();
    ++readings_;
}

std::string Passwords::mac_of(const Login& login) const {
    const std::string text = login.user + '\0' + login.password;
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
    unsigned size = 0;
    HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         mac.data(), &size);
    return {reinterpret_cast<const char*>(mac.data()), size};
}

bool Passwords::remembers_mac(const std::string& mac) {
    const auto found = right_.find(mac);
    if (found == right_.end()) return false;
    if (found->second > SteadyClock::now()) return true;
    right_.erase(found);
    return false;
}

bool Passwords::remembers(const Login& login) {
    const std::string mac = mac_of(login);
    const std::lock_guard lock(mutex_);
    return remembers_mac(mac);
}

void Passwords::check(const Login& login, const Peer& peer, Tell tell) {
    const std::string mac = mac_of(login);
    std::unique_lock lock(mutex_);
    const auto answer = [&](Verdict verdict) {
        lock.unlock();
        tell(verdict);
    };
    if (remembers_mac(mac)) return answer(Verdict::right);
    // A browser asks for many things at once with the password that has just been typed.
    const auto same = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& one) { return one.mac == mac; });
    if (same != waiting_.end()) {
        if (same->tells.size() >= kMaxWaiting) return answer(Verdict::busy);
        same->tells.push_back(std::move(tell));
        return;
    }
    if (stopping_ || waiting_.size() >= kMaxWaiting) return answer(Verdict::busy);
    if (!attempts_.take(peer)) return answer(Verdict::too_often);
    waiting_.push_back({login, mac, peer, {}});
    waiting_.back().tells.push_back(std::move(tell));
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    changed_.notify_one();
}

bool Passwords::is_right(const Login& login, const std::string* hash, const std::string& any_hash) {
    // Of a user who does not exist too, so that the time does not tell who does.
    const std::string& wanted = hash ? *hash : any_hash;
    crypt_data data{};
    const char* made = crypt_r(login.password.c_str(), wanted.c_str(), &data);
    return made && same_secret(made, wanted) && hash;
}

void Passwords::work() {
    prctl(PR_SET_NAME, "passwords");
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
        const Login login = waiting_.front().login;
        const auto found = users_.find(login.user);
        const std::string hash = found == users_.end() ? "" : found->second;
        const std::string any_hash = users_.empty() ? "" : users_.begin()->second;
        const std::uint64_t reading = readings_;
        lock.unlock();
        const bool right = is_right(login, hash.empty() ? nullptr : &hash, any_hash);
        lock.lock();
        if (stopping_) return;
        const Waiting done = std::move(waiting_.front());
        waiting_.pop_front();
        // One that was right by a file that is no longer is good for what asked then, and no longer.
        if (right && reading == readings_) {
            if (right_.size() >= kMaxRemembered) right_.clear();
            right_[done.mac] = SteadyClock::now() + kRemember;
        }
        lock.unlock();
        if (right) attempts_.give_back(done.peer);
        for (const Tell& tell : done.tells) tell(right ? Verdict::right : Verdict::wrong);
        lock.lock();
    }
}

void Passwords::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

}  // namespace framepipe::serve
