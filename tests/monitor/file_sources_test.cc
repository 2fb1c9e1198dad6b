// Sources that read files while these grow.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "monitor/sources/access_log.h"
#include "monitor/sources/file_tail.h"
#include "monitor/sources/last_values.h"
#include "monitor/sources/source.h"
#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

void Append(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::app) << text;
}

std::vector<std::string> LinesOf(FileTail& tail) {
  std::vector<std::string> lines;
  const Status read = tail.Read([&lines](std::string_view line) { lines.emplace_back(line); });
  if (!read) {
    lines.push_back("error: " + read.error().message);
  }
  return lines;
}

using Lines = std::vector<std::string>;

class FileTailTest : public testing::Test {
 protected:
  tests::TempDir dir_;
  const std::string path_ = dir_.Write("log", "old\n");
  FileTail tail_{path_};
};

TEST_F(FileTailTest, BeginsAtTheEndAndWaitsForWholeLines) {
  EXPECT_EQ(LinesOf(tail_), Lines());
  Append(path_, "one\ntw");
  EXPECT_EQ(LinesOf(tail_), Lines{"one"});
  Append(path_, "o\n\nthree\n");
  EXPECT_EQ(LinesOf(tail_), (Lines{"two", "", "three"}));
}

TEST_F(FileTailTest, ReadsTheRestOfARenamedFileThenTheNewOne) {
  LinesOf(tail_);
  Append(path_, "last\n");
  std::filesystem::rename(path_, path_ + ".1");
  Append(path_, "first\n");
  EXPECT_EQ(LinesOf(tail_), (Lines{"last", "first"}));
  Append(path_, "more\n");
  EXPECT_EQ(LinesOf(tail_), Lines{"more"});
}

TEST_F(FileTailTest, AFileThatIsCutOffBeginsAnewAndIsCounted) {
  Append(path_, "long enough\n");
  LinesOf(tail_);
  std::filesystem::resize_file(path_, 0);
  Append(path_, "new\n");
  EXPECT_EQ(LinesOf(tail_), Lines{"new"});
  EXPECT_EQ(tail_.cuts(), 1U);
}

TEST_F(FileTailTest, AFileThatComesLaterIsReadFromItsBeginning) {
  FileTail tail(path_ + ".later");
  const Lines lines = LinesOf(tail);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0], "error: cannot open " + path_ + ".later: No such file or directory");
  Append(path_ + ".later", "first\n");
  EXPECT_EQ(LinesOf(tail), Lines{"first"});
}

TEST_F(FileTailTest, ALineOfAnyLengthTakesBoundedMemory) {
  LinesOf(tail_);
  Append(path_, std::string(FileTail::kLineBytesMax * 10, 'x') + "\nnext\n");
  const Lines lines = LinesOf(tail_);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].size(), FileTail::kLineBytesMax + 1);
  EXPECT_EQ(lines[1], "next");
}

std::string LogLineOf(int status, const std::string& taken) {
  return fmt::format(
      "127.0.0.1 - - [10/Oct/2023:13:55:36 +0000] \"GET /x HTTP/1.1\" {} 12 \"-\" \"curl\" {}",
      status, taken);
}

std::optional<double> ValueOf(const Reading& reading, const std::string& metric,
                              const Labels& labels) {
  for (const Sample& sample : reading.samples) {
    if (sample.series->metric == metric && sample.series->labels == labels) {
      return sample.value;
    }
  }
  return std::nullopt;
}

