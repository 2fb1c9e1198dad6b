#pragma once

#include <cstddef>

/// Whether a rule is worth being told of, by what people said of its alerts. Pure.
namespace weir::monitor {

/// How the alerts of a rule were marked, an episode each.
struct RulePrecision {
  /// A rule shall be useful in this share of its alerts, [0, 1].
  static constexpr double kWanted = 0.9;
  /// With fewer marks nothing is said.
  static constexpr std::size_t kMarksNeeded = 5;
  /// A rule that is useful just as often as is wanted is found to be worse with at most this
  /// probability.
  static constexpr double kErrorMax = 0.05;

  std::size_t useful = 0;
  std::size_t noise = 0;

  std::size_t Marked() const { return useful + noise; }

  /// Of those that are marked, the share that was useful, [0, 1]; 1 when none is marked.
  double Share() const;

  /// Whether the marks say that it is below kWanted, and not by chance: with a rule that is just as
  /// good as wanted, so many or more were marked noise with a probability of kErrorMax at most (the
  /// exact one-sided test of a binomial share; Clopper and Pearson, Biometrika 26, 1934). Cost:
  /// O(noise).
  bool IsLow() const;

  friend bool operator==(const RulePrecision&, const RulePrecision&) = default;
};

}  // namespace weir::monitor
