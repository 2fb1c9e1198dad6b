#include "scenarios/threshold.h"

#include <string>
#include <string_view>
#include <vector>

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
                    Expected{"count >= 1000", "", Metric::kCount, 0, Op::kGreaterEqual, 1000},
                    Expected{"achieved >= 99%", "", Metric::kAchieved, 0, Op::kGreaterEqual, 0.99},
                    Expected{"validity >= suspect", "", Metric::kValidity, 0, Op::kGreaterEqual, 1},
                    Expected{"value(rss) < 5MB", "", Metric::kValue, 0, Op::kLess, 5e6},
                    Expected{"rate >= 27k/m", "", Metric::kRate, 0, Op::kGreaterEqual, 450},
                    Expected{"list: p(99) < 400ms", "list", Metric::kQuantile, 0.99, Op::kLess,
                             400e6},
                    Expected{"GET /a:b: max < 1s", "GET /a:b", Metric::kMax, 0, Op::kLess, 1e9}));

TEST(ParseThresholdTest, HintsAtTheUnitThatIsMissing) {
  EXPECT_EQ(ParseThreshold("p(95) < 200").error().message,
            "limit '200' of a response time has no unit\n  hint: for milliseconds write '200ms'");
}

TEST(ParseThresholdTest, ReadsTagsWindowAndEnd) {
  const Result<Threshold> threshold =
      ParseThreshold("p(95){team:shop, kind:api} < 200ms over 30s abort after 1m");
  ASSERT_TRUE(threshold) << threshold.error().message;
  EXPECT_EQ(threshold->tags, (std::vector<Tag>{{"kind", "api"}, {"team", "shop"}}));
  EXPECT_EQ(threshold->window, std::chrono::seconds(30));
  EXPECT_EQ(threshold->abort_after, std::chrono::minutes(1));
  EXPECT_EQ(threshold->limit, 200e6);
}

TEST(ParseThresholdTest, TheEndMayStandBehindAComma) {
  const Result<Threshold> threshold = ParseThreshold("list: max < 1s, abort after 10s");
  ASSERT_TRUE(threshold) << threshold.error().message;
  EXPECT_EQ(threshold->step, "list");
  EXPECT_EQ(threshold->abort_after, std::chrono::seconds(10));
}

TEST(ParseThresholdTest, OtherTimesThanTheResponseTimeAreNamed) {
  EXPECT_EQ(ParseThreshold("send_lag p(99) < 1ms")->latency, LatencyKind::kSendLag);
  EXPECT_EQ(ParseThreshold("service_time avg < 1ms")->latency, LatencyKind::kService);
  EXPECT_EQ(ParseThreshold("list: response_time max < 1ms")->latency, LatencyKind::kResponse);
}

struct Refused {
  std::string_view text;
  std::string_view message;
};

class ThresholdRefusedTest : public testing::TestWithParam<Refused> {};

TEST_P(ThresholdRefusedTest, SaysWhatIsWrong) {
  const Result<Threshold> threshold = ParseThreshold(GetParam().text);
  ASSERT_FALSE(threshold);
  EXPECT_EQ(threshold.error().message.substr(0, threshold.error().message.find('\n')),
            GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Grammar, ThresholdRefusedTest,
    testing::Values(Refused{"p(95) < 1s over 1500ms", "'over 1500ms' is out of range"},
                    Refused{"p(95) < 1s over 11m", "'over 11m' is out of range"},
                    Refused{"p(95) < 1s abort after 0s", "'abort after 0s' is out of range"},
                    Refused{"p(95){kind} < 1s", "'kind' is no tag"},
                    Refused{"p(95){kind:a b} < 1s", "'kind:a b' is no tag"},
                    Refused{"p(95){kind:api < 1s", "tags do not end in '}' before the comparison"},
                    Refused{"list: p(95){kind:api} < 1s", "a step and tags"},
                    Refused{"send_lag error_rate < 1%", "'send_lag error_rate' is no time"},
                    Refused{"value < 1", "'value' of what?"},
                    Refused{"value() < 1", "'value()' names no metric"},
                    Refused{"value(x) < 1 over 10s", "'value' is known at the end of the run only"},
                    Refused{"list: value(x) < 1", "'value' is one of the whole run"},
                    Refused{"validity < valid", "validity is compared by '>='"},
                    Refused{"validity >= good", "'good' is no validity"}));

}  // namespace
}  // namespace weir::scenarios
