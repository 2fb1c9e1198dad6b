#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "analysis/history_changes.h"
#include "base/run.h"
#include "reports/text_options.h"

namespace weir::reports {

/// One run as a line of history. Latencies are response times of the measured phase; a value that
/// is not known has none.
struct HistoryRow {
  RunId run = 0;
  std::string scenario;
  std::string target;
  std::string build;
  std::string branch;
  std::string tag;
  RunState state = RunState::kRunning;
  bool in_progress = false;  ///< kRunning, and its recorder is alive.
  WallTime started_at{};
  std::optional<Nanos> duration;
  std::optional<std::uint64_t> requests;  ///< Planned.
  std::optional<double> error_ratio;      ///< 0..1.
  std::optional<double> rate_per_s;       ///< Achieved.
  std::optional<double> p50_ns;
  std::optional<double> p99_ns;
  bool p50_lower_bound = false;  ///< Requests were cut off below it: the truth may be longer.
  bool p99_lower_bound = false;
};

/// "running" for a run in progress, else RunStateName.
std::string_view StateWord(const HistoryRow& row);

/// The row of a run that is at hand as a whole. p99 only with samples enough for it.
HistoryRow HistoryRowOf(const Run& run);

/// Schema "weir.history/1": {"schema", "runs": [...]} in the order given, the rules of RunJson; and
/// "changes" with all change points of `changes` (HistoryChangesToJson), or null with a reason.
std::string HistoryJson(std::span<const HistoryRow> rows,
                        const std::optional<analysis::HistoryChanges>& changes);

/// A table, one line per run in the order given; what does not fit `options.width` is left out
/// from the right or cut. An arrow stands before each number that a change point of the whole run
/// moved there, and the change points that begin with one of `rows` are told below the table.
/// Without rows: one line saying so.
std::string RenderHistoryText(std::span<const HistoryRow> rows,
                              const std::optional<analysis::HistoryChanges>& changes,
                              const TextOptions& options = {});

}  // namespace weir::reports
