#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <uv.h>

#include "base/clock.h"
#include "loadgen/transport/command.h"
#include "tests/loadgen/models.h"
#include "tests/support/temp_dir.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;
using scenarios::Command;
using scenarios::Matcher;

// Keeps what the transport told. `again` more are started, each from the end of the one before.
class Log final : public TransportEvents {
 public:
  struct Ended {
    ExchangeId id = 0;
    int exit_code = -1;
    RequestError error = RequestError::kNone;
    std::string out;
    std::uint64_t bytes = 0;
    ProgramUsage usage;
  };

  void OnSent(ExchangeId, Instant) override { FAIL() << "a program starts at once"; }

  void OnAnswer(ExchangeId id, const Answer& answer, Instant) override {
    ASSERT_NE(answer.usage, nullptr);
    ended.push_back({id, answer.status, RequestError::kNone, std::string(answer.body),
                     answer.bytes_received, *answer.usage});
    if (again > 0) {
      --again;
      EXPECT_EQ(transport->Start(id, *request), Transport::StartResult::kSent);
    }
  }

  void OnBroken(ExchangeId id, RequestError error, Instant) override {
    ended.push_back({id, -1, error, "", 0, {}});
  }

  void OnCapacity(Instant) override {}

  std::vector<Ended> ended;
  int again = 0;
  CommandTransport* transport = nullptr;
  const PreparedRequest* request = nullptr;
};

Command Shell(const std::string& line) {
  Command command;
  command.name = "step";
  command.argv = {"/bin/sh", "-c", line};
  return command;
}

// Keeps stdout: only a check makes the transport do so.
Command ShellWithOutput(const std::string& line) {
  Command command = Shell(line);
  command.output.push_back(Matcher{Matcher::Kind::kContains, "anything"});
  return command;
}

class CommandTransportTest : public ::testing::Test {
 protected:
  CommandTransportTest() {
    uv_loop_init(&loop_);
    Open({.programs_max = 4});
  }

  ~CommandTransportTest() override {
    transport_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }

  void Open(const CommandTransport::Options& options) {
    transport_ = std::make_unique<CommandTransport>(loop_, options, clock_, log_);
    log_.transport = transport_.get();
  }

  void Prepare(const Command& command) {
    prepared_ = tests::PreparedOf(tests::ScenarioOf(tests::ClosedLoad(1, 1s), {command}));
    log_.request = &Request();
  }

  const PreparedRequest& Request() const { return prepared_.requests.front(); }

  void Await(std::size_t count) {
    const Instant deadline = clock_.Now() + 20s;
    while (log_.ended.size() < count && clock_.Now() < deadline) {
      transport_->DeliverDeferred();
      uv_run(&loop_, UV_RUN_NOWAIT);
    }
    ASSERT_EQ(log_.ended.size(), count);
  }

  Log::Ended RunOne(const Command& command) {
    Prepare(command);
    EXPECT_EQ(transport_->Start(0, Request()), Transport::StartResult::kSent);
    Await(1);
    return log_.ended.empty() ? Log::Ended() : log_.ended.front();
  }

  const tests::TempDir dir_;
  const SystemClock clock_;
  uv_loop_t loop_{};
  Log log_;
  PreparedScenario prepared_;
  std::unique_ptr<CommandTransport> transport_;
};

TEST_F(CommandTransportTest, AnExitIsAnAnswerWithItsCodeAndOutput) {
  const Log::Ended ended = RunOne(ShellWithOutput("echo one; echo two >&2; exit 3"));
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.out, "one\n");
  EXPECT_EQ(ended.bytes, 4U);
  EXPECT_EQ(transport_->connections(), 0U);
  EXPECT_EQ(transport_->notes().first_failure, "exit code 3; it wrote: two");
}

TEST_F(CommandTransportTest, OutputThatNoCheckLooksAtIsCountedAndNotKept) {
  const Log::Ended ended = RunOne(Shell("head -c 3000000 /dev/zero"));
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.bytes, 3'000'000U);
  EXPECT_EQ(ended.out, "");
}

