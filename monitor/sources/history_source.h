#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "base/run.h"
#include "monitor/sources/run_series.h"
#include "monitor/sources/sample.h"
#include "monitor/sources/source.h"
#include "store/finished_runs.h"

namespace weir::store {
class Store;
}  // namespace weir::store

namespace weir::monitor {

/// The finished runs of a history (RunSeries), as they come: a look has the newest run of each
/// scenario, and that a run was told by an earlier look already (Sample::repeated). Of several runs
/// of a scenario that finished since the last look one is told by each look, in their order. What
/// was there before the first look is its past (Reading::past). A look at a file to which nobody
/// has written costs microseconds.
class HistorySource final : public Source {
 public:
  /// Runs that are looked at: the newest so many. Others of a scenario are not told.
  static constexpr std::size_t kRunsMax = RunBoard::kKept;

  explicit HistorySource(std::string path);
  ~HistorySource() override;

  tl::expected<Reading, SourceTrouble> Read() override;

 private:
  Result<Reading> Look();
  Status Open();
  Status Find();
  Status TellNext();

  const std::string path_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::FinishedRuns> finished_;
  std::optional<std::int64_t> seen_;        // ChangeCount of what was read last.
  std::set<RunId> known_;                   // Of the newest kRunsMax.
  std::deque<store::FinishedRun> waiting_;  // In the order in which they are told.
  RunBoard board_;
  bool began_ = false;
};

}  // namespace weir::monitor
