// Judges simulated load tests whose truth is known:
//   gate_cases DIR OUT.json [--alone body|p99] [--default]
// reads every case*.json in DIR (as the gate simulator's `emit` writes them: builds A and B, the
// slot of each run, latencies or a histogram in microseconds), judges each with JudgeGate, body 2 %
// and p99 5 % in one verdict, and writes {"gate": ..., "verdicts": {case: verdict}} for the scorer.
// --alone: one criterion only. --default: the default policy, throughput and errors included.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analysis/gate.h"
#include "base/run.h"
#include "base/verdict.h"

namespace {

using nlohmann::json;
using weir::GateCriterion;
using weir::Outcome;
using weir::Run;

constexpr std::uint64_t kNsPerUs = 1000;
constexpr int kMeasuredSeconds = 60;
constexpr int kSlotSeconds = 100;  // Longer than a run: slots do not overlap.

weir::Histogram ReadLatencies(const json& run) {
  weir::Histogram histogram;
  if (run.contains("histogram_us")) {
    for (const json& pair : run.at("histogram_us")) {
      histogram.RecordNs(pair.at(0).get<std::uint64_t>() * kNsPerUs,
                         pair.at(1).get<std::uint64_t>());
    }
    return histogram;
  }
  for (const json& value : run.at("latencies_us")) {
    histogram.RecordNs(value.get<std::uint64_t>() * kNsPerUs, 1);
  }
  return histogram;
}

// Runs of one slot start together and so form a pair; slots follow each other.
Run ReadRun(const json& source) {
  Run run;
  run.state = weir::RunState::kComplete;
  run.duration = std::chrono::seconds(kMeasuredSeconds);
  run.measured = run.duration;
  run.started_at =
      weir::WallTime(std::chrono::seconds(kSlotSeconds * (1 + source.at("slot").get<int>())));
  weir::StepRecord record;
  weir::LatencySet& latency = record.latency[Outcome::kCompleted];
  latency.response = ReadLatencies(source);
  record.counts.planned = latency.response.count();
  record.counts.by_outcome[static_cast<std::size_t>(Outcome::kCompleted)] = record.counts.planned;
  run.totals.push_back(std::move(record));
  return run;
}

weir::Verdict JudgeFile(const std::filesystem::path& path, const weir::GatePolicy& policy) {
  std::ifstream file(path);
  const json source = json::parse(file);
  std::vector<Run> baseline;
  std::vector<Run> candidate;
  for (const json& run : source.at("runs")) {
    (run.at("build") == "A" ? baseline : candidate).push_back(ReadRun(run));
  }
  return weir::analysis::JudgeGate(policy, baseline, candidate).verdict;
}

struct Options {
  std::filesystem::path cases;
  std::filesystem::path out;
  std::string alone;
  bool default_policy = false;
};

weir::GatePolicy PolicyOf(const Options& options) {
  using Kind = GateCriterion::Kind;
  weir::GatePolicy policy;
  if (options.default_policy) {
    return policy;
  }
  if (options.alone != "p99") {
    policy.criteria.push_back(
        {.kind = Kind::kResponseBody, .quantile = 0, .tolerance = 0.02, .step = ""});
  }
  if (options.alone != "body") {
    policy.criteria.push_back(
        {.kind = Kind::kResponseQuantile, .quantile = 0.99, .tolerance = 0.05, .step = ""});
  }
  return policy;
}

int JudgeAll(const Options& options) {
  const weir::GatePolicy policy = PolicyOf(options);
  json verdicts = json::object();
  for (const auto& entry : std::filesystem::directory_iterator(options.cases)) {
    const std::string name = entry.path().stem().string();
    if (name.starts_with("case") && entry.path().extension() == ".json") {
      const weir::Verdict verdict = JudgeFile(entry.path(), policy);
      // The scorer knows three verdicts; a warning lets a build through.
      verdicts[name] =
          weir::VerdictName(verdict == weir::Verdict::kWarn ? weir::Verdict::kPass : verdict);
    }
  }
  const std::string gate =
      "weir gate" + (options.alone.empty() ? "" : ", " + options.alone + " alone");
  std::ofstream(options.out) << json{{"gate", gate}, {"verdicts", verdicts}}.dump(1) << '\n';
  fmt::print("{} cases judged\n", verdicts.size());
  return verdicts.empty() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--alone" && i + 1 < arguments.size()) {
      options.alone = arguments[++i];
    } else if (arguments[i] == "--default") {
      options.default_policy = true;
    } else if (options.cases.empty()) {
      options.cases = arguments[i];
    } else {
      options.out = arguments[i];
    }
  }
  if (options.cases.empty() || options.out.empty()) {
    std::cerr << "usage: gate_cases DIR OUT.json [--alone body|p99] [--default]\n";
    return 2;
  }
  try {
    return JudgeAll(options);
  } catch (const std::exception& error) {
    std::cerr << "gate_cases: " << error.what() << '\n';
    return 2;
  }
}
