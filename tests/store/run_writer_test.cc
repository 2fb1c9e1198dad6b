#include "store/run_writer.h"

#include <csignal>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/history.h"
#include "store/internal/schema.h"
#include "tests/store/store_fixture.h"

namespace weir::store {
namespace {

using internal::Transaction;

class RunWriterTest : public testing::Test {
 protected:
  std::unique_ptr<RunWriter> Begin(const WriteOptions& options = kTestOptions) {
    auto writer = RunWriter::Begin(path_, SamplePlan(), SampleRun(1).started_at, options);
    EXPECT_TRUE(writer) << writer.error().message;
    return writer ? std::move(*writer) : nullptr;
  }

  weir::Run Load(RunId id) {
    auto store = Store::OpenForReading(path_);
    EXPECT_TRUE(store);
    auto run = (*store)->LoadRun(id);
    EXPECT_TRUE(run) << run.error().message;
    return run ? *run : weir::Run{};
  }

  RunHead Head(RunId id) {
    auto store = Store::OpenForReading(path_);
    EXPECT_TRUE(store);
    auto heads = (*store)->ListRuns({.ids = {id}});
    EXPECT_EQ(heads->size(), 1U);
    return heads->front();
  }

  TempDir directory_;
  std::string path_ = directory_.File("weir.db");
};

/// Another program that holds the file's write lock.
class Holder {
 public:
  explicit Holder(const std::string& path)
      : connection_(
            std::move(*internal::OpenForWriting(path, kTestOptions, internal::Migrations()))),
        transaction_(std::move(*Transaction::Begin(*connection_, Transaction::Kind::kWrite))) {}

