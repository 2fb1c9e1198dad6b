#include "cli/series_file.h"

#include <cmath>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "base/text.h"
#include "tests/support/temp_dir.h"

namespace weir::cli {
namespace {

// "a=1 2 nan|b=3 4 5": the numbers of each column.
std::string Shown(const Result<SeriesTable>& table) {
  if (!table) {
    return table.error().message;
  }
  std::string text;
  for (const Series& series : table->series) {
    text += (text.empty() ? "" : "|") + series.name + "=";
    for (std::size_t i = 0; i < series.values.size(); ++i) {
      text += fmt::format("{}{}", i == 0 ? "" : " ", series.values[i]);
    }
  }
  return text;
}

std::string Read(std::string_view text, const SeriesFileOptions& options = {}) {
  return Shown(ParseSeries(text, "runs.csv", options));
}

TEST(SeriesFileTest, ReadsATableWithTimes) {
  const auto table = ParseSeries(
      "timestamp,value\n2026-11-23T12:00:00Z,1.5\n2026-11-23 12:05:00,2\n", "runs.csv", {});
  EXPECT_EQ(Shown(table), "value=1.5 2");
  ASSERT_EQ(table->times.size(), 2U);
  EXPECT_EQ(FormatWallTime(table->times[1]), "2026-11-23T12:05:00Z");
  EXPECT_TRUE(table->warnings.empty());
}

TEST(SeriesFileTest, ValueAloneIsATableToo) {
  EXPECT_EQ(Read("value\n1\n2\n3"), "value=1 2 3");
}

TEST(SeriesFileTest, SpreadsheetsAndWindowsAreUnderstood) {
  EXPECT_EQ(Read("\xef\xbb\xbf\"a\",\"b, \"\"x\"\"\"\r\n1,+2.5e3\r\n\r\n\"3\", 4 \r\n"),
            "a=1 3|b, \"x\"=2500 4");
  EXPECT_EQ(Read("a;b\n1;2\n"), "a=1|b=2");
  EXPECT_EQ(Read("a\tb\n1\t2\n"), "a=1|b=2");
}

TEST(SeriesFileTest, WhatIsEmptyOrSaysSoIsMissing) {
  EXPECT_EQ(Read("a,b\n1,\n,2\nNaN,null\n3\n"), "a=1 nan nan 3|b=nan 2 nan nan");
}

TEST(SeriesFileTest, AnInfiniteValueIsMissingWithAWarning) {
  const auto table = ParseSeries("value\n1\ninf\n1e999\n", "runs.csv", {});
  EXPECT_EQ(Shown(table), "value=1 nan nan");
  ASSERT_EQ(table->warnings.size(), 1U);
  EXPECT_EQ(table->warnings[0], "2 infinite values are taken as missing");
}

TEST(SeriesFileTest, BuildsAreLabels) {
  const auto table = ParseSeries("Build,p99_ms\nb1,10\nb2,11\n", "runs.csv", {});
  EXPECT_EQ(Shown(table), "p99_ms=10 11");
  EXPECT_EQ(table->series[0].unit, "ms");
  ASSERT_NE(table->FindLabels("build"), nullptr);
  EXPECT_EQ(table->FindLabels("build")->values[1], "b2");
}

TEST(SeriesFileTest, ChosenColumnsComeInTheOrderAskedForAndOthersMayBeText) {
  const SeriesFileOptions options{.values = {"c", "a"}};
  EXPECT_EQ(Read("a,b,c\n1,text,3\n", options), "c=3|a=1");
}

TEST(SeriesFileTest, JsonLinesAndArraysSayTheSameAsATable) {
  EXPECT_EQ(Read("{\"value\": 1.5, \"other\": 2}\n\n{\"other\": null, \"value\": 3}\n"),
            "value=1.5 3|other=2 nan");
  EXPECT_EQ(Read("[{\"value\": 1}, {\"value\": 2}]"), "value=1 2");
  EXPECT_EQ(Read(" [1, 2.5, null, -3]"), "value=1 2.5 nan -3");
}

TEST(SeriesFileTest, AnEpochIsReadInTheUnitThatItsSizeTells) {
  for (const std::string_view time : {"1767225600", "1767225600000", "1767225600000000000"}) {
    const auto table = ParseSeries(fmt::format("time,value\n{},1\n", time), "runs.csv", {});
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_EQ(FormatWallTime(table->times.at(0)), "2026-01-01T00:00:00Z") << time;
  }
}

TEST(SeriesFileTest, RowsOutOfOrderAreKeptAndSaid) {
  const auto table = ParseSeries("time,value\n20,1\n10,2\n30,3\n", "runs.csv", {});
  EXPECT_EQ(Shown(table), "value=1 2 3");
  ASSERT_EQ(table->warnings.size(), 1U);
  EXPECT_EQ(table->warnings[0],
            "1 rows are earlier than the row before them (first in line 3); the order of the file "
            "is kept");
}

TEST(SeriesFileTest, ErrorsNameFileLineColumnWhatWasFoundAndTheWayOut) {
  EXPECT_EQ(Read("timestamp,value\n10,1\n20,fast\n"),
            "runs.csv:3: column 'value': 'fast' is not a number\n"
            "  hint: leave the cell empty where nothing was measured, or name the columns to read "
            "with --value");
  EXPECT_EQ(Read("1\n2\n"),
            "runs.csv:1: the first line is not a header: '1' is a number\n"
            "  hint: put a line with the names of the columns in front, for example 'value'");
  EXPECT_EQ(Read("a,b\n1,2,3\n"),
            "runs.csv:2: 3 cells, but the header has 2 columns\n"
            "  hint: put quotes around a cell that has a comma in it");
  EXPECT_EQ(Read("a,latency\n1,2\n", {.values = {"latncy"}}),
            "runs.csv:1: there is no column 'latncy'\n  hint: did you mean 'latency'?");
  EXPECT_EQ(Read("time,value\nsoon,1\n"),
            "runs.csv:2: column 'time': 'soon' is not a time; write it as 2026-11-23T12:34:56Z or "
            "as seconds since 1970\n"
            "  hint: a row without a time cannot be placed; take the row out");
  EXPECT_EQ(Read("[1, {\"value\": 2}, [3]]"),
            "runs.csv: row 2: an array inside a row\n"
            "  hint: write objects such as {\"timestamp\": \"2026-11-23T12:00:00Z\", \"value\": "
            "1.5}, or numbers");
}

TEST(SeriesFileTest, AnEmptyFileSaysWhatATableLooksLike) {
  for (const std::string_view text : {"", "\n\n", "value\n", "[]", " "}) {
    EXPECT_NE(Read(text).find("a table has a header such as 'timestamp,value'"), std::string::npos)
        << text << ": " << Read(text);
  }
}

TEST(SeriesFileTest, BinaryJunkIsRefusedAtOnce) {
  Rng rng(1);
  for (int round = 0; round < 200; ++round) {
    std::string junk;
    for (std::uint64_t i = 0; i < 1 + rng.Below(2000); ++i) {
      junk += static_cast<char>(rng.Below(256));
    }
    const auto table = ParseSeries(junk, "junk", {});
    EXPECT_TRUE(!table || table->rows() < junk.size());
  }
  EXPECT_NE(Read(std::string_view("a\0b,value\n1,2\n", 14)).find("this is not text"),
            std::string::npos);
}

TEST(SeriesFileTest, LimitsHoldAndNameThemselves) {
  EXPECT_NE(Read("value\n\"" + std::string(70'000, 'x')).find("not closed"), std::string::npos);
  EXPECT_NE(Read("value\n" + std::string(70'000, '1') + "\n").find("is no cell of a table"),
            std::string::npos);
  EXPECT_NE(Read("value\n1\n2\n3\n", {.cells_max = 2}).find("more than 2 cells"),
            std::string::npos);
  EXPECT_NE(Read("a,b,c\n1,2,3\n", {.columns_max = 2}).find("3 columns are more than the 2"),
            std::string::npos);
  EXPECT_NE(Read("[" + std::string(100'000, '[')).find("an array inside a row"), std::string::npos);
}

TEST(SeriesFileTest, AFileThatIsNotThereIsUnavailable) {
  const tests::TempDir folder;
  const auto missing = ReadSeriesFile(folder.File("none.csv"), {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(missing.error().message.find("No such file"), std::string::npos);
  EXPECT_FALSE(ReadSeriesFile(folder.path().string(), {}));
}

TEST(SeriesFileTest, AFileBeyondTheSizeLimitIsRefused) {
  const tests::TempDir folder;
  const std::string path = folder.Write("big.csv", "value\n" + std::string(1'000'000, '\n'));
  const auto table = ReadSeriesFile(path, {.bytes_max = 1000});
  ASSERT_FALSE(table);
  EXPECT_NE(table.error().message.find("more than 1.00 kB"), std::string::npos);
}

}  // namespace
}  // namespace weir::cli
