#include "tests/simulation/scripted_transport.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace weir::tests {

using loadgen::ExchangeId;

ScriptedTransport::ScriptedTransport(const TransportScript& script, std::uint64_t seed,
                                     ManualClock& clock, ShadowLog& shadow)
    : script_(script), rng_(Rng::ForPart(seed, 1)), clock_(clock), shadow_(shadow) {
  for (std::uint32_t i = 0; i < std::min(script.preconnect, script.connections_max); ++i) {
    ++preconnecting_;
    events_due_.push({clock_.Now() + FromSeconds(rng_.Uniform()), ++order_, Kind::kPreconnected});
  }
}

loadgen::Transport::StartResult ScriptedTransport::Start(ExchangeId id,
                                                         const loadgen::PreparedRequest& request) {
  if (!HasRoom()) {
    return StartResult::kNoRoom;
  }
  generation_.resize(std::max<std::size_t>(generation_.size(), id + std::size_t{1}));
  EXPECT_EQ(generation_[id] % 2, 0U) << "exchange " << id << " started twice";
  ++generation_[id];
  shadow_.OnStart(id, request, clock_.Now());
  const bool reused = idle_ > 0;
  idle_ -= reused ? 1U : 0U;
  ++busy_;
  StartResult result = StartResult::kSent;
  if (Chance(script_.start_fails)) {
    Schedule(Kind::kReset, id, Nanos(0));
    result = reused ? StartResult::kSent : StartResult::kConnecting;
  } else if (reused) {
    ScheduleAnswer(id);
  } else {
    const Nanos connecting = FromSeconds(rng_.Exponential() * Seconds(script_.connect_mean));
    Schedule(Chance(script_.refused) ? Kind::kRefused : Kind::kConnected, id, connecting);
    result = StartResult::kConnecting;
  }
  if (result == StartResult::kSent) {
    shadow_.OnSent(id, clock_.Now());
  }
  clock_.Advance(FromSeconds(rng_.Uniform() * Seconds(script_.start_cost_max)));
  return result;
}

void ScriptedTransport::Cancel(ExchangeId id) {
  ASSERT_LT(id, generation_.size());
  EXPECT_EQ(generation_[id] % 2, 1U) << "exchange " << id << " cancelled, but not in use";
  ++generation_[id];
  --busy_;
  shadow_.OnCancel(id);
}

void ScriptedTransport::Schedule(Kind kind, ExchangeId id, Nanos after) {
  events_due_.push({clock_.Now() + after, ++order_, kind, id, generation_[id]});
}

void ScriptedTransport::ScheduleAnswer(ExchangeId id) {
  if (Chance(script_.never_answers)) {
    return;
  }
  Nanos after = ServiceTime();
  if (script_.stall_period > Nanos(0)) {
    const Nanos phase = (clock_.Now() + after).time_since_epoch() % script_.stall_period;
    after += phase > script_.stall_period / 2 ? script_.stall_period - phase : Nanos(0);
  }
  Schedule(Chance(script_.reset) ? Kind::kReset : Kind::kAnswer, id, after);
}

Nanos ScriptedTransport::ServiceTime() {
  const double mean_s = Seconds(script_.service_mean);
  switch (script_.service) {
    case TransportScript::Service::kConstant:
      return script_.service_mean;
    case TransportScript::Service::kUniform:
      return FromSeconds(2 * mean_s * rng_.Uniform());
    case TransportScript::Service::kExponential:
      return FromSeconds(mean_s * rng_.Exponential());
    case TransportScript::Service::kHeavyTail:
      break;
  }
  // Pareto with shape 1.5: finite mean, no variance; cut where no run goes.
  return FromSeconds(std::min(60.0, mean_s / 3 / std::pow(1 - rng_.Uniform(), 1 / 1.5)));
}

bool ScriptedTransport::DeliverOne() {
  if (NextEventAt() > clock_.Now()) {
    return false;
  }
  const Event event = events_due_.top();
  events_due_.pop();
  // Of a cancelled exchange nothing may be heard.
  if (event.kind == Kind::kPreconnected || generation_[event.id] == event.generation) {
    Deliver(event);
  }
  return true;
}

void ScriptedTransport::Deliver(const Event& event) {
  const Instant now = clock_.Now();
  switch (event.kind) {
    case Kind::kPreconnected:
      --preconnecting_;
      idle_ += Chance(script_.refused) ? 0U : 1U;
      events_->OnCapacity(now);
      return;
    case Kind::kConnected:
      shadow_.OnSent(event.id, now);
      events_->OnSent(event.id, now);
      ScheduleAnswer(event.id);
      return;
    case Kind::kAnswer:
      FinishAnswer(event.id);
      return;
    case Kind::kRefused:
    case Kind::kReset: {
      const RequestError error =
          event.kind == Kind::kReset ? RequestError::kReset : RequestError::kConnectRefused;
      ++generation_[event.id];
      --busy_;
      shadow_.OnBroken(event.id, error, now);
      events_->OnBroken(event.id, error, now);
      return;
    }
  }
}

void ScriptedTransport::FinishAnswer(ExchangeId id) {
  const Instant now = clock_.Now();
  const bool wrong = Chance(script_.wrong_status);
  loadgen::Answer answer;
  answer.status = wrong ? 500 : 200;
  answer.bytes_received = 100;
  // In any order and out of bounds, as clocks and kernels may have it.
  answer.times.first_byte = now - FromSeconds(rng_.Uniform() * 0.01) + Nanos(1'000'000);
  answer.times.written = answer.times.first_byte - FromSeconds(rng_.Uniform() * 0.001);
  if (script_.reads_late) {
    answer.times.whole = now - FromSeconds(rng_.Uniform() * 0.01) + Nanos(1'000'000);
  }
  ++generation_[id];
  --busy_;
  idle_ += Chance(script_.closes_after) ? 0U : 1U;
  shadow_.OnAnswer(id, wrong ? RequestError::kStatus : RequestError::kNone, now,
                   answer.times.whole);
  events_->OnAnswer(id, answer, now);
}

}  // namespace weir::tests
