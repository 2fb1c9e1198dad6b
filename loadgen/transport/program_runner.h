#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/run.h"
#include "base/time.h"
#include "loadgen/transport/spawn.h"

namespace weir::loadgen {

/// One run of a program, from start to exit.
struct ProgramSample {
  Instant started{};
  Nanos wall{0};  ///< Until the exit; of one that was cut off, until then.
  RequestError error = RequestError::kNone;  ///< kExitCode, kSignal, kTimeout, kNoProgram or
                                             ///< kRunEnded (Stop).
  std::string end;                           ///< In words, as EndInWords has it.
  ProgramUsage usage;
  std::string out;  ///< What it wrote, as much as was to be kept.
  std::string err;
};

/// Runs programs one at a time while the caller waits: for pairs, whose order matters, and for
/// programs that measure themselves. Under load they run on CommandTransport.
///
/// Thread rule: one thread runs; Stop may be called from any thread and from signal handlers.
class ProgramRunner {
 public:
  struct Options {
    Nanos timeout = std::chrono::hours(1);  ///< Then its process group is killed. > 0.
    std::size_t out_kept_max = 0;           ///< Bytes of stdout; the rest is read and dropped.
    std::size_t err_kept_max = 400;
  };

  /// `clock` must outlive it. Errors: kUnavailable (out of descriptors).
  static Result<ProgramRunner> Create(const Clock& clock);

  ProgramSample Run(const PreparedProgram& program, const Options& options);

  /// Ends the program that runs; every later one ends before it begins.
  void Stop() const;

  /// What the samples do not tell, and why.
  std::vector<UnknownUsage> unknown() const;

 private:
  explicit ProgramRunner(const Clock& clock);

  const Clock* clock_;
  CounterSupport counters_;
  UniqueFd null_;
  UniqueFd stop_;  ///< eventfd: readable for ever once Stop was called.
  std::uint64_t ended_ = 0;
  std::uint64_t small_ = 0;  ///< Of them, those with a peak of memory below our own.
  std::uint64_t own_peak_bytes_ = 0;
};

}  // namespace weir::loadgen
