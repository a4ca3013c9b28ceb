// Prometheus' text format: families of samples, each with its help and its type.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace framepipe::serve {

/// NAME="VALUE", with what the format wants escaped in the value.
std::string label(std::string_view name, std::string_view value);

/// The text as it grows. Samples follow their family.
class Exposition {
public:
    /// type  `counter`, whose name ends in _total, `gauge` or `histogram`
    void family(std::string_view name, std::string_view type, std::string_view help);

    /// labels  `a="b",c="d"`; empty: none
    template <std::integral Value>
    void sample(std::string_view name, std::string_view labels, Value value) {
        write(name, labels, std::to_string(value));
    }
    void sample(std::string_view name, std::string_view labels, double value);

    /// A family of one sample without labels.
    template <typename Value>
    void single(std::string_view name, std::string_view type, std::string_view help, Value value) {
        family(name, type, help);
        sample(name, "", value);
    }

    /// A family of one histogram.
    /// ends    the upper ends of its classes; one more class has none
    /// counts  how many fell into each class
    void histogram(std::string_view name, std::string_view help, std::span<const double> ends, std::span<const std::uint64_t> counts,
                   double sum);

    std::string take() { return std::move(text_); }

private:
    void write(std::string_view name, std::string_view labels, std::string_view value);

    std::string text_;
};

}  // namespace framepipe::serve
