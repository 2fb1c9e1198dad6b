#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "base/rng.h"
#include "loadgen/transport.h"
#include "tests/simulation/shadow_log.h"
#include "tests/support/manual_clock.h"

namespace weir::tests {

/// How a simulated target and the way to it behave. Chances are shares of exchanges in [0, 1].
struct TransportScript {
  enum class Service : std::uint8_t { kConstant, kUniform, kExponential, kHeavyTail };

  Service service = Service::kConstant;
  Nanos service_mean = std::chrono::milliseconds(5);
  Nanos connect_mean{0};    ///< 0: connections are there at once.
  Nanos start_cost_max{0};  ///< What one Start takes of the worker's own time.
  Nanos stall_period{0};    ///< 0: never. Else the target answers nothing in every second half.
  double refused = 0;       ///< Of connection attempts.
  double start_fails = 0;   ///< Of starts, noticed inside Start and reported later.
  double reset = 0;         ///< Broken while waiting for the answer.
  double never_answers = 0;
  double wrong_status = 0;
  double closes_after = 0;  ///< The peer closes after the answer: no keep-alive.
  bool reads_late = false;  ///< Answers come some time before they are told of.
  std::uint32_t connections_max = 1;
  std::uint32_t preconnect = 0;
};

/// A target in simulated time: what a worker starts becomes an event at some later instant of a
/// manual clock. Tells `shadow` everything it is asked and everything it answers, and fails the
/// test when the worker breaks the contract of Transport.
class ScriptedTransport final : public loadgen::Transport {
 public:
  ScriptedTransport(const TransportScript& script, std::uint64_t seed, ManualClock& clock,
                    ShadowLog& shadow);

  void Attach(loadgen::TransportEvents& events) { events_ = &events; }

  StartResult Start(loadgen::ExchangeId id, const loadgen::PreparedRequest& request) override;
  void Cancel(loadgen::ExchangeId id) override;

  std::uint32_t connections() const override { return busy_ + idle_ + preconnecting_; }

  /// When the next event is due; Instant::max() when there is none.
  Instant NextEventAt() const {
    return events_due_.empty() ? Instant::max() : events_due_.top().at;
  }

  /// Delivers the next event if it is due by now; false if there is none.
  bool DeliverOne();

  /// A Start now would be taken.
  bool HasRoom() const { return idle_ > 0 || connections() < script_.connections_max; }

 private:
  enum class Kind : std::uint8_t { kPreconnected, kConnected, kRefused, kAnswer, kReset };

  struct Event {
    Instant at{};
    std::uint64_t order = 0;
    Kind kind = Kind::kAnswer;
    loadgen::ExchangeId id = 0;
    std::uint64_t generation = 0;

    bool operator>(const Event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  void Schedule(Kind kind, loadgen::ExchangeId id, Nanos after);
  void ScheduleAnswer(loadgen::ExchangeId id);
  void Deliver(const Event& event);
  void FinishAnswer(loadgen::ExchangeId id);
  Nanos ServiceTime();

  bool Chance(double share) { return rng_.Uniform() < share; }

  const TransportScript script_;
  Rng rng_;
  ManualClock& clock_;
  ShadowLog& shadow_;
  loadgen::TransportEvents* events_ = nullptr;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_due_;
  std::vector<std::uint64_t> generation_;  // Of each exchange id; odd while it is in use.
  std::uint64_t order_ = 0;
  std::uint32_t busy_ = 0;
  std::uint32_t idle_ = 0;
  std::uint32_t preconnecting_ = 0;
};

}  // namespace weir::tests
