#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "base/run.h"
#include "loadgen/prepared.h"
#include "loadgen/schedule.h"
#include "loadgen/transport.h"

namespace weir::tests {

/// A second book-keeping of a simulated run, made from what passes between worker and transport
/// and from the schedule alone; it knows nothing of the worker's own state. In the end the two
/// books must agree.
///
/// Which due instant belongs to a request can be told from outside when nothing is dropped and no
/// pause is random; only then are response times compared (due_known). Send lag is compared when
/// requests never wait for a connection either.
class ShadowLog {
 public:
  struct Options {
    Instant start{};
    std::uint64_t seed = 0;
    loadgen::WorkerSlice slice;
    bool due_known = false;
    bool never_waits = false;
  };

  ShadowLog(const loadgen::PreparedScenario& scenario, const Options& options);

  /// From the driver: the worker is about to be called with `now`.
  void OnTurn(Instant now) { turn_ = now; }

  /// From the driver: the worker is about to be stopped at `now`.
  void OnStop(Instant now);

  /// From the transport.
  void OnStart(loadgen::ExchangeId id, const loadgen::PreparedRequest& request, Instant now);
  void OnSent(loadgen::ExchangeId id, Instant now);
  /// `whole` is when the transport says that the answer was there; it may be wrong.
  void OnAnswer(loadgen::ExchangeId id, RequestError error, Instant now, Instant whole);
  void OnBroken(loadgen::ExchangeId id, RequestError error, Instant now);
  void OnCancel(loadgen::ExchangeId id);

  /// Exchanges that the transport has and that have not ended.
  std::uint32_t active() const { return active_; }

  std::uint64_t started() const { return started_; }

  /// The earliest instant at which an active exchange times out.
  Instant NextTimeout() const;

  /// When the first request of a step was started; Instant::max() if none was.
  Instant FirstStartOf(std::uint32_t step) const {
    const auto found = first_starts_.find(step);
    return found == first_starts_.end() ? Instant::max() : found->second;
  }

  /// How many arrivals of this worker are due by `now`, and when the next one is.
  std::uint64_t ArrivalsDueBy(Instant now) const;
  Instant DueOfArrival(std::uint64_t index) const;

  std::uint64_t arrivals() const { return arrivals_.size(); }

  /// Fails the test where `totals`, what the worker measured, differs.
  void Compare(const std::vector<StepRecord>& totals) const;

  /// Requests that ended well in each second of the run.
  const std::map<std::uint32_t, std::uint64_t>& completed_by_second() const {
    return completed_by_second_;
  }

 private:
  struct Exchange {
    bool active = false;
    bool is_sent = false;
    std::uint32_t step = 0;
    Instant due{};
    Instant started{};
    Instant sent{};
    Instant next_due{};  ///< Of what follows on the same id.
  };

  /// Where a step stands in its flow.
  struct Place {
    std::uint32_t flow = 0;
    bool is_first = false;
    Nanos lead{0};              ///< Pauses of the flow before its first request.
    Nanos trail{0};             ///< Pauses of the flow after its last one.
    std::optional<Nanos> next;  ///< Pauses between this request and the next; none: it is the last.
  };

  struct Expected {
    std::uint64_t count = 0;
    std::vector<Nanos> response;
    std::vector<Nanos> service;
    std::vector<Nanos> send_lag;
  };

  using Key = std::tuple<std::uint32_t, Phase, Outcome>;

  struct Times {
    Instant told{};   ///< When the worker heard of the end.
    Instant ended{};  ///< Until when its latencies count.
  };

  void End(loadgen::ExchangeId id, Outcome outcome, RequestError error, Times times);
  Instant DueOf(const Exchange& exchange);
  Instant NextDue(const Exchange& exchange, Outcome outcome, RequestError error, Instant now) const;
  void CompareOne(const Key& key, const Expected& expected, const StepRecord& record) const;

  const loadgen::PreparedScenario& scenario_;
  const Options options_;
  std::vector<Place> places_;  // By step.
  std::vector<loadgen::Arrival> arrivals_;
  std::size_t next_arrival_ = 0;
  std::vector<Exchange> exchanges_;
  std::map<Key, Expected> expected_;
  std::map<std::uint32_t, std::uint64_t> completed_by_second_;
  std::map<std::uint32_t, Instant> first_starts_;
  std::uint32_t active_ = 0;
  std::uint64_t started_ = 0;
  Instant turn_{};
  bool stopping_ = false;
};

}  // namespace weir::tests
