#include "target/truth_writer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/target/truth_file.h"

namespace weir::target {
namespace {

TEST(TruthWriterTest, WritesEveryRowInOrder) {
  const TempPath path;
  auto writer = *TruthWriter::Create(path.str(), "# head\ncolumns\n");
  constexpr int kRows = 3 * static_cast<int>(TruthWriter::kBlockRows) + 17;
  for (int i = 0; i < kRows; ++i) {
    writer->Record({.arrival_ns = i, .service_ns = 2 * i, .planned_ns = 3 * i, .status = 200});
  }
  ASSERT_TRUE(writer->Finish());
  const TruthFile file = ReadTruthFile(path.str());
  EXPECT_EQ(file.comments, std::vector<std::string>{"# head"});
  EXPECT_EQ(file.columns, "columns");
  ASSERT_EQ(file.rows.size(), static_cast<std::size_t>(kRows));
  for (int i = 0; i < kRows; ++i) {
    const TruthRow& row = file.rows[static_cast<std::size_t>(i)];
    ASSERT_EQ(row.arrival_ns, i);
    ASSERT_EQ(row.service_ns, 2 * i);
    ASSERT_EQ(row.planned_ns, 3 * i);
    ASSERT_EQ(row.status, 200);
  }
}

TEST(TruthWriterTest, SaysWhyAFileCannotBeWritten) {
  const Result<std::unique_ptr<TruthWriter>> missing =
      TruthWriter::Create("/nonexistent/truth.csv", "#\n");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(missing.error().message,
            "cannot write the truth file '/nonexistent/truth.csv': No such file or directory; give "
            "--truth a path on a disk with room, in a folder that exists and may be written");
  const Result<std::unique_ptr<TruthWriter>> full = TruthWriter::Create("/dev/full", "#\n");
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().message.find("No space left on device"), std::string::npos);
}

// A limit on the size of files stands in for a disk that fills up during the run.
TEST(TruthWriterTest, ReportsADiskThatFillsUp) {
  const TempPath path;
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  auto writer = *TruthWriter::Create(path.str(), "#\n");
  rlimit small = before;
  small.rlim_cur = 4096;
  setrlimit(RLIMIT_FSIZE, &small);
  for (int i = 0; i < 20'000; ++i) {
    writer->Record({.arrival_ns = i});
  }
  const Status finished = writer->Finish();
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(finished);
  EXPECT_TRUE(writer->failed());
  EXPECT_EQ(finished.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(finished.error().message.find("File too large"), std::string::npos);
}

}  // namespace
}  // namespace weir::target
