#include "process/usage.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace framepipe {
namespace {

/// Empty if it cannot be read: a process may end while its file is open, and reading fails then.
std::string read_file(const std::string& path) {
    const std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();  // which sets a flag where iterators would throw
    return std::move(text).str();
}

/// The names in a folder of /proc that are numbers.
std::vector<std::string> numbers_in(const std::string& folder) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(folder.c_str()), ::closedir);
    if (!entries) return names;
    while (const dirent* entry = ::readdir(entries.get()))
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    return names;
}

/// The numbers of /proc/PID/stat, by the positions that proc(5) gives them. Empty: no such process.
class Stat {
public:
    explicit Stat(const std::string& process) {
        const std::string text = read_file("/proc/" + process + "/stat");
        const std::size_t name_end = text.rfind(')');  // the name may hold anything, this too
        if (name_end == std::string::npos) return;
        std::istringstream words(text.substr(name_end + 1));
        fields_.assign(std::istream_iterator<std::string>(words), {});
    }
    explicit operator bool() const { return !fields_.empty(); }
    double at(std::size_t position) const {
        constexpr std::size_t kFirst = 3;  // behind the name
        return position - kFirst < fields_.size() ? std::strtod(fields_[position - kFirst].c_str(), nullptr) : 0;
    }

private:
    std::vector<std::string> fields_;
};
constexpr std::size_t kUserTicks = 14, kThreads = 20, kStartTicks = 22, kVirtualBytes = 23, kResidentPages = 24;

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds(int who) {
    rusage usage{};
    ::getrusage(who, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double ticks_a_second() {
    static const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    return ticks;
}

/// When the machine was started, in seconds since the UNIX epoch.
double boot_time() {
    const std::string text = read_file("/proc/stat");
    const std::size_t at = text.find("\nbtime ");
    return at == std::string::npos ? 0 : std::strtod(text.c_str() + at + 7, nullptr);
}

void add_below(const std::string& process, ChildrenUsage& usage) {
    for (const std::string& thread : numbers_in("/proc/" + process + "/task")) {
        std::istringstream children(read_file("/proc/" + process + "/task/" + thread + "/children"));
        for (std::string child; children >> child;) {
            const Stat stat(child);
            if (!stat) continue;
            ++usage.processes;
            // Its own, and its children's that it has waited for.
            for (std::size_t i = 0; i < 4; ++i) usage.cpu_seconds += stat.at(kUserTicks + i) / ticks_a_second();
            add_below(child, usage);
        }
    }
}

}  // namespace

ProcessUsage process_usage() {
    ProcessUsage usage;
    usage.cpu_seconds = cpu_seconds(RUSAGE_SELF);
    const Stat stat("self");
    static const double booted = boot_time();
    usage.start_time = booted + stat.at(kStartTicks) / ticks_a_second();
    usage.virtual_bytes = static_cast<std::uint64_t>(stat.at(kVirtualBytes));
    usage.resident_bytes = static_cast<std::uint64_t>(stat.at(kResidentPages)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    usage.threads = static_cast<std::uint64_t>(stat.at(kThreads));
    const std::size_t listed = numbers_in("/proc/self/fd").size();
    usage.open_descriptors = listed > 0 ? listed - 1 : 0;  // one is the list's own
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    usage.max_descriptors = limit.rlim_cur;
    return usage;
}

ChildrenUsage children_usage() {
    ChildrenUsage usage;
    // First, so that one which ends meanwhile is not counted twice.
    usage.cpu_seconds = cpu_seconds(RUSAGE_CHILDREN);
    add_below("self", usage);
    return usage;
}

}  // namespace framepipe