TEST(AccessLogMeterTest, CountsByClassAndTellsTheQuantilesOfALook) {
  AccessLogMeter meter;
  for (int i = 1; i <= 100; ++i) {
    meter.Take(LogLineOf(200, fmt::format("0.{:03}", i)));
  }
  meter.Take(LogLineOf(503, "2.000"));
  meter.Take("no log line");
  Reading look = meter.Look();
  EXPECT_EQ(ValueOf(look, "weir_log_requests_total", {{"class", "2xx"}}), 100);
  EXPECT_EQ(ValueOf(look, "weir_log_requests_total", {{"class", "5xx"}}), 1);
  EXPECT_NEAR(*ValueOf(look, "weir_log_response_seconds", {{"class", "2xx"}, {"quantile", "0.9"}}),
              0.09, 0.001);
  EXPECT_NEAR(*ValueOf(look, "weir_log_response_seconds", {{"class", "5xx"}, {"quantile", "0.5"}}),
              2, 0.01);
  EXPECT_TRUE(look.ledger.Balanced());
  EXPECT_EQ(look.ledger.offered, 102U);
  EXPECT_EQ(look.ledger.rejected.at("malformed"), 1U);
  meter.Take(LogLineOf(200, "0.500"));
  look = meter.Look();
  EXPECT_EQ(ValueOf(look, "weir_log_requests_total", {{"class", "2xx"}}), 101);
  EXPECT_EQ(ValueOf(look, "weir_log_response_seconds", {{"class", "5xx"}, {"quantile", "0.5"}}),
            std::nullopt);
}

TEST(LastValuesTest, AValueHoldsForSomeLooks) {
  LastValues values;
  const auto name = std::make_shared<const SeriesName>(SeriesName{"m", {}});
  values.Put({name, 1});
  values.Put({name, 2});
  Reading look = values.Look();
  ASSERT_EQ(look.samples.size(), 1U);
  EXPECT_EQ(look.samples[0].value, 2);
  EXPECT_EQ(look.ledger.ingested, 2U);
  for (std::uint64_t i = 1; i < LastValues::kLooksKept; ++i) {
    look = values.Look();
    EXPECT_EQ(look.samples.size(), 1U);
    EXPECT_EQ(look.ledger.offered, 0U);
  }
  EXPECT_TRUE(values.Look().samples.empty());
}

TEST(FileSourceTest, LinesOfSamplesAreRead) {
  const SystemClock clock;
  tests::TempDir dir;
  SourceSpec spec;
  spec.kind = SourceKind::kLines;
  spec.path = dir.Write("samples", "");
  const auto source = MakeSource(spec, clock);
  ASSERT_TRUE(source->Read());
  Append(spec.path, "{\"metric\": \"m\", \"value\": 3}\n{\"metric\": \"m\"}\n");
  const auto look = source->Read();
  ASSERT_TRUE(look);
  ASSERT_EQ(look->samples.size(), 1U);
  EXPECT_EQ(look->samples[0].value, 3);
  EXPECT_TRUE(look->ledger.Balanced());
  EXPECT_EQ(look->ledger.rejected.at("no_value"), 1U);
  std::filesystem::remove(spec.path);
  source->Read();
  EXPECT_FALSE(source->Read());
}

// The whole log, also what comes between two looks while the log is rotated.
TEST(FileSourceTest, EveryLineOfARotatedLogIsCounted) {
  const SystemClock clock;
  tests::TempDir dir;
  SourceSpec spec;
  spec.kind = SourceKind::kAccessLog;
  spec.path = dir.Write("access.log", "");
  const auto source = MakeSource(spec, clock);
  ASSERT_TRUE(source->Read());
  SourceLedger ledger;
  for (int i = 0; i < 300; ++i) {
    Append(spec.path, LogLineOf(i % 10 == 0 ? 500 : 200, "0.010") + (i % 7 == 0 ? "\n\n" : "\n"));
    if (i % 50 == 49) {
      std::filesystem::rename(spec.path, spec.path + ".1");
      Append(spec.path, "");
    }
    if (i % 20 == 0) {
      ledger.Add(source->Read()->ledger);
    }
  }
  const auto look = source->Read();
  ledger.Add(look->ledger);
  EXPECT_EQ(ledger.ingested, 300U);
  EXPECT_EQ(ValueOf(*look, "weir_log_requests_total", {{"class", "5xx"}}), 30);
}

}  // namespace
}  // namespace weir::monitor
