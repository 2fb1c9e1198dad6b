#include "loadgen/worker_loop.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/check.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

// Due requests started in one go before the transport may read again: after a stall of ours the
// catch-up must not add to the latency of answers that are already there.
constexpr int kStartsPerTurn = 64;

// Rounds that pause between two requests, per worker. Beyond it a request that would follow a
// pause is dropped (and counted) instead.
constexpr std::size_t kThinkersMax = 1'000'000;

// A user whose exchange broke (refused, reset) pauses: a dead target would otherwise be flooded
// with as many connects as the machine can make.
constexpr Nanos kPauseAfterBreak = 100ms;

// How often the number of users follows a ramp.
constexpr Nanos kUserChangePeriod = 10ms;

Nanos StagesEnd(const scenarios::Load& load) {
  return std::accumulate(load.stages.begin(), load.stages.end(), Nanos{0},
                         [](Nanos sum, const scenarios::Stage& stage) {
                           return sum + std::visit([](const auto& s) { return s.duration; }, stage);
                         });
}

// A closed load is bounded by its users; in_flight_max is for open ones.
std::uint32_t InFlightMax(const PreparedScenario& scenario, WorkerSlice slice) {
  if (!scenario.open) {
    return UINT32_MAX;
  }
  return scenario.sides * std::max<std::uint32_t>(1, UsersOf(scenario.load.in_flight_max, slice));
}

bool HasAnswer(RequestError error) {
  return error == RequestError::kStatus || error == RequestError::kCheckHeader ||
         error == RequestError::kCheckBody || error == RequestError::kExitCode;
}

std::uint64_t RoundsOf(std::uint64_t rounds_max, WorkerSlice slice) {
  if (rounds_max == 0) {
    return UINT64_MAX;
  }
  return rounds_max / slice.count + (slice.index < rounds_max % slice.count ? 1 : 0);
}

// Heavy tails have no end; a user who thinks for a day is gone.
Nanos CutThink(double seconds) {
  return FromSeconds(std::min(seconds, Seconds(std::chrono::hours(24))));
}

}  // namespace

WorkerLoop::WorkerLoop(const PreparedScenario& scenario, const Options& options, const Clock& clock,
                       RecordExchange& records)
    : scenario_(scenario),
      clock_(clock),
      records_out_(records),
      seed_(options.seed),
      slice_(options.slice),
      start_(options.start),
      warm_end_(options.start + scenario.load.warm_up),
      load_end_(options.start + StagesEnd(scenario.load)),
      drain_end_(load_end_ + scenario.load.drain),
      in_flight_max_(InFlightMax(scenario, options.slice)),
      counts_only_(options.recording == Recording::kCountsOnly),
      sampler_(scenario.load),
      records_(std::make_unique<RecordSet>(scenario.step_count, scenario.load.warm_up > 0ns)),
      next_second_(options.start + 1s),
      think_rng_(Rng::ForPart(options.seed ^ 0x7468696eU, options.slice.index)),
      filler_(scenario, options.seed),
      rounds_left_(RoundsOf(scenario.load.rounds_max, options.slice)),
      finished_at_(options.start) {
  if (scenario.open) {
    arrivals_.emplace(scenario.load, options.seed, options.slice);
    next_due_ = arrivals_->Peek() ? start_ + arrivals_->Peek()->due : Instant::max();
  } else {
    next_user_change_ = start_;
    rounds_.reserve(UsersOf(UsersMax(scenario.load), slice_));
  }
}

Instant WorkerLoop::RunOnce(Instant now) {
  if (state_ == State::kDone) {
    return Instant::max();
  }
  Enter(now);
  // Before anything is booked: what ends at or after the boundary belongs to the new second.
  if (now >= next_second_) {
    RotateRecords(now);
  }
  ExpireTimeouts(now);
  WakeThinkers(now);
  if (now >= next_user_change_) {
    AdjustUsers(now);
  }
  if (now >= next_due_) {
    StartDueArrivals();
  }
  if (state_ == State::kRunning && AllPlanned(now)) {
    state_ = State::kDraining;
  }
  if (state_ == State::kDraining && (in_flight_ == 0 || now >= drain_end_)) {
    Finish(now);
    return Instant::max();
  }
  return NextWake();
}

