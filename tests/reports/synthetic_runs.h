#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/verdict.h"
#include "reports/html_report.h"

/// Runs that never happened, the same for the same seed: what the tests of reports render.
namespace weir::reports {

struct SyntheticOptions {
  RunId id = 1;
  std::string scenario = "checkout";
  std::string build = "b1";
  std::uint64_t seed = 1;
  std::uint32_t seconds = 30;  ///< The first fifth is warm-up.
  double rate_per_s = 400;
  double slower = 1;    ///< Factor on the slowest tenth.
  bool stall = false;   ///< Nothing is answered for half a second in the middle.
  double errors = 0;    ///< Share that fails with a status.
  double timeouts = 0;  ///< Share that is never answered.
};

/// A whole run with two steps, its seconds and its thresholds.
RunPage SyntheticRun(const SyntheticOptions& options);

/// Two builds in turns, one slower at the tail, with their verdicts; other scenarios, one run each
/// with errors, time-outs and a stall; an aborted run.
ReportData SyntheticReport();

/// A report whose every name is an attack or an accident: markup, quotes, NUL, broken UTF-8,
/// right-to-left marks, 10 kB.
ReportData HostileReport();

}  // namespace weir::reports