TEST_F(CommandTransportTest, KeptOutputIsBoundedAndTheRestIsDrained) {
  const Log::Ended ended = RunOne(ShellWithOutput("head -c 6000000 /dev/zero"));
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.bytes, 6'000'000U);
  EXPECT_EQ(ended.out.size(), CommandTransport::kOutputKeptMax);
}

TEST_F(CommandTransportTest, ASignalBreaksTheExchange) {
  const Log::Ended ended = RunOne(Shell("kill -SEGV $$"));
  EXPECT_EQ(ended.error, RequestError::kSignal);
  EXPECT_EQ(transport_->notes().first_failure, "ended by signal 11 (Segmentation fault)");
}

TEST_F(CommandTransportTest, AProgramThatCannotBeExecutedBreaksTheExchange) {
  const std::string script = dir_.Write("script", "#!/there/is/no/such/interpreter\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  Command command;
  command.argv = {script};
  const Log::Ended ended = RunOne(command);
  EXPECT_EQ(ended.error, RequestError::kNoProgram);
  EXPECT_EQ(transport_->connections(), 0U);
  EXPECT_NE(transport_->notes().first_failure.find("No such file"), std::string::npos);
}

TEST_F(CommandTransportTest, ItsInputIsEmptyAndItsSignalsAreTheUsualOnes) {
  // A program that inherited an ignored SIGPIPE would write on into a closed pipe.
  signal(SIGPIPE, SIG_IGN);
  const Log::Ended ended = RunOne(ShellWithOutput("cat; grep -i sigign /proc/self/status"));
  signal(SIGPIPE, SIG_DFL);
  EXPECT_EQ(ended.out, "SigIgn:\t0000000000000000\n");
}

TEST_F(CommandTransportTest, CancelEndsTheWholeProcessGroupAndMakesRoomAtOnce) {
  Open({.programs_max = 1});
  // The child of the shell holds the pipe as long as it lives, and so writes to the file at the
  // end.
  const std::string file = dir_.File("alive");
  Prepare(Shell("(sleep 1; touch " + file + ") & wait"));
  ASSERT_EQ(transport_->Start(7, Request()), Transport::StartResult::kSent);
  ASSERT_EQ(transport_->Start(8, Request()), Transport::StartResult::kNoRoom);
  transport_->Cancel(7);
  EXPECT_EQ(transport_->connections(), 0U);
  Prepare(Shell("sleep 1.3"));
  ASSERT_EQ(transport_->Start(8, Request()), Transport::StartResult::kSent);
  Await(1);
  EXPECT_EQ(log_.ended[0].id, 8U);
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(CommandTransportTest, WhatRunsOnInTheBackgroundIsNotWaitedFor) {
  const Instant start = clock_.Now();
  const Log::Ended ended = RunOne(ShellWithOutput("sleep 5 & echo done"));
  EXPECT_EQ(ended.out, "done\n");
  EXPECT_LT(clock_.Now() - start, 4s);
}

TEST_F(CommandTransportTest, ProgramsAtATimeAreToldApart) {
  Prepare(ShellWithOutput("echo $PPID; sleep 0.0$$"));
  for (ExchangeId id = 0; id < 4; ++id) {
    ASSERT_EQ(transport_->Start(id, Request()), Transport::StartResult::kSent);
  }
  EXPECT_EQ(transport_->Start(4, Request()), Transport::StartResult::kNoRoom);
  EXPECT_EQ(transport_->connections(), 4U);
  Await(4);
  std::uint32_t seen = 0;
  for (const Log::Ended& ended : log_.ended) {
    EXPECT_EQ(ended.exit_code, 0);
    seen |= 1U << ended.id;
  }
  EXPECT_EQ(seen, 0b1111U);
}

TEST_F(CommandTransportTest, StartsTheNextFromTheEndOfTheOneBefore) {
  log_.again = 49;
  Prepare(Shell("exit 0"));
  ASSERT_EQ(transport_->Start(0, Request()), Transport::StartResult::kSent);
  Await(50);
}

TEST_F(CommandTransportTest, TellsWhatTheProgramUsed) {
  const Log::Ended ended = RunOne(Shell("i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done"));
  ProgramUsage usage = ended.usage;
  ASSERT_TRUE(usage.of(UsageMetric::kUserTime));
  EXPECT_GT(*usage.of(UsageMetric::kUserTime), 1'000'000U);
  EXPECT_LT(*usage.of(UsageMetric::kUserTime), 20'000'000'000U);
  EXPECT_GT(*usage.of(UsageMetric::kPageFaults), 10U);
}

TEST_F(CommandTransportTest, APeakAboveOurOwnIsKnownAndOneBelowIsNot) {
  Prepare(Shell("exit 0"));
  // Some 64 MiB in a shell variable.
  RunOne(Shell("x=$(head -c 64000000 /dev/zero | tr '\\0' x); exit 0"));
  ProgramUsage large = log_.ended[0].usage;
  ASSERT_TRUE(large.of(UsageMetric::kPeakMemory));
  EXPECT_GT(*large.of(UsageMetric::kPeakMemory), 64'000'000U);
  Prepare(Shell("exit 0"));
  std::vector<char> ours(std::size_t{100} << 20U, 'x');  // More than the shell takes.
  ASSERT_EQ(ours.back(), 'x');
  ASSERT_EQ(transport_->Start(0, Request()), Transport::StartResult::kSent);
  Await(2);
  EXPECT_FALSE(log_.ended[1].usage.of(UsageMetric::kPeakMemory));
  const ProgramNotes notes = transport_->notes();
  ASSERT_FALSE(notes.unknown.empty());
  EXPECT_EQ(notes.unknown.back().metric, UsageMetric::kPeakMemory);
  EXPECT_TRUE(notes.unknown.back().reason.starts_with("1 of 2 programs stayed below"))
      << notes.unknown.back().reason;
}

// Page faults are counted by the kernel, so they can be had where a virtual machine hides the
// counters of the processor; it is the same way that those take.
TEST_F(CommandTransportTest, CountersAreOfTheProgramAndItsChildren) {
  constexpr std::array<CounterSpec, 1> kFaults = {
      {{UsageMetric::kCycles, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS}}};
  if (ProbeCounters(kFaults).known.empty()) {
    GTEST_SKIP() << ProbeCounters(kFaults).unknown.front().reason;
  }
  Open({.programs_max = 2, .counters = kFaults});
  Prepare(Shell("exit 0"));
  ASSERT_EQ(transport_->Start(0, Request()), Transport::StartResult::kSent);
  PreparedScenario busy = tests::PreparedOf(tests::ScenarioOf(
      tests::ClosedLoad(1, 1s), {Shell("for i in 1 2 3 4 5 6; do /bin/sh -c :; done")}));
  ASSERT_EQ(transport_->Start(1, busy.requests.front()), Transport::StartResult::kSent);
  Await(2);
  std::array<std::uint64_t, 2> faults{};
  for (Log::Ended& ended : log_.ended) {
    ASSERT_TRUE(ended.usage.of(UsageMetric::kCycles));
    faults.at(ended.id) = *ended.usage.of(UsageMetric::kCycles);
  }
  EXPECT_GT(faults[0], 10U);
  EXPECT_GT(faults[1], 4 * faults[0]);
}

TEST_F(CommandTransportTest, ACounterThatThereIsNotIsUnknownWithAReason) {
  constexpr std::array<CounterSpec, 1> kNone = {
      {{UsageMetric::kInstructions, PERF_TYPE_HARDWARE, 9999}}};
  Open({.programs_max = 1, .counters = kNone});
  const Log::Ended ended = RunOne(Shell("exit 0"));
  ProgramUsage usage = ended.usage;
  EXPECT_FALSE(usage.of(UsageMetric::kInstructions));
  ASSERT_FALSE(transport_->notes().unknown.empty());
  EXPECT_EQ(transport_->notes().unknown[0].metric, UsageMetric::kInstructions);
  EXPECT_FALSE(transport_->notes().unknown[0].reason.empty());
}

TEST_F(CommandTransportTest, ProgramsThatRunWhenItGoesAreEnded) {
  const Instant start = clock_.Now();
  Prepare(Shell("sleep 30"));
  ASSERT_EQ(transport_->Start(0, Request()), Transport::StartResult::kSent);
  transport_.reset();
  EXPECT_LT(clock_.Now() - start, 10s);
  EXPECT_TRUE(log_.ended.empty());
}

}  // namespace
}  // namespace weir::loadgen
