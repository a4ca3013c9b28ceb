// Words on stderr: single lines `command: words`, without timestamps; nothing when all is well.
#pragma once

#include <string>
#include <string_view>

namespace framepipe::log {

enum class Level { quiet, normal, verbose };

/// Sets the name in front of each line and how much is said. Call once, first thing in main.
void setup(std::string command, Level level = Level::normal);
void set_level(Level level);
Level level();

/// The words without a byte that moves the cursor of a terminal or ends the line (file names and peers may have
/// any): such a byte as `\n` or `\x1b`. All that is said goes through it.
std::string one_line(std::string_view words);

/// Always said: the failure that ends the command.
void error(std::string_view words);
/// Said unless --quiet: something bad that was left out, a camera that went away.
void warn(std::string_view words);
/// Said unless --quiet: what the user must know when all is well (an address, what a camera really gives).
void notice(std::string_view words);
/// Said with --verbose.
void verbose(std::string_view words);

/// notice(), unless stderr takes the line neither now nor in a moment: who has others to look after does
/// not wait for a reader that does not read. Lines of up to 4 KiB.
/// returns  false if the line is lost for that
bool offer(std::string_view words);
/// The same with what another program said: without our name in front, and with --quiet too.
bool pass_on(std::string_view words);

/// Draws a line without an end in the terminal that stderr is, in the place of the one drawn before.
/// A message clears it first.
void status(std::string_view words);
void clear_status();
/// Ends the line, so that it stays.
void keep_status();

/// warn(), but only the first time for this `key`; later ones are counted.
/// returns true if it was said
bool warn_once(std::string_view key, std::string_view words);

}  // namespace framepipe::log
