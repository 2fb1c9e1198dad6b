#include "reports/history.h"

#include <fmt/core.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "store/history.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "history";
  spec.usage = "weir history [OPTIONS]";
  spec.about = "Lists the recorded runs, newest first. A run that was killed is 'incomplete'.";
  spec.examples =
      "  weir history\n"
      "  weir history --build b7 --last 5 --json";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("scenario", text("NAME"), "only runs of this scenario");
  add("build", text("NAME"), "only runs of this build");
  add("branch", text("NAME"), "only runs of this branch");
  add("tag", text("NAME"), "only runs with this tag");
  add("last", text("N"), "at most this many; default 50");
  AddStoreFlag(spec.options);
  AddJsonFlag(spec.options);
  return spec;
}

std::optional<std::string> Given(const ParsedFlags& flags, const std::string& name) {
  return flags.Has(name) ? std::optional(flags.Text(name)) : std::nullopt;
}

reports::HistoryRow RowOf(const store::RunHead& head) {
  reports::HistoryRow row;
  row.run = head.id;
  row.scenario = head.scenario;
  row.target = head.target;
  row.build = head.build;
  row.branch = head.branch;
  row.tag = head.tag;
  row.state = head.state;
  row.in_progress = head.in_progress;
  row.started_at = head.started_at;
  row.duration = head.duration.value_or(Nanos(0));
  if (head.counts) {
    row.requests = head.counts->planned;
    row.error_ratio = head.counts->ErrorRatio();
  }
  row.rate_per_s = head.rate_per_s;
  if (head.response_p50_ns) {
    row.p50_ns = static_cast<double>(*head.response_p50_ns);
  }
  if (head.response_p99_ns) {
    row.p99_ns = static_cast<double>(*head.response_p99_ns);
  }
  return row;
}

Status ListHistory(const ParsedFlags& flags) {
  store::RunFilter filter;
  filter.scenario = Given(flags, "scenario");
  filter.build = Given(flags, "build");
  filter.branch = Given(flags, "branch");
  filter.tag = Given(flags, "tag");
  const Result<std::uint64_t> last = ReadFlag(flags, "last", ParseCount, std::uint64_t{50});
  if (!last) {
    return tl::unexpected(last.error());
  }
  filter.last = *last;
  const Result<std::string> path = StorePath(flags);
  if (!path) {
    return tl::unexpected(path.error());
  }
  const auto store = store::Store::OpenForReading(*path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const auto heads = (*store)->ListRuns(filter);
  if (!heads) {
    return tl::unexpected(heads.error());
  }
  std::vector<reports::HistoryRow> rows;
  for (const store::RunHead& head : *heads) {
    rows.push_back(RowOf(head));
  }
  if (flags.Has("json")) {
    return WriteJson(flags.Text("json"), reports::HistoryJson(rows));
  }
  Print(reports::RenderHistoryText(rows, TerminalOptions()));
  return {};
}

}  // namespace

int HistoryMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("history", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Status done = ListHistory(*flags);
  return done ? static_cast<int>(kExitPass) : Complain("history", done.error());
}

}  // namespace weir::cli
