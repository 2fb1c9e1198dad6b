#include "cli/gate_case.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "analysis/gate.h"
#include "analysis/gate_looks.h"
#include "base/check.h"
#include "cli/environment.h"
#include "cli/run_digest.h"
#include "cli/version.h"

namespace weir::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "weir.verdict_inputs/1";

Json FileToJson(const GivenFile& file) {
  return {{"name", file.name}, {"sha256", Sha256(file.text)}, {"text", file.text}};
}

Json RunsToJson(const std::vector<Run>& all, DigestScope digest) {
  Json runs = Json::array();
  for (const Run& run : all) {
    runs.push_back({{"run", run.id}, {"sha256", RunDigest(run, digest)}});
  }
  return runs;
}

Json SideToJson(const GateSide& side, DigestScope digest) {
  return {{"selector", side.selector}, {"runs", RunsToJson(side.runs, digest)}};
}

// What not every case has comes last and only where it is, so that older records stay as they are.
void AddRest(const GateCase& gate_case, DigestScope digest, Json& json) {
  if (gate_case.looks > 1) {
    json["looks"] = gate_case.looks;
  }
  if (gate_case.pairs_max > 0) {
    json["pairs_max"] = gate_case.pairs_max;
  }
  for (std::size_t i = 0; i < gate_case.earlier.size(); ++i) {
    json["earlier"].push_back({{"verdict", gate_case.earlier_verdicts[i]},
                               {"baseline", RunsToJson(gate_case.earlier[i].baseline, digest)},
                               {"candidate", RunsToJson(gate_case.earlier[i].candidate, digest)}});
  }
}

double ShareOfAlpha(const GateCase& gate_case) {
  const auto pairs = static_cast<std::uint32_t>(gate_case.candidate.runs.size());
  if (pairs < analysis::kPairsOfFirstLook || pairs > gate_case.pairs_max) {
    return 1.0 / gate_case.looks;
  }
  return analysis::ShareOfLook({.pairs = pairs, .pairs_max = gate_case.pairs_max});
}

GivenFile FileFrom(const Json& json) {
  return {.name = json.at("name").get<std::string>(), .text = json.at("text").get<std::string>()};
}

std::vector<NamedRun> RunsFrom(const Json& list) {
  std::vector<NamedRun> runs;
  for (const Json& run : list) {
    runs.push_back(
        {.id = run.at("run").get<RunId>(), .sha256 = run.at("sha256").get<std::string>()});
  }
  return runs;
}

ReadInputs FromJson(const Json& json) {
  ReadInputs read;
  GateCase& each = read.gate_case;
  read.weir_version = json.at("weir_version").get<std::string>();
  each.decided_at = WallTime(Nanos(json.at("decided_at_ns").get<std::int64_t>()));
  each.policy = FileFrom(json.at("policy"));
  read.policy_sha256 = json.at("policy").at("sha256").get<std::string>();
  each.waivers = FileFrom(json.at("waivers"));
  for (const auto& [name, side, runs] : {std::tuple{"candidate", &each.candidate, &read.candidate},
                                         std::tuple{"baseline", &each.baseline, &read.baseline},
                                         std::tuple{"history", &each.history, &read.history}}) {
    side->selector = json.at(name).at("selector").get<std::string>();
    *runs = RunsFrom(json.at(name).at("runs"));
  }
  each.notes = json.at("notes").get<std::vector<std::string>>();
  each.past.inconclusive_in_a_row = json.at("past").at("inconclusive_in_a_row").get<int>();
  each.past.failed_before = json.at("past").at("failed_before").get<bool>();
  each.looks = std::max(json.value("looks", 1U), 1U);
  each.pairs_max = json.value("pairs_max", 0U);
  for (const Json& gate : json.value("earlier", Json::array())) {
    each.earlier_verdicts.push_back(gate.at("verdict").get<std::int64_t>());
    read.earlier.push_back(
        {.baseline = RunsFrom(gate.at("baseline")), .candidate = RunsFrom(gate.at("candidate"))});
  }
  return read;
}

}  // namespace

Result<scenarios::GatePolicyFile> PolicyOf(const GateCase& gate_case) {
  scenarios::GatePolicyFile file;
  if (!gate_case.policy.name.empty()) {
    Result<scenarios::GatePolicyFile> read =
        scenarios::ReadGatePolicy(gate_case.policy.text, gate_case.policy.name);
    if (!read) {
      return read;
    }
    file = std::move(*read);
  }
  if (!gate_case.waivers.name.empty()) {
    const Result<std::vector<Waiver>> waivers =
        scenarios::ReadWaiverList(gate_case.waivers.text, gate_case.waivers.name);
    if (!waivers) {
      return tl::unexpected(waivers.error());
    }
    file.policy.waivers.insert(file.policy.waivers.end(), waivers->begin(), waivers->end());
  }
  return file;
}

Result<GateResult> Judge(const GateCase& gate_case) {
  Result<scenarios::GatePolicyFile> file = PolicyOf(gate_case);
  if (!file) {
    return tl::unexpected(file.error());
  }
  file->policy.alpha *= ShareOfAlpha(gate_case);
  const std::vector<Run>& history =
      gate_case.history.selector.empty() ? gate_case.baseline.runs : gate_case.history.runs;
  GateResult result = analysis::JudgeGate(file->policy,
                                          {.baseline = gate_case.baseline.runs,
                                           .candidate = gate_case.candidate.runs,
                                           .history = history,
                                           .earlier = gate_case.earlier},
                                          gate_case.decided_at);
  result.candidate = gate_case.candidate.selector;
  result.baseline = gate_case.baseline.selector;
  result.warnings.insert(result.warnings.begin(), gate_case.notes.begin(), gate_case.notes.end());
  analysis::Act(file->policy.actions, gate_case.past, result);
  return result;
}

std::string InputsText(const GateCase& gate_case) {
  WEIR_CHECK(gate_case.earlier.size() == gate_case.earlier_verdicts.size());
  const Result<scenarios::GatePolicyFile> file = PolicyOf(gate_case);
  const DigestScope digest = file ? DigestScopeOf(file->policy) : DigestScope::kAllButParts;
  Json json = {{"schema", kSchema},
               {"weir_version", kVersion},
               {"decided_at_ns", CountNs(gate_case.decided_at)},
               {"policy", FileToJson(gate_case.policy)},
               {"waivers", FileToJson(gate_case.waivers)},
               {"candidate", SideToJson(gate_case.candidate, digest)},
               {"baseline", SideToJson(gate_case.baseline, digest)},
               {"history", SideToJson(gate_case.history, digest)},
               {"notes", gate_case.notes},
               {"past",
                {{"inconclusive_in_a_row", gate_case.past.inconclusive_in_a_row},
                 {"failed_before", gate_case.past.failed_before}}}};
  AddRest(gate_case, digest, json);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<ReadInputs> ParseInputs(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("schema", Json()) != kSchema) {
    return std::nullopt;
  }
  // at() and get() throw on another shape; nothing of theirs leaves this function.
  try {
    return FromJson(json);
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace weir::cli
