#include "reports/compare.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "analysis/comparison.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/selectors.h"
#include "cli/terminal.h"
#include "reports/run_plots.h"
#include "store/history.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "compare";
  spec.usage = "weir compare A B [OPTIONS]";
  spec.about =
      "Shows what differs between two runs or two builds, by how much and how sure that is.\n"
      "A and B are run numbers, builds, or selectors as of 'weir gate'. Decides nothing.";
  spec.examples =
      "  weir compare 12 13\n"
      "  weir compare build:b6 build:b7";
  spec.positionals = {"A B"};
  AddStoreFlag(spec.options);
  AddJsonFlag(spec.options);
  spec.options.add_options()("plots",
                             "draw the newest run of either side over time, and\n"
                             "both percentile spectra; a terminal gets them unasked")(
      "scenario", po::value<std::string>()->value_name("NAME"), "only runs of this scenario");
  return spec;
}

// Of all these runs as one distribution.
Histogram ResponseTimes(const std::vector<Run>& runs) {
  Histogram all;
  for (const Run& run : runs) {
    all.Merge(MergedLatency(run.Total(Phase::kMeasure), LatencyKind::kResponse).histogram);
  }
  return all;
}

// The newest run of a side over its seconds.
Status PrintOverTime(store::Store& store, std::string_view side, const std::vector<Run>& runs) {
  const auto newest = std::max_element(runs.begin(), runs.end(),
                                       [](const Run& a, const Run& b) { return a.id < b.id; });
  if (newest == runs.end() || !newest->measurements.empty()) {
    return {};
  }
  reports::RunPlots plots(*newest, TerminalOptions());
  Status read =
      store.VisitSeconds(newest->id, [&plots](const SecondPoint& point) { plots.Add(point); });
  if (read) {
    Print(fmt::format("\n{}, run {}{}", side, newest->id, plots.RenderOverTime()));
  }
  return read;
}

Status CompareRuns(const ParsedFlags& flags) {
  const std::vector<std::string> names = flags.Texts("A B");
  if (names.size() != 2) {
    return UsageError(fmt::format(
        "two runs or builds are needed, {} given\n  hint: weir compare build:b6 build:b7",
        names.size()));
  }
  const Result<std::string> path = StorePath(flags);
  if (!path) {
    return tl::unexpected(path.error());
  }
  const auto store = store::Store::OpenForReading(*path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const auto a = SelectRuns(**store, names[0], flags.Text("scenario"));
  if (!a) {
    return tl::unexpected(a.error());
  }
  const auto b = SelectRuns(**store, names[1], flags.Text("scenario"));
  if (!b) {
    return tl::unexpected(b.error());
  }
  const analysis::Comparison comparison = analysis::Compare(*a, *b);
  const reports::CompareSides sides{names[0], names[1], IdsOf(*a), IdsOf(*b)};
  if (flags.Has("json")) {
    return WriteJson(flags.Text("json"), reports::CompareJson(sides, comparison));
  }
  Print(reports::RenderCompareText(sides, comparison, TerminalOptions()));
  if (flags.Has("plots") || StdoutIsTerminal()) {
    for (const auto& [side, runs] : {std::pair("A", &*a), std::pair("B", &*b)}) {
      if (Status drawn = PrintOverTime(**store, side, *runs); !drawn) {
        return drawn;
      }
    }
    const Histogram before = ResponseTimes(*a);
    const Histogram after = ResponseTimes(*b);
    Print(reports::RenderSpectra({names[1], &after}, {names[0], &before}, TerminalOptions()));
  }
  return {};
}

}  // namespace

int CompareMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("compare", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Status done = CompareRuns(*flags);
  return done ? static_cast<int>(kExitPass) : Complain("compare", done.error());
}

}  // namespace weir::cli