 private:
  std::unique_ptr<internal::Connection> connection_;
  Transaction transaction_;
};

TEST_F(RunWriterTest, WritesOnceABatchWithoutBeingAsked) {
  auto writer = Begin({.batch_every = std::chrono::milliseconds(1)});
  writer->OnSecond(SampleSecond(0));
  auto store = std::move(*Store::OpenForReading(path_));
  std::size_t seconds = 0;
  while (seconds == 0) {  // The test's time limit ends it if nothing ever comes.
    seconds = store->LoadSeconds(writer->id())->size();
  }
  EXPECT_EQ(seconds, 1U);
}

TEST_F(RunWriterTest, ADestroyedWriterLeavesWhatWasQueued) {
  const RunId id = RecordKilledRun(path_, 2);
  EXPECT_EQ(Load(id).duration, std::chrono::seconds(2));
  EXPECT_EQ(StateWord(Head(id)), "incomplete");
}

TEST_F(RunWriterTest, KeepsTheWordsOfAnInterruptedRun) {
  auto writer = Begin();
  weir::Run run = SampleRun(1);
  run.state = RunState::kInterrupted;
  run.state_reason = "stopped by Ctrl-C after 1 s";
  ASSERT_TRUE(writer->Finish(run));
  EXPECT_EQ(StateWord(Head(writer->id())), "interrupted");
  EXPECT_EQ(Head(writer->id()).state_reason, run.state_reason);
  EXPECT_EQ(Load(writer->id()).state_reason, run.state_reason);
}

TEST_F(RunWriterTest, ARunWithoutRequestsHasNoQuantilesAndNoRate) {
  auto writer = Begin();
  weir::Run run;
  run.state = RunState::kAborted;
  ASSERT_TRUE(writer->Finish(run));
  const RunHead head = Head(writer->id());
  EXPECT_FALSE(head.response_p50_ns);
  EXPECT_FALSE(head.rate_per_s);
  EXPECT_EQ(head.counts, RequestCounts{});
  EXPECT_FALSE(Load(writer->id()).cpu_s);
  EXPECT_FALSE(Load(writer->id()).rss_bytes_max);
}

TEST_F(RunWriterTest, ALockThatIsReleasedCostsNothing) {
  auto writer = Begin();
  writer->OnSecond(SampleSecond(0));
  {
    const Holder holder(path_);
    EXPECT_FALSE(writer->Flush());
    writer->OnSecond(SampleSecond(1));
    EXPECT_FALSE(writer->Flush());
    ASSERT_TRUE(writer->trouble());
    EXPECT_NE(writer->trouble()->message.find("kept it locked"), std::string::npos);
  }
  EXPECT_TRUE(writer->Flush());
  EXPECT_FALSE(writer->trouble());
  writer->OnSecond(SampleSecond(2));
  writer->OnResources(SampleResources(2));
  const Status finished = writer->Finish(SampleRun(3));
  ASSERT_TRUE(finished) << finished.error().message;
  ExpectSameRun(Load(writer->id()), SampleRun(3));
  auto store = std::move(*Store::OpenForReading(path_));
  EXPECT_EQ(store->LoadSeconds(writer->id())->size(), 3U);
}

TEST_F(RunWriterTest, ALockThatStaysIsToldByFinishAndLeavesTheRunIncomplete) {
  auto writer = Begin();
  writer->OnSecond(SampleSecond(0));
  ASSERT_TRUE(writer->Flush());
  {
    const Holder holder(path_);
    writer->OnSecond(SampleSecond(1));
    const Status finished = writer->Finish(SampleRun(2));
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().kind, ErrorKind::kUnavailable);
    EXPECT_EQ(finished.error().message,
              fmt::format("cannot write to the history '{}': another process has kept it locked "
                          "for more than 20.0 ms; wait for that process to end, or name another "
                          "file. Run 1 stays incomplete in it, with what was written before",
                          path_));
  }
  EXPECT_EQ(StateWord(Head(1)), "incomplete");
  EXPECT_EQ(Load(1).duration, std::chrono::seconds(1));
}

// A disk that stalls for longer than the queue reaches loses resolution in time, and nothing else.
TEST_F(RunWriterTest, ADiskThatStallsLosesNoCount) {
  constexpr std::uint32_t kSeconds = 3 * RunWriter::kQueuedSecondsMax;
  auto writer = Begin();
  {
    const Holder holder(path_);
    writer->OnSecond(SampleSecond(0));
    EXPECT_FALSE(writer->Flush());
    for (std::uint32_t second = 1; second < kSeconds; ++second) {
      writer->OnSecond(SampleSecond(second));
    }
  }
  EXPECT_TRUE(writer->Flush());
  const RunHead head = Head(writer->id());
  EXPECT_EQ(head.seconds_merged, kSeconds - 1 - RunWriter::kQueuedSecondsMax);
  const weir::Run loaded = Load(writer->id());
  const weir::Run expected = SampleRun(kSeconds);
  ASSERT_EQ(loaded.totals.size(), expected.totals.size());
  for (std::size_t i = 0; i < expected.totals.size(); ++i) {
    EXPECT_EQ(loaded.totals[i].counts, expected.totals[i].counts);
    EXPECT_TRUE(loaded.totals[i].latency.at(Outcome::kCompleted).response ==
                expected.totals[i].latency.at(Outcome::kCompleted).response);
  }
}

TEST_F(RunWriterTest, TwoWritersOfOneProcessRecordIntoOneFile) {
  auto one = Begin();
  auto two = Begin();
  for (std::uint32_t second = 0; second < 3; ++second) {
    for (RunWriter* writer : {one.get(), two.get()}) {
      writer->OnSecond(SampleSecond(second));
      writer->OnResources(SampleResources(second));
      ASSERT_TRUE(writer->Flush());
    }
  }
  ASSERT_TRUE(one->Finish(SampleRun(3)));
  ASSERT_TRUE(two->Finish(SampleRun(3)));
  ExpectSameRun(Load(one->id()), SampleRun(3));
  ExpectSameRun(Load(two->id()), SampleRun(3));
  EXPECT_NE(one->id(), two->id());
}

// Processes that all find no file race to make it, to migrate it and to turn its log on.
TEST_F(RunWriterTest, ManyProcessesMakeAndFillOneFileAtTheSameTime) {
  constexpr int kProcesses = 8;
  std::array<pid_t, kProcesses> children{};
  for (pid_t& child : children) {
    child = fork();
    if (child == 0) {
      auto writer = RunWriter::Begin(path_, SamplePlan(), SampleRun(1).started_at,
                                     {.batch_every = std::chrono::hours(1)});
      bool good = writer.has_value();
      if (!good) {
        fmt::print(stderr, "{}\n", writer.error().message);
      }
      for (std::uint32_t second = 0; good && second < 3; ++second) {
        (*writer)->OnSecond(SampleSecond(second));
        (*writer)->OnResources(SampleResources(second));
        good = (*writer)->Flush().has_value();
      }
      _exit(good && (*writer)->Finish(SampleRun(3)) ? 0 : 1);
    }
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  auto store = std::move(*Store::OpenForReading(path_));
  const auto runs = store->LoadRuns({});
  ASSERT_TRUE(runs) << runs.error().message;
  ASSERT_EQ(runs->size(), static_cast<std::size_t>(kProcesses));
  for (const weir::Run& run : *runs) {
    ExpectSameRun(run, SampleRun(3));
  }
}

// The kernel refuses to let files grow: what a full disk or a quota looks like from inside.
TEST_F(RunWriterTest, AFullDiskDoesNotEndTheRunAndIsToldByFinish) {
  RecordSampleRun(path_, 1);
  const auto limit = std::filesystem::file_size(path_);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit size{.rlim_cur = limit, .rlim_max = limit};
    setrlimit(RLIMIT_FSIZE, &size);
    auto writer = RunWriter::Begin(path_, SamplePlan(), SampleRun(1).started_at, kTestOptions);
    if (!writer) {
      _exit(2);
    }
    for (std::uint32_t second = 0; second < 200; ++second) {
      (*writer)->OnSecond(SampleSecond(second));
      static_cast<void>((*writer)->Flush());
    }
    const Status finished = (*writer)->Finish(SampleRun(200));
    const std::string told = finished ? "finished" : finished.error().message;
    _exit(told.find("limit on file sizes") != std::string::npos ? 0 : 3);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(IntegrityOf(path_), "ok\n");
  EXPECT_EQ(StateWord(Head(2)), "incomplete");
  ExpectSameRun(Load(1), SampleRun(1));
}

}  // namespace
}  // namespace weir::store
