#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/verdict.h"
#include "monitor/rules/gate_rule.h"
#include "store/deployments.h"
#include "store/finished_runs.h"

namespace weir::store {
class Store;
struct VerdictHead;
}  // namespace weir::store

namespace weir::monitor {

/// A verdict that a gate or a watch handed out.
struct GateVerdict {
  std::int64_t id = 0;  ///< `weir gate replay ID` gives it again.
  WallTime at{};
  std::string subject;    ///< The scenario of what was judged, or the service; empty: not known.
  std::string candidate;  ///< Selector as written, e.g. "build:b7".
  Verdict verdict = Verdict::kInconclusive;
  GateAction action = GateAction::kHold;
  std::string reason;  ///< One sentence.

  friend bool operator==(const GateVerdict&, const GateVerdict&) = default;
};

/// What stands in a history of gates and deployments; newest first.
struct GateNews {
  static constexpr std::size_t kListed = 20;  ///< At most so many of each.

  std::vector<GateVerdict> verdicts = {};
  std::vector<store::Deployment> deployments = {};

  /// The newest verdict of each scenario and service among the newest kLookedAt, and all that came
  /// since the reader began; at most so many, those with the newest.
  std::vector<StandingVerdict> standing = {};
  static constexpr std::size_t kLookedAt = 1000;

  /// The last deployment of each service, and the last run of each scenario: as `standing`, but of
  /// the newest kListed at the beginning.
  std::vector<Happening> happened = {};

  std::string trouble = {};  ///< Why it may be out of date; empty: it is not.
};

/// How the gates stand: of the newest verdict of each subject the worst, of equals the newest; null
/// without verdicts. Points into `verdicts`, which are newest first. Pure.
const GateVerdict* WorstStanding(const std::vector<GateVerdict>& verdicts);

/// Reads them, over connections of its own. Thread rule: one owner.
class GateReader {
 public:
  explicit GateReader(std::string store_path);
  ~GateReader();
  GateReader(const GateReader&) = delete;
  GateReader& operator=(const GateReader&) = delete;

  /// What stands there, if anybody has written to the file since the call before; else nothing,
  /// which costs microseconds. What cannot be read is `trouble`, and tried again by the next call.
  std::optional<GateNews> ReadIfChanged();

 private:
  Status Open();
  Result<GateNews> Read();
  void Take(store::VerdictHead head);
  void Note(bool is_run, const std::string& subject, std::int64_t id, WallTime at);

  const std::string store_path_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Deployments> deployments_;
  std::unique_ptr<store::FinishedRuns> finished_;
  std::optional<std::int64_t> seen_;  // ChangeCount of what was read last.

  // Verdicts never change, so that only new ones are read.
  std::int64_t newest_ = 0;        // The number of the last.
  std::vector<GateVerdict> last_;  // The newest kListed, newest first.

  struct Standing {
    std::int64_t id = 0;
    StandingVerdict verdict;
  };

  std::map<std::pair<std::string, std::string>, Standing> standing_;  // By scenario and service.

  struct Last {
    std::int64_t id = 0;
    WallTime at{};
  };

  std::map<std::pair<bool, std::string>, Last> happened_;  // By Happening::is_run and subject.
};

}  // namespace weir::monitor
