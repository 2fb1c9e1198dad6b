#include "tests/simulation/simulated_run.h"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "tests/loadgen/models.h"

namespace weir::tests {
namespace {

using namespace std::chrono_literals;

constexpr Nanos kStartDelay = 20ms;

// A run that needs more turns than this has stopped making progress.
constexpr int kTurnsMax = 1'000'000;

// Send lag and the parts are the response time, to the nanosecond. Where exchanges broke, their lag
// is in the same histogram as that of wrong answers, and only what is right can be told apart.
void CheckParts(const StepRecord& record) {
  const std::uint64_t wrong = record.errors[static_cast<std::size_t>(RequestError::kStatus)];
  if (record.counts.of(Outcome::kFailed) != wrong) {
    return;
  }
  double parts_ns = 0;
  for (const auto& [part, spans] : record.parts) {
    parts_ns += spans.sum_ns();
    EXPECT_LE(spans.count(), record.Answered()) << LatencyPartName(part);
  }
  double whole_ns = 0;
  for (const Outcome outcome : {Outcome::kCompleted, Outcome::kFailed}) {
    const auto found = record.latency.find(outcome);
    if (found != record.latency.end()) {
      whole_ns += found->second.response.sum_ns() - found->second.send_lag.sum_ns();
    }
  }
  EXPECT_EQ(parts_ns, whole_ns) << "step " << record.step;
}

}  // namespace

CollectingExchange::CollectingExchange(std::uint32_t step_count, bool with_warm_up, double refused,
                                       std::uint64_t seed)
    : spare_(std::make_unique<loadgen::RecordSet>(step_count, with_warm_up)),
      refused_(refused),
      rng_(Rng::ForPart(seed, 3)) {}

std::unique_ptr<loadgen::RecordSet> CollectingExchange::Swap(
    std::unique_ptr<loadgen::RecordSet> full) {
  EXPECT_FALSE(closed_);
  if (rng_.Uniform() < refused_) {
    return full;
  }
  Take(*full);
  std::swap(spare_, full);
  return full;
}

void CollectingExchange::Last(std::unique_ptr<loadgen::RecordSet> full) {
  EXPECT_FALSE(closed_);
  Take(*full);
  closed_ = true;
}

void CollectingExchange::Take(loadgen::RecordSet& full) {
  EXPECT_GE(full.second, last_second_) << "seconds go on only";
  last_second_ = full.second;
  SecondRecord record;
  record.second = full.second;
  full.DrainInto(record);
  for (const StepRecord& step : record.steps) {
    const std::uint64_t completed = step.counts.of(Outcome::kCompleted);
    if (completed > 0) {
      completed_by_second_[full.second] += completed;
    }
    loadgen::MergeInto(totals_, step);
  }
}

SimulatedRun::SimulatedRun(const SimulationPlan& plan)
    : plan_(plan),
      prepared_(PreparedOf(plan.scenario)),
      start_(clock_.Now() + kStartDelay),
      rng_(Rng::ForPart(plan.seed, 2)),
      shadow_(prepared_, {start_, plan.seed, plan.slice, plan.due_known, plan.never_waits}),
      records_(prepared_.step_count, prepared_.load.warm_up > 0ns, plan.swap_refused, plan.seed),
      transport_(plan.target, plan.seed, clock_, shadow_),
      loop_(prepared_, {start_, plan.slice, plan.seed}, clock_, records_) {
  loop_.Attach(transport_);
  transport_.Attach(loop_);
}

void SimulatedRun::Run() {
  int turns = 0;
  while (!loop_.Done() && !testing::Test::HasFailure()) {
    ASSERT_LT(++turns, kTurnsMax) << "the run does not end";
    Turn();
  }
  if (!testing::Test::HasFailure()) {
    CheckEnd();
  }
}

void SimulatedRun::Turn() {
  const Instant turn = clock_.Now();
  if (plan_.stop_after && turn >= start_ + *plan_.stop_after) {
    stopped_ = true;
    shadow_.OnStop(turn);
    loop_.Stop(turn);
    EXPECT_TRUE(loop_.Done());
    EXPECT_EQ(loop_.finished_at(), turn);
    return;
  }
  shadow_.OnTurn(turn);
  const Instant next = loop_.RunOnce(turn);
  if (!loop_.Done()) {
    CheckAfterTurn(turn, next);
    Pass(next);
  }
}

// Lets time pass to what comes next, the worker's wake-up or the target's event, and delivers what
// is due by then. Now and then the worker is woken for nothing, is late or was asleep.
void SimulatedRun::Pass(Instant next) {
  const Instant wanted = std::min(std::max(next, clock_.Now()), transport_.NextEventAt());
  ASSERT_LT(wanted, Instant::max());
  const bool in_vain = rng_.Uniform() < 0.05 && wanted > clock_.Now();
  if (in_vain) {
    clock_.Advance(FromSeconds(rng_.Uniform() * Seconds(wanted - clock_.Now())));
  } else {
    clock_.AdvanceTo(std::max(wanted, clock_.Now()));
    clock_.Advance(Lateness());
  }
  // As an event loop does: what is there, and not what comes while it is being dealt with.
  for (int delivered = 0; delivered < 100 && transport_.DeliverOne(); ++delivered) {
    CheckAlways();
  }
}

Nanos SimulatedRun::Lateness() {
  if (rng_.Uniform() < plan_.stall) {
    return FromSeconds(2 * rng_.Uniform());
  }
  return FromSeconds(rng_.Exponential() * Seconds(plan_.lateness_mean));
}

void SimulatedRun::CheckAlways() const {
  const std::uint32_t waiting = loop_.in_flight() - shadow_.active();
  EXPECT_GE(loop_.in_flight(), shadow_.active());
  EXPECT_TRUE(waiting == 0 || !transport_.HasRoom()) << waiting << " wait although there is room";
  EXPECT_TRUE(!plan_.never_waits || waiting == 0);
  // Requests of users are never dropped.
  if (plan_.scenario.IsOpen()) {
    EXPECT_LE(loop_.in_flight(),
              std::max(1U, loadgen::UsersOf(prepared_.load.in_flight_max, plan_.slice)));
  }
}

void SimulatedRun::CheckAfterTurn(Instant turn, Instant next) const {
  CheckAlways();
  EXPECT_GT(shadow_.NextTimeout(), turn) << "what is due by now has timed out";
  EXPECT_LE(next, shadow_.NextTimeout()) << "wakes for the next timeout";
  const bool one_step = prepared_.step_count == 1 && prepared_.flows[0].actions.size() == 1;
  if (prepared_.open && one_step && plan_.due_known) {
    const std::uint64_t planned = shadow_.started() + loop_.in_flight() - shadow_.active();
    EXPECT_LE(next, shadow_.DueOfArrival(planned)) << "wakes for the next arrival";
    EXPECT_TRUE(next <= turn || planned >= shadow_.ArrivalsDueBy(turn))
        << "what is due by now has been planned";
  }
}

void SimulatedRun::CheckEnd() const {
  EXPECT_TRUE(records_.closed());
  EXPECT_EQ(loop_.in_flight(), 0U);
  EXPECT_EQ(shadow_.active(), 0U);
  EXPECT_FALSE(stopped_ != plan_.stop_after.has_value() &&
               clock_.Now() < start_ + plan_.scenario.Duration())
      << "ends early only when stopped";
  for (const StepRecord& record : records_.totals()) {
    EXPECT_TRUE(record.counts.Balanced()) << "step " << record.step;
    CheckParts(record);
  }
  shadow_.Compare(records_.totals());
  if (plan_.swap_refused == 0) {
    EXPECT_EQ(records_.completed_by_second(), shadow_.completed_by_second());
  }
  const bool one_step = prepared_.step_count == 1 && prepared_.flows[0].actions.size() == 1;
  if (prepared_.open && one_step && !stopped_) {
    EXPECT_EQ(planned(), shadow_.arrivals());
  }
}

std::uint64_t SimulatedRun::planned() const {
  std::uint64_t sum = 0;
  for (const StepRecord& record : records_.totals()) {
    sum += record.counts.planned;
  }
  return sum;
}

std::uint64_t SimulatedRun::planned(std::uint32_t step) const {
  std::uint64_t sum = 0;
  for (const StepRecord& record : records_.totals()) {
    sum += record.step == step ? record.counts.planned : 0;
  }
  return sum;
}

}  // namespace weir::tests
