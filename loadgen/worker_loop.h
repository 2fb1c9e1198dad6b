#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "base/run.h"
#include "base/time.h"
#include "loadgen/arrival_sampler.h"
#include "loadgen/body_decoder.h"
#include "loadgen/prepared.h"
#include "loadgen/recorder.h"
#include "loadgen/replay_cursor.h"
#include "loadgen/request_log.h"
#include "loadgen/request_script.h"
#include "loadgen/schedule.h"
#include "loadgen/slot_filler.h"
#include "loadgen/transport.h"

namespace weir::loadgen {

/// Where a worker leaves a second's measurements and takes an empty set. One call a second.
class RecordExchange {
 public:
  virtual ~RecordExchange() = default;

  /// Takes `full` and returns an empty set, or gives `full` back when none is to be had: the
  /// worker then goes on filling it. Never null.
  virtual std::unique_ptr<RecordSet> Swap(std::unique_ptr<RecordSet> full) = 0;

  /// Takes the last set of a worker; it always finds room.
  virtual void Last(std::unique_ptr<RecordSet> full) = 0;
};

/// The decisions of one load-generating thread, without I/O: who is due, who waits, who has timed
/// out, when to be called next. The shell (loadgen/transport) calls RunOnce when time has come and
/// passes events of the transport on. The same code runs in tests on a fake clock.
///
/// Invariants (checked in tests/simulation over thousands of seeds):
///  - planned = completed + failed + timed out + dropped + unfinished when Done();
///  - response time counts from the due instant, service time from the send, send lag is the
///    time from the due instant to the worker's attempt to start;
///  - at most in_flight_max requests are in flight or wait for a connection; more are dropped.
///
/// Thread rule: the thread that runs it. All Instants must come from one clock and not go back.
class WorkerLoop final : public TransportEvents {
 public:
  struct Options {
    Instant start{};
    WorkerSlice slice;
    std::uint64_t seed = 0;
    Recording recording = Recording::kFull;
    RequestScript* script = nullptr;  ///< Makes the requests; null: the scenario has them.
    RequestNotes* notes = nullptr;    ///< Hears of what is sent; null: nobody does.
  };

  /// All references must outlive the loop; the transport is set by Attach before the first RunOnce.
  WorkerLoop(const PreparedScenario& scenario, const Options& options, const Clock& clock,
             RecordExchange& records);

  void Attach(Transport& transport) { transport_ = &transport; }

  /// Does everything that is due and returns when it wants to be called again; an Instant in the
  /// past means at once, after the transport had a chance to read. Cost: O(1) for each thing that
  /// is due.
  Instant RunOnce(Instant now);

  /// Ends the run now: nothing new starts, what is in flight becomes unfinished.
  void Stop(Instant now);

  /// No request is or will be in flight, and the last records have been handed over.
  bool Done() const { return state_ == State::kDone; }

  /// When the last request ended, or the load was stopped.
  Instant finished_at() const { return finished_at_; }

  /// A sample of its arrivals, for the run's certificate. Empty for a closed load.
  const std::vector<SentArrival>& sampled_arrivals() const { return sampler_.kept(); }

  std::uint32_t in_flight() const { return in_flight_; }

  void OnSent(ExchangeId id, Instant now) override;
  void OnAnswer(ExchangeId id, const Answer& answer, Instant now) override;
  void OnBroken(ExchangeId id, RequestError error, Instant now) override;
  void OnCapacity(Instant now) override;

 private:
  enum class State : std::uint8_t { kRunning, kDraining, kDone };

  /// What a user does after a round: start the next at once, or after a pause.
  enum class AfterRound : std::uint8_t { kGoOn, kPause };

  /// What this worker sends of one part of the run, and how far it has come.
  struct Share {
    const PreparedPart* part = nullptr;
    std::uint32_t index = 0;  ///< Of the part.
    WorkerSlice slice;
    std::uint64_t seed = 0;
    Instant start{};
    Instant end{};
    std::uint64_t rounds_left = UINT64_MAX;  ///< That users may still begin; 0: no more arrivals.
    // Of a closed one.
    Instant next_user_change = Instant::max();
    std::uint32_t users = 0;
    std::uint32_t users_wanted = 0;
    std::uint64_t users_begun = 0;
    std::uint64_t user_rounds = 0;

