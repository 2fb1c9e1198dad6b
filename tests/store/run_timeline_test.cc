#include "store/run_timeline.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/store/store_fixture.h"

namespace weir::store {
namespace {

class RunTimelineTest : public testing::Test {
 protected:
  void SetUp() override { id_ = RecordSampleRun(path_, 3); }

  std::unique_ptr<RunTimeline> Open() const {
    return std::move(*RunTimeline::OpenForReading(path_));
  }

  TempDir directory_;
  std::string path_ = directory_.File("weir.db");
  RunId id_ = 0;
};

TEST_F(RunTimelineTest, EachStepHasItsOwnSecondsThatMakeTheRunsTogether) {
  std::vector<SecondPoint> sums;
  const Status read = Open()->VisitSteps(id_, [&sums](std::uint32_t second, StepRecord& record) {
    if (sums.empty() || sums.back().second != second || sums.back().phase != record.phase) {
      sums.push_back({.second = second, .phase = record.phase, .counts = {}, .response = {}});
    }
    sums.back().counts += record.counts;
    for (const auto& [outcome, set] : record.latency) {
      sums.back().response.Merge(set.response);
    }
  });
  ASSERT_TRUE(read) << read.error().message;
  const auto whole = (*Store::OpenForReading(path_))->LoadSeconds(id_);
  ASSERT_EQ(sums.size(), whole->size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    EXPECT_EQ(sums[i].second, (*whole)[i].second);
    EXPECT_EQ(sums[i].counts, (*whole)[i].counts);
    EXPECT_EQ(sums[i].response.count(), (*whole)[i].response.count());
    EXPECT_EQ(sums[i].response.max_ns(), (*whole)[i].response.max_ns());
  }
}

TEST_F(RunTimelineTest, ErrorsAndSendLagAreThoseOfTheSecondsThatWereWritten) {
  const auto errors = Open()->Errors(id_);
  const auto lag = Open()->SendLag(id_);
  ASSERT_TRUE(errors && lag);
  for (std::uint32_t second = 0; second < 3; ++second) {
    std::array<std::uint64_t, kRequestErrorCount> expected{};
    std::uint64_t latest_ns = 0;
    for (const StepRecord& step : SampleSecond(second).steps) {
      for (std::size_t i = 0; i < kRequestErrorCount; ++i) {
        expected[i] += step.errors[i];
      }
      for (const auto& [outcome, set] : step.latency) {
        latest_ns = std::max(latest_ns, set.send_lag.empty() ? 0 : set.send_lag.max_ns());
      }
    }
    std::array<std::uint64_t, kRequestErrorCount> found{};
    for (const ErrorSecond& each : *errors) {
      if (each.second == second) {
        found[static_cast<std::size_t>(each.error)] += each.requests;
      }
    }
    EXPECT_EQ(found, expected) << second;
    const auto at = std::find_if(lag->begin(), lag->end(),
                                 [second](const LagSecond& each) { return each.second == second; });
    ASSERT_NE(at, lag->end());
    EXPECT_EQ(at->max_ns, latest_ns);
  }
}

TEST_F(RunTimelineTest, ARunThatIsNotThereIsSaid) {
  const Status read = Open()->VisitSteps(17, [](std::uint32_t, StepRecord&) {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace weir::store
