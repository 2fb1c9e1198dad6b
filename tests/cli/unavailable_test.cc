// Targets and stores that are not to be had: exit code 69, one message on standard error.

#include <filesystem>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include "tests/cli/weir_process.h"
#include "tests/target/running_server.h"

namespace weir::cli {
namespace {

class UnavailableTest : public testing::Test {
 protected:
  void ExpectUnavailable(const std::vector<std::string>& arguments, const std::string& message) {
    const Said said = directory_.Weir(arguments);
    EXPECT_EQ(said.exit_code, 69);
    EXPECT_EQ(said.err, message);
    EXPECT_EQ(said.out, "");
  }

  void Sql(const std::string& name, const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(directory_.Path(name).c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
  }

  std::vector<std::string> ShortRun(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"run", "-q", "-R", "100", "-d", "100ms"};
    words.insert(words.end(), more.begin(), more.end());
    words.push_back("http://" + server_.server().addresses().front() + "/");
    return words;
  }

  WeirDirectory directory_;
  target::RunningServer server_;
};

TEST_F(UnavailableTest, RefusedConnection) {
  const DeadPort port;
  const std::string url = port.Url().substr(0, port.Url().size() - 1);
  ExpectUnavailable({"run", "-R", "10", "-d", "1s", url},
                    "weir run: cannot connect to target " + url + ":\n  " +
                        url.substr(url.find("127")) +
                        ": Connection refused\n"
                        "  hint: is the server running, and is the port right?\n");
  EXPECT_FALSE(std::filesystem::exists(directory_.Path("weir.db")));
}

TEST_F(UnavailableTest, HostThatCannotBeResolved) {
  const Said said = directory_.Weir({"run", "-R", "10", "-d", "1s", "http://no-host.invalid/"});
  EXPECT_EQ(said.exit_code, 69);
  // The middle is the resolver's own, and differs between machines with and without a network.
  EXPECT_TRUE(
      said.err.starts_with("weir run: cannot resolve host 'no-host.invalid' of target "
                           "http://no-host.invalid: "))
      << said.err;
  EXPECT_TRUE(said.err.ends_with("\n  hint: check the spelling, or give an address\n")) << said.err;
}

TEST_F(UnavailableTest, NoHistoryYet) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"history"},
           {"show", "last"},
           {"report", "-o", "page"},
           {"compare", "build:a", "build:b"},
           {"gate", "--candidate", "build:a", "--baseline", "build:b"}}) {
    ExpectUnavailable(command, "weir " + command.front() +
                                   ": there is no history 'weir.db' yet; `weir run` makes it with "
                                   "the first run that it records, or name another file with "
                                   "--store or $WEIR_STORE\n");
  }
}

TEST_F(UnavailableTest, StoreThatIsNoDatabase) {
  directory_.Write("notes.txt", "not a database, but long enough to be mistaken for one: " +
                                    std::string(200, '.'));
  const std::string message =
      ": cannot read the history 'notes.txt': the file is not an SQLite database; name another "
      "file\n";
  ExpectUnavailable(ShortRun({"--store", "notes.txt"}), "weir run" + message);
  ExpectUnavailable({"history", "--store", "notes.txt"}, "weir history" + message);
}

TEST_F(UnavailableTest, StoreOfAnotherProgram) {
  Sql("other.db", "CREATE TABLE a (b)");
  ExpectUnavailable(ShortRun({"--store", "other.db"}),
                    "weir run: cannot use 'other.db' as a history: it is an SQLite database of "
                    "another program; name another file with --store or $WEIR_STORE\n");
}

TEST_F(UnavailableTest, StoreOfANewerWeir) {
  ASSERT_EQ(directory_.Weir(ShortRun()).exit_code, 0);
  Sql("weir.db", "PRAGMA user_version = 999");
  const Said said = directory_.Weir(ShortRun());
  EXPECT_EQ(said.exit_code, 69);
  EXPECT_TRUE(
      said.err.starts_with("weir run: cannot use 'weir.db' as a history: it was made by a "
                           "newer weir (schema 999, this one knows "))
      << said.err;
}

TEST_F(UnavailableTest, StoreInADirectoryThatIsNotThere) {
  ExpectUnavailable(ShortRun({"--store", "no/weir.db"}),
                    "weir run: cannot use 'no/weir.db' as a history: there is no directory 'no'; "
                    "make it, or name another file with --store or $WEIR_STORE\n");
}

TEST_F(UnavailableTest, StoreInAReadOnlyDirectory) {
  if (geteuid() == 0) {
    GTEST_SKIP() << "nothing is read-only for root";
  }
  std::filesystem::create_directory(directory_.Path("ro"));
  std::filesystem::permissions(directory_.Path("ro"), std::filesystem::perms::owner_read |
                                                          std::filesystem::perms::owner_exec);
  const Said said = directory_.Weir(ShortRun({"--store", "ro/weir.db"}));
  EXPECT_EQ(said.exit_code, 69);
  EXPECT_NE(said.err.find("permissions"), std::string::npos) << said.err;
}

// Before the run, not after half an hour of it.
TEST_F(UnavailableTest, OutputFileThatCannotBeWritten) {
  ExpectUnavailable(ShortRun({"--json=no/run.json"}),
                    "weir run: cannot write no/run.json: No such file or directory\n"
                    "  hint: name a file in a directory that is there\n");
  EXPECT_FALSE(std::filesystem::exists(directory_.Path("weir.db")));
}

TEST_F(UnavailableTest, PortOfTheTargetIsTaken) {
  const std::string port = std::to_string(server_.server().port());
  const Said said = directory_.Weir({"target", "--port", port});
  EXPECT_EQ(said.exit_code, 69);
  EXPECT_NE(said.err.find(port), std::string::npos) << said.err;
}

}  // namespace
}  // namespace weir::cli
