#include <array>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>
#include <sqlite3.h>

#include "tests/cli/gate_fixture.h"

/// The chain of verdicts, as `weir gate verify` and `weir gate replay` see it.
namespace weir::cli {
namespace {

const std::vector<double> kSteady = {10, 10.1, 9.9, 10, 10.05};

class GateRecordTest : public GateCommand {
 protected:
  void SetUp() override {
    Record({"old"}, kSteady, 0);
    Record({"new"}, kSteady, 1);
    for (int i = 0; i < 3; ++i) {
      ASSERT_EQ(Gate({"--candidate", "build:new", "--baseline", "build:old", "-q"}).exit_code, 0);
    }
  }

  /// What somebody does who has the file in his hands.
  void Sql(const std::string& statements) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(dir_.Path("weir.db").c_str(), &database), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, &error), SQLITE_OK)
        << error;
    sqlite3_close(database);
  }

  /// The first column of the first row.
  std::string Read(const std::string& query) const {
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_open(dir_.Path("weir.db").c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(database, query.c_str(), -1, &statement, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const std::string text(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return text;
  }

  Said Verify() const { return Gate({"verify"}); }
};

TEST_F(GateRecordTest, AnUntouchedChainHolds) {
  const Said said = Verify();
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(said.out.substr(0, 50),
            "3 records follow each other; the newest is " + said.out.substr(43, 7));
}

// With another implementation than the program's.
TEST_F(GateRecordTest, ARecordIsSealedWithSha256) {
  const std::string text = "\n" + Read("SELECT inputs FROM verdict_record WHERE verdict_id = 1") +
                           "\n" + Read("SELECT answer FROM verdict_record WHERE verdict_id = 1");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  ASSERT_EQ(EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr), 1);
  EXPECT_EQ(Read("SELECT sha256 FROM verdict_record WHERE verdict_id = 1"),
            fmt::format("{:02x}", fmt::join(digest.data(), digest.data() + length, "")));
}

TEST_F(GateRecordTest, AVerdictIsGivenAgainByteForByte) {
  for (const std::string id : {"1", "2", "3"}) {
    const Said said = Gate({"replay", id});
    EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
    EXPECT_NE(said.out.find("The same as verdict " + id + ", byte for byte."), std::string::npos);
  }
}

TEST_F(GateRecordTest, AVerdictThatWasTurnedIsFound) {
  Sql("DROP TRIGGER verdict_is_final; UPDATE verdict SET verdict = 3 WHERE verdict_id = 2;");
  const Said said = Verify();
  EXPECT_EQ(said.exit_code, 10);
  EXPECT_EQ(said.out,
            "the chain is broken at verdict 2: its rows do not say what its record says\n");
}

TEST_F(GateRecordTest, ARecordThatWasRewrittenIsFound) {
  Sql("DROP TRIGGER verdict_record_is_final;"
      "UPDATE verdict_record SET inputs = replace(inputs, 'build:old', 'build:odd')"
      " WHERE verdict_id = 1;");
  EXPECT_EQ(Verify().out,
            "the chain is broken at verdict 1: its record is not what was hashed: inputs or answer "
            "were changed\n");
}

TEST_F(GateRecordTest, AVerdictThatIsGoneIsMissed) {
  Sql("DROP TRIGGER verdict_is_kept; DROP TRIGGER verdict_record_is_kept;"
      "DROP TRIGGER verdict_run_is_kept; DROP TRIGGER verdict_check_is_kept;"
      "PRAGMA foreign_keys = OFF;"
      "DELETE FROM verdict_record WHERE verdict_id = 2; DELETE FROM verdict WHERE verdict_id = 2;");
  const Said said = Verify();
  EXPECT_EQ(said.exit_code, 10);
  EXPECT_EQ(said.out.substr(0, 34), "the chain is broken at verdict 3: ");
}

TEST_F(GateRecordTest, AnEndThatWasCutOffShowsAgainstAKeptHash) {
  const std::string out = Verify().out;
  const std::string head = out.substr(out.size() - 65, 64);
  EXPECT_EQ(Gate({"verify", "--head", head, "-q"}).exit_code, 0);
  Sql("DROP TRIGGER verdict_record_is_kept; DROP TRIGGER verdict_is_kept;"
      "DELETE FROM verdict_record WHERE verdict_id = 3; DELETE FROM verdict WHERE verdict_id = 3;");
  EXPECT_EQ(Gate({"verify", "-q"}).exit_code, 0);
  EXPECT_EQ(Gate({"verify", "--head", head, "-q"}).exit_code, 10);
}

TEST_F(GateRecordTest, ARunThatWasChangedCannotBeJudgedAgain) {
  Sql("UPDATE run SET measured_ns = measured_ns + 1 WHERE run_id = 7;");
  const Said said = Gate({"replay", "1"});
  EXPECT_EQ(said.exit_code, 11);
  EXPECT_EQ(said.out,
            "verdict 1 cannot be given again: run 7 is not what it was when it was "
            "judged\n");
}

TEST_F(GateRecordTest, AnUnknownVerdictIsAUsageError) {
  EXPECT_EQ(Gate({"replay", "9"}).exit_code, 2);
  EXPECT_EQ(Gate({"replay"}).err,
            "weir gate replay: the number of one verdict is needed\n"
            "  hint: weir gate replay 12\n");
}

}  // namespace
}  // namespace weir::cli
