#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "store/history.h"
#include "tests/store/store_fixture.h"

namespace weir::store {
namespace {

constexpr const char* kAllObjects =
    "SELECT type || ' ' || name || x'0a' || sql FROM sqlite_schema WHERE sql IS NOT NULL"
    " ORDER BY type, name";

// Everything between ```sql and ``` of a Markdown file.
std::string SqlOf(const std::string& markdown) {
  std::ifstream file(markdown);
  EXPECT_TRUE(file) << markdown;
  std::string sql;
  std::string line;
  bool inside = false;
  while (std::getline(file, line)) {
    if (line == "```sql" || line == "```") {
      inside = line == "```sql";
    } else if (inside) {
      sql += line + "\n";
    }
  }
  return sql;
}

TEST(SchemaTest, TheDocumentShowsTheSchemaAsItIs) {
  const TempDir directory;
  const std::string real = directory.File("real.db");
  const std::string documented = directory.File("documented.db");
  ASSERT_TRUE(Store::OpenForWriting(real, kTestOptions));
  RunSql(documented, SqlOf(std::string(WEIR_SOURCE_DIR) + "/docs/schema.md"));
  EXPECT_EQ(QuerySql(documented, kAllObjects), QuerySql(real, kAllObjects));
}

// The recorded file holds SampleRun(3), a killed run of two seconds and SampleVerdict. It was
// written by schema 1 and must load for ever; UPDATE_GOLDEN=1 is for a schema that was never
// released only.
TEST(SchemaTest, TheRecordedFileOfVersionOneStillLoads) {
  const std::string golden = std::string(WEIR_GOLDEN_DIR) + "/store/v1.db";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe): read only
    std::filesystem::remove(golden);
    RecordSampleRun(golden, 3);
    RecordKilledRun(golden, 2);
    ASSERT_TRUE((*Store::OpenForWriting(golden))->AppendVerdict(SampleVerdict(), WallTime{}));
    RunSql(golden, "VACUUM");
    std::filesystem::remove(golden + "-writers");
  }
  const TempDir directory;
  const std::string path = directory.File("v1.db");
  std::filesystem::copy_file(golden, path);
  EXPECT_LT(std::filesystem::file_size(path), 100'000U);

  const auto store = Store::OpenForReading(path);
  ASSERT_TRUE(store) << store.error().message;
  const auto whole = (*store)->LoadRun(1);
  ASSERT_TRUE(whole) << whole.error().message;
  weir::Run expected = SampleRun(3);
  for (StepRecord& total : expected.totals) {
    total.parts.clear();  // Came with schema 3.
    total.usage.clear();  // This and the next two with schema 5.
  }
  expected.measurements.clear();
  expected.unknown_usage.clear();
  for (StepName& step : expected.plan.steps) {
    step.tags.clear();  // These and the times of thresholds with schema 11.
  }
  for (Threshold& threshold : expected.plan.thresholds) {
    threshold.window = threshold.abort_after = Nanos(0);
  }
  for (ThresholdResult& result : expected.thresholds) {
    result.threshold.window = result.threshold.abort_after = Nanos(0);
  }
  ExpectSameRun(*whole, expected);
  const auto killed = (*store)->LoadRun(2);
  ASSERT_TRUE(killed) << killed.error().message;
  EXPECT_EQ(killed->state, RunState::kRunning);
  EXPECT_EQ(killed->duration, std::chrono::seconds(2));
  const auto verdicts = (*store)->ListVerdicts(9);
  ASSERT_TRUE(verdicts) << verdicts.error().message;
  ASSERT_EQ(verdicts->size(), 1U);
  EXPECT_EQ(verdicts->front().result.reason, SampleVerdict().reason);
}

}  // namespace
}  // namespace weir::store
