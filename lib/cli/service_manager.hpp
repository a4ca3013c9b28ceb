// The service manager that started us, if one did: systemd, or whatever speaks as it does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "frame/descriptor.hpp"

namespace framepipe {

/// Any thread, once it is constructed. Both protocols are fixed for good, and a few lines each, which
/// libsystemd would load six libraries for.
/// source  sd_listen_fds(3), sd_notify(3)
class ServiceManager {
public:
    /// Takes what the manager left in the environment, so that no child takes it for its own. Call
    /// before any thread starts and any file is opened.
    /// throws Error if what is there makes no sense
    ServiceManager();

    /// The sockets that it passed, in its order. Each is ours alone; others get none.
    std::vector<Descriptor> take_sockets();

    /// We serve. status: one line for whoever asks the manager how we are
    void ready(std::string_view status) const;
    /// We read our files anew; ready() is next.
    void reloading() const;
    void stopping() const;

private:
    void notify(std::string_view words) const;

    std::string address_;  // of its socket; empty: nobody wants to know
    std::vector<Descriptor> sockets_;
};

}  // namespace framepipe
