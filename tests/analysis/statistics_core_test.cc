// Every function of the statistics core against SciPy, or against the definition over all
// arrangements: tests/golden/analysis/statistics_core.py.
#include <cmath>
#include <functional>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "analysis/bootstrap.h"
#include "analysis/equivalence.h"
#include "analysis/exact_intervals.h"
#include "analysis/harrell_davis.h"
#include "analysis/moments.h"
#include "analysis/multiplicity.h"
#include "analysis/permutation.h"
#include "analysis/rank_tests.h"
#include "analysis/sequential_t.h"
#include "tests/analysis/golden_table.h"

namespace weir::analysis {
namespace {

// A row of the table.
struct Case {
  std::vector<double> a;
  std::vector<double> b;
  std::string parameter;
  std::string figure;
};

double End(const Interval& interval, const std::string& figure) {
  return figure == "low" ? interval.low : interval.high;
}

Tail TailOf(const std::string& figure) {
  return figure == "greater" ? Tail::kGreater : figure == "less" ? Tail::kLess : Tail::kTwoSided;
}

double Mean(std::span<const double> values) {
  return MomentsOf(values).mean;
}

double MeanError(std::span<const double> values) {
  const Moments moments = MomentsOf(values);
  // A resample of equal values has none, whatever rounding says.
  return moments.variance() > 1e-20 ? std::sqrt(moments.variance() / moments.count) : 0;
}

double Bca(const Case& row, BootstrapOptions::Widening widening) {
  return End(BcaInterval(row.a, &Mean, {.confidence = 0.9, .widening = widening})->interval,
             row.figure);
}

double Tost(const std::optional<EstimatedDifference>& estimate, const std::string& margin) {
  const std::vector<double> ends = tests::NumbersOf(margin);
  return TestEquivalence(*estimate, {.low = ends[0], .high = ends[1]}, 0.05).p;
}

double At(const std::vector<double>& values, const std::string& index) {
  return values.at(static_cast<std::size_t>(tests::NumberOf(index)));
}

std::uint64_t Count(double value) {
  return static_cast<std::uint64_t>(value);
}

using Compute = std::function<double(const Case&)>;

const std::map<std::string, Compute>& Functions() {
  static const std::map<std::string, Compute> kFunctions = {
      {"mann_whitney",
       [](const Case& row) {
         const MannWhitney test = TestMannWhitney(row.a, row.b, TailOf(row.figure));
         return row.figure == "u" ? test.u : test.p_value;
       }},
      {"shift", [](const Case& row) { return EstimateShift(row.a, row.b, 0.95)->shift; }},
      {"permutation",
       [](const Case& row) {
         return TestByPermutation(row.a, row.b, &MeanDifference, TailOf(row.figure)).p_value;
       }},
      {"signs", [](const Case& row) { return TestBySigns(row.a, TailOf(row.figure)).p_value; }},
      {"welch_tost",
       [](const Case& row) { return Tost(WelchDifference(row.a, row.b), row.parameter); }},
      {"paired_tost", [](const Case& row) { return Tost(PairedDifference(row.a), row.parameter); }},
      {"harrell_davis",
       [](const Case& row) { return HarrellDavis(row.a, tests::NumberOf(row.figure)); }},
      {"harrell_davis_wide",
       [](const Case& row) {
         const double q = tests::NumberOf(row.figure);
         return HarrellDavis(row.a, q, WidenedSize(q));
       }},
      {"clopper_pearson",
       [](const Case& row) {
         return End(
             ClopperPearson(Count(row.a[0]), Count(row.a[1]), tests::NumberOf(row.parameter)),
             row.figure);
       }},
      {"garwood",
       [](const Case& row) {
         return End(Garwood(Count(row.a[0]), tests::NumberOf(row.parameter)), row.figure);
       }},
      {"holm", [](const Case& row) { return At(HolmAdjusted(row.a), row.figure); }},
      {"benjamini_hochberg",
       [](const Case& row) { return At(BenjaminiHochbergAdjusted(row.a), row.figure); }},
      {"benjamini_yekutieli",
       [](const Case& row) { return At(BenjaminiYekutieliAdjusted(row.a), row.figure); }},
      {"simes", [](const Case& row) { return SimesP(row.a); }},
      {"sequential_t",
       [](const Case& row) {
         return SequentialTEvidence(Count(tests::NumberOf(row.figure)), row.a[0]);
       }},
      {"bca_none", [](const Case& row) { return Bca(row, BootstrapOptions::Widening::kNone); }},
      {"bca_small",
       [](const Case& row) { return Bca(row, BootstrapOptions::Widening::kSmallSize); }},
      {"studentised",
       [](const Case& row) {
         return End(StudentisedInterval(row.a, &Mean, &MeanError, {.confidence = 0.9})->interval,
                    row.figure);
       }},
  };
  return kFunctions;
}

TEST(StatisticsCoreTest, AgreesWithSciPyAndTheDefinitions) {
  for (auto& cells : tests::ReadGoldenTable("statistics_core.csv")) {
    SCOPED_TRACE(cells["function"] + " " + cells["figure"] + " of " + cells["a"].substr(0, 60) +
                 " | " + cells["b"].substr(0, 60) + " at " + cells["parameter"]);
    const Case row{.a = tests::NumbersOf(cells["a"]),
                   .b = tests::NumbersOf(cells["b"]),
                   .parameter = cells["parameter"],
                   .figure = cells["figure"]};
    const auto function = Functions().find(cells["function"]);
    ASSERT_NE(function, Functions().end());
    const double expected = tests::NumberOf(cells["value"]);
    const double tolerance = cells["function"] == "sequential_t" ? 1e-6 : 1e-9;
    EXPECT_NEAR(function->second(row), expected, tolerance * std::max(1.0, std::fabs(expected)));
  }
}

}  // namespace
}  // namespace weir::analysis
