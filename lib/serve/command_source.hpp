// A command of the shell whose frames are a stream (wsserve --source).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "process/kept_command.hpp"
#include "serve/hub.hpp"
#include "serve/source_log.hpp"

namespace framepipe::serve {

struct CommandSourceOptions {
    std::string name;                             // of the stream
    std::string command;                          // for /bin/sh -c
    bool on_demand = false;                       // runs only while somebody watches the stream
    std::chrono::milliseconds idle_close{10000};  // and so long after that
    std::uint64_t max_frame = kDefaultMaxFrame;
};

/// Feeds the stream with what the command gives, from its own threads; puts what it says into the log, and
/// why it fails there too, into the list of streams and before the viewers' eyes.
class CommandSource final : public Feeder, public KeptCommand::Listener {
public:
    /// The stream exists from here on; nothing runs before start().
    CommandSource(std::shared_ptr<Hub> hub, CommandSourceOptions options);
    /// Ends the command, within a second.
    ~CommandSource() override;

    void start();
    /// Begins the end. Any thread.
    void stop();

    struct Counts {
        bool running = false;
        std::uint64_t restarts = 0;
        std::uint64_t lines_left_out = 0;
    };
    /// Any thread.
    Counts counts() const { return {running_, restarts_, log_.left_out()}; }
    const std::string& name() const { return options_.name; }

private:
    // Feeder
    void on_lost(const std::string& stream) override;
    void on_wanted(bool wanted) override;
    void on_returned() override;

    // KeptCommand::Listener
    void on_start() override;
    void on_frame(Frame frame) override;
    void on_line(const std::string& line) override;
    void on_rest(bool ran) override;
    void on_end(const RunEnd& end) override;

    void show_failure(const std::string& words);

    const std::shared_ptr<Hub> hub_;
    const CommandSourceOptions options_;
    std::atomic<bool> running_{false};
    std::atomic<std::uint64_t> restarts_{0};
    std::atomic<bool> lost_{false};  // a producer feeds the stream

    // Of the command's threads, which call one after the other.
    bool ended_by_itself_ = false;         // the run before
    bool did_well_ = false;                // the same
    std::set<std::string> failures_said_;  // since it last did well
    bool is_bad_ = false;                  // a failure was said, and no frame came since
    Extent extent_;                        // of the last picture that came
    SourceLog log_;

    std::unique_ptr<KeptCommand> command_;        // last, since its threads use the rest; null before start()
    std::atomic<KeptCommand*> started_{nullptr};  // the same for all threads: inputs are read before start()
};

}  // namespace framepipe::serve
