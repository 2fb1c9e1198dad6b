#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/exit_codes.h"
#include "cli/export_commands.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/selectors.h"
#include "cli/terminal.h"
#include "reports/openmetrics.h"
#include "store/history.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "export";
  spec.usage = "weir export [OPTIONS] RUNS...";
  spec.about =
      "Writes the seconds of recorded runs as OpenMetrics with times, so that a Prometheus can\n"
      "show them: requests by outcome, quantiles of the response time. RUNS are 'last', a number\n"
      "from 'weir history', or words such as build:b7, branch:main, last:20 (all must hold).";
  spec.examples =
      "  weir export last\n"
      "  weir export branch:main last:20 -o runs.om\n"
      "  promtool tsdb create-blocks-from openmetrics runs.om data/";
  spec.positionals = {"RUNS"};
  spec.options.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                             "write FILE; default: standard output");
  AddStoreFlag(spec.options);
  return spec;
}

Status ExportRuns(const ParsedFlags& flags) {
  std::string selector;
  for (const std::string& word : flags.Texts("RUNS")) {
    selector += (selector.empty() ? "" : " ") + word;
  }
  if (selector.empty()) {
    return UsageError("no runs are named\n  hint: weir export last");
  }
  const Result<std::string> path = StorePath(flags);
  if (!path) {
    return tl::unexpected(path.error());
  }
  const auto store = store::Store::OpenForReading(*path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const Result<std::vector<Run>> runs = SelectRuns(**store, selector, "");
  if (!runs) {
    return tl::unexpected(runs.error());
  }
  reports::OpenMetricsText text;
  // Oldest first: series with the same labels must ascend in time.
  for (auto run = runs->rbegin(); run != runs->rend(); ++run) {
    text.BeginRun(*run);
    if (Status read =
            (*store)->VisitSeconds(run->id, [&text](const SecondPoint& point) { text.Add(point); });
        !read) {
      return read;
    }
  }
  const std::uint64_t samples = text.samples();
  if (!flags.Has("output")) {
    Print(text.Take());
    return {};
  }
  if (Status written = WriteFile(flags.Text("output"), text.Take()); !written) {
    return written;
  }
  Print(fmt::format("{} samples of {} runs in {}\n", samples, runs->size(),
                    Printable(flags.Text("output"), 300)));
  return {};
}

}  // namespace

int ExportMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("export", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Status done = ExportRuns(*flags);
  return done ? static_cast<int>(kExitPass) : Complain("export", done.error());
}

}  // namespace weir::cli
