#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/deploy_case.h"
#include "cli/environment.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/gate_case.h"
#include "cli/gate_commands.h"
#include "cli/gate_seconds.h"
#include "cli/run_digest.h"
#include "cli/terminal.h"
#include "cli/version.h"
#include "reports/verdict_json.h"
#include "reports/verdict_text.h"
#include "store/history.h"

namespace weir::cli {
namespace {

FlagSpec ReplaySpec() {
  FlagSpec spec;
  spec.command = "gate replay";
  spec.usage = "weir gate replay VERDICT [OPTIONS]";
  spec.about =
      "Judges again what a recorded verdict judged, from the policy in its record and the runs in\n"
      "the history (of 'weir deploy watch': the seconds in its record), and compares the answers\n"
      "byte for byte. Exit code 0 when they are the same, 10 when they differ, 11 when a run has\n"
      "changed or is gone.";
  spec.examples = "  weir gate replay 12";
  spec.positionals = {"verdict"};
  AddStoreFlag(spec.options);
  spec.options.add_options()("quiet,q", "no text, only the exit code");
  return spec;
}

FlagSpec VerifySpec() {
  FlagSpec spec;
  spec.command = "gate verify";
  spec.usage = "weir gate verify [OPTIONS]";
  spec.about =
      "Checks that no recorded verdict was changed, inserted or taken away, and names the first\n"
      "one that was. Prints the hash of the newest record: who keeps it elsewhere can give it to\n"
      "--head later and knows that the end was not cut off. Exit code 0, or 10 for a broken chain.";
  spec.examples =
      "  weir gate verify\n"
      "  weir gate verify --head 6f0c...";
  AddStoreFlag(spec.options);
  spec.options.add_options()("head", po::value<std::string>()->value_name("SHA256"),
                             "a record with this hash must be in the chain")(
      "quiet,q", "no text, only the exit code");
  return spec;
}

// The chain as far as it was walked.
class Chain {
 public:
  void Follow(const store::StoredVerdict& verdict) {
    if (!broken_.empty()) {
      return;
    }
    if (!verdict.record) {
      if (records_ > 0) {
        Break(verdict.id, "it has no record, though verdicts before it have one");
      }
      ++without_;
      return;
    }
    const store::VerdictRecord& record = *verdict.record;
    if (record.previous_sha256 != head_) {
      Break(verdict.id,
            "its record does not follow the one before: a verdict between them is "
            "gone, or was put in");
    } else if (Sha256(store::ChainText(record)) != record.sha256) {
      Break(verdict.id, "its record is not what was hashed: inputs or answer were changed");
    } else if (!SaysTheSame(verdict)) {
      Break(verdict.id, "its rows do not say what its record says");
    }
    head_ = record.sha256;
    seen_.insert(record.sha256);
    ++records_;
  }

  const std::string& broken() const { return broken_; }

  const std::string& head() const { return head_; }

  bool Has(const std::string& sha256) const { return seen_.count(sha256) > 0; }

  std::size_t records() const { return records_; }

  std::size_t without() const { return without_; }

 private:
  void Break(std::int64_t id, std::string_view why) {
    broken_ = fmt::format("the chain is broken at verdict {}: {}", id, why);
  }

  // Later versions may say more in an answer; what the record says must be in the rows.
  static bool SaysTheSame(const store::StoredVerdict& verdict) {
    const auto recorded = nlohmann::json::parse(verdict.record->answer, nullptr, false);
    const auto rows = nlohmann::json::parse(reports::VerdictJson(verdict.result), nullptr, false);
    if (!recorded.is_object()) {
      return false;
    }
    for (const auto& [key, value] : recorded.items()) {
      if (!rows.contains(key) || rows.at(key) != value) {
        return false;
      }
    }
    return true;
  }

