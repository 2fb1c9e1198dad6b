#include "scenarios/threshold.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace weir::scenarios {
namespace {

using Metric = Threshold::Metric;
using Op = Threshold::Op;

struct Expected {
  std::string_view text;
  std::string_view step;
  Metric metric;
  double quantile;
  Op op;
  double limit;
};

class ThresholdGrammarTest : public testing::TestWithParam<Expected> {};

TEST_P(ThresholdGrammarTest, ReadsMetricOperatorAndLimit) {
  const Expected& expected = GetParam();
  const Result<Threshold> threshold = ParseThreshold(expected.text);
  ASSERT_TRUE(threshold) << threshold.error().message;
  EXPECT_EQ(threshold->text, expected.text);
  EXPECT_EQ(threshold->step, expected.step);
  EXPECT_EQ(threshold->metric, expected.metric);
  EXPECT_DOUBLE_EQ(threshold->quantile, expected.quantile);
  EXPECT_EQ(threshold->op, expected.op);
  EXPECT_DOUBLE_EQ(threshold->limit, expected.limit);
}

INSTANTIATE_TEST_SUITE_P(
    Grammar, ThresholdGrammarTest,
    testing::Values(Expected{"p(95) < 200ms", "", Metric::kQuantile, 0.95, Op::kLess, 200e6},
                    Expected{"p(99.9)<=1s", "", Metric::kQuantile, 0.999, Op::kLessEqual, 1e9},
                    Expected{"p95 < 1.5s", "", Metric::kQuantile, 0.95, Op::kLess, 1.5e9},
                    Expected{"p99.9 < 1s", "", Metric::kQuantile, 0.999, Op::kLess, 1e9},
                    Expected{"p999 < 1s", "", Metric::kQuantile, 0.999, Op::kLess, 1e9},
                    Expected{"p9999 < 1s", "", Metric::kQuantile, 0.9999, Op::kLess, 1e9},
                    Expected{"med < 20ms", "", Metric::kQuantile, 0.5, Op::kLess, 20e6},
                    Expected{"avg < 20ms", "", Metric::kMean, 0, Op::kLess, 20e6},
                    Expected{"mean < 20ms", "", Metric::kMean, 0, Op::kLess, 20e6},
                    Expected{"min > 1us", "", Metric::kMin, 0, Op::kGreater, 1e3},
                    Expected{"max < 2s", "", Metric::kMax, 0, Op::kLess, 2e9},
                    Expected{"error_rate < 1%", "", Metric::kErrorRate, 0, Op::kLess, 0.01},
                    Expected{"error_rate <= 0", "", Metric::kErrorRate, 0, Op::kLessEqual, 0},
                    Expected{"rate >= 27k/m", "", Metric::kRate, 0, Op::kGreaterEqual, 450},
                    Expected{"list: p(99) < 400ms", "list", Metric::kQuantile, 0.99, Op::kLess,
                             400e6},
                    Expected{"GET /a:b: max < 1s", "GET /a:b", Metric::kMax, 0, Op::kLess, 1e9}));

TEST(ParseThresholdTest, HintsAtTheUnitThatIsMissing) {
  EXPECT_EQ(ParseThreshold("p(95) < 200").error().message,
            "limit '200' of a response time has no unit\n  hint: for milliseconds write '200ms'");
}

}  // namespace
}  // namespace weir::scenarios
