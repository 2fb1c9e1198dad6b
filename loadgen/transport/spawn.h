#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/run.h"
#include "loadgen/prepared.h"

/// Starting programs cheaply and finding out what they used. Linux only.
namespace weir::loadgen {

/// A file descriptor with an owner.
class UniqueFd {
 public:
  UniqueFd() = default;

  explicit UniqueFd(int fd) : fd_(fd) {}

  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}

  UniqueFd& operator=(UniqueFd&& other) noexcept;

  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }

  bool valid() const { return fd_ >= 0; }

  int Release();
  void Reset();

 private:
  int fd_ = -1;
};

/// A counter of the kernel's perf events, as perf_event_open(2) names it.
struct CounterSpec {
  UsageMetric metric = UsageMetric::kInstructions;
  std::uint32_t type = 0;
  std::uint64_t config = 0;
};

/// Those of the processor that a program is measured by: instructions, cycles, misses.
std::span<const CounterSpec> ProcessorCounters();

/// Which counters this machine gives to this user, and why not the others.
struct CounterSupport {
  std::vector<CounterSpec> known;
  std::vector<UnknownUsage> unknown;
};

/// Tries each of `wanted` on the calling thread. Costs a system call for each.
CounterSupport ProbeCounters(std::span<const CounterSpec> wanted);

/// A program on its way. It leads a process group of its own, and the kernel ends it when the
/// thread that started it ends.
struct Child {
  pid_t pid = -1;
  UniqueFd process;  ///< pidfd: readable when it has ended.
  UniqueFd out;      ///< Reading ends of its stdout and stderr, not blocking.
  UniqueFd err;
  std::vector<UniqueFd> counters;  ///< As in SpawnOptions::counters.
};

struct SpawnOptions {
  std::span<const CounterSpec> counters;  ///< Known ones; they count from the exec on, user space
                                          ///< only, children included.
  int null = -1;                          ///< /dev/null, open for reading: its stdin.
};

/// Starts `program` with an empty stdin, the environment of this process and default signals.
///
/// As posix_spawn does, the child borrows the memory of this process until it executes the program
/// (CLONE_VM, CLONE_VFORK), so the cost does not grow with that memory; unlike it, the child opens
/// its own counters and hands them back, so programs at the same time are told apart.
///
/// Returns 0 or an errno: of the pipes (EMFILE, ENFILE), of the clone (EAGAIN, ENOMEM) or of the
/// exec (ENOENT, EACCES, ENOEXEC, ...). Blocks until the program was executed, some 0.2 ms.
/// Thread-safe.
int Spawn(const PreparedProgram& program, const SpawnOptions& options, Child& child);

/// What became of a child.
struct ChildEnd {
  int status = 0;  ///< As wait4(2) gives it.
  ProgramUsage usage;
  std::uint64_t own_peak_bytes = 0;  ///< Of this process: a peak not above it is not known.
};

/// Takes the end of `child` from the kernel, with what it used, its own children included as far as
/// it has waited for them; no value while it runs. `counters` as in its SpawnOptions; when the
/// processor had to share its counters among too many events, counts are scaled up by time.
///
/// The kernel counts the memory of a program from before its exec, when it still was ours; so a
/// peak that is not above that of this process is not known.
std::optional<ChildEnd> Reap(const Child& child, std::span<const CounterSpec> counters);

/// How many of the programs had a peak of memory that is not known, and why.
UnknownUsage UnknownPeak(std::uint64_t small, std::uint64_t all, std::uint64_t own_peak_bytes);

/// "exit code 3", "ended by signal 11 (Segmentation fault)"; with what the program wrote to stderr,
/// if anything: "exit code 3; it wrote: no such file". Printable.
std::string EndInWords(int status, std::string_view complaint);

}  // namespace weir::loadgen
