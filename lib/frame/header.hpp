// A frame's header: one JSON object whose untouched members keep their bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace framepipe {

/// The header of a frame, see framepipe-frames(5). Members keep their order and the exact text of
/// their values until they are set: a number such as 1e400, which no parser can hold, passes through.
class Header {
public:
    Header() = default;
    /// A header with only its `type`.
    explicit Header(std::string_view type) { set("type", type); }

    /// Parses one JSON object, UTF-8, trailing spaces allowed.
    /// throws Error if it is not JSON, not an object, has no string `type`, or a key of the format
    ///        has a value of the wrong kind (a `width` that is no whole number, say).
    static Header parse(std::string_view json);

    /// The JSON text, without trailing spaces.
    std::string text() const;

    /// Appends what text() would give after stamp_stage(), for who only writes it.
    void append_stamped(std::string& out, std::string_view command, std::int64_t time_us) const;

    /// The raw JSON text of a member's value; nullopt: there is none. Valid until the header changes.
    std::optional<std::string_view> raw(std::string_view key) const;
    /// A member's value if it has that kind, else nullopt.
    std::optional<std::string> string(std::string_view key) const;
    std::optional<std::int64_t> integer(std::string_view key) const;
    bool flag(std::string_view key) const;

    /// Calls `visit` with each member's key, decoded, and its value's raw JSON text, in their order.
    void each(const std::function<void(std::string_view key, std::string_view json)>& visit) const;

    /// Replaces or appends a member. `set_raw` takes valid JSON text.
    void set_raw(std::string_view key, std::string_view json);
    void set(std::string_view key, std::string_view value);
    void set(std::string_view key, const char* value) { set(key, std::string_view(value)); }
    void set(std::string_view key, std::int64_t value);
    void set(std::string_view key, bool value);
    void erase(std::string_view key);

    // The keys of the format that our code asks for often.
    const std::string& type() const { return type_; }
    std::string stream() const { return string("stream").value_or(std::string()); }
    std::string format() const { return string("format").value_or(std::string()); }
    std::int64_t width() const { return integer("width").value_or(0); }
    std::int64_t height() const { return integer("height").value_or(0); }
    std::optional<std::int64_t> seq() const { return integer("seq"); }
    std::optional<std::int64_t> time_us() const { return integer("time_us"); }
    bool live() const { return flag("live"); }
    bool end() const { return flag("end"); }

    /// True if `type` is a picture (`image/...`).
    bool is_image() const { return type_.starts_with("image/"); }
    bool is_raw() const { return type_ == "image/x-raw"; }

    /// Notes in `stages` that `command` lets the frame go at `time_us`; other entries keep their bytes.
    void stamp_stage(std::string_view command, std::int64_t time_us);
    /// Sets one member of the object `meta`, given as JSON text; its other members keep their bytes.
    void set_meta_raw(std::string_view key, std::string_view json);
    /// The raw JSON text of a member of `meta`.
    std::optional<std::string> meta_raw(std::string_view key) const;

private:
    struct Member {
        std::string key;       // decoded
        std::string key_text;  // as written, with its quotes
        std::string value;     // JSON text
    };
    Member* find(std::string_view key);
    /// stages  in place of the member's value; null: as it is
    void append_text(std::string& out, const std::string* stages) const;
    const Member* find(std::string_view key) const { return const_cast<Header*>(this)->find(key); }

    std::vector<Member> members_;
    std::string type_;
};

/// `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

/// `text` with each byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);
bool is_valid_utf8(std::string_view text);

}  // namespace framepipe
