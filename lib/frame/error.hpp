// What our code throws: one line for a person, written where the facts are known.
#pragma once

#include <stdexcept>
#include <string>

namespace framepipe {

/// A failure that ends what was attempted. `what()` is one line without a full stop: what was
/// attempted, on what, why not. The command prints it as `command: what()` and exits 1.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The command line asks for something that cannot be: the command exits 2.
class UsageError : public Error {
public:
    using Error::Error;
};

/// A system call failed: `attempt: reason`, with the system's text for `error_number` (errno).
class SystemError : public Error {
public:
    SystemError(const std::string& attempt, int error_number);

    int error_number() const { return error_number_; }

private:
    int error_number_;
};

/// The system's text for an errno, beginning in lower case ("no such file or directory").
std::string system_reason(int error_number);

}  // namespace framepipe
