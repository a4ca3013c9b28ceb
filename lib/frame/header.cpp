#include "frame/header.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value_to.hpp>
#include <charconv>
#include <limits>
#include <utility>

#include "frame/error.hpp"

namespace framepipe {
namespace {

namespace json = boost::json;

constexpr std::string_view kStages = "stages";
/// More than most headers have.
constexpr std::size_t kMembers = 16;

/// Takes any JSON and keeps nothing: the parser around it is the judge.
struct Judge {
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
    using Code = json::error_code;
    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&) { return true; }
    bool on_object_end(std::size_t, Code&) { return true; }
    bool on_array_begin(Code&) { return true; }
    bool on_array_end(std::size_t, Code&) { return true; }
    bool on_key_part(json::string_view, std::size_t, Code&) { return true; }
    bool on_key(json::string_view, std::size_t, Code&) { return true; }
    bool on_string_part(json::string_view, std::size_t, Code&) { return true; }
    bool on_string(json::string_view, std::size_t, Code&) { return true; }
    bool on_number_part(json::string_view, Code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, Code&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, Code&) { return true; }
    bool on_double(double, json::string_view, Code&) { return true; }
    bool on_bool(bool, Code&) { return true; }
    bool on_null(Code&) { return true; }
    bool on_comment_part(json::string_view, Code&) { return true; }
    bool on_comment(json::string_view, Code&) { return true; }
};

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Walks one JSON object that is known to be valid, member by member, as text.
class MemberWalk {
public:
    explicit MemberWalk(std::string_view object) : text_(object) {
        skip_space();
        ++at_;  // {
    }

    /// The next key (with its quotes) and value; false at the end.
    bool next(std::string_view& key, std::string_view& value) {
        skip_space();
        if (text_[at_] == ',') ++at_;
        skip_space();
        if (text_[at_] == '}') return false;
        key = token();
        skip_space();
        ++at_;  // :
        skip_space();
        value = token();
        return true;
    }

private:
    void skip_space() {
        while (is_space(text_[at_])) ++at_;
    }

    std::string_view token() {
        const std::size_t begin = at_;
        int depth = 0;
        do {
            const char c = text_[at_];
            if (c == '"') {
                skip_string();
                continue;
            }
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') --depth;
            ++at_;
            if (depth == 0 && (c == '}' || c == ']')) break;
        } while (depth > 0 || !ends_scalar());
        return text_.substr(begin, at_ - begin);
    }

    bool ends_scalar() const {
        if (at_ >= text_.size()) return true;
        const char c = text_[at_];
        return c == ',' || c == '}' || c == ']' || c == ':' || is_space(c);
    }

