#include "analysis/distributions.h"

#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/golden.h"

namespace weir::analysis {
namespace {

using Arguments = std::array<double, 4>;

const std::map<std::string, std::function<double(const Arguments&)>>& Functions() {
  static const std::map<std::string, std::function<double(const Arguments&)>> kFunctions = {
      {"normal_cdf", [](const Arguments& x) { return NormalCdf(x[0]); }},
      {"normal_upper_tail", [](const Arguments& x) { return NormalUpperTail(x[0]); }},
      {"normal_quantile", [](const Arguments& x) { return NormalQuantile(x[0]); }},
      {"normal_upper_quantile", [](const Arguments& x) { return NormalUpperQuantile(x[0]); }},
      {"student_upper_tail", [](const Arguments& x) { return StudentUpperTail(x[0], x[1]); }},
      {"student_quantile", [](const Arguments& x) { return StudentQuantile(x[0], x[1]); }},
      {"beta_cdf", [](const Arguments& x) { return BetaCdf(x[0], x[1], x[2]); }},
      {"binomial_cdf",
       [](const Arguments& x) {
         return BinomialCdf(std::llround(x[0]), static_cast<std::uint64_t>(x[1]), x[2]);
       }},
      {"hypergeometric_upper_tail",
       [](const Arguments& x) {
         return HypergeometricUpperTail(
             static_cast<std::uint64_t>(x[0]), static_cast<std::uint64_t>(x[1]),
             static_cast<std::uint64_t>(x[2]), static_cast<std::uint64_t>(x[3]));
       }},
  };
  return kFunctions;
}

// The values and the program that made them lie in tests/golden/analysis.
TEST(DistributionsTest, AgreeWithScipy) {
  std::ifstream file(tests::GoldenPath("analysis/distributions.csv"));
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  std::size_t rows = 0;
  for (; std::getline(file, line); ++rows) {
    std::istringstream cells(line);
    std::string name;
    std::getline(cells, name, ',');
    std::array<double, 5> numbers{};
    for (double& number : numbers) {
      std::string cell;
      ASSERT_TRUE(std::getline(cells, cell, ',')) << line;
      const char* end = cell.data() + cell.size();
      ASSERT_EQ(std::from_chars(cell.data(), end, number).ptr, end) << line;
    }
    const auto function = Functions().find(name);
    ASSERT_NE(function, Functions().end()) << line;
    const double value = function->second({numbers[0], numbers[1], numbers[2], numbers[3]});
    // SciPy's own Student quantile is good to 3e-9 (R has -2.131846786326649 for its
    // -2.13184678134).
    EXPECT_NEAR(value, numbers[4], 1e-8 * std::fabs(numbers[4]) + 1e-15) << line;
  }
  EXPECT_GT(rows, 50U);
}

TEST(DistributionsTest, QuantilesInvertTheirDistributions) {
  for (const double p : {0.001, 0.05, 0.5, 0.8, 0.999}) {
    EXPECT_NEAR(NormalCdf(NormalQuantile(p)), p, 1e-12);
    EXPECT_NEAR(NormalUpperTail(NormalUpperQuantile(p)), p, 1e-12);
    for (const double df : {1.0, 2.5, 4.0, 300.0}) {
      EXPECT_NEAR(StudentUpperTail(StudentQuantile(p, df), df), 1 - p, 1e-10);
    }
  }
}

}  // namespace
}  // namespace weir::analysis
