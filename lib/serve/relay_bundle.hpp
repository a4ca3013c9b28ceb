// Messages that came at once, on their way to many clients as one.
#pragma once

#include <cstdint>
#include <span>

#include "serve/message.hpp"
#include "serve/outbox.hpp"

namespace framepipe::serve {

/// A message that is passed on to all clients.
struct Passed {
    MessagePtr message;
    Outbox::Slot slot;  // of a picture
};

/// The first ones of several messages. A client for whom nothing waits gets them in one piece: each that is
/// handed to the kernel alone costs as much as 10 kB.
struct Bundle {
    std::span<Passed> parts;
    MessagePtr whole;                  // all of them, one behind the other; null: they go one by one
    std::uint32_t pictures = 0;        // among them
    std::uint64_t newest_picture = 0;  // the live frame that the last of these is; 0: there is none
};

/// Puts the first ones of `messages`, of which there is one at least, together: as many as a client should get
/// that does not keep up, since what is begun cannot be replaced. So there is one picture of a slot.
/// clients  how many get it: for few, it is not put in one piece
Bundle first_bundle(std::span<Passed> messages, std::size_t clients);

}  // namespace framepipe::serve
