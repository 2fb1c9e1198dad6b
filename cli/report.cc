#include <filesystem>

#include <fmt/core.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "reports/html_report.h"
#include "store/history.h"

namespace weir::cli {
namespace {

constexpr std::size_t kVerdictsShown = 20;

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
  add("last", text("N"), "at most this many runs; default 100");
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

// `runs` are newest first.
analysis::HistoryChanges ChangesIn(const std::vector<Run>& runs) {
  analysis::HistoryChangeOptions options;
  for (const std::string_view metric : analysis::kHistoryMetrics) {
    options.metrics.push_back(*analysis::ParseRunMetric(metric));
  }
  analysis::HistoryChangeFinder finder(std::move(options));
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    finder.Add(*run);
  }
  return finder.Result();
}

Result<reports::ReportData> Collect(store::Store& store, const ParsedFlags& flags) {
  store::RunFilter filter;
  if (flags.Has("scenario")) {
    filter.scenario = flags.Text("scenario");
  }
  const Result<std::uint64_t> last = ReadFlag(flags, "last", ParseCount, std::uint64_t{100});
  if (!last) {
    return tl::unexpected(last.error());
  }
  filter.last = *last;
  auto runs = store.LoadRuns(filter);
  if (!runs) {
    return tl::unexpected(runs.error());
  }
  reports::ReportData data;
  data.title = flags.Has("title") ? flags.Text("title") : "weir report";
  data.generated_at = SystemClock().WallNow();
  data.changes = ChangesIn(*runs);
  for (Run& run : *runs) {
    Result<std::vector<SecondPoint>> seconds;
    if (data.runs.size() < reports::kDetailedRuns) {
      seconds = store.LoadSeconds(run.id);
    }
    if (!seconds) {
      return tl::unexpected(seconds.error());
    }
    data.runs.push_back({std::move(run), std::move(*seconds)});
  }
  auto verdicts = store.ListVerdicts(kVerdictsShown);
  if (!verdicts) {
    return tl::unexpected(verdicts.error());
  }
  for (store::StoredVerdict& verdict : *verdicts) {
    data.verdicts.push_back(std::move(verdict.result));
  }
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
  const Result<reports::ReportData> data = Collect(**store, flags);
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
  Print(fmt::format("wrote {} ({}, {})\n", *output, counted(data->runs.size(), "run"),
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
