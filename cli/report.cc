#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/core.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/figures.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "reports/html_report.h"
#include "store/history.h"

namespace weir::cli {
namespace {

constexpr std::size_t kVerdictsShown = 20;
constexpr std::uint64_t kRunsListed = 1000;

/// Of so many runs of each side of the newest verdict everything is shown.
constexpr std::size_t kPagesOfSideMax = 10;

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "report";
  spec.usage = "weir report [-o DIR | --single FILE] [OPTIONS]";
  spec.about =
      "Writes the history as one HTML file that needs nothing but a browser: verdicts, runs\n"
      "over time, each run's seconds and percentile spectrum, comparisons.";
  spec.examples =
      "  weir report -o report/\n"
      "  weir report --single checkout.html --scenario checkout --last 20";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("output,o", text("DIR"), "folder for index.html; default report/");
  add("single", text("FILE"), "the file to write, instead of a folder");
  add("scenario", text("NAME"), "only runs of this scenario");
  add("last", text("N"), "at most this many runs; default 1000");
  add("pages", text("N"), "so many runs, the newest, have all their details; default 20");
  add("title", text("TEXT"), "heading of the page");
  AddStoreFlag(spec.options);
  return spec;
}

Result<std::string> OutputPath(const ParsedFlags& flags) {
  if (flags.Has("single")) {
    return flags.Text("single");
  }
  const std::filesystem::path folder = flags.Has("output") ? flags.Text("output") : "report";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Unavailable(fmt::format("cannot make folder {}: {}", folder.string(), error.message()));
  }
  return (folder / "index.html").string();
}

// The newest runs and those that the newest verdict is about, each once.
std::vector<RunId> RunsWithPages(const std::vector<RunSummary>& summaries, std::size_t newest,
                                 const std::vector<GateResult>& verdicts) {
  std::set<RunId> listed;
  for (const RunSummary& summary : summaries) {
    listed.insert(summary.row.run);
  }
  std::set<RunId> chosen;
  for (std::size_t i = summaries.size() - std::min(newest, summaries.size()); i < summaries.size();
       ++i) {
    chosen.insert(summaries[i].row.run);
  }
  if (!verdicts.empty()) {
    for (const auto* side : {&verdicts.front().baseline_runs, &verdicts.front().candidate_runs}) {
      for (std::size_t i = 0; i < std::min(side->size(), kPagesOfSideMax); ++i) {
        if (listed.count((*side)[i]) > 0) {
          chosen.insert((*side)[i]);
        }
      }
    }
  }
  return {chosen.begin(), chosen.end()};
}

Status LoadPages(store::Store& store, const std::vector<RunId>& runs, reports::ReportData& data) {
  for (const RunId id : runs) {
    Result<Run> run = store.LoadRun(id);
    if (!run) {
      return tl::unexpected(run.error());
    }
    Result<std::vector<SecondPoint>> seconds = store.LoadSeconds(id);
    if (!seconds) {
      return tl::unexpected(seconds.error());
    }
    data.pages.push_back({std::move(*run), std::move(*seconds)});
  }
  return {};
}

void TakeOver(std::vector<RunSummary>&& summaries, reports::ReportData& data) {
  analysis::HistoryChangeFinder finder({.metrics = HistoryMetrics()});
  for (RunSummary& summary : summaries) {
    finder.Add(summary.history);
    data.rows.push_back(std::move(summary.row));
  }
  data.changes = finder.Result();
}

Result<reports::ReportData> Collect(store::Store& store, const std::string& path,
                                    const ParsedFlags& flags) {
  store::RunFilter filter;
  if (flags.Has("scenario")) {
    filter.scenario = flags.Text("scenario");
  }
  const auto last = ReadFlag(flags, "last", ParseCount, kRunsListed);
  const auto pages = ReadFlag(flags, "pages", ParseCount, std::uint64_t{reports::kDetailedRuns});
  if (!last || !pages) {
    return tl::unexpected(!last ? last.error() : pages.error());
  }
  filter.last = *last;
  Result<std::vector<RunSummary>> summaries = ReadSummaries(store, path, filter);
  if (!summaries) {
    return tl::unexpected(summaries.error());
  }
  reports::ReportData data;
  data.title = flags.Has("title") ? flags.Text("title") : "weir report";
  data.generated_at = SystemClock().WallNow();
  auto verdicts = store.ListVerdicts(kVerdictsShown);
  if (!verdicts) {
    return tl::unexpected(verdicts.error());
  }
  for (store::StoredVerdict& verdict : *verdicts) {
    data.verdicts.push_back(std::move(verdict.result));
  }
  Status loaded = LoadPages(store, RunsWithPages(*summaries, *pages, data.verdicts), data);
  if (!loaded) {
    return tl::unexpected(loaded.error());
  }
  TakeOver(std::move(*summaries), data);
  return data;
}

Status WriteReport(const ParsedFlags& flags) {
  const Result<std::string> path = StorePath(flags);
  if (!path) {
    return tl::unexpected(path.error());
  }
  const auto store = store::Store::OpenForReading(*path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const Result<reports::ReportData> data = Collect(**store, *path, flags);
  if (!data) {
    return tl::unexpected(data.error());
  }
  const Result<std::string> output = OutputPath(flags);
  if (!output) {
    return tl::unexpected(output.error());
  }
  if (Status written = WriteFile(*output, reports::HtmlReport(*data)); !written) {
    return written;
  }
  const auto counted = [](std::size_t count, std::string_view word) {
    return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
  };
  Print(fmt::format("wrote {} ({}, {})\n", *output, counted(data->rows.size(), "run"),
                    counted(data->verdicts.size(), "verdict")));
  return {};
}

}  // namespace

int ReportMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("report", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Status done = WriteReport(*flags);
  return done ? static_cast<int>(kExitPass) : Complain("report", done.error());
}

}  // namespace weir::cli
