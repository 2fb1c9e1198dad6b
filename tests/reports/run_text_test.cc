#include "reports/run_text.h"

#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "reports/internal/text_layout.h"
#include "tests/reports/synthetic_runs.h"
#include "tests/support/golden.h"

namespace weir::reports {
namespace {

using tests::MatchesGolden;

// The widest line in columns, colour codes not counted.
int WidestLine(const std::string& text) {
  int widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::string bare;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\x1b') {
        i = line.find('m', i);
      } else {
        bare += line[i];
      }
    }
    widest = std::max(widest, DisplayWidth(bare));
  }
  return widest;
}

Run CalmRun() {
  return SyntheticRun({.id = 17, .build = "b7", .errors = 0.001}).run;
}

Run TroubledRun() {
  Run run = SyntheticRun({.id = 18,
                          .build = "b8",
                          .rate_per_s = 120,
                          .stall = true,
                          .errors = 0.01,
                          .timeouts = 0.02})
                .run;
  run.state = RunState::kInterrupted;
  run.state_reason = "Stopped by the user after 30 s; what was measured until then is kept.";
  run.plan.tag = "nightly";
  run.cpu_s.reset();
  return run;
}

Run EmptyRun() {
  Run run;
  run.plan.scenario = "http://127.0.0.1:9/";
  run.plan.target = "http://127.0.0.1:9";
  run.plan.load = "64 users for 10 s";
  run.plan.open_loop = false;
  run.state = RunState::kAborted;
  run.state_reason = "Nobody listens on 127.0.0.1:9.";
  return run;
}

TEST(ApdexTextTest, ReadsAsRecorded) {
  using std::chrono::milliseconds;
  const weir::Run run = CalmRun();
  analysis::Apdex few;
  few.score = 0.5;
  few.few = true;
  const std::vector<StepApdex> steps = {
      {"list", milliseconds(2), analysis::ApdexOf(run, 0, milliseconds(2))},
      {"a step \x1b[31m that is long", milliseconds(1'000), few},
      {"never", milliseconds(500), std::nullopt}};
  EXPECT_TRUE(MatchesGolden(RenderApdex(steps, {}), "reports/apdex_80.txt"));
  EXPECT_EQ(RenderApdex({}, {}), "");
  EXPECT_NE(RenderRunText(run, {}, steps).find("apdex\n"), std::string::npos);
}

TEST(RunTextTest, ReadsAsRecorded) {
  EXPECT_TRUE(MatchesGolden(RenderRunText(CalmRun()), "reports/run_80.txt"));
  EXPECT_TRUE(MatchesGolden(RenderRunText(CalmRun(), {.width = 120}), "reports/run_120.txt"));
  EXPECT_TRUE(MatchesGolden(RenderRunText(CalmRun(), {.width = 60}), "reports/run_60.txt"));
  EXPECT_TRUE(
      MatchesGolden(RenderRunText(CalmRun(), {.colour = Colour::kOn}), "reports/run_colour.txt"));
}

TEST(RunTextTest, SaysWhatWentWrong) {
  EXPECT_TRUE(MatchesGolden(RenderRunText(TroubledRun()), "reports/run_troubled_80.txt"));
  EXPECT_TRUE(MatchesGolden(RenderRunText(TroubledRun(), {.width = 120, .colour = Colour::kOn}),
                            "reports/run_troubled_120_colour.txt"));
  EXPECT_TRUE(MatchesGolden(RenderRunText(TroubledRun(), {.charset = Charset::kAscii}),
                            "reports/run_troubled_ascii.txt"));
}

TEST(RunTextTest, SaysWhenRequestsWaitedBeforeTheyWereSent) {
  const weir::Run run = SyntheticRun({.id = 19, .rate_per_s = 120, .stall = true}).run;
  EXPECT_TRUE(MatchesGolden(RenderRunText(run), "reports/run_stall_80.txt"));
}

TEST(RunTextTest, SaysWhatToDoWhenEveryConnectionWasBusy) {
  weir::Run run = CalmRun();
  StepRecord& record = run.totals.back();
  record.parts[LatencyPart::kFirstByte].RecordNs(2'000'000, 100);
  record.parts[LatencyPart::kWait].RecordNs(400'000, 100);
  EXPECT_EQ(RenderRunText(run).find("with all of them busy"), std::string::npos);
  record.parts[LatencyPart::kWait].RecordNs(60'000'000, 100);
  EXPECT_NE(RenderRunText(run).find("with all of them busy"), std::string::npos);
}

TEST(RunTextTest, ClaimsNothingAboutARunWithoutRequests) {
  EXPECT_TRUE(MatchesGolden(RenderRunText(EmptyRun()), "reports/run_empty.txt"));
}

TEST(RunTextTest, AsciiHasNoOtherBytes) {
  for (const char c : RenderRunText(TroubledRun(), {.charset = Charset::kAscii})) {
    EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  }
}

TEST(RunTextTest, NoLineIsWiderThanTheTerminal) {
  for (const int width : {60, 61, 72, 79, 80, 81, 100, 120, 240}) {
    for (const Charset charset : {Charset::kAscii, Charset::kUnicode}) {
      const TextOptions options{.width = width, .colour = Colour::kOn, .charset = charset};
      EXPECT_LE(WidestLine(RenderRunText(CalmRun(), options)), width);
      EXPECT_LE(WidestLine(RenderRunText(TroubledRun(), options)), width);
      EXPECT_LE(WidestLine(RenderRunText(EmptyRun(), options)), width);
    }
  }
}

TEST(RunTextTest, HostileNamesNeitherWidenLinesNorReachTheTerminal) {
  for (const RunPage& page : HostileReport().pages) {
    weir::Run run = page.run;
    run.plan.build +=
        "\x1b]0;owned\x07\x9b"
        "31m";
    const std::string text = RenderRunText(run);
    EXPECT_LE(WidestLine(text), 80);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\x07'), std::string::npos);
    EXPECT_EQ(text.find('\0'), std::string::npos);
    EXPECT_EQ(text.find("\u202E"), std::string::npos);
  }
}

}  // namespace
}  // namespace weir::reports
