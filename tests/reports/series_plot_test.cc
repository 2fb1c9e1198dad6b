#include "reports/series_plot.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TextOptions Ascii() {
  return {.width = 60, .colour = Colour::kOff, .charset = Charset::kAscii};
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char letter : text) {
    if (letter == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += letter;
    }
  }
  return lines;
}

TEST(SeriesPlotTest, AStepIsDrawnWithItsMarkAndAxis) {
  std::vector<double> values(40, 10.0);
  std::fill(values.begin() + 20, values.end(), 20.0);
  SeriesPlot plot;
  plot.title = "p99";
  plot.values = values;
  plot.marks = {{.index = 20, .label = "b21"}};
  plot.x_first = "b1";
  plot.x_last = "b40";
  plot.height = 4;
  EXPECT_EQ(RenderPlot(plot, Ascii()),
            "p99\n"
            "20 |                            ****************************\n"
            "   |                            |\n"
            "15 |                            |\n"
            "10 |****************************|\n"
            "                                ^b21\n"
            "    b1                                                   b40\n");
}

TEST(SeriesPlotTest, NoLineIsWiderThanTheTerminal) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) {
    values.push_back(std::sin(i / 30.0) * 1e6);
  }
  for (const Charset charset : {Charset::kAscii, Charset::kUnicode}) {
    for (const int width : {60, 77, 200}) {
      SeriesPlot plot;
      plot.title = std::string(300, 'x');
      plot.values = values;
      plot.low = values;
      plot.high = values;
      plot.marks = {{.index = 999, .label = "end"}, {.index = 0, .label = "begin"}};
      plot.x_first = std::string(300, 'y');
      plot.x_last = std::string(300, 'z');
      const TextOptions options{.width = width, .colour = Colour::kOff, .charset = charset};
      for (const std::string& line : Lines(RenderPlot(plot, options))) {
        EXPECT_LE(DisplayWidth(line), width) << line;
      }
    }
  }
}

TEST(SeriesPlotTest, ASingleSpikeAmongManyIsSeen) {
  std::vector<double> values(1'000'000, 1.0);
  values[654'321] = 9;
  SeriesPlot plot;
  plot.values = values;
  const std::string text = RenderPlot(plot, Ascii());
  EXPECT_NE(Lines(text)[0].find('*'), std::string::npos) << text;
}

// A constant rate, as the sum of its parts gives it.
TEST(SeriesPlotTest, WhatRoundingMadeOfAConstantIsNotDrawn) {
  std::vector<double> values(50, 200.0);
  values[7] = 200.0000000001;
  const std::string plot = RenderPlot({.title = "rate", .unit = "per_s", .values = values}, {});
  EXPECT_NE(plot.find("400/s"), std::string::npos) << plot;
  EXPECT_NE(plot.find("0/s"), std::string::npos) << plot;
}

TEST(SeriesPlotTest, BandAndLineLieBehindTheValues) {
  const std::vector<double> values(30, kNaN);
  const std::vector<double> low(30, 1.0);
  const std::vector<double> high(30, 5.0);
  const std::vector<double> line(30, 3.0);
  SeriesPlot plot;
  plot.values = values;
  plot.low = low;
  plot.high = high;
  plot.line = line;
  plot.height = 5;
  const std::vector<std::string> lines = Lines(RenderPlot(plot, Ascii()));
  EXPECT_EQ(lines[0], "5 |" + std::string(57, ':'));
  EXPECT_EQ(lines[2], "3 |" + std::string(57, '-'));
}

TEST(SeriesPlotTest, NothingButGapsAndExtremesDoNoHarm) {
  for (const std::vector<double>& values :
       {std::vector<double>{}, {kNaN, kNaN}, {1.0}, {1e308, -1e308, kNaN}, {5, 5, 5}}) {
    SeriesPlot plot;
    plot.values = values;
    EXPECT_FALSE(RenderPlot(plot, Ascii()).empty());
    EXPECT_FALSE(RenderPlot(plot, {}).empty());
  }
  const std::vector<double> none = {kNaN};
  SeriesPlot plot;
  plot.values = none;
  EXPECT_EQ(RenderPlot(plot, {}), "No values.\n");
}

TEST(SeriesPlotTest, ForeignNamesCannotDriveTheTerminal) {
  const std::vector<double> values = {1, 2};
  SeriesPlot plot;
  plot.title = "\x1b[31mred";
  plot.values = values;
  plot.marks = {{.index = 1, .label = "\x1b[0m"}};
  plot.x_first = "\x1b[2J";
  EXPECT_EQ(RenderPlot(plot, {}).find('\x1b'), std::string::npos);
}

TEST(SeriesPlotTest, ColoursOnlyWhenAsked) {
  const std::vector<double> values = {1, 2, 3};
  SeriesPlot plot;
  plot.values = values;
  plot.marks = {{.index = 1, .label = ""}};
  EXPECT_EQ(RenderPlot(plot, {}).find('\x1b'), std::string::npos);
  EXPECT_NE(RenderPlot(plot, {.colour = Colour::kOn}).find('\x1b'), std::string::npos);
}

TEST(SparklineTest, ShowsTheHighestOfEachStretch) {
  const std::vector<double> values = {0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(Sparkline(values, 8, Charset::kAscii), "_.-:=+*#");
  EXPECT_EQ(Sparkline(values, 4, Charset::kAscii), ".:+#");
  EXPECT_EQ(Sparkline(values, 80, Charset::kUnicode), "▁▂▃▄▅▆▇█");
  const std::vector<double> gap = {1, kNaN, 1};
  EXPECT_EQ(Sparkline(gap, 3, Charset::kAscii), "= =");
  EXPECT_EQ(Sparkline({}, 10, Charset::kAscii), "");
}

TEST(SeriesValueTextTest, WritesEveryUnitAsPeopleDo) {
  EXPECT_EQ(SeriesValueText(12'300'000, "ns"), "12.3 ms");
  EXPECT_EQ(SeriesValueText(-12'300'000, "ns"), "-12.3 ms");
  EXPECT_EQ(SeriesValueText(500, "per_s"), "500/s");
  EXPECT_EQ(SeriesValueText(0.0123, "ratio"), "1.23 %");
  EXPECT_EQ(SeriesValueText(12'345, ""), "12.35k");
  EXPECT_EQ(SeriesValueText(0.5, "ms"), "0.5 ms");
  EXPECT_EQ(SeriesValueText(kNaN, ""), "n/a");
  EXPECT_EQ(SeriesValueText(1e300, "ns"), "1.00e+300");
}

}  // namespace
}  // namespace weir::reports
