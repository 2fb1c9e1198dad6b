#include <cmath>
#include <filesystem>
#include <iterator>
#include <string>

#include <nlohmann/json.hpp>

#include "store/history.h"
#include "tests/analysis/gate_runs.h"
#include "tests/cli/gate_fixture.h"
#include "tests/reports/unpacked.h"

/// `weir report` on a history: what it reads, and that kept figures are as good as histograms.
namespace weir::cli {
namespace {

// What is there without JavaScript; the text before has the time of writing.
std::string TablesOf(const std::string& html) {
  const std::string tables = html.substr(html.find("<noscript>"));
  const std::size_t first_table = tables.find("<table>");
  return tables.substr(first_table, tables.find("</noscript>") - first_table);
}

class ReportCommand : public GateCommand {
 protected:
  // The tables of the report, which have the figures of every run.
  std::string Report(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"report", "--single", "report.html"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Said said = dir_.Weir(arguments);
    EXPECT_EQ(said.exit_code, 0) << said.err;
    return TablesOf(dir_.Read("report.html"));
  }

  void RecordHistory() const {
    Rng rng(5);
    for (int slot = 0; slot < 24; ++slot) {
      weir::Run run = analysis::SimulatedRun({.slower = slot < 12 ? 0.0 : 0.5}, slot, rng);
      run.plan.build = "b" + std::to_string(slot);
      if (slot == 7) {
        analysis::AddBroken(run, Outcome::kTimedOut, 900, 50'000'000);
      }
      Record(std::move(run));
    }
  }

