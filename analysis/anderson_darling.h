#pragma once

#include <optional>
#include <vector>

namespace weir::analysis {

/// A fit of values that should be uniform on (0, 1).
struct FitTest {
  double a2 = 0;  ///< Anderson-Darling A^2; grows with the number of values when they do not fit.
  double p = 1;   ///< The chance of an A^2 at least this large when they do.
  std::size_t count = 0;

  /// A^2 over the number of values: how far the two distributions are apart, whatever the size of
  /// the sample. 0 = the same.
  double distance() const { return a2 / static_cast<double>(count); }
};

/// The test of a fully specified distribution: pass each value through its distribution function.
/// Values outside (0, 1) count as the nearest one that is finite. No value for fewer than
/// kFitValuesMin, where the p-value is not to be trusted.
/// Cost: O(n log n).
/// Source: Anderson and Darling, JASA 49 (1954); p-value by Marsaglia and Marsaglia, J. Stat.
/// Softw. 9(2) (2004), absolute error below 1e-5 for p > 1e-4; beyond A^2 = 10 an exponential tail.
/// Checked against: Marsaglia's table (A^2 of 1.9329578, 2.4923672, 3.8578 at p of 0.10, 0.05,
/// 0.01 in the limit), and seeded null data in tests/analysis.
std::optional<FitTest> TestUniform(std::vector<double> values);

inline constexpr std::size_t kFitValuesMin = 8;

/// The chance of an A^2 above `a2` for `count` values that fit.
double AndersonDarlingTail(double a2, std::size_t count);

}  // namespace weir::analysis