// However late we are, what was due before the end of the load is planned first.
bool WorkerLoop::AllPlanned(Instant now) const {
  if (rounds_left_ == 0 && users_ == 0 && free_.size() == rounds_.size()) {
    return true;
  }
  const Instant next_wake = wakes_.empty() ? Instant::max() : wakes_.top().at;
  return now >= load_end_ && std::min({next_due_, next_wake, next_user_change_}) >= load_end_;
}

Instant WorkerLoop::NextWake() const {
  Instant next = std::min({next_second_, next_due_, next_user_change_});
  if (!checks_.empty()) {
    next = std::min(next, checks_.top().at);
  }
  if (!wakes_.empty()) {
    next = std::min(next, wakes_.top().at);
  }
  return std::min(next, state_ == State::kDraining ? drain_end_ : load_end_);
}

void WorkerLoop::Stop(Instant now) {
  if (state_ != State::kDone) {
    Finish(now);
    finished_at_ = std::max(start_, now);
  }
}

void WorkerLoop::Finish(Instant now) {
  for (std::uint32_t id = 0; id < rounds_.size(); ++id) {
    Round& round = rounds_[id];
    if (round.state == Round::State::kFree || round.state == Round::State::kThinking) {
      continue;
    }
    if (IsStarted(round)) {
      transport_->Cancel(id);
    }
    Settle(id, Outcome::kUnfinished, RequestError::kRunEnded, now);
  }
  for (std::deque<std::uint32_t>& waiting : waiting_) {
    waiting.clear();
  }
  state_ = State::kDone;
  records_out_.Last(std::move(records_));
  WEIR_CHECK(in_flight_ == 0);
}

void WorkerLoop::RotateRecords(Instant now) {
  const RecordSet* full = records_.get();
  records_ = records_out_.Swap(std::move(records_));
  const auto second = static_cast<std::uint32_t>((now - start_) / 1s);
  // A set that came back still holds the second it began with.
  if (records_.get() != full) {
    records_->second = second;
  }
  next_second_ = start_ + (second + 1) * Nanos(1s);
}

void WorkerLoop::ExpireTimeouts(Instant now) {
  bool cancelled = false;
  while (!checks_.empty() && checks_.top().at <= now) {
    const Wake check = checks_.top();
    checks_.pop();
    Round& round = rounds_[check.round];
    if (check.at != round.check_at) {
      continue;  // Replaced by an earlier one.
    }
    round.check_at = Instant::max();
    if (!IsStarted(round)) {
      continue;
    }
    if (TimeoutOf(round) > now) {
      WatchTimeout(check.round);
      continue;
    }
    transport_->Cancel(check.round);
    Settle(check.round, Outcome::kTimedOut, RequestError::kTimeout, now);
    EndRound(check.round, AfterRound::kGoOn, now);
    cancelled = true;
  }
  if (cancelled) {
    ServeWaiting();
  }
}

void WorkerLoop::WakeThinkers(Instant now) {
  for (int woken = 0; woken < kStartsPerTurn && !wakes_.empty() && wakes_.top().at <= now;
       ++woken) {
    const Wake wake = wakes_.top();
    wakes_.pop();
    // Judged by when it was due: that we are late is no reason not to plan it.
    if (wake.at < load_end_) {
      NextAction(wake.round, wake.at);
    } else {
      RetireRound(wake.round);
    }
  }
}

void WorkerLoop::AdjustUsers(Instant now) {
  const Instant due = next_user_change_;
  const Nanos at = std::max(now - start_, Nanos(0));
  users_wanted_ = UsersOf(UsersAt(scenario_.load, at), slice_);
  for (int started = 0; users_ < users_wanted_; ++started) {
    if (started == kStartsPerTurn) {
      // The rest is still due now, in the next turn.
      return;
    }
    if (!TakeRoundOfUser()) {
      next_user_change_ = Instant::max();
      return;
    }
    ++users_;
    const std::uint32_t id = TakeRound();
    rounds_[id].is_user = true;
    if (!filler_.BeginUser(id, OverAllWorkers(users_begun_++))) {
      EndOfData(id);
      return;
    }
    BeginRound(id, user_rounds_++, due);
  }
  next_user_change_ = NextUserChange(now);
}

// Rounds under way go on to their end.
void WorkerLoop::EndOfData(std::uint32_t id) {
  rounds_left_ = 0;
  next_due_ = Instant::max();
  next_user_change_ = Instant::max();
  RetireRound(id);
}

