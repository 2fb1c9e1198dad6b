#include "base/run.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono_literals;

RequestCounts Counts(std::uint64_t planned, const std::array<std::uint64_t, kOutcomeCount>& of) {
  return {.planned = planned, .by_outcome = of};
}

// One request of every outcome, with response time 10 * (1 + outcome) ns and lag 1 ns.
StepRecord OneOfEach(std::uint32_t step, Phase phase) {
  StepRecord record;
  record.step = step;
  record.phase = phase;
  record.counts = Counts(5, {1, 1, 1, 1, 1});
  record.errors[static_cast<std::size_t>(RequestError::kStatus)] = 1;
  record.bytes_received = 100;
  record.bytes_sent = 10;
  for (std::uint64_t i = 0; i < kOutcomeCount; ++i) {
    LatencySet& set = record.latency[static_cast<Outcome>(i)];
    set.send_lag.RecordNs(1, 1);
    if (static_cast<Outcome>(i) != Outcome::kDropped) {
      set.response.RecordNs(10 * (i + 1), 1);
      set.service.RecordNs(10 * (i + 1) - 1, 1);
    }
  }
  return record;
}

TEST(RequestCountsTest, BalancesWhenEveryPlannedRequestHasAnOutcome) {
  EXPECT_TRUE(Counts(0, {}).Balanced());
  EXPECT_TRUE(Counts(15, {1, 2, 3, 4, 5}).Balanced());
  EXPECT_FALSE(Counts(16, {1, 2, 3, 4, 5}).Balanced());
  EXPECT_FALSE(Counts(14, {1, 2, 3, 4, 5}).Balanced());
}

TEST(RequestCountsTest, ErrorRatioIsAllThatDidNotComplete) {
  EXPECT_EQ(Counts(0, {}).ErrorRatio(), std::nullopt);
  EXPECT_EQ(Counts(10, {10, 0, 0, 0, 0}).ErrorRatio(), 0.0);
  EXPECT_EQ(Counts(10, {6, 1, 1, 1, 1}).ErrorRatio(), 0.4);
  EXPECT_EQ(Counts(1, {0, 0, 0, 1, 0}).ErrorRatio(), 1.0);
}

TEST(RequestCountsTest, SumsAddEachOutcome) {
  RequestCounts sum = Counts(15, {1, 2, 3, 4, 5});
  sum += Counts(5, {5, 0, 0, 0, 0});
  EXPECT_EQ(sum, Counts(20, {6, 2, 3, 4, 5}));
  EXPECT_EQ(sum.of(Outcome::kCompleted), 6U);
}

TEST(StepRecordTest, MergeAddsEverythingButItsOwnPlace) {
  StepRecord record = OneOfEach(3, Phase::kMeasure);
  record.Merge(OneOfEach(4, Phase::kWarmUp));
  EXPECT_EQ(record.step, 3U);
  EXPECT_EQ(record.phase, Phase::kMeasure);
  EXPECT_EQ(record.counts, Counts(10, {2, 2, 2, 2, 2}));
  EXPECT_EQ(record.errors[static_cast<std::size_t>(RequestError::kStatus)], 2U);
  EXPECT_EQ(record.bytes_received, 200U);
  EXPECT_EQ(record.bytes_sent, 20U);
  EXPECT_EQ(record.latency.at(Outcome::kFailed).response.count(), 2U);
}

TEST(StepRecordTest, MergeTakesOverOutcomesThatWereAbsent) {
  StepRecord record;
  record.Merge(OneOfEach(0, Phase::kMeasure));
  EXPECT_EQ(record.latency.size(), kOutcomeCount);
  record.Merge(StepRecord());
  EXPECT_EQ(record.counts.planned, 5U);
}

TEST(LatencySetTest, MergeAndClearReachAllThreeClocks) {
  LatencySet set = OneOfEach(0, Phase::kMeasure).latency.at(Outcome::kCompleted);
  set.Merge(OneOfEach(0, Phase::kMeasure).latency.at(Outcome::kCompleted));
  EXPECT_EQ(set.response.count(), 2U);
  EXPECT_EQ(set.service.count(), 2U);
  EXPECT_EQ(set.send_lag.count(), 2U);
  set.Clear();
  EXPECT_TRUE(set.response.empty());
  EXPECT_TRUE(set.service.empty());
  EXPECT_TRUE(set.send_lag.empty());
}

TEST(MergedLatencyTest, ResponseHoldsCensoredValuesAndCountsThem) {
  const LatencyView view = MergedLatency(OneOfEach(0, Phase::kMeasure), LatencyKind::kResponse);
  EXPECT_EQ(view.histogram.count(), 4U);  // All but the dropped one.
  EXPECT_EQ(view.censored, 2U);           // Timed out and unfinished.
  EXPECT_EQ(view.histogram.min_ns(), 10U);
  EXPECT_EQ(view.histogram.max_ns(), 50U);
}

TEST(MergedLatencyTest, ServiceIsCensoredLikeResponse) {
  const LatencyView view = MergedLatency(OneOfEach(0, Phase::kMeasure), LatencyKind::kService);
  EXPECT_EQ(view.histogram.max_ns(), 49U);
  EXPECT_EQ(view.censored, 2U);
}

