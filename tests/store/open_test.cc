#include <fstream>
#include <functional>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/history.h"
#include "store/internal/schema.h"
#include "tests/store/store_fixture.h"

namespace weir::store {
namespace {

using internal::Migration;

int NewestVersion() {
  return internal::Migrations().back().version;
}

class OpenTest : public testing::Test {
 protected:
  void Write(const std::string& text) { std::ofstream(path_) << text; }

  std::string Content() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // The message, which both ways of opening must share; the kind must be kUnavailable.
  std::string Refusal() const {
    const auto writing = Store::OpenForWriting(path_, kTestOptions);
    const auto reading = Store::OpenForReading(path_);
    EXPECT_FALSE(writing || reading);
    if (writing || reading) {
      return "opened";
    }
    EXPECT_EQ(writing.error().kind, ErrorKind::kUnavailable);
    EXPECT_EQ(reading.error().kind, ErrorKind::kUnavailable);
    EXPECT_EQ(writing.error().message, reading.error().message);
    return writing.error().message;
  }

  TempDir directory_;
  std::string path_ = directory_.File("weir.db");
};

// Runs `body` in a child without root's rights; the child's exit code is what it returns.
int AsOrdinaryUser(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
      _exit(2);
    }
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

TEST_F(OpenTest, ReadingNeverCreatesAFile) {
  const auto store = Store::OpenForReading(path_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(store.error().message,
            fmt::format("there is no history '{}' yet; `weir run` makes it with the first run that "
                        "it records, or name another file with --store or $WEIR_STORE",
                        path_));
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(OpenTest, AnEmptyFileIsNoHistoryYetAndBecomesOne) {
  Write("");
  const auto reading = Store::OpenForReading(path_);
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().message.rfind("there is no history", 0), 0U);
  EXPECT_TRUE(Store::OpenForWriting(path_, kTestOptions));
  EXPECT_TRUE(Store::OpenForReading(path_));
}

TEST_F(OpenTest, ReadingLeavesTheFileAsItWas) {
  RecordSampleRun(path_, 1);
  const std::string before = Content();
  ASSERT_TRUE((*Store::OpenForReading(path_))->ListRuns());
  EXPECT_EQ(Content(), before);
}

TEST_F(OpenTest, RefusesADirectory) {
  path_ = directory_.path().string();
  EXPECT_EQ(Refusal(), fmt::format("cannot use '{}' as a history: it is a directory; name a file "
                                   "in it, such as weir.db",
                                   path_));
}

TEST_F(OpenTest, RefusesAMissingDirectory) {
  path_ = directory_.File("no/weir.db");
  EXPECT_EQ(Refusal(),
            fmt::format("cannot use '{}' as a history: there is no directory '{}'; make it, or "
                        "name another file with --store or $WEIR_STORE",
                        path_, directory_.File("no")));
}

TEST_F(OpenTest, RefusesWhatIsNotADatabase) {
  Write(std::string(5000, 'x'));
  EXPECT_EQ(Refusal(), fmt::format("cannot read the history '{}': the file is not an SQLite "
                                   "database; name another file",
                                   path_));
  EXPECT_EQ(Content(), std::string(5000, 'x'));
}

TEST_F(OpenTest, RefusesADeviceWithoutReadingIt) {
  path_ = "/dev/zero";
  EXPECT_EQ(Refusal(),
            "cannot use '/dev/zero' as a history: it is not a regular file; name "
            "another file with --store or $WEIR_STORE");
}

TEST_F(OpenTest, RefusesAnEmptyName) {
  path_ = "";
  EXPECT_EQ(Refusal(),
            "the history has no file name; name another file with --store or $WEIR_STORE");
}

TEST_F(OpenTest, RefusesTheDatabaseOfAnotherProgramUntouched) {
  RunSql(path_, "CREATE TABLE bookmarks (url); PRAGMA user_version = 3");
  const std::string before = Content();
  EXPECT_EQ(Refusal(), fmt::format("cannot use '{}' as a history: it is an SQLite database of "
                                   "another program; name another file with --store or $WEIR_STORE",
                                   path_));
  EXPECT_EQ(Content(), before);
}

TEST_F(OpenTest, RefusesANewerSchema) {
  RecordSampleRun(path_, 1);
  RunSql(path_, "PRAGMA user_version = 7000");
  EXPECT_EQ(Refusal(), fmt::format("cannot use '{}' as a history: it was made by a newer weir "
                                   "(schema 7000, this one knows {}); update weir, or choose "
                                   "another file",
                                   path_, NewestVersion()));
}

TEST_F(OpenTest, ReportsADamagedFile) {
  RecordSampleRun(path_, 1);
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file << std::string(4000, '\xff');
  file.close();
  EXPECT_EQ(Refusal(), fmt::format("cannot read the history '{}': the file is damaged; restore it "
                                   "from a copy, or save what is readable with `sqlite3 FILE "
                                   ".recover`",
                                   path_));
}

// SQLite gives these names a meaning of its own; here they are files.
TEST_F(OpenTest, TakesEveryNameForAFile) {
  for (const char* name : {":memory:", "file:weir?mode=memory", "w\xc3\xa9ir #1%20?.db"}) {
    path_ = directory_.File(name);
    RecordSampleRun(path_, 1);
    EXPECT_TRUE(std::filesystem::exists(path_)) << name;
    EXPECT_EQ((*Store::OpenForReading(path_))->ListRuns()->size(), 1U) << name;
  }
}

TEST_F(OpenTest, SaysHowLongItWaitedForALock) {
  RecordSampleRun(path_, 1);
  auto holder = internal::OpenForWriting(path_, kTestOptions, internal::Migrations());
  auto held = internal::Transaction::Begin(**holder, internal::Transaction::Kind::kWrite);
  ASSERT_TRUE(held);
  const auto writer = RunWriter::Begin(path_, SamplePlan(), WallTime{}, kTestOptions);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(writer.error().message,
            fmt::format("cannot write to the history '{}': another process has kept it locked for "
                        "more than 20.0 ms; wait for that process to end, or name another file",
                        path_));
  EXPECT_TRUE(Store::OpenForReading(path_));
}

TEST_F(OpenTest, ReadsFromADirectoryWhereNothingCanBeMade) {
  RecordSampleRun(path_, 1);
  std::filesystem::permissions(path_, std::filesystem::perms(0444));
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0555));
  EXPECT_EQ(AsOrdinaryUser([&] {
              auto store = Store::OpenForReading(path_);
              return store && (*store)->ListRuns()->size() == 1 && (*store)->LoadRun(1);
            }),
            0);
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
}

TEST_F(OpenTest, WritingWhereNothingMayBeWrittenIsExplained) {
  RecordSampleRun(path_, 1);
  std::filesystem::permissions(path_, std::filesystem::perms(0444));
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0555));
  EXPECT_EQ(AsOrdinaryUser([&] {
              auto writer = RunWriter::Begin(path_, SamplePlan(), WallTime{}, kTestOptions);
              return !writer && writer.error().kind == ErrorKind::kUnavailable &&
                     writer.error().message.find("read-only for this user") != std::string::npos;
            }),
            0);
  EXPECT_EQ(AsOrdinaryUser([&] {
              const std::string other = directory_.File("new.db");
              auto writer = RunWriter::Begin(other, SamplePlan(), WallTime{}, kTestOptions);
              return !writer && writer.error().kind == ErrorKind::kUnavailable &&
                     writer.error().message.find("cannot be opened") != std::string::npos;
            }),
            0);
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
}