  std::size_t RunsWithFigures() const {
    std::size_t runs = 0;
    // The edition is the command's own business: any up to 100.
    for (int edition = 1; edition < 100; ++edition) {
      const auto store = store::Store::OpenForReading(dir_.Path("weir.db"));
      EXPECT_TRUE(
          (*store)->VisitFigures(0, edition, [&runs](const store::RunFigures&) { ++runs; }));
    }
    return runs;
  }
};

// Runs from before there were figures are read as a whole once; their figures must then say the
// same to the last digit, and find the same change points.
TEST_F(ReportCommand, KeptFiguresSayWhatTheHistogramsSay) {
  RecordHistory();
  EXPECT_EQ(RunsWithFigures(), 0U);
  const std::string from_histograms = Report({"--pages", "0"});
  EXPECT_EQ(RunsWithFigures(), 24U);
  const std::string from_figures = Report({"--pages", "0"});
  EXPECT_EQ(from_figures, from_histograms);
  EXPECT_NE(from_figures.find("<bdi>b12</bdi>"), std::string::npos);
  EXPECT_NE(from_figures.find("how sure"), std::string::npos) << "no change point was found";
  EXPECT_NE(from_figures.find("\u2265"), std::string::npos) << "no lower bound is told";
}

TEST_F(ReportCommand, AFileThatCannotBeWrittenIsReportedAllTheSame) {
  RecordHistory();
  const std::string expected = Report();
  std::filesystem::permissions(dir_.Path("weir.db"), std::filesystem::perms::owner_read);
  EXPECT_EQ(Report(), expected);
}

TEST_F(ReportCommand, ARunIsRecordedWithItsFigures) {
  const Said said = dir_.Weir({"run", "--quiet", "-n", "3", "--command", "true"});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(RunsWithFigures(), 1U);
}

TEST_F(ReportCommand, AComparisonDrawsBothSidesOverTime) {
  for (int run = 0; run < 2; ++run) {
    ASSERT_EQ(dir_.Weir({"run", "--quiet", "-n", "3", "--command", "true"}).exit_code, 0);
  }
  const std::string plain = dir_.Weir({"compare", "1", "2"}).out;
  EXPECT_EQ(plain.find("Over time"), std::string::npos);
  const std::string drawn = dir_.Weir({"compare", "1", "2", "--plots"}).out;
  for (const char* side : {"A, run 1\nOver time", "B, run 2\nOver time"}) {
    const std::size_t at = drawn.find(side);
    ASSERT_NE(at, std::string::npos) << drawn;
    EXPECT_NE(drawn.find("Response times, log scale", at), std::string::npos);
  }
  EXPECT_NE(drawn.find("Percentile spectrum: points 2, line 1"), std::string::npos);
}

// The page's comparison of two builds rests on the same runs as the command's, and says the same.
TEST_F(ReportCommand, TheComparisonOfBuildsInThePageIsThatOfTheCommand) {
  Rng rng(5);
  for (int slot = 0; slot < 18; ++slot) {
    weir::Run run = analysis::SimulatedRun({.slower = slot % 3 == 2 ? 0.3 : 0.0}, slot, rng);
    run.plan.build = "b" + std::to_string(slot % 3);
    Record(std::move(run));
  }
  Report({"--pages", "18"});
  const nlohmann::json pairs = reports::DataOf(dir_.Read("report.html"))["pairs"];
  ASSERT_EQ(pairs.size(), 3U) << "each build against each";
  const nlohmann::json& pair = pairs[0];
  EXPECT_EQ(pair["a_runs"], nlohmann::json({2, 5, 8, 11, 14, 17}));
  EXPECT_EQ(pair["b_runs"], nlohmann::json({3, 6, 9, 12, 15, 18}));

  const Said said = dir_.Weir({"compare", "build:b1", "build:b2", "--json"});
  const nlohmann::json told = nlohmann::json::parse(said.out);
  EXPECT_EQ(pair["summary"], told["summary"]);
  ASSERT_EQ(pair["metrics"].size(), told["metrics"].size());
  std::size_t known = 0;
  for (std::size_t i = 0; i < pair["metrics"].size(); ++i) {
    const nlohmann::json& in_page = pair["metrics"][i];
    const nlohmann::json& metric = told["metrics"][i];
    EXPECT_EQ(in_page[0], metric["metric"]);
    const nlohmann::json& interval = metric["interval"];
    const nlohmann::json values[] = {metric["a"],
                                     metric["b"],
                                     metric["change"],
                                     interval.is_null() ? nlohmann::json() : interval[0],
                                     interval.is_null() ? nlohmann::json() : interval[1],
                                     metric["p_adjusted"]};
    for (std::size_t j = 0; j < std::size(values); ++j) {
      ASSERT_EQ(in_page[3 + j].is_null(), values[j].is_null()) << i << " " << j;
      if (!values[j].is_null()) {
        const double expected = values[j].get<double>();
        EXPECT_NEAR(in_page[3 + j].get<double>(), expected, std::abs(expected) * 1e-4);
        ++known;
      }
    }
  }
  EXPECT_GT(known, 20U);
}

TEST_F(ReportCommand, PagesAreForTheNewestRuns) {
  RecordHistory();
  Report({"--pages", "3"});
  const std::size_t few = std::filesystem::file_size(dir_.Path("report.html"));
  Report({"--pages", "24"});
  EXPECT_GT(std::filesystem::file_size(dir_.Path("report.html")), few + 5'000);
}

TEST_F(ReportCommand, AFolderGetsOnlyThePagesThatAreNew) {
  RecordHistory();
  const auto site = [this](const std::string& pages) {
    const Said said = dir_.Weir({"report", "-o", "site", "--pages", pages, "--run-files", "4"});
    EXPECT_EQ(said.exit_code, 0) << said.err;
  };
  site("2");
  const std::string folder = dir_.Path("site");
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/run")) {
    files += entry.is_regular_file() ? 1U : 0U;
  }
  EXPECT_EQ(files, 4U);
  EXPECT_NE(dir_.Read("site/changes.atom").find("#/run/13"), std::string::npos);
  EXPECT_NE(dir_.Read("site/changes.json").find("urn:uuid:"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(folder + "/run/22.html"));
  EXPECT_FALSE(std::filesystem::exists(folder + "/run/23.html"));
  std::filesystem::resize_file(folder + "/run/22.html", 1);
  std::filesystem::remove(folder + "/run/21.html");
  site("2");
  EXPECT_EQ(std::filesystem::file_size(folder + "/run/22.html"), 1U);
  EXPECT_GT(std::filesystem::file_size(folder + "/run/21.html"), 2'000U);
}

TEST_F(ReportCommand, WhatIsSaidOfARegressionStandsInListAndReport) {
  RecordHistory();
  EXPECT_NE(dir_.Weir({"triage"}).out.find("run 13, build b12"), std::string::npos);
  EXPECT_NE(dir_.Weir({"triage", "--state", "new"}).out.find("run 13"), std::string::npos);

  const Said said =
      dir_.Weir({"triage", "13", "acknowledged", "--by", "ops", "--why", "index missing"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(said.out.find("of run 13: acknowledged"), std::string::npos);

  const std::string list = dir_.Weir({"triage", "--state", "acknowledged"}).out;
  EXPECT_NE(list.find(" by ops: index missing"), std::string::npos);
  EXPECT_EQ(dir_.Weir({"triage", "--state", "new"}).out.find("run 13"), std::string::npos);
  const std::string json = dir_.Weir({"triage", "--json"}).out;
  EXPECT_NE(json.find("\"why\": \"index missing\""), std::string::npos);
  EXPECT_NE(Report().find("<td>acknowledged"), std::string::npos);

  EXPECT_EQ(dir_.Weir({"triage", "13", "new"}).exit_code, 0);
  EXPECT_NE(dir_.Weir({"triage", "--state", "new"}).out.find("run 13"), std::string::npos);
}

TEST_F(ReportCommand, TriageSaysWhatItCannotMakeOut) {
  RecordHistory();
  const Said no_run = dir_.Weir({"triage", "2", "fixed"});
  EXPECT_EQ(no_run.exit_code, 2);
  EXPECT_NE(no_run.err.find("no regression that is asked for began with run 2"), std::string::npos);
  const Said no_state = dir_.Weir({"triage", "13", "solved"});
  EXPECT_EQ(no_state.exit_code, 2);
  EXPECT_NE(no_state.err.find("hint: new, acknowledged, expected or fixed"), std::string::npos);
  EXPECT_EQ(dir_.Weir({"triage", "13"}).exit_code, 2);
}

TEST_F(ReportCommand, RunFilesNeedAFolder) {
  RecordHistory();
  const Said said = dir_.Weir({"report", "--single", "r.html", "--run-files", "3"});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("-o DIR in place of --single"), std::string::npos);
}

}  // namespace
}  // namespace weir::cli
