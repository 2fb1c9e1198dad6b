#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <uv.h>

#include "base/clock.h"
#include "base/result.h"
#include "loadgen/gather_time.h"
#include "loadgen/pacing.h"
#include "loadgen/prepared.h"
#include "loadgen/transport/make_transport.h"
#include "loadgen/transport/socket_poll.h"
#include "loadgen/wake_margin.h"
#include "loadgen/worker_loop.h"

namespace weir::loadgen {

/// Sleeps exactly: a timerfd on CLOCK_MONOTONIC with absolute nanosecond deadlines, watched by
/// the loop. libuv's own timers are whole milliseconds, so they do not pace. Thread of the loop.
class DeadlineTimer {
 public:
  /// Errors: kUnavailable (out of file descriptors).
  static Result<std::unique_ptr<DeadlineTimer>> Create(uv_loop_t& loop);
  DeadlineTimer(const DeadlineTimer&) = delete;
  DeadlineTimer& operator=(const DeadlineTimer&) = delete;
  ~DeadlineTimer();

  /// Wakes the loop at `at`. Costs a system call only when it changes anything: an earlier deadline
  /// that is already set stays, and wakes the loop once in vain.
  void ArmFor(Instant at);

  /// The deadline that went off since the last call.
  std::optional<Instant> TakeExpired();

 private:
  explicit DeadlineTimer(int fd);
  static void OnReadable(uv_poll_t* poll, int status, int events);

  int fd_;
  std::unique_ptr<uv_poll_t> poll_;
  std::optional<Instant> armed_;
  std::optional<Instant> expired_;
};

/// One load-generating thread's loop, timer, connections and decisions. Everything but Stop,
/// in_flight and connections belongs to the thread that calls Run.
class WorkerThread {
 public:
  struct Options {
    TransportOptions transport;
    std::optional<TransportOptions> other_transport;  ///< To the second of a pair of targets.
    std::uint32_t preconnect = 0;
    Pacing pacing = Pacing::kHybrid;
    /// How late requests may be sent so that one wake-up serves several; 0 = as precise as pacing
    /// can. No effect when spinning.
    Nanos lag_budget{0};
    WorkerSlice slice;
    std::uint64_t seed = 0;
    Recording recording = Recording::kFull;
    RequestScript* script = nullptr;  ///< As in WorkerLoop::Options.
    RequestNotes* notes = nullptr;    ///< As in WorkerLoop::Options.
    std::optional<int> cpu;  ///< Runs on this processor only; none = wherever the kernel likes.
  };

  /// References must outlive it. Errors: kUnavailable (out of descriptors or memory).
  static Result<std::unique_ptr<WorkerThread>> Create(const PreparedScenario& scenario,
                                                      const Options& options, const Clock& clock,
                                                      RecordExchange& records);
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;
  ~WorkerThread();

  /// Opens the connections asked for beforehand; returns when they are open or `deadline` is past.
  void Preconnect(Instant deadline);

  /// Runs the load from `start` until it is over or Stop was called.
  void Run(Instant start);

  /// Any thread, and signal handlers.
  void Stop();

  std::uint32_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

  std::uint32_t connections() const { return connections_.load(std::memory_order_relaxed); }

  /// Valid after Run has returned.
  Instant finished_at() const { return finished_at_; }

  /// How often it polled the sockets instead of sleeping: in vain, and events that it handled.
  struct PollCounts {
    std::uint64_t vain = 0;
    std::uint64_t useful = 0;
  };

  /// Valid after Run has returned.
  PollCounts poll_counts() const { return poll_counts_; }

  /// As WorkerTransport::retransmits. Valid after Run has returned.
  std::uint64_t retransmits() const { return retransmits_; }

  /// Valid after Run has returned.
  ProgramNotes program_notes() const { return transport_->notes(); }

  /// As WorkerLoop::sampled_arrivals. Valid after Run has returned.
  const std::vector<SentArrival>& sampled_arrivals() const { return sampled_arrivals_; }

 private:
  /// Hands the transport's events on to the loop of the run, which is made when the start is known.
  class Forwarder;

  WorkerThread(const PreparedScenario& scenario, const Options& options, const Clock& clock,
               RecordExchange& records);
  Status Open();
  void Wait(Instant next, Instant turn_began);
  void Poll(Instant next, Instant now);
  void ReadOrGather(Nanos span);
  Nanos Lead() const;

  const PreparedScenario& scenario_;
  const Options options_;
  const Clock& clock_;
  RecordExchange& records_;
  std::unique_ptr<uv_loop_t> loop_;
  std::unique_ptr<uv_async_t> stop_signal_;
  std::unique_ptr<DeadlineTimer> timer_;
  std::unique_ptr<SocketPoll> sockets_;
  std::unique_ptr<Forwarder> forwarder_;
  OwnedTransport transport_;
  WakeMargin usual_lateness_;    ///< Of the kernel's wake-ups: what every other one exceeds,
  WakeMargin worst_lateness_;    ///< and what one in twenty exceeds.
  bool sleeps_exactly_ = false;  ///< The kernel adds no slack to short sleeps of this thread.
  GatherTime gather_;
  Instant finished_at_{};
  std::vector<SentArrival> sampled_arrivals_;
  PollCounts poll_counts_;
  std::uint64_t retransmits_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint32_t> in_flight_{0};
  std::atomic<std::uint32_t> connections_{0};
};

}  // namespace weir::loadgen
