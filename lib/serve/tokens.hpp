// Tokens, each with what it permits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/permit.hpp"

namespace framepipe::serve {

/// True if both are the same. Takes as long wherever they differ: times tell nothing.
bool same_secret(std::string_view a, std::string_view b);

/// Immutable: any thread.
class Tokens {
public:
    /// Reads lines `TOKEN view|publish GLOB`; a token may have several. Empty lines, and those that
    /// begin with `#`, are passed over.
    /// throws Error that names the file and the line, and no token
    static Tokens read(const std::string& file);

    /// What the token permits; null: it is none.
    PermitPtr find(std::string_view token) const;
    /// True if a line gives this right.
    bool give(Right right) const;

private:
    struct Entry {
        std::string token;
        std::shared_ptr<Permit> permit;
    };
    std::vector<Entry> entries_;
};

}  // namespace framepipe::serve
