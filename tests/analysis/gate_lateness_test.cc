#include "analysis/gate_lateness.h"

#include <gtest/gtest.h>

#include "analysis/gate.h"
#include "tests/analysis/gate_runs.h"

namespace weir::analysis {
namespace {

// What the requests of a side took, and how late the generator sent some of them.
struct Side {
  double service_ms = 10;
  double late_ms = 0;
  std::uint64_t late_of_1000 = 100;
};

constexpr std::uint64_t kRequests = 1'000;

weir::Run RunOf(const Side& side, int slot) {
  constexpr double kNsPerMs = 1e6;
  // Runs differ by a thousandth, so that there is some noise to judge by.
  const double mood = 1 + 0.001 * (slot % 3);
  const auto service = static_cast<std::uint64_t>(side.service_ms * mood * kNsPerMs);
  const auto late = static_cast<std::uint64_t>(side.late_ms * kNsPerMs);
  weir::Run run = EmptyRun(slot);
  AddRequests(run, service, kRequests - side.late_of_1000);
  AddRequests(run, service + late, side.late_of_1000);
  auto& latency = run.totals.front().latency[Outcome::kCompleted];
  latency.service.RecordNs(service, kRequests);
  latency.send_lag.RecordNs(0, kRequests - side.late_of_1000);
  latency.send_lag.RecordNs(late, side.late_of_1000);
  return run;
}

GateCheck BodyCheck(const Side& baseline, const Side& candidate) {
  constexpr int kRuns = 6;
  std::vector<weir::Run> a;
  std::vector<weir::Run> b;
  for (int i = 0; i < kRuns; ++i) {
    a.push_back(RunOf(baseline, 2 * i));
    b.push_back(RunOf(candidate, 2 * i + 1));
  }
  GatePolicy policy;
  policy.criteria = {DefaultGatePolicy().criteria[0]};
  return JudgeGate(policy, a, b).checks.front();
}

bool BlamesTheGenerator(const GateCheck& check) {
  return check.verdict == Verdict::kInconclusive &&
         check.reason.find("the generator's own lateness") != std::string::npos;
}

// The median request was on time on both sides: only the late tenth moves the body by 3 %.
TEST(GateLatenessTest, ARiseThatTheGeneratorMadeIsNoFail) {
  const GateCheck check = BodyCheck({}, {.late_ms = 8});
  EXPECT_GT(*check.change_ratio, 0.02);
  EXPECT_TRUE(BlamesTheGenerator(check)) << check.reason;
}

TEST(GateLatenessTest, ARiseFarBeyondTheLatenessFails) {
  const GateCheck check = BodyCheck({}, {.service_ms = 12, .late_ms = 4});
  EXPECT_EQ(check.verdict, Verdict::kFail) << check.reason;
}

TEST(GateLatenessTest, ARiseInTheServiceFailsWhenBothSidesAreEquallyLate) {
  const GateCheck check = BodyCheck({.late_ms = 4}, {.service_ms = 10.5, .late_ms = 4});
  EXPECT_EQ(check.verdict, Verdict::kFail) << check.reason;
}

// The candidate's lateness can only have made it look worse.
TEST(GateLatenessTest, APassStaysWhenLatenessGrew) {
  const GateCheck check = BodyCheck({}, {.service_ms = 9, .late_ms = 4});
  EXPECT_EQ(check.verdict, Verdict::kPass) << check.reason;
}

TEST(GateLatenessTest, APassThatFallenLatenessMayHaveMadeIsNone) {
  const GateCheck check = BodyCheck({.late_ms = 8}, {.service_ms = 10.3});
  EXPECT_LT(*check.change_ratio, 0.02);
  EXPECT_TRUE(BlamesTheGenerator(check)) << check.reason;
}

TEST(GateLatenessTest, LatenessOfTheSizeOfTheLatencyHidesEverything) {
  const GateCheck check =
      BodyCheck({.late_ms = 20, .late_of_1000 = 900}, {.late_ms = 20, .late_of_1000 = 900});
  EXPECT_TRUE(BlamesTheGenerator(check)) << check.reason;
}

TEST(GateLatenessTest, RunsThatKnowNothingOfLatenessAreJudged) {
  GatePolicy policy;
  policy.criteria = {DefaultGatePolicy().criteria[0]};
  const auto a = FlatRuns({10, 10, 10.1, 10, 10}, {.first_slot = 0, .slot_step = 2});
  const auto b = FlatRuns({12, 12, 12.1, 12, 12}, {.first_slot = 1, .slot_step = 2});
  EXPECT_EQ(JudgeGate(policy, a, b).verdict, Verdict::kFail);
}

}  // namespace
}  // namespace weir::analysis