bool WorkerLoop::TakeRoundOfUser() {
  if (rounds_left_ == 0) {
    return false;
  }
  rounds_left_ -= rounds_left_ == UINT64_MAX ? 0 : 1;
  return true;
}

Instant WorkerLoop::NextUserChange(Instant now) const {
  Instant end = start_;
  for (const scenarios::Stage& stage : scenario_.load.stages) {
    const auto& closed = std::get<scenarios::ClosedStage>(stage);
    end += closed.duration;
    if (now < end) {
      return closed.from == closed.to ? end : std::min(end, now + kUserChangePeriod);
    }
  }
  return Instant::max();
}

void WorkerLoop::StartDueArrivals() {
  for (int started = 0; started < kStartsPerTurn && next_due_ <= Now(); ++started) {
    const Arrival arrival = *arrivals_->Peek();
    const Instant due = next_due_;
    arrivals_->Pop();
    next_due_ = arrivals_->Peek() ? start_ + arrivals_->Peek()->due : Instant::max();
    sampler_.Note({arrival.number, due - start_, Now() - start_});
    if (__builtin_expect(scenario_.sides == 1, 1)) {
      BeginArrival(arrival, due, 0);
      continue;
    }
    // The second of a pair is sent some microseconds later: neither target always gets it.
    const std::uint32_t first =
        Rng::ForPart(seed_ ^ 0x70616972U, arrival.number).Uniform() < 0.5 ? 0U : 1U;
    BeginArrival(arrival, due, first);
    BeginArrival(arrival, due, 1 - first);
  }
}

void WorkerLoop::BeginArrival(const Arrival& arrival, Instant due, std::uint32_t side) {
  const std::uint32_t id = TakeRound();
  rounds_[id].is_user = false;
  BeginRound(id, arrival.number, due, side);
}

std::uint32_t WorkerLoop::TakeRound() {
  if (!free_.empty()) {
    const std::uint32_t id = free_.back();
    free_.pop_back();
    return id;
  }
  rounds_.emplace_back();
  return static_cast<std::uint32_t>(rounds_.size() - 1);
}

void WorkerLoop::FreeRound(std::uint32_t id) {
  rounds_[id].state = Round::State::kFree;
  free_.push_back(id);
}

void WorkerLoop::RetireRound(std::uint32_t id) {
  users_ -= rounds_[id].is_user ? 1U : 0U;
  FreeRound(id);
}

void WorkerLoop::BeginRound(std::uint32_t id, std::uint64_t number, Instant due,
                            std::uint32_t side) {
  Round& round = rounds_[id];
  const std::uint32_t flow_count = scenario_.flow_count();
  round.flow = side * flow_count;
  if (flow_count > 1) {
    round.flow +=
        PickFlow(scenario_.cumulative_weights, seed_ + (round.is_user ? slice_.index : 0), number);
  }
  round.action = 0;
  if (!filler_.BeginRound(id, round.is_user ? OverAllWorkers(number) : number)) {
    EndOfData(id);
    return;
  }
  NextAction(id, due);
}

void WorkerLoop::NextAction(std::uint32_t id, Instant due) {
  Round& round = rounds_[id];
  const Instant now = Now();
  const std::vector<PreparedAction>& actions = scenario_.flows[round.flow].actions;
  bool crowded = false;
  while (round.action < actions.size()) {
    const PreparedAction& action = actions[round.action++];
    if (const auto* request = std::get_if<std::uint32_t>(&action)) {
      round.request = *request;
      if (__builtin_expect(RequestOf(round).slots != nullptr, 0)) {
        filler_.Fill(id, RequestOf(round), clock_.WallNow());
        is_now_old_ = true;
      }
      Plan(id, due, now);
      std::deque<std::uint32_t>& waiting = waiting_[RequestOf(round).side];
      if (crowded || in_flight_ > in_flight_max_) {
        Drop(id, now);
      } else if (waiting.empty()) {
        TryStart(id);
      } else {
        // First come, first served.
        waiting.push_back(id);
      }
      return;
    }
    if (wakes_.size() < kThinkersMax) {
      Sleep(id, due + Pause(std::get<scenarios::Think>(action)));
      return;
    }
    crowded = true;
  }
  // After a last pause the next round is due when the pause was over, not when we woke.
  EndRound(id, AfterRound::kGoOn, due);
}

