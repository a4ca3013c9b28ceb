#include "serve/tokens.hpp"

#include <errno.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "frame/error.hpp"

namespace framepipe::serve {
namespace {

constexpr std::string_view kBlanks = " \t\r";

/// Takes the first word off a line.
std::string_view take_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
    line.remove_prefix(word.size());
    return word;
}

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

}  // namespace

bool same_secret(std::string_view a, std::string_view b) {
    unsigned char difference = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference = static_cast<unsigned char>(difference | (a[i] ^ b[b.empty() ? 0 : i % b.size()]));
    return difference == 0;
}

Tokens Tokens::read(const std::string& file) {
    const std::string attempt = "cannot read the tokens in " + file;
    std::ifstream in(file);
    if (!in) throw SystemError(attempt, errno);
    Tokens tokens;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        std::string_view rest = line;
        const std::string token(take_word(rest));
        if (token.empty() || token.starts_with('#')) continue;
        const std::string_view right = take_word(rest);
        const std::string_view glob = trimmed(rest);
        if ((right != "view" && right != "publish") || glob.empty())
            throw Error(fmt::format("{}: line {} is not of the form TOKEN view|publish STREAM, with * for all streams", attempt, number));
        auto found = std::find_if(tokens.entries_.begin(), tokens.entries_.end(), [&](const Entry& entry) { return entry.token == token; });
        if (found == tokens.entries_.end()) found = tokens.entries_.insert(found, {token, std::make_shared<Permit>()});
        found->permit->grant(right == "view" ? Right::view : Right::publish, std::string(glob));
    }
    if (in.bad()) throw Error(attempt + ": it is a folder, or cannot be read");
    return tokens;
}

PermitPtr Tokens::find(std::string_view token) const {
    PermitPtr permit;
    for (const Entry& entry : entries_)
        if (same_secret(token, entry.token)) permit = entry.permit;
    return permit;
}

bool Tokens::give(Right right) const {
    return std::any_of(entries_.begin(), entries_.end(), [right](const Entry& entry) { return entry.permit->may_some(right); });
}

}  // namespace framepipe::serve
