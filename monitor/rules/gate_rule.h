#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/verdict.h"
#include "monitor/alerts/label_matcher.h"
#include "monitor/rules/series_judge.h"

/// Alerts on what gates decided. Pure.
namespace weir::monitor {

/// The newest verdict about a scenario, or about a service whose deployment was watched.
struct StandingVerdict {
  std::string scenario;  ///< Empty: a service.
  std::string service;   ///< Empty: a scenario.
  std::string build;     ///< May be empty: not known.
  Verdict verdict = Verdict::kInconclusive;
  WallTime at{};
  std::string why;  ///< One sentence.

  /// Those of the three that are not empty.
  Labels labels() const;

  friend bool operator==(const StandingVerdict&, const StandingVerdict&) = default;
};

/// The last deployment of a service, or the last run of a scenario that finished.
struct Happening {
  bool is_run = false;
  std::string subject;
  WallTime at{};

  friend bool operator==(const Happening&, const Happening&) = default;
};

/// What the history says, as far as rules look at it.
struct HistoryView {
  bool known = false;  ///< False: it could not be read, and alerts about it stay as they are.
  std::span<const StandingVerdict> verdicts = {};  ///< One of each scenario and service.
  std::span<const Happening> happened = {};        ///< The same.
};

struct GateSpec {
  std::string scenario = {};  ///< Empty: any, unless `service` says which.
  std::string service = {};
  std::vector<Verdict> verdicts = {Verdict::kFail};  ///< Any of them is bad. Not kPass.
  Nanos keep = std::chrono::hours(24 * 7);           ///< An older verdict says nothing. > 0.

  /// Whether it is about this one, bad, and at `at` young enough.
  bool IsBad(const StandingVerdict& standing, WallTime at) const;

  friend bool operator==(const GateSpec&, const GateSpec&) = default;
};

/// The judge of the verdicts about one build of a scenario or a service. RuleEngine shows it those
/// that are bad; where none is any more, the condition is gone.
class GateJudge final : public SeriesJudge {
 public:
  void Put(const StandingVerdict& standing);

  /// Not used: a verdict is no value.
  void Add(WallTime /*at*/, std::size_t /*input*/, double /*value*/) override {}

  /// Nothing before the first Put.
  std::optional<bool> Holds(AlertPhase phase) const override;
  std::optional<double> value() const override;
  std::string_view value_word() const override;

  std::string Why() const override { return why_; }

 private:
  std::optional<Verdict> verdict_;
  std::string why_;
};

/// What a rule says of itself.
std::string DescribeGate(const GateSpec& spec);

}  // namespace weir::monitor