void WorkerLoop::Plan(std::uint32_t id, Instant due, Instant now) {
  Round& round = rounds_[id];
  round.state = Round::State::kWaiting;
  round.due = due;
  round.attempted = now;
  round.phase = due < warm_end_ ? Phase::kWarmUp : Phase::kMeasure;
  ++records_->At(round.phase, RequestOf(round).step).counts.planned;
  ++in_flight_;
}

void WorkerLoop::Drop(std::uint32_t id, Instant now) {
  Settle(id, Outcome::kDropped, RequestError::kInFlightMax, now);
  EndRound(id, AfterRound::kPause, now);
}

void WorkerLoop::TryStart(std::uint32_t id) {
  Round& round = rounds_[id];
  const Instant now = Now();
  const Transport::StartResult result = transport_->Start(id, WireOf(id));
  is_now_old_ = true;
  switch (result) {
    case Transport::StartResult::kNoRoom:
      waiting_[RequestOf(round).side].push_front(id);
      return;
    case Transport::StartResult::kSent:
      round.state = Round::State::kSent;
      round.sent = now;
      records_->At(round.phase, RequestOf(round).step).bytes_sent += WireOf(id).bytes.size();
      break;
    case Transport::StartResult::kConnecting:
      round.state = Round::State::kConnecting;
      break;
  }
  round.started = now;
  WatchTimeout(id);
}

void WorkerLoop::ServeWaiting() {
  for (std::deque<std::uint32_t>& waiting : waiting_) {
    ServeWaiting(waiting);
  }
}

void WorkerLoop::ServeWaiting(std::deque<std::uint32_t>& waiting) {
  while (!waiting.empty()) {
    const std::uint32_t id = waiting.front();
    waiting.pop_front();
    TryStart(id);
    if (rounds_[id].state == Round::State::kWaiting) {
      return;
    }
  }
}

void WorkerLoop::OnSent(ExchangeId id, Instant now) {
  Round& round = rounds_[id];
  WEIR_CHECK(round.state == Round::State::kConnecting);
  round.state = Round::State::kSent;
  round.sent = now;
  records_->At(round.phase, RequestOf(round).step).bytes_sent += WireOf(id).bytes.size();
}

void WorkerLoop::OnAnswer(ExchangeId id, const Answer& answer, Instant now) {
  Enter(now);
  WEIR_CHECK(rounds_[id].state == Round::State::kSent);
  const PreparedRequest& request = RequestOf(rounds_[id]);
  RequestError error = request.check.Judge(answer);
  if (__builtin_expect(request.check.takes(), 0) && error == RequestError::kNone) {
    error = request.check.Take(answer, filler_.VariablesOf(id));
  }
  const bool completed = error == RequestError::kNone;
  // What ends at or after the boundary belongs to the new second.
  if (now >= next_second_) {
    RotateRecords(now);
  }
  records_->At(rounds_[id].phase, request.step).bytes_received += answer.bytes_received;
  if (__builtin_expect(answer.usage == nullptr, 1)) {
    RecordParts(rounds_[id], answer.times, now);
  } else {
    RecordSet::RecordUsage(records_->At(rounds_[id].phase, request.step), *answer.usage);
  }
  OnEnded(id, completed ? Outcome::kCompleted : Outcome::kFailed, error, now);
  if (completed && state_ == State::kRunning && now < load_end_) {
    NextAction(id, now);
  } else {
    EndRound(id, AfterRound::kGoOn, now);
  }
  // A long batch of answers must not hold up what is due meanwhile.
  if (next_due_ <= now) {
    StartDueArrivals();
  }
}

void WorkerLoop::OnBroken(ExchangeId id, RequestError error, Instant now) {
  WEIR_CHECK(rounds_[id].state == Round::State::kConnecting ||
             rounds_[id].state == Round::State::kSent);
  Enter(now);
  if (now >= next_second_) {
    RotateRecords(now);
  }
  OnEnded(id, Outcome::kFailed, error, now);
  EndRound(id, AfterRound::kPause, now);
}

void WorkerLoop::OnEnded(ExchangeId id, Outcome outcome, RequestError error, Instant now) {
  Settle(id, outcome, error, now);
  ServeWaiting();
}

void WorkerLoop::OnCapacity(Instant now) {
  Enter(now);
  ServeWaiting();
}

