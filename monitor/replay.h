#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "monitor/config/monitor_config.h"
#include "monitor/rules/rule_engine.h"
#include "monitor/sources/sample.h"
#include "store/monitor_book.h"

/// A monitor on samples of the past: the clock is that of the data, and nothing is sent or written.
namespace weir::monitor {

/// Alerts that changed and messages that were due at one instant.
struct ReplayStep {
  WallTime at{};
  std::vector<AlertInstance> alerts;
  std::vector<store::OutboxMessage> messages;
};

struct ReplayTotals {
  std::uint64_t evaluations = 0;
  std::uint64_t fired = 0;
  std::uint64_t resolved = 0;
  std::uint64_t messages = 0;
  SourceLedger ledger;  ///< Of all lines; rejected also for "unknown_source", "unknown_query",
                        ///< "no_time" and "out_of_order".
  WallTime from{};
  WallTime to{};
};

/// Evaluates the rules of `config` from the first sample of `path` (SampleLines) to the last, each
/// `evaluate_every`, as LiveMonitor would have if each sample had come at its time. Samples of one
/// source and time are one look; times ascend in each source. A line without `source` is of the
/// only source of the file; for a Prometheus `query` says which query it answers, with the text of
/// the rule. The same file gives the same steps, byte for byte.
/// `path` may be a history, too: its newest kReplayRunsMax finished runs, each at its end, are what
/// sources `history` have, and its verdicts and deployments what rules on them know, as if each had
/// been written then. Other sources bring nothing.
/// Errors: kUnavailable: as Store; kUsage: no file, none of its lines fits, or more evaluations
/// than kReplayStepsMax.
inline constexpr std::uint64_t kReplayStepsMax = 50'000'000;
inline constexpr std::size_t kReplayRunsMax = 1000;
inline constexpr std::size_t kReplaySamplesMax = 4'000'000;
inline constexpr std::size_t kReplayVerdictsMax = 100'000;
Result<ReplayTotals> Replay(const MonitorConfig& config, const std::string& path,
                            const std::function<void(const ReplayStep&)>& each);

}  // namespace weir::monitor
