#include <fmt/core.h>

#include "cli/apdex.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/selectors.h"
#include "cli/terminal.h"
#include "reports/run_json.h"
#include "reports/run_plots.h"
#include "reports/run_text.h"
#include "store/history.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "show";
  spec.usage = "weir show RUN [OPTIONS]";
  spec.about = "Shows a recorded run: its number from 'weir history', or 'last'.";
  spec.examples =
      "  weir show last\n"
      "  weir show 12 --json\n"
      "  weir show 12 --plots | less\n"
      "  weir show last --apdex 500ms --apdex 'add to cart=2s'";
  spec.positionals = {"RUN"};
  spec.options.add_options()(
      "apdex", po::value<std::vector<std::string>>()->value_name("[STEP=]T"),
      "rate users by their response time: satisfied up to T, tolerating up to 4 T; may be\n"
      "repeated; default: the 'apdex:' of the scenario's steps");
  spec.options.add_options()("plots",
                             "draw the run over time, its heatmap and percentile spectrum; a\n"
                             "terminal gets them without being asked");
  AddStoreFlag(spec.options);
  AddJsonFlag(spec.options);
  return spec;
}

Status PrintPlots(store::Store& store, const Run& run) {
  reports::RunPlots plots(run, TerminalOptions());
  Status read =
      store.VisitSeconds(run.id, [&plots](const SecondPoint& point) { plots.Add(point); });
  if (read && run.measurements.empty()) {
    Print(plots.Render());
  }
  return read;
}

Status ShowRun(const ParsedFlags& flags) {
  const std::vector<std::string> names = flags.Texts("RUN");
  if (names.size() != 1) {
    return UsageError(
        fmt::format("one run is needed, {} given\n  hint: weir show last", names.size()));
  }
  const Result<std::string> path = StorePath(flags);
  if (!path) {
    return tl::unexpected(path.error());
  }
  const auto store = store::Store::OpenForReading(*path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const Result<RunId> id = SelectRun(**store, names[0]);
  if (!id) {
    return tl::unexpected(id.error());
  }
  const Result<Run> run = (*store)->LoadRun(*id);
  if (!run) {
    return tl::unexpected(run.error());
  }
  const auto apdex = ApdexOfRun(*run, flags.Texts("apdex"));
  if (!apdex) {
    return tl::unexpected(apdex.error());
  }
  if (flags.Has("json")) {
    return WriteJson(flags.Text("json"), reports::RunJson(*run, *apdex));
  }
  Print(reports::RenderRunText(*run, TerminalOptions(), *apdex));
  return flags.Has("plots") || StdoutIsTerminal() ? PrintPlots(**store, *run) : Status();
}

}  // namespace

int ShowMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("show", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Status done = ShowRun(*flags);
  return done ? static_cast<int>(kExitPass) : Complain("show", done.error());
}

}  // namespace weir::cli
