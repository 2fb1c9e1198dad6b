#include "target/truth_reader.h"

#include <gtest/gtest.h>

#include "tests/target/truth_file.h"

namespace weir::target {
namespace {

constexpr const char* kHead = "# weir.truth/1\n# more\narrival_ns,service_ns,planned_ns,status\n";

Result<std::vector<TruthRow>> ReadText(const std::string& text) {
  const TempPath path;
  std::ofstream(path.str()) << text;
  return ReadTruth(path.str());
}

// What the writer wrote comes back whole and in order.
TEST(ReadTruthTest, ReadsWhatTheWriterWrote) {
  const TempPath path;
  auto writer = TruthWriter::Create(path.str(), kHead);
  ASSERT_TRUE(writer);
  for (int i = 0; i < 10'000; ++i) {
    (*writer)->Record({1'000'000'000'000 + i, 20 + i, i, i % 2 == 0 ? 200 : 500});
  }
  ASSERT_TRUE((*writer)->Finish());
  const auto rows = ReadTruth(path.str());
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 10'000U);
  EXPECT_EQ(rows->back().arrival_ns, 1'000'000'009'999);
  EXPECT_EQ(rows->back().service_ns, 10'019);
  EXPECT_EQ(rows->back().planned_ns, 9'999);
  EXPECT_EQ(rows->back().status, 500);
}

TEST(ReadTruthTest, AFileWithoutRequestsHasNoRows) {
  EXPECT_TRUE(ReadText(kHead)->empty());
}

TEST(ReadTruthTest, NamesTheLineThatMakesNoSense) {
  for (const char* line : {"1,2,3", "1,2,3,", "1,2,3,4x", ",2,3,4", "a,b,c,d", ""}) {
    const auto rows = ReadText(std::string(kHead) + "1,2,3,200\n" + line + "\n");
    ASSERT_FALSE(rows) << line;
    EXPECT_EQ(rows.error().kind, ErrorKind::kUnavailable);
    EXPECT_NE(rows.error().message.find("line 5"), std::string::npos) << rows.error().message;
  }
  EXPECT_FALSE(ReadText("1,2,3,200\n")) << "no columns";
  EXPECT_FALSE(ReadTruth("/nowhere/truth.csv"));
}

}  // namespace
}  // namespace weir::target
