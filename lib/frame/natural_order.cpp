#include "frame/natural_order.hpp"

namespace framepipe {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Takes the run of digits from the front of `text`.
std::string_view take_digits(std::string_view& text) {
    std::size_t length = 0;
    while (length < text.size() && is_digit(text[length])) ++length;
    const auto digits = text.substr(0, length);
    text.remove_prefix(length);
    return digits;
}

std::string_view without_zeros(std::string_view digits) {
    const auto first = digits.find_first_not_of('0');
    return first == std::string_view::npos ? std::string_view() : digits.substr(first);
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
    int zeros = 0;  // under 0: the first run that differs only in its zeros is shorter in a
    while (!a.empty() && !b.empty()) {
        if (is_digit(a.front()) && is_digit(b.front())) {
            const auto run_a = take_digits(a);
            const auto run_b = take_digits(b);
            const auto number_a = without_zeros(run_a);
            const auto number_b = without_zeros(run_b);
            if (number_a.size() != number_b.size()) return number_a.size() < number_b.size();
            if (const int order = number_a.compare(number_b); order != 0) return order < 0;
            if (zeros == 0 && run_a.size() != run_b.size()) zeros = run_a.size() < run_b.size() ? -1 : 1;
            continue;
        }
        if (a.front() != b.front()) return static_cast<unsigned char>(a.front()) < static_cast<unsigned char>(b.front());
        a.remove_prefix(1);
        b.remove_prefix(1);
    }
    if (a.empty() != b.empty()) return a.empty();
    return zeros < 0;
}

}  // namespace framepipe