    /// `number` of this worker, counted over all of them.
    std::uint64_t OverAllWorkers(std::uint64_t number) const {
      return slice.index + number * slice.count;
    }
  };

  /// One pass through a flow: an arrival of an open load, or the current round of a user. At most
  /// one request of it is planned at any time, so its index serves as ExchangeId. One cache line:
  /// those of ten thousand rounds do not stay in a cache.
  struct alignas(64) Round {
    enum class State : std::uint8_t { kFree, kThinking, kWaiting, kConnecting, kSent };

    State state = State::kFree;
    Phase phase = Phase::kMeasure;
    bool is_user = false;
    bool is_idle = true;       ///< Neither requests nor pauses so far.
    bool begins_anew = false;  ///< After its pause it is another round.
    std::uint32_t share = 0;   ///< Index of that of its part of the run.
    std::uint32_t flow = 0;
    std::uint32_t action = 0;   ///< Index of the action in progress.
    std::uint32_t request = 0;  ///< Index of the request in progress.
    Instant due{};
    Instant attempted{};
    Instant started{};  ///< Handed to the transport; the timeout counts from here.
    Instant sent{};
    Instant check_at =
        Instant::max();  ///< When its timeout is looked at next; its entry in checks_.
  };

  static_assert(sizeof(Round) == 64);

  /// A round and an instant at which something is to be done about it.
  struct Wake {
    Instant at{};
    std::uint32_t round = 0;

    bool operator>(const Wake& other) const { return at > other.at; }
  };

  using WakeQueue = std::priority_queue<Wake, std::vector<Wake>, std::greater<>>;

  /// What time it is, for what is about to be started: the clock is read again only if something
  /// was started since. A start takes microseconds, which are lag of ours, not service of the
  /// target.
  Instant Now() {
    if (is_now_old_) {
      now_ = clock_.Now();
      is_now_old_ = false;
    }
    return now_;
  }

  void Enter(Instant now) {
    now_ = now;
    is_now_old_ = false;
  }

  void ExpireTimeouts(Instant now);
  void WakeThinkers(Instant now);
  void MakeShares(const Options& options);
  void AdjustUsers(Instant now);
  void AdjustUsers(Share& share, Instant now);
  void StartDueArrivals();

  const std::optional<Arrival>& NextArrival() const {
    return replay_says_when_ ? replay_->Peek() : arrivals_.Peek();
  }

  void PopArrival() {
    if (__builtin_expect(replay_says_when_, 0)) {
      replay_->Pop();
    } else {
      arrivals_.Pop();
    }
    next_due_ = NextArrival() ? start_ + NextArrival()->due : Instant::max();
  }

  void ServeWaiting();
  void ServeWaiting(std::deque<std::uint32_t>& waiting);
  void OnEnded(ExchangeId id, Outcome outcome, RequestError error, Instant ended);
  void RotateRecords(Instant now);
  void Finish(Instant now);
  bool AllPlanned(Instant now) const;
  [[gnu::noinline]] bool AllOver(Instant now) const;
  bool IsOver(const Share& share, Instant now) const;
  Instant NextWake() const;

  std::uint32_t TakeRound();
  void FreeRound(std::uint32_t id);
  void RetireRound(std::uint32_t id);
  void BeginArrival(const Arrival& arrival, Instant due, std::uint32_t side);
  void BeginSides(const Arrival& arrival, Instant due);
  void BeginReplayed(const Arrival& arrival, Instant due);
  void BeginRound(std::uint32_t id, std::uint64_t number, Instant due, std::uint32_t side = 0);
  void NextAction(std::uint32_t id, Instant due);
  void YieldTurn(std::uint32_t id, Instant due);
  void BeginRequest(std::uint32_t id, std::uint32_t request, Instant due, bool crowded);
  bool Fill(std::uint32_t id);

