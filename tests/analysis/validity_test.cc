#include "analysis/validity.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "analysis/gate.h"
#include "tests/analysis/validity_runs.h"

namespace weir::analysis {
namespace {

using namespace std::chrono_literals;

// The one reason about `check`; fails the test if there is none.
ValidityReason ReasonFor(const Validity& validity, ValidityCheck check) {
  for (const ValidityReason& reason : validity.reasons) {
    if (reason.check == check) {
      return reason;
    }
  }
  ADD_FAILURE() << "no reason about " << ValidityCheckName(check);
  return {};
}

bool Says(const ValidityReason& reason, std::string_view words) {
  return reason.text.find(words) != std::string::npos;
}

// Lateness of everybody, in the histograms too.
void MakeLate(MadeRun& made, Nanos lag) {
  for (auto& [outcome, set] : made.run.totals[0].latency) {
    const std::uint64_t count = set.response.count();
    set.send_lag.Clear();
    set.response.Clear();
    set.send_lag.RecordNs(static_cast<std::uint64_t>(lag.count()), count);
    set.response.RecordNs(static_cast<std::uint64_t>((lag + 5ms).count()), count);
  }
}

TEST(JudgeValidityTest, BelievesASoundRunAndFillsTheEvidence) {
  const Validity validity = MakeRun().Judge();
  EXPECT_EQ(validity.grade, Grade::kValid);
  EXPECT_TRUE(validity.reasons.empty()) << validity.reasons.front().text;
  EXPECT_EQ(validity.of(Evidence::kRateShortfall).value, 0);
  EXPECT_EQ(validity.of(Evidence::kGapSamples).value, 1024);
  EXPECT_NEAR(*validity.of(Evidence::kSendLagP50).value, 20e3 * std::log(2), 1e3);
  EXPECT_FALSE(validity.of(Evidence::kThrottled).value);
  EXPECT_EQ(validity.of(Evidence::kThrottled).unknown_because,
            "no control group limits this process");
  EXPECT_FALSE(validity.of(Evidence::kCalibrationP50).value);
}

TEST(JudgeValidityTest, EveryEvidenceHasAValueOrAReason) {
  MadeRun empty;
  for (const Validity& validity : {MakeRun().Judge(), empty.Judge(), MakeRun().Judge(false)}) {
    for (const EvidenceValue& evidence : validity.evidence) {
      EXPECT_NE(evidence.value.has_value(), !evidence.unknown_because.empty());
    }
  }
}

TEST(JudgeValidityTest, NothingMeasuredIsInvalid) {
  MadeRun made;
  const Validity validity = made.Judge();
  EXPECT_EQ(validity.grade, Grade::kInvalid);
  EXPECT_TRUE(Says(ReasonFor(validity, ValidityCheck::kMeasured), "no request was measured"));
}

// Good runs of every shape with real jitter and moody seconds. At most 1 % may be called suspect
// and none invalid; bound of the test: 1 % and four standard deviations.
TEST(JudgeValidityTest, CallsHardlyAnyGoodRunSuspectAndNoneInvalid) {
  constexpr int kRuns = 400;
  int suspect = 0;
  int invalid = 0;
  for (int i = 0; i < kRuns; ++i) {
    MadeRunOptions options;
    options.seed = static_cast<std::uint64_t>(1000 + i);
    options.process = i % 2 == 0 ? ArrivalProcess::kUniform : ArrivalProcess::kPoisson;
    options.seconds = 12 + static_cast<std::uint32_t>(i % 3) * 9;
    options.rate_per_s = 100 + static_cast<std::uint32_t>(i % 5) * 60;
    options.lag_mean_ns = i % 4 == 0 ? 60e3 : 15e3;
    const Validity validity = MakeRun(options).Judge();
    suspect += validity.grade == Grade::kSuspect ? 1 : 0;
    invalid += validity.grade == Grade::kInvalid ? 1 : 0;
  }
  EXPECT_EQ(invalid, 0);
  EXPECT_LE(suspect, kRuns * 0.01 + 4 * std::sqrt(kRuns * 0.01));
}

TEST(JudgeValidityTest, ASaturatedGeneratorIsInvalidWithCauseAndCure) {
  MadeRun made = MakeRun();
  MakeLate(made, 800ms);
  for (std::size_t i = 700; i < made.generator.gaps.size(); ++i) {
    made.generator.gaps[i].in_time = false;
  }
  made.generator.worker_busy = 0.99;
  made.generator.worker_idle = 0.01;
  const Validity validity = made.Judge();
  EXPECT_EQ(validity.grade, Grade::kInvalid);
  EXPECT_EQ(validity.reasons.front().text,
            "the generator was saturated: 31.6 % of the planned requests were not sent while the "
            "load lasted (limit 5 %), and half of all requests were sent more than 800 ms late, "
            "99.4 % of their response time (limit 50 %); its busiest thread was busy 99 % of the "
            "time; use more threads (--threads 2) or a lower rate");
}

TEST(JudgeValidityTest, NamesWhoTookTheProcessor) {
  MadeRun made = MakeRun();
  MakeLate(made, 20ms);
  made.generator.worker_wait = 0.4;
  EXPECT_TRUE(Says(ReasonFor(made.Judge(), ValidityCheck::kSaturation), "that others used"));
  made.generator.steal = 0.2;
  EXPECT_TRUE(Says(ReasonFor(made.Judge(), ValidityCheck::kSaturation), "hypervisor took 20"));
  made.generator.steal = 0;
  made.generator.throttled = 0.3;
  EXPECT_TRUE(Says(ReasonFor(made.Judge(), ValidityCheck::kSaturation), "raise its processor"));
}

// A few late sends among thousands: the tail of the run is told to be ours, the run is not thrown
// away.
TEST(JudgeValidityTest, AFewLateSendsMakeNoRunInvalid) {
  MadeRun made = MakeRun();
  LatencySet& set = made.run.totals[0].latency[Outcome::kCompleted];
  const std::uint64_t late = set.response.count() / 50;
  set.send_lag.RecordNs(40'000'000, late);
  set.response.RecordNs(45'000'000, late);
  const Validity validity = made.Judge();
  EXPECT_EQ(validity.grade, Grade::kSuspect);
  EXPECT_TRUE(Says(ReasonFor(validity, ValidityCheck::kSendLag), "p99 and above show"));
}

// Lateness counts beside what it is added to: 1 ms hurts at 5 ms and is nothing at 2 s.
TEST(JudgeValidityTest, LatenessIsMeasuredAgainstTheLatency) {
  MadeRun fast = MakeRun();
  MakeLate(fast, 1ms);
  const ValidityReason late = ReasonFor(fast.Judge(), ValidityCheck::kSendLag);
  EXPECT_EQ(late.grade, Grade::kSuspect);
  EXPECT_TRUE(Says(late, "--pacing spin"));
  fast.pacing = "spin";
  EXPECT_FALSE(Says(ReasonFor(fast.Judge(), ValidityCheck::kSendLag), "--pacing"));
  MadeRunOptions options;
  options.median_ns = 2e9;
  options.sigma = 0.01;
  options.lag_mean_ns = 1e6;
  options.rate_per_s = 20;
  options.seconds = 40;
  const Validity slow = MakeRun(options).Judge();
  EXPECT_EQ(slow.grade, Grade::kValid) << slow.reasons.front().text;
}

// A target that hangs, or drops behind, is what a gate has to fail: never invalid.
TEST(JudgeValidityTest, ABrokenTargetIsNoBrokenMeasurement) {
  MadeRun made = MakeRun();
  StepRecord& total = made.run.totals[0];
  total.counts.by_outcome = {1000, 3000, 3000, 2000, 1000};
  total.errors[static_cast<std::size_t>(RequestError::kTimeout)] = 3000;
  total.latency[Outcome::kTimedOut].response.RecordNs(5'000'000'000, 3000);
  total.latency[Outcome::kTimedOut].service.RecordNs(5'000'000'000, 3000);
  total.latency[Outcome::kTimedOut].send_lag.RecordNs(20'000, 3000);
  const Validity validity = made.Judge();
  EXPECT_EQ(validity.grade, Grade::kSuspect);
  EXPECT_TRUE(Says(ReasonFor(validity, ValidityCheck::kDrops), "raise in_flight_max"));
}

// The same drops, but now because the thread had no time to take the answers.
TEST(JudgeValidityTest, DropsOfAGeneratorAtItsLimitAreItsOwn) {
  MadeRun made = MakeRun();
  made.run.totals[0].counts.by_outcome = {8000, 0, 0, 2000, 0};
  EXPECT_EQ(made.Judge().grade, Grade::kSuspect);
  made.generator.worker_wait = 0.5;
  made.generator.worker_idle = 0.01;
  const Validity validity = made.Judge();
  EXPECT_EQ(validity.grade, Grade::kInvalid);
  EXPECT_TRUE(Says(validity.reasons.front(), "20 % of the planned requests were dropped"))
      << validity.reasons.front().text;
}

TEST(JudgeValidityTest, DropsOfAGeneratorWithoutAProcessorAreItsOwn) {
  MadeRun made = MakeRun();
  made.run.totals[0].counts.by_outcome = {8000, 0, 0, 2000, 0};
  made.generator.worker_wait = 0.5;
  made.generator.worker_idle = 0.4;
  EXPECT_EQ(made.Judge().grade, Grade::kInvalid);
}

TEST(JudgeValidityTest, FindsBursts) {
  MadeRun made = MakeRun();
  for (std::size_t i = 0; i < made.generator.gaps.size(); ++i) {
    made.generator.gaps[i].sent = i % 2 == 0 ? Nanos(5'000) : Nanos(4'000'000);
  }
  const ValidityReason reason = ReasonFor(made.Judge(), ValidityCheck::kArrivals);
  EXPECT_TRUE(Says(reason, "came in bursts")) << reason.text;
}

TEST(JudgeValidityTest, FindsDriftAndNotWhereTheLoadChanges) {
  MadeRunOptions options;
  options.level = [](std::uint32_t second) { return 1 + 0.02 * second; };
  const MadeRun made = MakeRun(options);
  EXPECT_TRUE(Says(ReasonFor(made.Judge(), ValidityCheck::kStationarity), "did not stand still"));
  EXPECT_EQ(made.Judge(false).grade, Grade::kValid);
}

TEST(JudgeValidityTest, FindsAWarmUpAndSaysWhereItEnds) {
  MadeRunOptions options;
  options.level = [](std::uint32_t second) { return second < 4 ? 1.8 : 1.0; };
  const Validity validity = MakeRun(options).Judge();
  const ValidityReason reason = ReasonFor(validity, ValidityCheck::kWarmUp);
  EXPECT_TRUE(Says(reason, "the first 4 s look like a warm-up")) << reason.text;
  EXPECT_TRUE(Says(reason, "set warm_up to 4s")) << reason.text;
  EXPECT_EQ(validity.of(Evidence::kWarmUpEnd).value, 4);
}

// One second in which everything is slow: that is one observation of the tail, not 500.
TEST(JudgeValidityTest, CountsAStallAsOneObservation) {
  MadeRunOptions options;
  options.rate_per_s = 200;
  options.level = [](std::uint32_t second) { return second == 11 ? 20 : 1; };
  const Validity validity = MakeRun(options).Judge();
  EXPECT_LT(*validity.of(Evidence::kEffectiveP99).value, 150);
  EXPECT_TRUE(Says(ReasonFor(validity, ValidityCheck::kSamples), "p99 rests on few moments"));
}

TEST(JudgeValidityTest, FindsTroubleOfTheMachine) {
  MadeRun made = MakeRun();
  made.generator.steal = 0.08;
  EXPECT_EQ(ReasonFor(made.Judge(), ValidityCheck::kSteal).grade, Grade::kSuspect);
  made.generator.steal = 0.4;
  EXPECT_EQ(ReasonFor(made.Judge(), ValidityCheck::kSteal).grade, Grade::kInvalid);
  made.generator.steal = 0;
  made.generator.throttled = 0.1;
  EXPECT_EQ(ReasonFor(made.Judge(), ValidityCheck::kThrottling).grade, Grade::kSuspect);
  made.generator.retransmits = 400;
  EXPECT_TRUE(
      Says(ReasonFor(made.Judge(), ValidityCheck::kRetransmits), "400 segments were sent again"));
}

TEST(JudgeValidityTest, AClosedLoopAtItsOwnLimitMeasuresItself) {
  MadeRun made = MakeRun();
  made.generator.process = ArrivalProcess::kNone;
  made.generator.gaps.clear();
  EXPECT_EQ(made.Judge().grade, Grade::kValid);
  made.generator.worker_busy = 0.99;
  made.generator.worker_idle = 0.01;
  EXPECT_TRUE(Says(ReasonFor(made.Judge(), ValidityCheck::kSaturation), "the generator's limit"));
  // Busy with looking in vain, as when it spins.
  made.generator.worker_idle = 0.6;
  EXPECT_EQ(made.Judge().grade, Grade::kValid);
}

TEST(JudgeGateTest, AnInvalidRunMakesTheVerdictInconclusiveUnlessThePolicySaysOtherwise) {
  std::vector<weir::Run> runs;
  for (int i = 0; i < 10; ++i) {
    MadeRunOptions options;
    options.seed = static_cast<std::uint64_t>(i + 1);
    weir::Run run = MakeRun(options).run;
    run.id = i + 1;
    run.state = RunState::kComplete;
    run.started_at = WallTime(std::chrono::minutes(i));
    run.validity = Validity{};
    runs.push_back(std::move(run));
  }
  const std::vector<weir::Run> baseline = {runs[0], runs[2], runs[4], runs[6], runs[8]};
  std::vector<weir::Run> candidate = {runs[1], runs[3], runs[5], runs[7], runs[9]};
  EXPECT_NE(JudgeGate({}, baseline, candidate).verdict, Verdict::kInconclusive);
  candidate[2].validity->grade = Grade::kInvalid;
  candidate[2].validity->reasons = {
      {ValidityCheck::kSaturation, Grade::kInvalid, "the generator was saturated"}};
  const GateResult result = JudgeGate({}, baseline, candidate);
  EXPECT_EQ(result.verdict, Verdict::kInconclusive);
  EXPECT_EQ(result.reason,
            "the runs cannot be judged: run 6 of the candidate is invalid: the generator was "
            "saturated");
  GatePolicy lenient;
  lenient.on_invalid = OnInvalid::kWarn;
  const GateResult warned = JudgeGate(lenient, baseline, candidate);
  EXPECT_NE(warned.verdict, Verdict::kInconclusive);
  EXPECT_TRUE(std::any_of(warned.warnings.begin(), warned.warnings.end(),
                          [](const std::string& text) { return text.starts_with("run 6 of"); }));
}

}  // namespace
}  // namespace weir::analysis