void WorkerLoop::Settle(std::uint32_t id, Outcome outcome, RequestError error, Instant now) {
  Round& round = rounds_[id];
  StepRecord& record = records_->At(round.phase, RequestOf(round).step);
  ++record.counts.by_outcome[static_cast<std::size_t>(outcome)];
  if (error != RequestError::kNone) {
    ++record.errors[static_cast<std::size_t>(error)];
  } else if (now < load_end_) {
    ++record.completed_in_window;
  }
  if (outcome != Outcome::kDropped) {
    RecordLatency(round, outcome, error, now);
  }
  --in_flight_;
  round.state = Round::State::kFree;
  finished_at_ = now;
}

void WorkerLoop::RecordLatency(const Round& round, Outcome outcome, RequestError error,
                               Instant now) {
  if (__builtin_expect(counts_only_, 0)) {
    return;
  }
  LatencySet& set = records_->LatencyAt(round.phase, RequestOf(round).step, outcome);
  set.send_lag.Record(round.attempted - round.due);
  // A broken exchange has no response time, but our own lateness is known for it too.
  if (outcome == Outcome::kFailed && !HasAnswer(error)) {
    return;
  }
  set.response.Record(now - round.due);
  if (round.state == Round::State::kSent) {
    set.service.Record(now - round.sent);
  }
}

void WorkerLoop::RecordParts(const Round& round, const ExchangeTimes& times, Instant now) {
  if (__builtin_expect(counts_only_, 0)) {
    return;
  }
  StepRecord& record = records_->At(round.phase, RequestOf(round).step);
  records_->RecordPart(record, LatencyPart::kWait, round.started - round.attempted);
  if (const Nanos opening = round.sent - round.started; opening > 0ns) {
    const OpeningTimes known = times.opening == nullptr ? OpeningTimes() : *times.opening;
    const Nanos dns = std::min(known.dns, opening);
    const Nanos tls = std::min(known.tls, opening - dns);
    records_->RecordPart(record, LatencyPart::kDns, dns);
    records_->RecordPart(record, LatencyPart::kConnect, opening - dns - tls);
    records_->RecordPart(record, LatencyPart::kTls, tls);
  }
  // An answer may come before the request is written.
  const Instant first_byte = std::clamp(times.first_byte, round.sent, now);
  const Instant written = std::clamp(times.written, round.sent, first_byte);
  records_->RecordPart(record, LatencyPart::kSend, written - round.sent);
  records_->RecordPart(record, LatencyPart::kFirstByte, first_byte - written);
  records_->RecordPart(record, LatencyPart::kBody, now - first_byte);
}

void WorkerLoop::EndRound(std::uint32_t id, AfterRound after, Instant now) {
  Round& round = rounds_[id];
  if (!round.is_user || state_ != State::kRunning || now >= load_end_ || users_ > users_wanted_ ||
      !TakeRoundOfUser()) {
    RetireRound(id);
    return;
  }
  if (after == AfterRound::kPause) {
    round.action = 0;
    Sleep(id, now + kPauseAfterBreak);
    return;
  }
  BeginRound(id, user_rounds_++, now);
}

void WorkerLoop::Sleep(std::uint32_t id, Instant until) {
  rounds_[id].state = Round::State::kThinking;
  wakes_.push({until, id});
}

Nanos WorkerLoop::Pause(const scenarios::Think& think) {
  switch (think.distribution) {
    case scenarios::Think::Distribution::kFixed:
      return think.mean;
    case scenarios::Think::Distribution::kUniform:
      return think.low + FromSeconds(think_rng_.Uniform() * Seconds(think.high - think.low));
    case scenarios::Think::Distribution::kExponential:
      return FromSeconds(think_rng_.Exponential() * Seconds(think.mean));
    case scenarios::Think::Distribution::kLognormal:
      return CutThink(Seconds(think.mean) * std::exp(think.shape * think_rng_.Normal()));
    case scenarios::Think::Distribution::kPareto:
      return CutThink(Seconds(think.low) * std::pow(1 - think_rng_.Uniform(), -1 / think.shape));
  }
  WEIR_CHECK(false);
}

// Lazy: an exchange that ends leaves its check behind, and the round's next one takes it over. So
// an exchange in time costs one comparison, and a check is queued about once per timeout and round.
void WorkerLoop::WatchTimeout(std::uint32_t id) {
  Round& round = rounds_[id];
  const Instant at = TimeoutOf(round);
  if (at < round.check_at) {
    round.check_at = at;
    checks_.push({at, id});
  }
}

}  // namespace weir::loadgen
