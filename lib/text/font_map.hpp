// The fonts of the system, and one that the user names.
#pragma once

#include <functional>
#include <string>

struct _PangoContext;
struct _PangoFontDescription;
struct _PangoFontMap;

namespace framepipe {

/// Fonts as fontconfig finds them. What is a file's name is added to them and comes before all others.
class FontMap {
public:
    /// font    a family, a Pango description or a file; empty: the system's sans
    /// warn    told if there is no such family: a key and one line. May be empty.
    /// throws  Error if the font is a file that is none
    FontMap(const std::string& font, const std::function<void(const std::string& key, const std::string& line)>& warn);
    ~FontMap();
    FontMap(const FontMap&) = delete;
    FontMap& operator=(const FontMap&) = delete;

    /// A context with these fonts; the caller's.
    _PangoContext* make_context() const;
    /// The font asked for, without a size.
    const _PangoFontDescription* description() const { return description_; }

private:
    void add_file(const std::string& file);
    void check_family(const std::string& font, const std::function<void(const std::string&, const std::string&)>& warn) const;

    _PangoFontMap* map_ = nullptr;
    _PangoFontDescription* description_ = nullptr;
};

}  // namespace framepipe
