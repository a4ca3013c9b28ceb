#include "volume/patient_space.hpp"

#include <cmath>

namespace framepipe {

bool is_sound(const PatientSpace& m) {
    for (const auto& row : m)
        for (const double number : row)
            if (!std::isfinite(number)) return false;
    const double volume = m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
                          m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
    const auto [a, b, c] = spacing_of(m);
    return std::fabs(volume) > 1e-6 * a * b * c;  // of the box that has these edges at right angles
}

PatientSpace scaled(const PatientSpace& space, const std::array<double, 3>& factors) {
    PatientSpace result = space;
    for (std::size_t row = 0; row < 3; ++row)
        for (double& number : result[row]) number = number * factors[row] + 0.0;  // no -0
    return result;
}

std::array<double, 3> spacing_of(const PatientSpace& m) {
    std::array<double, 3> spacing{};
    for (std::size_t axis = 0; axis < 3; ++axis) spacing[axis] = std::hypot(m[0][axis], m[1][axis], m[2][axis]);
    return spacing;
}

}  // namespace framepipe
