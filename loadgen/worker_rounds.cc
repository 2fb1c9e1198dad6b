#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "loadgen/worker_loop.h"

// How a worker's rounds go from action to action, and what answers do to them.
namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

// Rounds that pause between two requests, per worker. Beyond it a request that would follow a
// pause is dropped (and counted) instead.
constexpr std::size_t kThinkersMax = 1'000'000;

// A user whose exchange broke (refused, reset) pauses: a dead target would otherwise be flooded
// with as many connects as the machine can make.
constexpr Nanos kPauseAfterBreak = 100ms;

// Jumps of one round without a request or pause between them, before others have their turn.
constexpr int kJumpsPerTurn = 1000;

// Heavy tails have no end; a user who thinks for a day is gone.
Nanos CutThink(double seconds) {
  return FromSeconds(std::min(seconds, Seconds(std::chrono::hours(24))));
}

}  // namespace

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
  ShareOf(rounds_[id]).users -= rounds_[id].is_user ? 1U : 0U;
  FreeRound(id);
}

void WorkerLoop::BeginRound(std::uint32_t id, std::uint64_t number, Instant due,
                            std::uint32_t side) {
  Round& round = rounds_[id];
  const Share& share = ShareOf(round);
  round.flow = side * scenario_.flow_count() + share.part->flow_first;
  if (__builtin_expect(replay_ != nullptr, 0)) {
    // A user takes his turn; an arrival has been loaded with its pair.
    if (round.is_user && !replay_->Load(share.OverAllWorkers(number))) {
      EndOfData(id);
      return;
    }
    round.flow += replay_->flow();
  } else if (share.part->cumulative_weights.size() > 1) {
    round.flow += PickFlow(share.part->cumulative_weights,
                           share.seed + (round.is_user ? share.slice.index : 0), number);
  }
  round.action = 0;
  round.is_idle = true;
  round.begins_anew = false;
  const std::uint64_t over_all = round.is_user ? share.OverAllWorkers(number) : number;
  if (!filler_.BeginRound(id, {over_all, share.index, round.is_user})) {
    EndOfData(id);
    return;
  }
  NextAction(id, due);
}

void WorkerLoop::NextAction(std::uint32_t id, Instant due) {
  Round& round = rounds_[id];
  const std::vector<PreparedAction>& actions = scenario_.flows[round.flow].actions;
  bool crowded = false;
  int jumps = 0;
  while (round.action < actions.size()) {
    const PreparedAction& action = actions[round.action++];
    if (const auto* request = std::get_if<std::uint32_t>(&action)) {
      round.is_idle = false;
      BeginRequest(id, *request, due, crowded);
      return;
    }
    if (const auto* jump = std::get_if<PreparedJump>(&action)) {
      if (++jumps > kJumpsPerTurn) {
        --round.action;
        YieldTurn(id, due);
        return;
      }
      if (filler_.Jumps(id, *jump, clock_.WallNow())) {
        round.action = jump->to;
      }
      continue;
    }
    round.is_idle = false;
    if (wakes_.size() < kThinkersMax) {
      Sleep(id, due + Pause(std::get<scenarios::Think>(action)));
      return;
    }
    crowded = true;
  }
  // After a last pause the next round is due when the pause was over, not when we woke. One that
  // did nothing must not be followed at once by others of its kind.
  EndRound(id, round.is_idle ? AfterRound::kPause : AfterRound::kGoOn, due);
}

// A loop that sends nothing lets others have their turn, and does not outlive the load.
void WorkerLoop::YieldTurn(std::uint32_t id, Instant due) {
  if (Now() >= ShareOf(rounds_[id]).end || wakes_.size() >= kThinkersMax) {
    RetireRound(id);
  } else {
    Sleep(id, due);
  }
}

void WorkerLoop::BeginRequest(std::uint32_t id, std::uint32_t request, Instant due, bool crowded) {
  Round& round = rounds_[id];
  const Instant now = Now();
  round.request = request;
  if (__builtin_expect(RequestOf(round).slots != nullptr, 0) && !Fill(id)) {
    EndOfData(id);
    return;
  }
  Plan(id, due, now);
  std::deque<std::uint32_t>& waiting = waiting_[RequestOf(round).side];
  if (crowded || (in_flight_ > in_flight_max_ && !round.is_user)) {
    Drop(id, now);
  } else if (waiting.empty()) {
    TryStart(id);
  } else {
    // First come, first served.
    waiting.push_back(id);
  }
}

// False: there is no request, and there will be no more.
bool WorkerLoop::Fill(std::uint32_t id) {
  is_now_old_ = true;
  if (script_ != nullptr) {
    return script_->Next(id) != nullptr;
  }
  filler_.Fill(id, RequestOf(rounds_[id]), clock_.WallNow());
  return true;
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
  // After the send: noting it must not make it late.
  if (__builtin_expect(notes_ != nullptr, 0)) {
    NoteRequest(id);
  }
}

