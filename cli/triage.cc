#include "cli/triage.h"

#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/exit_codes.h"
#include "cli/figures.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "reports/triage_list.h"
#include "store/history.h"

namespace weir::cli {
namespace {

/// As many runs as `weir report` lists.
constexpr std::uint64_t kRunsJudged = 1000;

constexpr std::string_view kWords = "RUN STATE";

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "triage";
  spec.usage = "weir triage [RUN STATE] [OPTIONS]";
  spec.about =
      "Lists the regressions of the history and what was said of them; with RUN and STATE says\n"
      "it of those that began with that run. STATE is new, acknowledged, expected or fixed.\n"
      "What is said is kept with who, when and why, and stands in every report.";
  spec.examples =
      "  weir triage\n"
      "  weir triage 43 acknowledged --why 'index missing, ticket 812'\n"
      "  weir triage 43 expected --metric response_time.p99 --step pay --by ops";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("why", text("TEXT"), "the reason, in your words");
  add("by", text("NAME"), "who says it; default $USER");
  add("scenario", text("NAME"), "only regressions of this scenario");
  add("step", text("NAME"), "only of this step; '' is the run as a whole");
  add("metric", text("NAME"), "only of this metric");
  add("state", text("STATE"), "list only those in this state");
  spec.positionals = {std::string(kWords)};
  AddStoreFlag(spec.options);
  AddJsonFlag(spec.options);
  return spec;
}

Result<store::TriageState> ReadState(const std::string& name) {
  const std::optional<store::TriageState> state = store::TriageStateOf(name);
  if (!state) {
    return UsageError(
        fmt::format("'{}' is no state of a regression\n"
                    "  hint: new, acknowledged, expected or fixed",
                    Printable(name)));
  }
  return *state;
}

// The regressions that the flags leave, newest first.
Result<analysis::HistoryChanges> Regressions(const std::string& path, const ParsedFlags& flags) {
  const auto store = store::Store::OpenForReading(path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  store::RunFilter filter;
  filter.last = kRunsJudged;
  if (flags.Has("scenario")) {
    filter.scenario = flags.Text("scenario");
  }
  Result<std::vector<RunSummary>> summaries = ReadSummaries(**store, path, filter);
  if (!summaries) {
    return tl::unexpected(summaries.error());
  }
  analysis::HistoryChangeFinder finder({.metrics = HistoryMetrics()});
  for (const RunSummary& summary : *summaries) {
    finder.Add(summary.history);
  }
  analysis::HistoryChanges found = finder.Result();
  std::vector<analysis::HistoryChange> wanted;
  for (analysis::HistoryChange& change : found.changes) {
    if (change.Worse() && (!flags.Has("step") || change.step == flags.Text("step")) &&
        (!flags.Has("metric") || change.metric.name == flags.Text("metric"))) {
      wanted.push_back(std::move(change));
    }
  }
  found.changes = std::move(wanted);
  return found;
}

Status List(const std::string& path, const ParsedFlags& flags) {
  const auto state = flags.Has("state") ? ReadState(flags.Text("state")) : store::TriageState::kNew;
  if (!state) {
    return tl::unexpected(state.error());
  }
  const auto found = Regressions(path, flags);
  const auto book = store::TriageBook::OpenForReading(path);
  if (!found || !book) {
    return tl::unexpected(!found ? found.error() : book.error());
  }
  const auto notes = (*book)->List();
  if (!notes) {
    return tl::unexpected(notes.error());
  }
  std::vector<reports::TriagedChange> rows;
  for (const analysis::HistoryChange& change : found->changes) {
    const store::TriageNote* note = NoteOn(change, *notes);
    if (flags.Has("state") &&
        (note == nullptr ? store::TriageState::kNew : note->state) != *state) {
      continue;
    }
    reports::TriagedChange row{change, {}};
    if (note != nullptr) {
      row.mark = {note->at, std::string(store::TriageStateName(note->state)), note->by, note->why};
    }
    rows.push_back(std::move(row));
  }
  if (flags.Has("json")) {
    return WriteJson(flags.Text("json"), reports::TriageJson(rows));
  }
  Print(reports::RenderTriageText(rows, TerminalOptions()));
  return {};
}

std::string WhoSaysIt(const ParsedFlags& flags) {
  if (flags.Has("by")) {
    return flags.Text("by");
  }
  const char* user = std::getenv("USER");  // NOLINT(concurrency-mt-unsafe): one thread so far.
  return user == nullptr ? "" : user;
}

Status Say(const std::string& path, const ParsedFlags& flags) {
  const std::vector<std::string> words = flags.Texts(std::string(kWords));
  if (words.size() != 2) {
    return UsageError("a run and a state are needed\n  hint: weir triage 43 acknowledged");
  }
  const Result<std::uint64_t> run = ParseCount(words[0]);
  const Result<store::TriageState> state = ReadState(words[1]);
  if (!state || !run) {
    return tl::unexpected(!run ? run.error() : state.error());
  }
  const auto found = Regressions(path, flags);
  if (!found) {
    return tl::unexpected(found.error());
  }
  std::vector<store::TriageNote> notes;
  for (const analysis::HistoryChange& change : found->changes) {
    if (change.run == static_cast<RunId>(*run)) {
      notes.push_back({.at = SystemClock().WallNow(),
                       .scenario = change.scenario,
                       .load = change.load,
                       .step = change.step,
                       .metric = change.metric.name,
                       .run = change.run,
                       .state = *state,
                       .by = WhoSaysIt(flags),
                       .why = flags.Text("why")});
    }
  }
  if (notes.empty()) {
    return UsageError(
        fmt::format("no regression that is asked for began with run {}\n"
                    "  hint: `weir triage` lists them",
                    *run));
  }
  const auto book = store::TriageBook::OpenForWriting(path);
  if (!book) {
    return tl::unexpected(book.error());
  }
  if (Status kept = (*book)->Append(notes); !kept) {
    return kept;
  }
  Print(fmt::format("{} {} of run {}: {}\n", notes.size(),
                    notes.size() == 1 ? "regression" : "regressions", *run,
                    store::TriageStateName(*state)));
  return {};
}

Status Triage(const ParsedFlags& flags) {
  const Result<std::string> path = StorePath(flags);
  if (!path) {
    return tl::unexpected(path.error());
  }
  return flags.Texts(std::string(kWords)).empty() ? List(*path, flags) : Say(*path, flags);
}

}  // namespace

const store::TriageNote* NoteOn(const analysis::HistoryChange& change,
                                const std::vector<store::TriageNote>& notes) {
  for (const store::TriageNote& note : notes) {
    const bool began =
        note.run == change.run || (note.run >= change.low_run && note.run <= change.high_run);
    if (began && note.scenario == change.scenario && note.load == change.load &&
        note.step == change.step && note.metric == change.metric.name) {
      return &note;
    }
  }
  return nullptr;
}

int TriageMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("triage", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Status done = Triage(*flags);
  return done ? static_cast<int>(kExitPass) : Complain("triage", done.error());
}

}  // namespace weir::cli