// The migrations of a weir that is one version ahead.
std::vector<Migration> WithOneMore(std::string_view sql) {
  const auto known = internal::Migrations();
  std::vector<Migration> migrations(known.begin(), known.end());
  migrations.push_back({.version = NewestVersion() + 1, .sql = sql});
  return migrations;
}

constexpr std::string_view kAddMood = "ALTER TABLE run ADD COLUMN mood TEXT DEFAULT 'calm';";

TEST_F(OpenTest, MigratesAnOlderFileAndKeepsItsRuns) {
  const RunId id = RecordSampleRun(path_, 2);
  ASSERT_TRUE(internal::OpenForWriting(path_, kTestOptions, WithOneMore(kAddMood)));
  EXPECT_EQ(QuerySql(path_, "PRAGMA user_version; SELECT mood FROM run"),
            fmt::format("{}\ncalm\n", NewestVersion() + 1));
  // As this weir's own version reads it.
  RunSql(path_, fmt::format("PRAGMA user_version = {}", NewestVersion()));
  const auto run = (*Store::OpenForReading(path_))->LoadRun(id);
  ASSERT_TRUE(run);
  ExpectSameRun(*run, SampleRun(2));
}

TEST_F(OpenTest, ReadingAnOlderFileBringsItUpToDateFirst) {
  RecordSampleRun(path_, 1);
  const auto connection = internal::OpenForReading(path_, WithOneMore(kAddMood));
  ASSERT_TRUE(connection) << connection.error().message;
  EXPECT_EQ(*(*connection)->QueryInteger("PRAGMA user_version"), NewestVersion() + 1);
}

TEST_F(OpenTest, AMigrationThatFailsLeavesTheOldFile) {
  RecordSampleRun(path_, 1);
  const auto opened = internal::OpenForWriting(
      path_, kTestOptions, WithOneMore("CREATE TABLE extra (x); CREATE TABLE run (x);"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(QuerySql(path_,
                     "PRAGMA user_version;"
                     "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'"),
            fmt::format("{}\n0\n", NewestVersion()));
  EXPECT_TRUE(Store::OpenForWriting(path_, kTestOptions));
}

TEST_F(OpenTest, UsesAWriteAheadLog) {
  RecordSampleRun(path_, 1);
  EXPECT_EQ(QuerySql(path_, "PRAGMA journal_mode; PRAGMA application_id"), "wal\n2003134834\n");
}

}  // namespace
}  // namespace weir::store
