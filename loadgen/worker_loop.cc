#include "loadgen/worker_loop.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/check.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

// Due requests started in one go before the transport may read again: after a stall of ours the
// catch-up must not add to the latency of answers that are already there.
constexpr int kStartsPerTurn = 64;

// How often the number of users follows a ramp.
constexpr Nanos kUserChangePeriod = 10ms;

Nanos EndOf(const PreparedScenario& scenario) {
  Nanos end{0};
  for (const PreparedPart& part : scenario.parts) {
    end = std::max(end, part.start + part.load.Duration());
  }
  return end;
}

// A closed load is bounded by its users; in_flight_max is for open ones, and nothing of users is
// dropped.
std::uint32_t InFlightMax(const PreparedScenario& scenario, WorkerSlice slice) {
  if (!scenario.open) {
    return UINT32_MAX;
  }
  return scenario.sides * std::max<std::uint32_t>(1, UsersOf(scenario.load.in_flight_max, slice));
}

std::uint64_t RoundsOf(std::uint64_t rounds_max, WorkerSlice slice) {
  if (rounds_max == 0) {
    return UINT64_MAX;
  }
  return rounds_max / slice.count + (slice.index < rounds_max % slice.count ? 1 : 0);
}

}  // namespace

WorkerLoop::WorkerLoop(const PreparedScenario& scenario, const Options& options, const Clock& clock,
                       RecordExchange& records)
    : scenario_(scenario),
      clock_(clock),
      records_out_(records),
      seed_(options.seed),
      start_(options.start),
      warm_end_(options.start + scenario.load.warm_up),
      load_end_(options.start + EndOf(scenario)),
      drain_end_(load_end_ + scenario.load.drain),
      in_flight_max_(InFlightMax(scenario, options.slice)),
      counts_only_(options.recording == Recording::kCountsOnly),
      script_(options.script),
      notes_(options.notes),
      replay_says_when_(scenario.replay != nullptr && scenario.replay->facts().is_timed),
      sampled_part_(scenario.sampled_part),
      sampled_start_(options.start + scenario.parts[scenario.sampled_part].start),
      sampler_(scenario.parts[scenario.sampled_part].load),
      records_(std::make_unique<RecordSet>(scenario.step_count, scenario.load.warm_up > 0ns)),
      next_second_(options.start + 1s),
      think_rng_(Rng::ForPart(options.seed ^ 0x7468696eU, options.slice.index)),
      filler_(scenario, options.seed),
      lines_(scenario.requests.size()),
      finished_at_(options.start) {
  if (scenario.replay != nullptr) {
    replay_ = std::make_unique<ReplayCursor>(*scenario.replay, options.seed, options.slice);
    filler_.ReplayFrom(replay_.get());
  }
  MakeShares(options);
  next_due_ = NextArrival() ? start_ + NextArrival()->due : Instant::max();
}

void WorkerLoop::MakeShares(const Options& options) {
  std::size_t users = 0;
  shares_.reserve(scenario_.parts.size());
  for (const PreparedPart& part : scenario_.parts) {
    const auto index = static_cast<std::uint32_t>(shares_.size());
    Share& share = shares_.emplace_back();
    share.part = &part;
    share.index = index;
    share.slice = SliceOfPart(options.slice, index);
    share.seed = SeedOfPart(options.seed, index);
    share.start = start_ + part.start;
    share.end = share.start + part.load.Duration();
    share.rounds_left = RoundsOf(part.load.rounds_max, share.slice);
    may_end_early_ = may_end_early_ || share.rounds_left == 0;
    if (!part.open) {
      share.next_user_change = share.start;
      next_user_change_ = std::min(next_user_change_, share.start);
      users += UsersOf(UsersMax(part.load), share.slice);
    } else if (!replay_says_when_) {
      arrivals_.Add(ArrivalSchedule(part.load, options.seed, share.slice, {index, part.start}));
    }
  }
  rounds_.reserve(users);
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
  if (__builtin_expect(script_ != nullptr, 0) && script_->ended()) {
    StopBeginning(shares_.front());
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
  if (__builtin_expect(may_end_early_, 0) && AllOver(now)) {
    return true;
  }
  const Instant next_wake = wakes_.empty() ? Instant::max() : wakes_.top().at;
  return now >= load_end_ && std::min({next_due_, next_wake, next_user_change_}) >= load_end_;
}

bool WorkerLoop::AllOver(Instant now) const {
  return free_.size() == rounds_.size() &&
         std::all_of(shares_.begin(), shares_.end(),
                     [this, now](const Share& share) { return IsOver(share, now); });
}

// Nothing more begins of it, though its stages may go on.
bool WorkerLoop::IsOver(const Share& share, Instant now) const {
  if (share.rounds_left == 0) {
    return share.users == 0;
  }
  if (now < share.end || shares_.size() == 1) {
    return false;
  }
  return share.part->open ? !arrivals_.Has(share.index)
                          : share.users == 0 && share.next_user_change == Instant::max();
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
  if (__builtin_expect(notes_ != nullptr, 0)) {
    notes_->HandOver();
  }
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
    Share& share = ShareOf(rounds_[wake.round]);
    // Judged by when it was due: that we are late is no reason not to plan it.
    if (wake.at >= share.end) {
      RetireRound(wake.round);
    } else if (rounds_[wake.round].begins_anew) {
      BeginRound(wake.round, share.user_rounds++, wake.at);
    } else {
      NextAction(wake.round, wake.at);
    }
  }
}

