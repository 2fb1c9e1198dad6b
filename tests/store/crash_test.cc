#include <csignal>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "store/history.h"
#include "store/run_writer.h"
#include "tests/store/fault_vfs.h"
#include "tests/store/store_fixture.h"

/// Promise: whatever happens to the process, the disk or the power, at whatever moment, the file is
/// a valid database, earlier runs are whole, and the last run is either whole or marked incomplete
/// with whole seconds: never half.
namespace weir::store {
namespace {

constexpr std::uint32_t kSeconds = 2;

// What the tests break: one run, batch by batch. Goes on after failures, as a real run does.
// Returns what Finish said; no value if the run did not even begin.
std::optional<Status> RecordThroughFaults(const std::string& path) {
  auto writer = RunWriter::Begin(path, SamplePlan(), SampleRun(1).started_at, kTestOptions);
  if (!writer) {
    EXPECT_EQ(writer.error().kind, ErrorKind::kUnavailable);
    return std::nullopt;
  }
  for (std::uint32_t second = 0; second < kSeconds; ++second) {
    (*writer)->OnSecond(SampleSecond(second));
    (*writer)->OnResources(SampleResources(second));
    static_cast<void>((*writer)->Flush());
  }
  return (*writer)->Finish(SampleRun(kSeconds));
}

void ExpectIncompleteButSound(Store& store, RunId id) {
  const auto run = store.LoadRun(id);
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_TRUE(run->thresholds.empty());
  const auto points = store.LoadSeconds(id);
  ASSERT_TRUE(points) << points.error().message;
  EXPECT_LE(points->size(), kSeconds);
  for (const SecondPoint& point : *points) {
    EXPECT_EQ(point.counts.planned, 14U) << "second " << point.second << " is half there";
  }
}

// The promise, for a file that held `earlier` whole runs before the one that was broken. Returns
// whether that one is whole.
bool ExpectPromiseHolds(const std::string& path, std::size_t earlier) {
  EXPECT_EQ(IntegrityOf(path), "ok\n");
  const auto store = Store::OpenForReading(path);
  if (!store) {
    EXPECT_EQ(earlier, 0U) << store.error().message;
    EXPECT_EQ(store.error().message.rfind("there is no history", 0), 0U) << store.error().message;
    return false;
  }
  const auto heads = (*store)->ListRuns();
  EXPECT_TRUE(heads) << heads.error().message;
  EXPECT_GE(heads->size(), earlier);
  bool whole = false;
  for (const RunHead& head : *heads) {
    if (head.state == RunState::kComplete) {
      ExpectSameRun(*(*store)->LoadRun(head.id), SampleRun(kSeconds));
      EXPECT_EQ((*store)->LoadSeconds(head.id)->size(), kSeconds);
      whole |= head.id > static_cast<RunId>(earlier);
    } else {
      EXPECT_GT(head.id, static_cast<RunId>(earlier)) << "an earlier run was harmed";
      EXPECT_EQ(StateWord(head), "incomplete");
      ExpectIncompleteButSound(**store, head.id);
    }
  }
  return whole;
}

class CrashTest : public testing::TestWithParam<std::size_t> {
 protected:
  // A fresh file with GetParam() whole runs.
  std::string Prepare(const std::string& name) {
    const std::filesystem::path folder = directory_.path() / name;
    std::filesystem::create_directory(folder);
    std::string path = (folder / "weir.db").string();
    for (std::size_t i = 0; i < GetParam(); ++i) {
      RecordSampleRun(path, kSeconds);
    }
    return path;
  }