  std::string broken_;
  std::string head_;
  std::set<std::string> seen_;
  std::size_t records_ = 0;
  std::size_t without_ = 0;
};

Result<std::unique_ptr<store::Store>> OpenHistory(const ParsedFlags& flags) {
  const Result<std::string> path = StorePath(flags);
  if (!path) {
    return tl::unexpected(path.error());
  }
  return store::Store::OpenForReading(*path);
}

Result<int> Verify(const ParsedFlags& flags) {
  const auto store = OpenHistory(flags);
  if (!store) {
    return tl::unexpected(store.error());
  }
  Chain chain;
  const Status walked =
      (*store)->VisitVerdicts([&](const store::StoredVerdict& verdict) { chain.Follow(verdict); });
  if (!walked) {
    return tl::unexpected(walked.error());
  }
  std::string broken = chain.broken();
  const std::string wanted = flags.Text("head");
  if (broken.empty() && !wanted.empty() && !chain.Has(wanted)) {
    broken = fmt::format(
        "no record has the hash {}: the end of the chain was cut off, or this is "
        "another history",
        Printable(wanted, 80));
  }
  if (!flags.Has("quiet")) {
    const std::string old =
        chain.without() == 0
            ? ""
            : fmt::format(" ({} older verdicts were handed out without one)", chain.without());
    Print(broken.empty()
              ? fmt::format("{} records follow each other{}; the newest is {}\n", chain.records(),
                            old, chain.head().empty() ? "none" : chain.head())
              : broken + "\n");
  }
  return broken.empty() ? kExitPass : kExitFail;
}

/// How the runs of a side were loaded and digested when they were judged.
struct SideRules {
  GatePolicy seconds;  ///< What was asked of their seconds.
  DigestScope digest = DigestScope::kAllButParts;
};

// Loads the runs as they were; the first that is not what it was is told.
Result<std::string> LoadSide(store::Store& store, const SideRules& rules,
                             const std::vector<NamedRun>& named, std::vector<Run>& runs) {
  for (const NamedRun& each : named) {
    Result<Run> run = store.LoadRun(each.id);
    if (!run && run.error().kind == ErrorKind::kUsage) {
      return fmt::format("run {} is no longer in the history", each.id);
    }
    if (!run) {
      return tl::unexpected(run.error());
    }
    runs.push_back(std::move(*run));
  }
  if (const Status added = AddSeconds(store, rules.seconds, runs); !added) {
    return tl::unexpected(added.error());
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (RunDigest(runs[i], rules.digest) != named[i].sha256) {
      return fmt::format("run {} is not what it was when it was judged", named[i].id);
    }
  }
  return std::string();
}

Result<std::string> LoadCase(store::Store& store, ReadInputs& inputs) {
  GateCase& gate_case = inputs.gate_case;
  const Result<scenarios::GatePolicyFile> file = PolicyOf(gate_case);
  if (!file) {
    return tl::unexpected(file.error());
  }

  struct Side {
    const std::vector<NamedRun>* named;
    std::vector<Run>* runs;
    SideRules rules;
  };

  const DigestScope digest = DigestScopeOf(file->policy);
  const SideRules judged = {.seconds = file->policy, .digest = digest};
  const SideRules earlier = {.seconds = {}, .digest = digest};
  std::vector<Side> sides = {{&inputs.candidate, &gate_case.candidate.runs, judged},
                             {&inputs.baseline, &gate_case.baseline.runs, judged},
                             {&inputs.history, &gate_case.history.runs, judged}};
  gate_case.earlier.resize(inputs.earlier.size());
  for (std::size_t i = 0; i < inputs.earlier.size(); ++i) {
    sides.push_back({&inputs.earlier[i].baseline, &gate_case.earlier[i].baseline, earlier});
    sides.push_back({&inputs.earlier[i].candidate, &gate_case.earlier[i].candidate, earlier});
  }
  for (const Side& side : sides) {
    Result<std::string> trouble = LoadSide(store, side.rules, *side.named, *side.runs);
    if (!trouble || !trouble->empty()) {
      return trouble;
    }
  }
  return std::string();
}

/// A record judged again.
struct Again {
  GateResult result;
  std::string inputs;
  std::string weir_version;  ///< That gave the recorded verdict.
  std::string trouble;       ///< Why it cannot be judged again; empty when it was.
};

Result<Again> JudgeAgain(store::Store& store, ReadInputs inputs) {
  Again again;
  again.weir_version = inputs.weir_version;
  Result<std::string> trouble = LoadCase(store, inputs);
  if (!trouble || !trouble->empty()) {
    again.trouble = trouble ? *std::move(trouble) : std::string();
    return trouble ? Result<Again>(std::move(again)) : tl::unexpected(trouble.error());
  }
  Result<GateResult> result = Judge(inputs.gate_case);
  if (!result) {
    return tl::unexpected(result.error());
  }
  again.result = *std::move(result);
  again.inputs = InputsText(inputs.gate_case);
  return again;
}

Again WatchAgain(const ReadWatch& read) {
  Again again;
  again.weir_version = read.weir_version;
  if (read.watch.seconds_left_out > 0) {
    again.trouble = fmt::format("it rests on {} seconds more than are kept",
                                FormatCount(read.watch.seconds_left_out));
    return again;
  }
  again.result = ResultOf(read.watch, EvidenceOf(read.watch));
  again.inputs = WatchInputsText(read.watch);
  return again;
}

// By what wrote the record: the gate (and duets), or a watch.
Result<Again> JudgeRecord(store::Store& store, const store::StoredVerdict& verdict) {
  if (verdict.record) {
    if (std::optional<ReadInputs> inputs = ParseInputs(verdict.record->inputs)) {
      return JudgeAgain(store, *std::move(inputs));
    }
    if (const std::optional<ReadWatch> watch = ParseWatchInputs(verdict.record->inputs)) {
      return WatchAgain(*watch);
    }
  }
  return UsageError(
      fmt::format("verdict {} has no record that this version can read, so it "
                  "cannot be given again",
                  verdict.id));
}

Result<int> Replay(const ParsedFlags& flags) {
  const std::vector<std::string> names = flags.Texts("verdict");
  const Result<std::uint64_t> id =
      names.size() == 1 ? ParseCount(names[0]) : Result<std::uint64_t>(UsageError(""));
  if (!id) {
    return UsageError("the number of one verdict is needed\n  hint: weir gate replay 12");
  }
  const auto store = OpenHistory(flags);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const Result<store::StoredVerdict> verdict =
      (*store)->LoadVerdict(static_cast<std::int64_t>(*id));
  if (!verdict) {
    return tl::unexpected(verdict.error());
  }
  const Result<Again> again = JudgeRecord(**store, *verdict);
  if (!again) {
    return tl::unexpected(again.error());
  }
  const auto say = [&](const std::string& text) {
    if (!flags.Has("quiet")) {
      Print(text);
    }
  };
  if (!again->trouble.empty()) {
    say(fmt::format("verdict {} cannot be given again: {}\n", *id, again->trouble));
    return kExitInconclusive;
  }
  const bool same = reports::VerdictJson(again->result) == verdict->record->answer &&
                    again->inputs == verdict->record->inputs;
  say(reports::RenderVerdictText(again->result, TerminalOptions()));
  say(same ? fmt::format("\n  The same as verdict {}, byte for byte.\n", *id)
           : fmt::format("\n  NOT the same as verdict {}{}.\n", *id,
                         again->weir_version == kVersion
                             ? ""
                             : ", which weir " + Printable(again->weir_version) + " gave"));
  return same ? kExitPass : kExitFail;
}

}  // namespace

int GateReplayMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(ReplaySpec(), arguments);
  if (!flags) {
    return Complain("gate replay", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Result<int> code = Replay(*flags);
  return code ? *code : Complain("gate replay", code.error());
}

int GateVerifyMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(VerifySpec(), arguments);
  if (!flags) {
    return Complain("gate verify", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Result<int> code = Verify(*flags);
  return code ? *code : Complain("gate verify", code.error());
}

}  // namespace weir::cli
