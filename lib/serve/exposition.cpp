#include "serve/exposition.hpp"

#include <fmt/format.h>

#include <iterator>

namespace framepipe::serve {

std::string label(std::string_view name, std::string_view value) {
    std::string out(name);
    out += "=\"";
    for (const char c : value) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out + '"';
}

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(text_), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void Exposition::write(std::string_view name, std::string_view labels, std::string_view value) {
    if (labels.empty())
        fmt::format_to(std::back_inserter(text_), "{} {}\n", name, value);
    else
        fmt::format_to(std::back_inserter(text_), "{}{{{}}} {}\n", name, labels, value);
}

void Exposition::sample(std::string_view name, std::string_view labels, double value) {
    write(name, labels, fmt::format("{}", value));
}

void Exposition::histogram(std::string_view name, std::string_view help, std::span<const double> ends,
                           std::span<const std::uint64_t> counts, double sum) {
    family(name, "histogram", help);
    const std::string bucket = fmt::format("{}_bucket", name);
    std::uint64_t at_most = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        at_most += counts[i];
        sample(bucket, label("le", i < ends.size() ? fmt::format("{}", ends[i]) : "+Inf"), at_most);
    }
    sample(fmt::format("{}_sum", name), "", sum);
    sample(fmt::format("{}_count", name), "", at_most);
}

}  // namespace framepipe::serve
