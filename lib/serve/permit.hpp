// What somebody may do with which streams.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace framepipe::serve {

enum class Right : std::uint8_t { view, publish };
inline constexpr std::size_t kRights = 2;

/// Grows by grant(), then is shared and never changed: any thread.
class Permit {
public:
    /// Every right for every stream.
    static const std::shared_ptr<const Permit>& everything();

    /// glob  of stream names, as a shell has them: `*` is every stream, the one without a name too
    void grant(Right right, std::string glob);
    void grant(const Permit& other);

    bool may(Right right, const std::string& stream) const;
    /// For every stream, those to come too.
    bool may_all(Right right) const { return rights_[static_cast<std::size_t>(right)].all; }
    /// For any stream at all.
    bool may_some(Right right) const;

private:
    struct Streams {
        bool all = false;
        std::vector<std::string> globs;
    };
    std::array<Streams, kRights> rights_;
};

using PermitPtr = std::shared_ptr<const Permit>;

}  // namespace framepipe::serve
