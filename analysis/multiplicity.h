#pragma once

#include <span>
#include <vector>

/// Many questions asked of the same data: how sure is an answer that was looked for? Adjusted
/// p-values are in the order of the input and may be compared with the level for the whole family.
/// NaN (a test that could not be made) stays NaN and does not count. Every p in [0, 1].
/// Cost: O(m log m). Thread-safe (pure).
/// Checked against: the definitions written out in NumPy,
/// tests/golden/analysis/statistics_core.csv, 1e-14; null calibration in
/// tests/analysis/statistics_calibration_test.cc.
namespace weir::analysis {

/// Holds the chance of any false finding at the level, whatever the dependence between the tests.
/// Source: Holm, Scandinavian Journal of Statistics 6 (1979).
std::vector<double> HolmAdjusted(std::span<const double> p_values);

/// Holds the expected share of false ones among the findings (false discovery rate), for
/// independent or positively dependent tests. Source: Benjamini and Hochberg, JRSS B 57 (1995).
std::vector<double> BenjaminiHochbergAdjusted(std::span<const double> p_values);

/// The same for any dependence, at the price of a factor of about ln m.
/// Source: Benjamini and Yekutieli, Annals of Statistics 29 (2001).
std::vector<double> BenjaminiYekutieliAdjusted(std::span<const double> p_values);

/// One p-value for "at least one of them is not null": min over i of m p(i) / i. Valid for
/// independent or positively dependent tests. 1 when there is none.
/// Source: Simes, Biometrika 73 (1986).
double SimesP(std::span<const double> p_values);

}  // namespace weir::analysis
