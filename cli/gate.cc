#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/gate_case.h"
#include "cli/gate_collect.h"
#include "cli/gate_commands.h"
#include "cli/gate_outputs.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "reports/verdict_json.h"
#include "reports/verdict_text.h"
#include "scenarios/gate_policy.h"
#include "store/history.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "gate";
  spec.usage = "weir gate --candidate SELECTOR --baseline SELECTOR [OPTIONS]";
  spec.about =
      "Judges the runs of a candidate against those of a baseline. Runs are the unit: record\n"
      "several of each side, best in turn. Exit code 0 pass, 10 fail, 11 inconclusive. The\n"
      "verdict is added to the history. Selectors: build:X, run:N, branch:X, tag:X,\n"
      "scenario:X, last:N; several words must all hold ('branch:main last:10'). A baseline may\n"
      "also be last-pass[:N], last-warn[:N], last-verdict[:N] (what these verdicts judged),\n"
      "merge-base[:BRANCH] (from git) or segment (since the last change point).\n"
      "See also 'weir gate replay' and 'weir gate verify'.";
  spec.examples =
      "  weir gate --candidate build:b7 --baseline build:b6\n"
      "  weir gate --policy gate.yaml --candidate build:b7 --baseline 'branch:main last:10'\n"
      "  weir gate --candidate build:$(git rev-parse HEAD) --baseline merge-base:main\n"
      "  weir gate --policy slo.yaml --candidate build:b7 --junit gate.xml";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("candidate", text("SELECTOR"), "the runs to judge");
  add("baseline", text("SELECTOR"), "the runs to judge them by");
  add("policy", text("FILE"),
      "weir's own YAML, a Keptn SLO file or OpenSLO; default: body 2 %, p99 5 %, ...");
  add("scenario", text("NAME"), "only runs of this scenario");
  add("history", text("SELECTOR"), "runs for criteria 'against: history'; default: the baseline");
  add("waiver", text("FILE"), "waivers in a file of their own");
  add("dry-run", "record the verdict, but exit with 0 whatever it is");
  AddGateOutputFlags(spec.options);
  AddStoreFlag(spec.options);
  AddJsonFlag(spec.options);
  add("warn-exit", "exit code 12 for a warning instead of 0");
  add("quiet,q", "no text, only the exit code");
  return spec;
}

// The policy of the files with what the flags say over it.
Result<scenarios::GatePolicyFile> ReadPolicy(const ParsedFlags& flags, GateCase& gate_case) {
  for (auto [name, file] : {std::pair<const char*, GivenFile*>{"policy", &gate_case.policy},
                            {"waiver", &gate_case.waivers}}) {
    Result<GivenFile> read = ReadGivenFile(flags.Text(name));
    if (!read) {
      return tl::unexpected(read.error());
    }
    *file = std::move(*read);
  }
  Result<scenarios::GatePolicyFile> file = PolicyOf(gate_case);
  if (!file) {
    return file;
  }
  for (auto [name, selector] : {std::pair<const char*, std::string*>{"candidate", &file->candidate},
                                {"baseline", &file->baseline},
                                {"history", &file->history}}) {
    *selector = flags.Has(name) ? flags.Text(name) : *selector;
  }
  const bool no_candidate = file->candidate.empty();
  if (no_candidate || (file->baseline.empty() && NeedsBaseline(*file))) {
    return UsageError(
        fmt::format("--{} is missing\n  hint: weir gate --candidate build:b7 --baseline build:b6",
                    no_candidate ? "candidate" : "baseline"));
  }
  gate_case.candidate.selector = file->candidate;
  gate_case.baseline.selector = file->baseline;
  gate_case.history.selector = file->history;
  return file;
}

Status Collect(const std::string& path, const std::string& scenario, const GatePolicy& policy,
               GateCase& gate_case) {
  const auto store = store::Store::OpenForReading(path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  return CollectCase(**store, scenario, policy, gate_case);
}

// The verdict counts even where it cannot be recorded; that is said, not hidden.
std::string Record(const std::string& path, const GateCase& gate_case, const GateResult& result) {
  const Result<std::int64_t> id = RecordCase(path, gate_case, result);
  if (!id) {
    fmt::print(stderr, "weir gate: the verdict was not recorded: {}\n", id.error().message);
    return "";
  }
  return fmt::format("\n  Recorded as verdict {}.\n", *id);
}

Result<int> Conclude(const ParsedFlags& flags, const GateCase& gate_case, const GateResult& result,
                     const std::string& recorded) {
  if (flags.Has("json")) {
    if (Status written = WriteJson(flags.Text("json"), reports::VerdictJson(result)); !written) {
      return tl::unexpected(written.error());
    }
  }
  if (!flags.Has("quiet") && flags.Text("json") != "-") {
    Print(reports::RenderVerdictText(result, TerminalOptions()) + recorded);
  }
  if (Status written = WriteGateOutputs(flags, result, gate_case.candidate.runs); !written) {
    return tl::unexpected(written.error());
  }
  if (flags.Has("dry-run")) {
    return kExitPass;
  }
  return ExitCodeOf(result, flags.Has("warn-exit") ? WarnExit::kAsWarn : WarnExit::kAsPass);
}

Result<int> JudgeRuns(const ParsedFlags& flags) {
  GateCase gate_case;
  const SystemClock clock;
  gate_case.decided_at = clock.WallNow();
  const Result<scenarios::GatePolicyFile> file = ReadPolicy(flags, gate_case);
  if (!file) {
    return tl::unexpected(file.error());
  }
  const Result<std::string> path = StorePath(flags);
  if (!path) {
    return tl::unexpected(path.error());
  }
  const GateActions& actions = file->policy.actions;
  Status collected;
  // Each attempt waits for the locks of others, so that retrying at once is not in vain.
  for (int attempt = 0; attempt <= actions.error_retries; ++attempt) {
    GateCase fresh = gate_case;
    collected = Collect(*path, flags.Text("scenario"), file->policy, fresh);
    if (collected || collected.error().kind != ErrorKind::kUnavailable) {
      gate_case = std::move(fresh);
      break;
    }
  }
  if (!collected) {
    if (collected.error().kind != ErrorKind::kUnavailable || !actions.error_holds) {
      return tl::unexpected(collected.error());
    }
    WriteGateError(flags, collected.error());
    fmt::print(stderr, "weir gate: inconclusive (on_error): {}\n", collected.error().message);
    return kExitInconclusive;
  }
  const Result<GateResult> result = Judge(gate_case);
  if (!result) {
    return tl::unexpected(result.error());
  }
  return Conclude(flags, gate_case, *result, Record(*path, gate_case, *result));
}

}  // namespace

int GateMain(const Arguments& arguments) {
  if (!arguments.empty() && (arguments[0] == "replay" || arguments[0] == "verify")) {
    const Arguments rest(arguments.begin() + 1, arguments.end());
    return arguments[0] == "replay" ? GateReplayMain(rest) : GateVerifyMain(rest);
  }
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("gate", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Result<int> code = JudgeRuns(*flags);
  if (!code) {
    WriteGateError(*flags, code.error());
  }
  return code ? *code : Complain("gate", code.error());
}

}  // namespace weir::cli