// A redirect that is followed was not due: whoever sends the log again will be redirected again.
void WorkerLoop::NoteRequest(std::uint32_t id) {
  const PreparedRequest& request = RequestOf(rounds_[id]);
  if (request.slots == nullptr || !request.slots->is_redirect) {
    notes_->Note(rounds_[id].due, WireOf(id).bytes);
  }
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
  RequestError error = RequestError::kNone;
  bool follows = false;
  if (__builtin_expect(!request.looks_further, 1)) {
    error = Judge(rounds_[id], request, answer);
  } else {
    follows = LookFurther(id, request, answer, error);
  }
  const bool completed = error == RequestError::kNone;
  // What ends at or after the boundary belongs to the new second.
  if (now >= next_second_) {
    RotateRecords(now);
  }
  records_->At(rounds_[id].phase, request.step).bytes_received += answer.bytes_received;
  // From then on it waited for us. Of no use when it lies before the send: a clock was set.
  const Instant whole =
      answer.times.whole < rounds_[id].sent ? now : std::min(answer.times.whole, now);
  if (__builtin_expect(answer.usage == nullptr, 1)) {
    RecordParts(rounds_[id], answer.times, whole);
  } else {
    RecordSet::RecordUsage(records_->At(rounds_[id].phase, request.step), *answer.usage);
  }
  OnEnded(id, completed ? Outcome::kCompleted : Outcome::kFailed, error, whole);
  if (completed && state_ == State::kRunning && now < ShareOf(rounds_[id]).end) {
    if (__builtin_expect(follows, 0)) {
      BeginRequest(id, request.redirect, now, false);
    } else {
      NextAction(id, now);
    }
  } else {
    EndRound(id, AfterRound::kGoOn, now);
  }
  // A long batch of answers must not hold up what is due meanwhile.
  if (next_due_ <= now) {
    StartDueArrivals();
  }
}

// Keeps cookies, then either the answer sends the round on, or it is judged and taken from.
bool WorkerLoop::LookFurther(ExchangeId id, const PreparedRequest& request, const Answer& answer,
                             RequestError& error) {
  if (script_ != nullptr) {
    script_->OnAnswer(answer);
    is_now_old_ = true;
    error = request.check.Judge(answer);
    return false;
  }
  filler_.TakeCookies(id, request, answer, clock_.WallNow());
  switch (filler_.RedirectOf(id, request, answer)) {
    case SlotFiller::Redirect::kFollow:
      return true;
    case SlotFiller::Redirect::kTooMany:
      error = RequestError::kStatus;
      return false;
    case SlotFiller::Redirect::kNowhere:
      error = RequestError::kCheckHeader;
      return false;
    case SlotFiller::Redirect::kNone:
      break;
  }
  if (!request.check.needs_body()) {
    error = Judge(rounds_[id], request, answer);
  } else {
    Answer plain = answer;
    const LineFindings& lines = lines_[rounds_[id].request].Of(answer.head, request.check);
    error = lines.is_encoded ? decoder_.Decode(answer, plain.body) : RequestError::kNone;
    // The status comes first: what a wrong one brought along is not of interest.
    const RequestError judged = request.check.Judge(plain, lines);
    error = judged == RequestError::kStatus || error == RequestError::kNone ? judged : error;
    if (request.check.takes() && error == RequestError::kNone) {
      error = request.check.Take(plain, filler_.VariablesOf(id));
    }
    return false;
  }
  if (request.check.takes() && error == RequestError::kNone) {
    error = request.check.Take(answer, filler_.VariablesOf(id));
  }
  return false;
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

void WorkerLoop::OnEnded(ExchangeId id, Outcome outcome, RequestError error, Instant ended) {
  Settle(id, outcome, error, ended);
  ServeWaiting();
}

void WorkerLoop::OnCapacity(Instant now) {
  Enter(now);
  ServeWaiting();
}

void WorkerLoop::EndRound(std::uint32_t id, AfterRound after, Instant now) {
  Round& round = rounds_[id];
  Share& share = ShareOf(round);
  if (!round.is_user || state_ != State::kRunning || now >= share.end ||
      share.users > share.users_wanted || !TakeRoundOfUser(share)) {
    RetireRound(id);
    return;
  }
  if (after == AfterRound::kPause) {
    round.begins_anew = true;
    Sleep(id, now + kPauseAfterBreak);
    return;
  }
  BeginRound(id, share.user_rounds++, now);
}

void WorkerLoop::Sleep(std::uint32_t id, Instant until) {
  rounds_[id].state = Round::State::kThinking;
  wakes_.push({until, id});
}

Nanos WorkerLoop::Pause(const scenarios::Think& think) {
  if (__builtin_expect(script_ != nullptr, 0)) {
    is_now_old_ = true;
    return script_->Delay();
  }
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