TEST(MergedLatencyTest, SendLagIsNeverCensored) {
  const LatencyView view = MergedLatency(OneOfEach(0, Phase::kMeasure), LatencyKind::kSendLag);
  EXPECT_EQ(view.histogram.count(), 5U);
  EXPECT_EQ(view.censored, 0U);
}

TEST(MergedLatencyTest, NothingRecordedIsAnEmptyView) {
  const LatencyView view = MergedLatency(StepRecord(), LatencyKind::kResponse);
  EXPECT_TRUE(view.histogram.empty());
  EXPECT_EQ(view.censored, 0U);
}

TEST(RunTest, TotalSumsOnePhaseOverAllStepsOrOne) {
  weir::Run run;
  run.totals = {OneOfEach(0, Phase::kWarmUp), OneOfEach(0, Phase::kMeasure),
                OneOfEach(1, Phase::kMeasure)};
  EXPECT_EQ(run.Total(Phase::kMeasure).counts.planned, 10U);
  EXPECT_EQ(run.Total(Phase::kWarmUp).counts.planned, 5U);
  EXPECT_EQ(run.Total(Phase::kMeasure, 1).counts.planned, 5U);
  EXPECT_EQ(run.Total(Phase::kMeasure, 1).step, 1U);
  EXPECT_EQ(run.Total(Phase::kMeasure, 2).counts.planned, 0U);
  EXPECT_EQ(run.Total(Phase::kMeasure).phase, Phase::kMeasure);
}

// The words are in stored files and JSON: they may be added to, never changed.
TEST(RunNamesTest, OutcomesHaveTheirPersistedWords) {
  EXPECT_EQ(OutcomeName(Outcome::kCompleted), "completed");
  EXPECT_EQ(OutcomeName(Outcome::kFailed), "failed");
  EXPECT_EQ(OutcomeName(Outcome::kTimedOut), "timed_out");
  EXPECT_EQ(OutcomeName(Outcome::kDropped), "dropped");
  EXPECT_EQ(OutcomeName(Outcome::kUnfinished), "unfinished");
}

TEST(RunNamesTest, ErrorsHaveTheirPersistedWords) {
  constexpr std::array<std::string_view, kRequestErrorCount> kWords = {"none",
                                                                       "dns",
                                                                       "connect_refused",
                                                                       "connect_failed",
                                                                       "no_local_resource",
                                                                       "reset",
                                                                       "closed_early",
                                                                       "malformed",
                                                                       "too_large",
                                                                       "timeout",
                                                                       "status",
                                                                       "check_header",
                                                                       "check_body",
                                                                       "in_flight_max",
                                                                       "run_ended",
                                                                       "tls",
                                                                       "tls_expired",
                                                                       "tls_wrong_name",
                                                                       "tls_unknown_ca",
                                                                       "tls_certificate",
                                                                       "tls_refused",
                                                                       "tls_version",
                                                                       "tls_client_certificate",
                                                                       "not_tls",
                                                                       "no_http2",
                                                                       "stream_reset",
                                                                       "stream_refused",
                                                                       "proxy",
                                                                       "transfer",
                                                                       "no_descriptor",
                                                                       "no_local_port",
                                                                       "exit_code",
                                                                       "signal",
                                                                       "no_program"};
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kRequestErrorCount; ++i) {
    EXPECT_EQ(RequestErrorName(static_cast<RequestError>(i)), kWords.at(i));
    names.insert(kWords.at(i));
  }
  EXPECT_EQ(names.size(), kRequestErrorCount);
}

TEST(RunNamesTest, UsageMetricsHaveTheirPersistedWordsAndUnits) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, kUsageMetricCount> kWords = {
      {{"user_time", "ns"},
       {"system_time", "ns"},
       {"peak_memory", "bytes"},
       {"page_faults", "count"},
       {"context_switches", "count"},
       {"instructions", "count"},
       {"cycles", "count"},
       {"cache_misses", "count"},
       {"branch_misses", "count"}}};
  for (std::size_t i = 0; i < kUsageMetricCount; ++i) {
    EXPECT_EQ(UsageMetricName(static_cast<UsageMetric>(i)), kWords.at(i).first);
    EXPECT_EQ(UsageMetricUnit(static_cast<UsageMetric>(i)), kWords.at(i).second);
  }
}

TEST(RunNamesTest, AStoredRunningRunReadsAsIncomplete) {
  EXPECT_EQ(RunStateName(RunState::kRunning), "incomplete");
  EXPECT_EQ(RunStateName(RunState::kComplete), "complete");
  EXPECT_EQ(RunStateName(RunState::kInterrupted), "interrupted");
  EXPECT_EQ(RunStateName(RunState::kAborted), "aborted");
}

TEST(RunNamesDeathTest, NumbersWithoutANameAreABug) {
  EXPECT_DEATH(OutcomeName(static_cast<Outcome>(5)), "index < kNames.size\\(\\)");
  EXPECT_DEATH(RequestErrorName(static_cast<RequestError>(kRequestErrorCount)),
               "index < kNames.size\\(\\)");
}

}  // namespace
}  // namespace weir
