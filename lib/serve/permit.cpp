#include "serve/permit.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace framepipe::serve {

const std::shared_ptr<const Permit>& Permit::everything() {
    static const std::shared_ptr<const Permit> permit = [] {
        auto all = std::make_shared<Permit>();
        for (const Right right : {Right::view, Right::publish}) all->grant(right, "*");
        return all;
    }();
    return permit;
}

void Permit::grant(Right right, std::string glob) {
    Streams& streams = rights_[static_cast<std::size_t>(right)];
    if (glob == "*")
        streams.all = true;
    else
        streams.globs.push_back(std::move(glob));
}

void Permit::grant(const Permit& other) {
    for (std::size_t i = 0; i < kRights; ++i) {
        rights_[i].all = rights_[i].all || other.rights_[i].all;
        rights_[i].globs.insert(rights_[i].globs.end(), other.rights_[i].globs.begin(), other.rights_[i].globs.end());
    }
}

bool Permit::may(Right right, const std::string& stream) const {
    const Streams& streams = rights_[static_cast<std::size_t>(right)];
    return streams.all || std::any_of(streams.globs.begin(), streams.globs.end(),
                                      [&](const std::string& glob) { return fnmatch(glob.c_str(), stream.c_str(), 0) == 0; });
}

bool Permit::may_some(Right right) const {
    const Streams& streams = rights_[static_cast<std::size_t>(right)];
    return streams.all || !streams.globs.empty();
}

}  // namespace framepipe::serve
