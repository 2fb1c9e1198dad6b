#include "reports/history.h"

#include <algorithm>
#include <map>

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
  spec.about =
      "Lists the recorded runs, newest first, and marks change points: which build moved which\n"
      "metric of which step, by how much, how sure. They are looked for in the complete runs of\n"
      "each scenario and load, also in those that are not listed. A run that was killed is\n"
      "'incomplete'.";
  spec.examples =
      "  weir history\n"
      "  weir history --build b7 --last 5 --json\n"
      "  weir history --branch main --metric response_time.p99.9 --change-min 5%";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("scenario", text("NAME"), "only runs of this scenario");
  add("build", text("NAME"), "only runs of this build");
  add("branch", text("NAME"), "only runs of this branch");
  add("tag", text("NAME"), "only runs with this tag");
  add("last", text("N"), "at most this many; default 50");
  add("metric", po::value<std::vector<std::string>>()->value_name("NAME"),
      "where change points are looked for; may be repeated; default: response_time.p50,\n"
      "response_time.p99, throughput, error_rate");
  add("change-min", text("RATIO"), "smaller steps of latency and rate are not shown; default 1%");
  add("changes-in", text("N"),
      "look for change points in the newest N runs of each scenario; default 300; 0: do not look");
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

// What is to be listed, and where change points are to be looked for.
struct Question {
  store::RunFilter filter;
  std::uint64_t last = 50;
  std::uint64_t changes_in = 300;
  analysis::HistoryChangeOptions changes;
};

Result<Question> ReadQuestion(const ParsedFlags& flags) {
  Question question;
  question.filter.scenario = Given(flags, "scenario");
  question.filter.build = Given(flags, "build");
  question.filter.branch = Given(flags, "branch");
  question.filter.tag = Given(flags, "tag");
  const auto last = ReadFlag(flags, "last", ParseCount, question.last);
  const auto changes_in = ReadFlag(flags, "changes-in", ParseCount, question.changes_in);
  const auto least = ReadFlag(flags, "change-min", ParseRatio, question.changes.change_ratio_min);
  if (!last || !changes_in || !least) {
    return tl::unexpected(!last ? last.error() : !changes_in ? changes_in.error() : least.error());
  }
  if (*least < 0) {
    return UsageError("--change-min: must be 0 or more\n  hint: 1%");
  }
  question.last = *last;
  question.changes_in = *changes_in;
  question.changes.change_ratio_min = *least;
  std::vector<std::string> names = flags.Texts("metric");
  if (names.empty()) {
    names.assign(analysis::kHistoryMetrics.begin(), analysis::kHistoryMetrics.end());
  }
  for (const std::string& name : names) {
    Result<analysis::RunMetric> metric = analysis::ParseRunMetric(name);
    if (!metric) {
      return UsageError("--metric: " + metric.error().message);
    }
    question.changes.metrics.push_back(std::move(*metric));
  }
  return question;
}

// The complete runs in which change points are looked for, oldest first: the newest of each
// scenario and load, whatever their build.
Result<std::vector<RunId>> RunsToJudge(store::Store& store, const Question& question) {
  store::RunFilter filter = question.filter;
  filter.build.reset();
  filter.state = RunState::kComplete;
  const auto heads = store.ListRuns(filter);
  if (!heads) {
    return tl::unexpected(heads.error());
  }
  std::map<std::pair<std::string, std::string>, std::uint64_t> taken;
  std::vector<RunId> ids;
  for (const store::RunHead& head : *heads) {
    if (taken[{head.scenario, head.load}]++ < question.changes_in) {
      ids.push_back(head.id);
    }
  }
  std::reverse(ids.begin(), ids.end());
  return ids;
}

// Whether the head alone does not tell if its quantiles are known: lower bounds, few samples.
bool NeedsDistribution(const store::RunHead& head) {
  constexpr std::uint64_t kSurelyEnough = 10'000;
  return head.counts &&
         (head.counts->planned < kSurelyEnough || head.counts->of(Outcome::kTimedOut) > 0 ||
          head.counts->of(Outcome::kUnfinished) > 0);
}

Result<std::vector<reports::HistoryRow>> Rows(store::Store& store, const Question& question) {
  store::RunFilter filter = question.filter;
  filter.last = question.last;
  const auto heads = store.ListRuns(filter);
  if (!heads) {
    return tl::unexpected(heads.error());
  }
  std::vector<reports::HistoryRow> rows;
  for (const store::RunHead& head : *heads) {
    if (!NeedsDistribution(head)) {
      rows.push_back(RowOf(head));
      continue;
    }
    const Result<Run> run = store.LoadRun(head.id);
    if (!run) {
      return tl::unexpected(run.error());
    }
    rows.push_back(reports::HistoryRowOf(*run));
    rows.back().in_progress = head.in_progress;
  }
  return rows;
}

Result<std::optional<analysis::HistoryChanges>> Changes(store::Store& store,
                                                        const Question& question) {
  if (question.changes_in == 0) {
    return std::nullopt;
  }
  const Result<std::vector<RunId>> ids = RunsToJudge(store, question);
  if (!ids) {
    return tl::unexpected(ids.error());
  }
  analysis::HistoryChangeFinder finder(question.changes);
  for (const RunId id : *ids) {
    const Result<Run> run = store.LoadRun(id);
    if (!run) {
      return tl::unexpected(run.error());
    }
    finder.Add(*run);
  }
  return finder.Result();
}

Status ListHistory(const ParsedFlags& flags) {
  const Result<Question> question = ReadQuestion(flags);
  if (!question) {
    return tl::unexpected(question.error());
  }
  const Result<std::string> path = StorePath(flags);
  if (!path) {
    return tl::unexpected(path.error());
  }
  const auto store = store::Store::OpenForReading(*path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const auto rows = Rows(**store, *question);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  const auto changes = Changes(**store, *question);
  if (!changes) {
    return tl::unexpected(changes.error());
  }
  if (flags.Has("json")) {
    return WriteJson(flags.Text("json"), reports::HistoryJson(*rows, *changes));
  }
  Print(reports::RenderHistoryText(*rows, *changes, TerminalOptions()));
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
