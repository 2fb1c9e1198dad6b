#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <uv.h>

#include "base/clock.h"
#include "loadgen/transport/spawn.h"
#include "loadgen/transport/worker_transport.h"

namespace weir::loadgen {

/// Runs a program for each exchange: the send is its start, the answer its exit, with the exit code
/// as status and what it wrote to stdout as body.
///
/// What it writes is read at once, so that it never waits for us, and never reaches a terminal: of
/// stdout kOutputKeptMax bytes are kept where a check looks at them, of stderr kComplaintMax. An
/// exchange that is cancelled ends the whole process group with SIGKILL. What a program left
/// running in the background is not waited for.
///
/// Beside the answer comes what the program used: from wait4(2) processor time, memory, page faults
/// and context switches, from perf events the counters that this machine gives. The kernel counts
/// the memory of a program from before the exec, when it still was ours: a peak below our own is
/// not known (notes() says so).
///
/// Thread rule: the thread of `loop`. The destructor ends every program and runs the loop until
/// they are gone, so it must not be called from a callback.
class CommandTransport final : public WorkerTransport {
 public:
  static constexpr std::size_t kOutputKeptMax = std::size_t{4} * 1024 * 1024;
  static constexpr std::size_t kComplaintMax = 400;

  struct Options {
    std::uint32_t programs_max = 1;  ///< At a time.
    std::span<const CounterSpec> counters = ProcessorCounters();
  };

  /// All references must outlive the transport.
  CommandTransport(uv_loop_t& loop, const Options& options, const Clock& clock,
                   TransportEvents& events);
  CommandTransport(const CommandTransport&) = delete;
  CommandTransport& operator=(const CommandTransport&) = delete;
  ~CommandTransport() override;

  /// Nothing: a program serves one exchange.
  std::uint32_t Preconnect(std::uint32_t count) override { return count; }

  std::uint32_t preconnecting() const override { return 0; }

  StartResult Start(ExchangeId id, const PreparedRequest& request) override;
  void Cancel(ExchangeId id) override;

  /// Programs that run.
  std::uint32_t connections() const override { return running_; }

  void DeliverDeferred() override;

  Instant deferred_at() const override {
    return deferred_.empty() ? Instant::max() : Instant::min();
  }

  /// None: there are no connections.
  std::uint64_t retransmits() const override { return 0; }

  ProgramNotes notes() const override;

 private:
  struct Program;

  struct Deferred {
    ExchangeId id = 0;
    RequestError error = RequestError::kNone;
  };

  static void OnExit(uv_poll_t* poll, int status, int events);
  static void OnOutput(uv_poll_t* poll, int status, int events);
  static void OnComplaint(uv_poll_t* poll, int status, int events);

  Program& TakeProgram();
  int Launch(Program& program, const PreparedRequest& request);
  void Release(Program& program);
  void Ended(Program& program, Instant now);
  void NoteFailure(const Program& program, int status);

  uv_loop_t& loop_;
  const Options options_;
  const Clock& clock_;
  TransportEvents& events_;
  const CounterSupport counters_;
  UniqueFd null_;
  std::vector<std::unique_ptr<Program>> programs_;
  std::vector<Program*> free_;
  std::vector<Program*> by_id_;  ///< Who runs for it; null = nobody.
  std::vector<Deferred> deferred_;
  std::uint32_t running_ = 0;
  std::uint32_t active_ = 0;  ///< Programs whose handles the loop still knows.
  std::uint64_t ended_ = 0;
  std::uint64_t small_ = 0;  ///< Of them, those with a peak of memory below our own.
  std::uint64_t own_peak_bytes_ = 0;
  std::string first_failure_;
};

}  // namespace weir::loadgen
