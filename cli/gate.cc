#include "analysis/gate.h"

#include <fmt/core.h>

#include "base/clock.h"
#include "cli/baseline.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/selectors.h"
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
      "merge-base[:BRANCH] (from git) or segment (since the last change point).";
  spec.examples =
      "  weir gate --candidate build:b7 --baseline build:b6\n"
      "  weir gate --policy gate.yaml --candidate build:b7 --baseline 'branch:main last:10'\n"
      "  weir gate --candidate build:$(git rev-parse HEAD) --baseline merge-base:main";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("candidate", text("SELECTOR"), "the runs to judge");
  add("baseline", text("SELECTOR"), "the runs to judge them by");
  add("policy", text("FILE"), "criteria and tolerances (YAML); default: body 2 %, p99 5 %, ...");
  add("scenario", text("NAME"), "only runs of this scenario");
  AddStoreFlag(spec.options);
  AddJsonFlag(spec.options);
  add("warn-exit", "exit code 12 for a warning instead of 0");
  add("quiet,q", "no text, only the exit code");
  return spec;
}

Result<scenarios::GatePolicyFile> ReadPolicy(const ParsedFlags& flags) {
  scenarios::GatePolicyFile file;
  if (flags.Has("policy")) {
    Result<scenarios::GatePolicyFile> read = scenarios::ReadGatePolicyFile(flags.Text("policy"));
    if (!read) {
      return read;
    }
    file = std::move(*read);
  }
  for (auto [name, selector] : {std::pair<const char*, std::string*>{"candidate", &file.candidate},
                                {"baseline", &file.baseline}}) {
    if (flags.Has(name)) {
      *selector = flags.Text(name);
    }
    if (selector->empty()) {
      return UsageError(
          fmt::format("--{} is missing\n  hint: weir gate --candidate build:b7 "
                      "--baseline build:b6",
                      name));
    }
  }
  return file;
}

// The verdict counts even where it cannot be recorded; that is said, not hidden.
void Record(const std::string& path, const GateResult& result) {
  auto store = store::Store::OpenForWriting(path);
  const SystemClock clock;
  Error error;
  if (!store) {
    error = store.error();
  } else if (const auto id = (*store)->AppendVerdict(result, clock.WallNow()); !id) {
    error = id.error();
  } else {
    return;
  }
  fmt::print(stderr, "weir gate: the verdict was not recorded: {}\n", error.message);
}

Result<int> Judge(const ParsedFlags& flags) {
  const Result<scenarios::GatePolicyFile> policy = ReadPolicy(flags);
  if (!policy) {
    return tl::unexpected(policy.error());
  }
  const Result<std::string> path = StorePath(flags);
  if (!path) {
    return tl::unexpected(path.error());
  }
  const auto store = store::Store::OpenForReading(*path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const std::string scenario = flags.Text("scenario");
  const auto candidate = SelectRuns(**store, policy->candidate, scenario);
  if (!candidate) {
    return tl::unexpected(candidate.error());
  }
  const auto baseline = SelectBaseline(**store, policy->baseline, scenario, *candidate);
  if (!baseline) {
    return tl::unexpected(baseline.error());
  }
  GateResult result = analysis::JudgeGate(policy->policy, baseline->runs, *candidate);
  result.warnings.insert(result.warnings.begin(), baseline->notes.begin(), baseline->notes.end());
  result.candidate = policy->candidate;
  result.baseline = policy->baseline;
  Record(*path, result);
  if (flags.Has("json")) {
    if (Status written = WriteJson(flags.Text("json"), reports::VerdictJson(result)); !written) {
      return tl::unexpected(written.error());
    }
  }
  if (!flags.Has("quiet") && flags.Text("json") != "-") {
    Print(reports::RenderVerdictText(result, TerminalOptions()));
  }
  return ExitCodeOf(result.verdict, flags.Has("warn-exit") ? WarnExit::kAsWarn : WarnExit::kAsPass);
}

}  // namespace

int GateMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("gate", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Result<int> code = Judge(*flags);
  return code ? *code : Complain("gate", code.error());
}

}  // namespace weir::cli
