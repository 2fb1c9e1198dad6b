#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The highest rate at which a target keeps what is demanded of it, as a pure search: it says which
/// rate to try next, and is told what came of it.
namespace weir::analysis {

struct CapacityOptions {
  double rate_first = 10;   ///< Where the search begins, per second. > 0.
  double rate_max = 1e6;    ///< Never above it. >= rate_first.
  double growth = 2;        ///< From a kept rate to the next one, until one breaks. > 1.
  double tolerance = 0.03;  ///< Width of the interval at the end, of its lower end. > 0.
  int probes_max = 60;      ///< Over all of the search. > 0.
};

enum class ProbeState : std::uint8_t {
  kKept,    ///< Every demand held.
  kBroken,  ///< One did not.
  kUnknown  ///< It cannot be told: the generator was at its limit, or there were too few requests.
};

struct CapacityProbe {
  enum class Kind : std::uint8_t { kGrow, kNarrow, kConfirm };
  double rate = 0;  ///< Per second.
  Kind kind = Kind::kGrow;
};

/// Where a search ended.
enum class CapacityEnd : std::uint8_t {
  kFound,      ///< `kept` and `broken` are confirmed, and as close as was asked for.
  kNeverKept,  ///< Not even the lowest rate that was tried, rate_first / 100, was kept.
  kAtMax,      ///< rate_max was kept: the capacity is at least that.
  kUnknown,    ///< Two probes in a row of the same rate could not be told.
  kTooMany,    ///< probes_max were not enough: the target does not answer the same way twice.
};

/// Grows by `growth` until a rate breaks, halves the bracket (geometrically) until it is as narrow
/// as `tolerance`, then tries both ends again with a longer run: a lower end that breaks and an
/// upper end that is kept are moved by `tolerance`, until a confirmed pair stands. A short probe
/// near the limit may go either way; so it decides only where the long ones look.
/// One owner. Cost: O(1).
class CapacitySearch {
 public:
  explicit CapacitySearch(const CapacityOptions& options);

  /// What to try next; none when the search is over.
  std::optional<CapacityProbe> Next() const;

  /// What came of Next().
  void Tell(ProbeState state);

  /// Only when Next() gives none.
  CapacityEnd end() const { return *end_; }

  /// The highest rate that is known to be kept, and the lowest above it that is known to break.
  /// When kFound, both of confirming runs.
  std::optional<double> kept() const { return kept_; }

  std::optional<double> broken() const { return broken_; }

 private:
  void TellUnconfirmed(bool kept);
  void TellConfirmed(bool kept);
  void ChooseUnconfirmed();
  void ChooseConfirmed();

  CapacityOptions options_;
  std::optional<CapacityEnd> end_;
  CapacityProbe next_;
  std::optional<double> kept_;
  std::optional<double> broken_;
  bool kept_is_confirmed_ = false;
  bool broken_is_confirmed_ = false;
  bool last_was_unknown_ = false;
  int probes_ = 0;
};

}  // namespace weir::analysis