void WorkerLoop::AdjustUsers(Instant now) {
  next_user_change_ = Instant::max();
  for (Share& share : shares_) {
    if (share.next_user_change <= now) {
      AdjustUsers(share, now);
    }
  }
  // Their data may have ended meanwhile, so not before all of them are done.
  for (const Share& share : shares_) {
    next_user_change_ = std::min(next_user_change_, share.next_user_change);
  }
}

void WorkerLoop::AdjustUsers(Share& share, Instant now) {
  const Instant due = share.next_user_change;
  const Nanos at = std::max(now - share.start, Nanos(0));
  share.users_wanted = UsersOf(UsersAt(share.part->load, at), share.slice);
  for (int started = 0; share.users < share.users_wanted; ++started) {
    if (started == kStartsPerTurn) {
      // The rest is still due now, in the next turn.
      return;
    }
    if (!TakeRoundOfUser(share)) {
      share.next_user_change = Instant::max();
      return;
    }
    ++share.users;
    const std::uint32_t id = TakeRound();
    rounds_[id].is_user = true;
    rounds_[id].share = share.index;
    if (!filler_.BeginUser(id, share.OverAllWorkers(share.users_begun++), share.index)) {
      EndOfData(id);
      return;
    }
    BeginRound(id, share.user_rounds++, due);
  }
  share.next_user_change = NextUserChange(share, now);
}

// Rounds under way go on to their end.
void WorkerLoop::StopBeginning(Share& share) {
  share.rounds_left = 0;
  may_end_early_ = true;
  share.next_user_change = Instant::max();
  if (replay_says_when_) {
    next_due_ = Instant::max();
  } else if (share.part->open) {
    arrivals_.Stop(share.index);
    next_due_ = NextArrival() ? start_ + NextArrival()->due : Instant::max();
  }
}

void WorkerLoop::EndOfData(std::uint32_t id) {
  StopBeginning(ShareOf(rounds_[id]));
  RetireRound(id);
}

bool WorkerLoop::TakeRoundOfUser(Share& share) {
  if (share.rounds_left == 0) {
    return false;
  }
  share.rounds_left -= share.rounds_left == UINT64_MAX ? 0 : 1;
  may_end_early_ = may_end_early_ || share.rounds_left == 0;
  return true;
}

Instant WorkerLoop::NextUserChange(const Share& share, Instant now) {
  Instant end = share.start;
  for (const scenarios::Stage& stage : share.part->load.stages) {
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
    const Arrival arrival = *NextArrival();
    const Instant due = next_due_;
    if (__builtin_expect(replay_ != nullptr, 0)) {
      BeginReplayed(arrival, due);
      continue;
    }
    PopArrival();
    if (__builtin_expect(arrival.part == sampled_part_, 1)) {
      sampler_.Note({arrival.number, due - sampled_start_, Now() - sampled_start_});
    }
    BeginSides(arrival, due);
  }
}

void WorkerLoop::BeginSides(const Arrival& arrival, Instant due) {
  if (__builtin_expect(scenario_.sides == 1, 1)) {
    BeginArrival(arrival, due, 0);
    return;
  }
  // The second of a pair is sent some microseconds later: neither target always gets it.
  const std::uint32_t first =
      Rng::ForPart(seed_ ^ 0x70616972U, arrival.number).Uniform() < 0.5 ? 0U : 1U;
  BeginArrival(arrival, due, first);
  BeginArrival(arrival, due, 1 - first);
}

// What comes after it is read when it is on its way.
void WorkerLoop::BeginReplayed(const Arrival& arrival, Instant due) {
  sampler_.Note({arrival.number, due - start_, Now() - start_});
  if (!replay_->Load(arrival.number)) {
    next_due_ = Instant::max();
    return;
  }
  is_now_old_ = true;
  BeginSides(arrival, due);
  if (next_due_ != Instant::max()) {
    PopArrival();
  }
}

void WorkerLoop::BeginArrival(const Arrival& arrival, Instant due, std::uint32_t side) {
  const std::uint32_t id = TakeRound();
  rounds_[id].is_user = false;
  rounds_[id].share = arrival.part;
  BeginRound(id, arrival.number, due, side);
}

}  // namespace weir::loadgen
