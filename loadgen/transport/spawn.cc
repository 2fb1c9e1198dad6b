#include "loadgen/transport/spawn.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

namespace weir::loadgen {
namespace {

constexpr std::uint64_t kBytesPerKib = 1024;
constexpr std::size_t kChildStackBytes = std::size_t{64} * 1024;

// What this process may have set for itself and a program must not inherit.
constexpr std::array kSignalsReset = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE,
                                      SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD};

constexpr std::array<CounterSpec, 4> kProcessorCounters = {
    {{UsageMetric::kInstructions, PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
     {UsageMetric::kCycles, PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
     {UsageMetric::kCacheMisses, PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
     {UsageMetric::kBranchMisses, PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES}}};

// On the calling thread, from its next exec on. Not instrumented: it runs in the child too.
__attribute__((no_sanitize("address", "thread", "undefined"))) int OpenCounter(
    const CounterSpec& spec) {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = spec.type;
  attributes.config = spec.config;
  attributes.disabled = 1;
  attributes.inherit = 1;
  attributes.enable_on_exec = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  return static_cast<int>(
      syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

std::string WhyNoCounter(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "this user may not count: kernel.perf_event_paranoid is above 2, or a container "
             "forbids it";
    case ENOENT:
    case EOPNOTSUPP:
    case ENODEV:
      return "the processor has no such counter, or the virtual machine hides it";
    case ENOSYS:
      return "the kernel was built without perf events";
    default:
      return fmt::format("the kernel refused the counter: {}",
                         std::generic_category().message(error));
  }
}

// What parent and child share until the exec.
struct Handover {
  const char* path = nullptr;
  char* const* argv = nullptr;
  int in = -1;
  int out = -1;
  int err = -1;
  sigset_t mask{};
  std::span<const CounterSpec> counters;
  std::span<int> counter_fds;
  int error = 0;
};

// In the child, on a stack of its own in the memory of the parent, whose thread waits. Nothing
// here may allocate, lock or return.
__attribute__((no_sanitize("address", "thread", "undefined"))) int RunChild(void* context) {
  auto& handover = *static_cast<Handover*>(context);
  // While the table of files is still shared, so that the parent has the counters too.
  for (std::size_t i = 0; i < handover.counters.size(); ++i) {
    handover.counter_fds[i] = OpenCounter(handover.counters[i]);
  }
  bool ready = handover.counters.empty() || unshare(CLONE_FILES) == 0;

  struct sigaction usual {};

  usual.sa_handler = SIG_DFL;
  for (const int signal : kSignalsReset) {
    sigaction(signal, &usual, nullptr);
  }
  ready = ready && setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
          dup2(handover.in, STDIN_FILENO) >= 0 && dup2(handover.out, STDOUT_FILENO) >= 0 &&
          dup2(handover.err, STDERR_FILENO) >= 0;
  if (ready) {
    sigprocmask(SIG_SETMASK, &handover.mask, nullptr);
    execve(handover.path, handover.argv, environ);
  }
  handover.error = errno;
  _exit(127);
}

// A pipe whose reading end does not block and that no program started meanwhile inherits.
int MakePipe(UniqueFd& reading, UniqueFd& writing) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return errno;
  }
  reading = UniqueFd(ends[0]);
  writing = UniqueFd(ends[1]);
  return fcntl(reading.get(), F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

// The child must not run a handler of ours in our memory.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }

  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

  const sigset_t& before() const { return before_; }

 private:
  sigset_t before_{};
};

// No value if it was never on a counter of the processor.
std::optional<std::uint64_t> ReadCounter(int fd) {
  struct {
    std::uint64_t value = 0;
    std::uint64_t enabled_ns = 0;
    std::uint64_t running_ns = 0;
  } count;

  if (fd < 0 || read(fd, &count, sizeof(count)) != sizeof(count) || count.running_ns == 0) {
    return std::nullopt;
  }
  if (count.running_ns >= count.enabled_ns) {
    return count.value;
  }
  return static_cast<std::uint64_t>(static_cast<double>(count.value) *
                                    static_cast<double>(count.enabled_ns) /
                                    static_cast<double>(count.running_ns));
}

std::uint64_t NsOf(const timeval& span) {
  return static_cast<std::uint64_t>(span.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(span.tv_usec) * 1'000;
}

}  // namespace

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    Reset();
    fd_ = other.Release();
  }
  return *this;
}

int UniqueFd::Release() {
  return std::exchange(fd_, -1);
}

void UniqueFd::Reset() {
  if (fd_ >= 0) {
    close(Release());
  }
}

std::span<const CounterSpec> ProcessorCounters() {
  return kProcessorCounters;
}

CounterSupport ProbeCounters(std::span<const CounterSpec> wanted) {
  CounterSupport support;
  for (const CounterSpec& spec : wanted) {
    const UniqueFd counter(OpenCounter(spec));
    if (counter.valid()) {
      support.known.push_back(spec);
    } else {
      support.unknown.push_back({spec.metric, WhyNoCounter(errno)});
    }
  }
  return support;
}

int Spawn(const PreparedProgram& program, const SpawnOptions& options, Child& child) {
  UniqueFd out;
  UniqueFd err;
  if (const int error = MakePipe(child.out, out); error != 0) {
    return error;
  }
  if (const int error = MakePipe(child.err, err); error != 0) {
    return error;
  }
  std::vector<char*> argv;
  for (const std::string& word : program.argv) {
    // execve does not write through the pointer; its type is just older than const.
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  std::vector<int> counter_fds(options.counters.size(), -1);
  alignas(16) thread_local std::array<char, kChildStackBytes> stack;
  const AllSignalsBlocked blocked;
  Handover handover{program.path.c_str(), argv.data(),      options.null, out.get(), err.get(),
                    blocked.before(),     options.counters, counter_fds,  0};
  const int shared =
      CLONE_VM | CLONE_VFORK | CLONE_PIDFD | (options.counters.empty() ? 0 : CLONE_FILES) | SIGCHLD;
  int process = -1;
  const int pid = clone(&RunChild, stack.data() + stack.size(), shared, &handover, &process);
  if (pid < 0) {
    return errno;
  }
  child.pid = pid;
  child.process = UniqueFd(process);
  child.counters.clear();
  for (const int fd : counter_fds) {
    child.counters.emplace_back(fd);
  }
  return handover.error;
}

std::optional<ChildEnd> Reap(const Child& child, std::span<const CounterSpec> counters) {
  ChildEnd end;
  rusage used{};
  if (wait4(child.pid, &end.status, WNOHANG, &used) != child.pid) {
    return std::nullopt;
  }
  end.usage.of(UsageMetric::kUserTime) = NsOf(used.ru_utime);
  end.usage.of(UsageMetric::kSystemTime) = NsOf(used.ru_stime);
  end.usage.of(UsageMetric::kPageFaults) =
      static_cast<std::uint64_t>(used.ru_minflt + used.ru_majflt);
  end.usage.of(UsageMetric::kContextSwitches) =
      static_cast<std::uint64_t>(used.ru_nvcsw + used.ru_nivcsw);
  for (std::size_t i = 0; i < counters.size(); ++i) {
    end.usage.of(counters[i].metric) = ReadCounter(child.counters[i].get());
  }
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  end.own_peak_bytes = static_cast<std::uint64_t>(own.ru_maxrss) * kBytesPerKib;
  const std::uint64_t peak = static_cast<std::uint64_t>(used.ru_maxrss) * kBytesPerKib;
  if (peak > end.own_peak_bytes) {
    end.usage.of(UsageMetric::kPeakMemory) = peak;
  }
  return end;
}

UnknownUsage UnknownPeak(std::uint64_t small, std::uint64_t all, std::uint64_t own_peak_bytes) {
  return {UsageMetric::kPeakMemory,
          fmt::format("{} of {} programs stayed below {}, the memory of weir itself: the kernel "
                      "tells no less",
                      FormatCount(small), FormatCount(all), FormatBytes(own_peak_bytes))};
}

std::string EndInWords(int status, std::string_view complaint) {
  constexpr std::size_t kShownMax = 400;
  std::string words = WIFEXITED(status) ? fmt::format("exit code {}", WEXITSTATUS(status))
                                        : fmt::format("ended by signal {} ({})", WTERMSIG(status),
                                                      sigdescr_np(WTERMSIG(status)));
  complaint = complaint.substr(0, complaint.find_last_not_of(" \t\r\n") + 1);
  if (!complaint.empty()) {
    words += fmt::format("; it wrote: {}", Printable(complaint, kShownMax));
  }
  return words;
}

}  // namespace weir::loadgen
