#include "reports/run_plots.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "reports/internal/text_layout.h"
#include "tests/reports/synthetic_runs.h"

namespace weir::reports {
namespace {

int WidestLine(const std::string& text) {
  int widest = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    widest = std::max(widest, DisplayWidth(text.substr(at, end - at)));
    at = end + 1;
  }
  return widest;
}

std::string Drawn(const RunPage& page, const TextOptions& options = {}) {
  RunPlots plots(page.run, options);
  for (const SecondPoint& point : page.seconds) {
    plots.Add(point);
  }
  return plots.Render();
}

// A run of four seconds: a hundred requests of 1 ms in each, in the third ten of 8 ms more.
RunPage FourSeconds() {
  RunPage page;
  page.run.duration = page.run.measured = std::chrono::seconds(4);
  for (std::uint32_t second = 0; second < 4; ++second) {
    SecondPoint point;
    point.second = second;
    point.response.RecordNs(1'000'000, 100);
    point.counts.planned = point.counts.by_outcome[0] = 100;
    if (second == 2) {
      point.response.RecordNs(8'000'000, 10);
      point.counts.planned += 10;
      point.counts.by_outcome[static_cast<std::size_t>(Outcome::kFailed)] = 10;
    }
    page.seconds.push_back(std::move(point));
  }
  return page;
}

// ln 8 in 12 rows: 1 ms lies in the lowest, 8 ms in the highest.
TEST(RunPlotsTest, DrawsEachSecondWhereItBelongs) {
  const std::string text = Drawn(FourSeconds(), {.charset = Charset::kAscii});
  EXPECT_NE(text.find("Over time, each column a second\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  errors    __#_ "), std::string::npos) << text;
  // The same to three digits: nothing to be seen as a peak.
  EXPECT_NE(text.find("  p50       ==== "), std::string::npos) << text;
  EXPECT_NE(text.find("darkest: 100 requests in a cell\n"), std::string::npos);
  EXPECT_NE(text.find("    1.00 ms ####\n"), std::string::npos) << text;
  // ln 10 / ln 100 of the way to the darkest: the third of four shades.
  EXPECT_NE(text.find("    6.73 ms   + \n"), std::string::npos) << text;
}

TEST(RunPlotsTest, NoLineIsWiderThanTheTerminal) {
  for (const int width : {60, 61, 80, 133, 240}) {
    for (const Charset charset : {Charset::kAscii, Charset::kUnicode}) {
      for (const RunPage& page : SyntheticReport().pages) {
        EXPECT_LE(WidestLine(Drawn(page, {.width = width, .charset = charset})), width);
      }
    }
  }
}

TEST(RunPlotsTest, ALongRunSharesColumns) {
  RunPage page = FourSeconds();
  page.run.duration = std::chrono::hours(1);
  page.seconds.back().second = 3600;  // One that ended after the run.
  const std::string text = Drawn(page, {.width = 80});
  // 80 columns less 2, 10 and 22 are 46 for 3600 s: 79 s each.
  EXPECT_NE(text.find("each column 79 s"), std::string::npos) << text;
  EXPECT_LE(WidestLine(text), 80);
}

TEST(RunPlotsTest, ARunWithoutAnAnswerSaysSo) {
  RunPage page;
  page.run.duration = std::chrono::seconds(2);
  const std::string text = Drawn(page);
  EXPECT_NE(text.find("no request was answered"), std::string::npos);
  EXPECT_NE(text.find("p99       n/a: too few requests"), std::string::npos) << text;
}

TEST(RunPlotsTest, APercentileNeedsARequestBeyondIt) {
  RunPage page = FourSeconds();
  for (SecondPoint& point : page.seconds) {
    point.response.Clear();
    point.response.RecordNs(5'000'000, 99);
  }
  EXPECT_NE(Drawn(page).find("p99       n/a"), std::string::npos);
}

TEST(RenderSpectraTest, NamesBothSidesAndIsEmptyWithoutThem) {
  Histogram few;
  few.RecordNs(1, 1);
  Histogram many;
  for (std::uint64_t ms = 1; ms <= 1000; ++ms) {
    many.RecordNs(ms * 1'000'000, 1);
  }
  EXPECT_EQ(RenderSpectra({"a", &few}, {"b", &many}, {}), "");
  const std::string text = RenderSpectra({"b7\x1b[31m", &many}, {"b6", &many}, {});
  EXPECT_NE(text.find("line b6"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("slowest of 1,000"), std::string::npos);
  EXPECT_LE(WidestLine(text), 80);
}

}  // namespace
}  // namespace weir::reports