  TempDir directory_;
};

INSTANTIATE_TEST_SUITE_P(EarlierRuns, CrashTest, testing::Values(0U, 1U));

struct Breakage {
  std::uint64_t count;
  int code;
};

// Every write, truncation, sync and deletion of a whole run fails: once, as a disk hiccups; and
// together with all after it, as a disk fills up. The run must be whole if Finish says so.
TEST_P(CrashTest, AnyChangeMayFail) {
  const std::filesystem::path start = std::filesystem::path(Prepare("start")).parent_path();
  constexpr Breakage kBreakages[] = {{1, SQLITE_IOERR_WRITE}, {FaultVfs::kNever, SQLITE_FULL}};
  for (const auto& [count, code] : kBreakages) {
    for (std::uint64_t first = 0;; ++first) {
      SCOPED_TRACE(fmt::format("change {} fails, {} in all, code {}", first, count, code));
      std::optional<Status> finished;
      std::uint64_t changes = 0;
      const std::filesystem::path folder = directory_.path() / "run";
      std::filesystem::copy(start, folder);
      const std::string path = (folder / "weir.db").string();
      {
        FaultVfs disk;
        disk.Arm({.first = first, .count = count, .code = code});
        finished = RecordThroughFaults(path);
        changes = disk.changes();
      }
      const bool whole = ExpectPromiseHolds(path, GetParam());
      // Not the other way round: when nothing but the last sync fails, Finish must say that it
      // failed, and yet the run may turn out to have reached the disk.
      EXPECT_TRUE(whole || !finished || !*finished);
      std::filesystem::remove_all(folder);
      if (changes <= first) {
        EXPECT_TRUE(whole);
        break;
      }
      ASSERT_FALSE(HasFailure());
    }
  }
}

// After each change of a whole run the power fails; what the disk then holds is opened again.
TEST_P(CrashTest, ThePowerMayFailAfterAnyChange) {
  const std::filesystem::path images = directory_.path() / "images";
  std::filesystem::create_directory(images);
  constexpr AfterPowerCut kKinds[] = {AfterPowerCut::kEverything, AfterPowerCut::kOnlySynced,
                                      AfterPowerCut::kSome};
  {
    FaultVfs disk;
    const std::string path = Prepare("run");
    disk.Arm({});
    disk.OnChange([&](std::uint64_t change) {
      for (const AfterPowerCut kind : kKinds) {
        const auto image = images / fmt::format("{}-{}", change, static_cast<int>(kind));
        std::filesystem::create_directory(image);
        disk.WriteImage(image, kind, change);
      }
    });
    const std::optional<Status> finished = RecordThroughFaults(path);
    ASSERT_TRUE(finished && *finished);
    // Finish has returned: from here on the run must survive anything.
    const auto image = images / "finished";
    std::filesystem::create_directory(image);
    disk.WriteImage(image, AfterPowerCut::kOnlySynced, 0);
  }
  EXPECT_TRUE(ExpectPromiseHolds((images / "finished" / "weir.db").string(), GetParam()));
  std::size_t opened = 0;
  for (const auto& image : std::filesystem::directory_iterator(images)) {
    SCOPED_TRACE(image.path().filename().string());
    const std::filesystem::path file = image.path() / "weir.db";
    if (std::filesystem::exists(file)) {
      ExpectPromiseHolds(file.string(), GetParam());
      ++opened;
    }
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(opened, 50U);
}

// A child that records one run after the other into `path`, until it is killed. It writes a byte
// into `begun` when the first has begun.
[[noreturn]] void RecordForEver(const std::string& path, int begun) {
  while (true) {
    auto writer = RunWriter::Begin(path, SamplePlan(), SampleRun(1).started_at, kTestOptions);
    if (!writer || write(begun, "x", 1) != 1) {
      _exit(1);
    }
    for (std::uint32_t second = 0; second < kSeconds; ++second) {
      (*writer)->OnSecond(SampleSecond(second));
      (*writer)->OnResources(SampleResources(second));
      static_cast<void>((*writer)->Flush());
    }
    static_cast<void>((*writer)->Finish(SampleRun(kSeconds)));
  }
}

TEST(KillTest, AProcessMayBeKilledAtAnyMoment) {
  const TempDir directory;
  const std::string path = directory.File("weir.db");
  Rng rng(20261123);
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    int begun[2];
    ASSERT_EQ(pipe(begun), 0);
    const pid_t child = fork();
    if (child == 0) {
      RecordForEver(path, begun[1]);
    }
    close(begun[1]);
    char byte = 0;
    ASSERT_EQ(read(begun[0], &byte, 1), 1);
    poll(nullptr, 0, static_cast<int>(rng.Below(12)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(begun[0]);
    EXPECT_EQ(IntegrityOf(path), "ok\n");
    auto store = std::move(*Store::OpenForReading(path));
    const auto heads = store->ListRuns({.last = 2});
    ASSERT_TRUE(heads) << heads.error().message;
    for (const RunHead& head : *heads) {
      ASSERT_FALSE(head.in_progress);
      if (head.state == RunState::kRunning) {
        ExpectIncompleteButSound(*store, head.id);
      } else {
        ExpectSameRun(*store->LoadRun(head.id), SampleRun(kSeconds));
      }
    }
  }
}

}  // namespace
}  // namespace weir::store