    void skip_string() {
        ++at_;
        while (text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
        ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

std::string decoded(std::string_view string_token) {
    if (string_token.find('\\') == std::string_view::npos) return std::string(string_token.substr(1, string_token.size() - 2));
    return json::value_to<std::string>(json::parse(string_token));
}

bool is_object(std::string_view value) {
    return !value.empty() && value.front() == '{';
}

/// The object with one member set; the others keep their bytes. Not an object: a new one.
std::string with_member(std::optional<std::string_view> object, std::string_view key, std::string_view value) {
    std::string out = "{";
    bool done = false;
    const auto append = [&](std::string_view k, std::string_view v) {
        if (out.size() > 1) out += ',';
        out.append(k).append(":").append(v);
    };
    if (object && is_object(*object)) {
        MemberWalk walk(*object);
        for (std::string_view k, v; walk.next(k, v);) {
            const bool same = decoded(k) == key;
            if (same && done) continue;
            append(k, same ? value : v);
            done = done || same;
        }
    }
    if (!done) append(json_string(key), value);
    return out + '}';
}

enum class Kind { string, whole, count, flag, object };
struct KnownKey {
    std::string_view name;
    Kind kind;
};
constexpr KnownKey kKnownKeys[] = {
    {"type", Kind::string},    {"format", Kind::string},  {"width", Kind::count},   {"height", Kind::count},   {"range", Kind::string},
    {"matrix", Kind::string},  {"stream", Kind::string},  {"seq", Kind::count},     {"time_us", Kind::whole},  {"pts_us", Kind::whole},
    {"live", Kind::flag},      {"key", Kind::flag},       {"end", Kind::flag},      {"request", Kind::string}, {"error", Kind::string},
    {"describes", Kind::flag}, {"immutable", Kind::flag}, {"stages", Kind::object}, {"meta", Kind::object},
};

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

void check_known(std::string_view key, std::string_view value) {
    for (const KnownKey& known : kKnownKeys) {
        if (known.name != key) continue;
        const auto number = whole_number(value);
        switch (known.kind) {
            case Kind::string:
                if (value.front() != '"') throw Error("header: " + std::string(key) + " is not a string");
                break;
            case Kind::whole:
            case Kind::count:
                if (!number || (known.kind == Kind::count && *number < 0)) {
                    throw Error("header: " + std::string(key) + " is not a whole number: " + std::string(value.substr(0, 32)));
                }
                break;
            case Kind::flag:
                if (value != "true" && value != "false") throw Error("header: " + std::string(key) + " is not true or false");
                break;
            case Kind::object:
                if (!is_object(value)) throw Error("header: " + std::string(key) + " is not an object");
                break;
        }
        return;
    }
}

}  // namespace

Header Header::parse(std::string_view text) {
    json::error_code failed;
    json::parse_options options;
    json::basic_parser<Judge> parser(options);
    const std::size_t used = parser.write_some(false, text.data(), text.size(), failed);
    if (!failed && used < text.size() && text.find_first_not_of(" \t\r\n", used) != std::string_view::npos) {
        failed = json::error::extra_data;
    }
    if (failed) throw Error("header is no JSON: " + failed.message() + " at byte " + std::to_string(used));
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || text[first] != '{') throw Error("header is not a JSON object");

    Header header;
    header.members_.reserve(kMembers);
    MemberWalk walk(text);
    for (std::string_view key, value; walk.next(key, value);) {
        std::string name = decoded(key);
        check_known(name, value);
        if (Member* before = header.find(name)) {  // the last of a repeated key counts, as in every parser
            before->value = value;
        } else {
            header.members_.push_back({std::move(name), std::string(key), std::string(value)});
        }
    }
    const auto type = header.string("type");
    if (!type || type->empty()) throw Error("header has no type");
    header.type_ = *type;
    return header;
}

void Header::append_text(std::string& out, const std::string* stages) const {
    const std::size_t start = out.size();
    out += '{';
    const auto append = [&](std::string_view key_text, std::string_view value) {
        if (out.size() > start + 1) out += ',';
        out.append(key_text).append(":").append(value);
    };
    for (const Member& member : members_) {
        const bool replaced = stages != nullptr && member.key == kStages;
        append(member.key_text, replaced ? *std::exchange(stages, nullptr) : member.value);
    }
    if (stages != nullptr) append("\"stages\"", *stages);
    out += '}';
}

std::string Header::text() const {
    std::string out;
    append_text(out, nullptr);
    return out;
}

void Header::append_stamped(std::string& out, std::string_view command, std::int64_t time_us) const {
    const std::string stages = with_member(raw(kStages), command, std::to_string(time_us));
    append_text(out, &stages);
}

Header::Member* Header::find(std::string_view key) {
    for (Member& member : members_) {
        if (member.key == key) return &member;
    }
    return nullptr;
}

std::optional<std::string_view> Header::raw(std::string_view key) const {
    const Member* member = find(key);
    if (member == nullptr) return std::nullopt;
    return member->value;
}

std::optional<std::string> Header::string(std::string_view key) const {
    const Member* member = find(key);
    if (member == nullptr || member->value.front() != '"') return std::nullopt;
    return decoded(member->value);
}

std::optional<std::int64_t> Header::integer(std::string_view key) const {
    const Member* member = find(key);
    return member == nullptr ? std::nullopt : whole_number(member->value);
}

bool Header::flag(std::string_view key) const {
    const Member* member = find(key);
    return member != nullptr && member->value == "true";
}

void Header::each(const std::function<void(std::string_view, std::string_view)>& visit) const {
    for (const Member& member : members_) visit(member.key, member.value);
}

void Header::set_raw(std::string_view key, std::string_view value) {
    if (Member* member = find(key)) {
        member->value = value;
    } else {
        members_.push_back({std::string(key), json_string(key), std::string(value)});
    }
    if (key == "type") type_ = string("type").value_or(std::string());
}

void Header::set(std::string_view key, std::string_view value) {
    set_raw(key, json_string(value));
}
void Header::set(std::string_view key, std::int64_t value) {
    set_raw(key, std::to_string(value));
}
void Header::set(std::string_view key, bool value) {
    set_raw(key, value ? "true" : "false");
}

void Header::erase(std::string_view key) {
    std::erase_if(members_, [&](const Member& member) { return member.key == key; });
}

void Header::stamp_stage(std::string_view command, std::int64_t time_us) {
    set_raw(kStages, with_member(raw(kStages), command, std::to_string(time_us)));
}

void Header::set_meta_raw(std::string_view key, std::string_view value) {
    set_raw("meta", with_member(raw("meta"), key, value));
}

std::optional<std::string> Header::meta_raw(std::string_view key) const {
    const auto meta = raw("meta");
    if (!meta || !is_object(*meta)) return std::nullopt;
    std::optional<std::string> found;
    MemberWalk walk(*meta);
    for (std::string_view k, v; walk.next(k, v);) {
        if (decoded(k) == key) found = std::string(v);
    }
    return found;
}

}  // namespace framepipe