  RequestError Judge(const Round& round, const PreparedRequest& request, const Answer& answer) {
    return request.check.needs_head()
               ? request.check.Judge(answer, lines_[round.request].Of(answer.head, request.check))
               : request.check.Judge(answer);
  }

  bool LookFurther(ExchangeId id, const PreparedRequest& request, const Answer& answer,
                   RequestError& error);
  void Plan(std::uint32_t id, Instant due, Instant now);
  void Drop(std::uint32_t id, Instant now);
  void TryStart(std::uint32_t id);
  [[gnu::noinline]] void NoteRequest(std::uint32_t id);
  static Instant NextUserChange(const Share& share, Instant now);
  bool TakeRoundOfUser(Share& share);
  void StopBeginning(Share& share);
  void EndOfData(std::uint32_t id);
  void Settle(std::uint32_t id, Outcome outcome, RequestError error, Instant ended);
  void RecordParts(const Round& round, const ExchangeTimes& times, Instant ended);
  void RecordLatency(const Round& round, Outcome outcome, RequestError error, Instant ended);
  void EndRound(std::uint32_t id, AfterRound after, Instant now);
  void Sleep(std::uint32_t id, Instant until);
  Nanos Pause(const scenarios::Think& think);
  void WatchTimeout(std::uint32_t id);

  Share& ShareOf(const Round& round) { return shares_[round.share]; }

  const PreparedRequest& RequestOf(const Round& round) const {
    return scenario_.requests[round.request];
  }

  /// The request as it goes on the wire.
  const PreparedRequest& WireOf(std::uint32_t id) const {
    const PreparedRequest& request = RequestOf(rounds_[id]);
    if (__builtin_expect(request.slots == nullptr, 1)) {
      return request;
    }
    return script_ == nullptr ? filler_.FilledOf(id) : script_->RequestOf(id);
  }

  Instant TimeoutOf(const Round& round) const {
    return round.started + scenario_.timeouts[RequestOf(round).timeout_class];
  }

  static bool IsStarted(const Round& round) {
    return round.state == Round::State::kConnecting || round.state == Round::State::kSent;
  }

  const PreparedScenario& scenario_;
  const Clock& clock_;
  RecordExchange& records_out_;
  const std::uint64_t seed_;
  const Instant start_;
  const Instant warm_end_;
  const Instant load_end_;
  const Instant drain_end_;
  const std::uint32_t in_flight_max_;
  const bool counts_only_;
  RequestScript* const script_;
  RequestNotes* const notes_;
  const bool replay_says_when_;
  const std::uint32_t sampled_part_;
  const Instant sampled_start_;

  Transport* transport_ = nullptr;
  State state_ = State::kRunning;
  bool is_now_old_ = false;
  Instant now_{};
  std::vector<Share> shares_;   ///< By part of the run.
  bool may_end_early_ = false;  ///< One of them begins nothing more before its stages are over.
  ArrivalMerge arrivals_;       ///< Of open loads, unless a replay says when.
  std::unique_ptr<ReplayCursor> replay_;  ///< Null when nothing is replayed.
  ArrivalSampler sampler_;
  Instant next_due_ = Instant::max();
  std::unique_ptr<RecordSet> records_;
  Instant next_second_{};
  Instant next_user_change_ = Instant::max();  ///< The first of those of the shares.
  Rng think_rng_;
  SlotFiller filler_;
  BodyDecoder decoder_;
  std::vector<KnownLines> lines_;  ///< By request.
  std::vector<Round> rounds_;
  std::vector<std::uint32_t> free_;
  /// By side: requests to a target without a free connection must not hold up those to the other.
  std::array<std::deque<std::uint32_t>, kSidesMax> waiting_;
  WakeQueue checks_;             ///< Timeouts to look at; see WatchTimeout.
  WakeQueue wakes_;              ///< Ends of pauses.
  std::uint32_t in_flight_ = 0;  ///< Waiting, connecting or sent.
  Instant finished_at_{};
};

}  // namespace weir::loadgen
