#include "cli/wrk_script.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <utility>

#include <fmt/core.h>

#include "cli/exit_codes.h"
#include "cli/load_flags.h"
#include "loadgen/resources.h"

namespace weir::cli {
namespace {

constexpr std::uint32_t kThreadsMax = 256;

Status CheckFlags(const ParsedFlags& flags, const std::vector<std::string>& words,
                  const scenarios::Scenario& scenario) {
  if (words.empty() || !IsUrl(words[0])) {
    return UsageError(
        "--wrk-script: it goes with a URL\n"
        "  hint: weir run --wrk-script post.lua -c 10 -d 10s http://localhost:8080/");
  }
  if (flags.Has("dry-run")) {
    return UsageError("--dry-run: what a script sends is known when it runs\n  hint: leave it out");
  }
  if (scenario.connection.protocol != scenarios::Protocol::kHttp1 ||
      scenario.connection.client != scenarios::Client::kNative) {
    return UsageError(
        "--wrk-script: scripts of wrk write HTTP/1.1\n  hint: leave out --http2 and --engine curl");
  }
  return {};
}

// As many as the engine would make by itself.
std::uint32_t ThreadsFor(const scenarios::Scenario& scenario, std::uint32_t wanted) {
  const auto by_default = static_cast<std::uint32_t>(loadgen::AllowedCpus().size());
  const std::uint32_t connections =
      scenario.load.connections_max.value_or(scenario.load.in_flight_max);
  return std::clamp<std::uint32_t>(wanted > 0 ? wanted : by_default, 1,
                                   std::clamp<std::uint32_t>(connections, 1, kThreadsMax));
}

// Each connection carries `depth` requests at a time; of a closed load each has a user.
void Deepen(scenarios::Scenario& scenario, std::uint32_t depth) {
  const std::uint32_t before = scenario.connection.pipeline;
  scenario.connection.pipeline = std::max(before, depth);
  for (scenarios::Stage& stage : scenario.load.stages) {
    if (auto* closed = std::get_if<scenarios::ClosedStage>(&stage)) {
      closed->from = closed->from / before * scenario.connection.pipeline;
      closed->to = closed->to / before * scenario.connection.pipeline;
    }
  }
}

// Its threads cannot be joined any more.
void EndStuck() {
  fmt::print(stderr,
             "weir run: the wrk script does not end: a function of Lua's library goes on and on\n"
             "  hint: a pattern that backtracks?\n");
  std::_Exit(kExitUsage);
}

std::uint64_t Sum(const StepRecord& record, std::initializer_list<RequestError> errors) {
  std::uint64_t sum = 0;
  for (const RequestError error : errors) {
    sum += record.errors[static_cast<std::size_t>(error)];
  }
  return sum;
}

}  // namespace

void AddScriptFlag(po::options_description& options) {
  options.add_options()("wrk-script", po::value<std::string>()->value_name("FILE.lua"),
                        "URL only: a Lua script of wrk makes the requests; what follows the URL "
                        "is its args (docs/wrk-scripts.md)");
}

Result<std::unique_ptr<loadgen::WrkScript>> ReadScript(const ParsedFlags& flags,
                                                       const std::vector<std::string>& words,
                                                       const scenarios::Target& target,
                                                       scenarios::Scenario& scenario,
                                                       loadgen::EngineOptions& engine) {
  if (!flags.Has("wrk-script")) {
    return std::unique_ptr<loadgen::WrkScript>();
  }
  if (const Status fits = CheckFlags(flags, words, scenario); !fits) {
    return tl::unexpected(fits.error());
  }
  loadgen::WrkScript::Options options;
  options.path = flags.Text("wrk-script");
  options.url = words[0];
  options.arguments.assign(words.begin() + 1, words.end());
  options.target = target;
  options.request = std::get<scenarios::Request>(scenario.flows.front().actions.front());
  options.stuck = &EndStuck;
  options.threads = ThreadsFor(scenario, engine.threads);
  Result<std::unique_ptr<loadgen::WrkScript>> script = loadgen::WrkScript::Load(options);
  if (!script) {
    return script;
  }
  Deepen(scenario, (*script)->depth());
  scenario.source_text += "\n# " + options.path + "\n" + (*script)->text();
  engine.threads = options.threads;
  engine.script = script->get();
  return script;
}

void ScriptRates::OnSecond(const SecondRecord& record) {
  next_.OnSecond(record);
  if (answered_.size() <= record.second) {
    answered_.resize(record.second + std::size_t{1});
  }
  for (const StepRecord& step : record.steps) {
    answered_[record.second] += step.Answered();
  }
}

loadgen::ScriptRun ScriptRunOf(const Run& run, const ScriptRates& rates, std::uint32_t threads) {
  using enum RequestError;
  StepRecord all = run.Total(Phase::kWarmUp);
  all.Merge(run.Total(Phase::kMeasure));
  loadgen::ScriptRun made;
  made.duration_us = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(run.duration).count());
  made.requests = all.Answered();
  made.bytes = all.bytes_received;
  made.connect_errors =
      Sum(all, {kDns, kConnectRefused, kConnectFailed, kNoLocalResource, kTls, kTlsExpired,
                kTlsWrongName, kTlsUnknownCa, kTlsCertificate, kTlsRefused, kTlsVersion,
                kTlsClientCertificate, kNotTls, kNoDescriptor, kNoLocalPort});
  made.read_errors = Sum(all, {kReset, kClosedEarly, kMalformed, kTooLarge});
  made.status_errors = Sum(all, {kStatus});
  made.timeouts = Sum(all, {kTimeout});
  for (const auto& [outcome, latency] : all.latency) {
    if (outcome == Outcome::kCompleted || outcome == Outcome::kFailed) {
      made.latency.Merge(latency.response);
    }
  }
  for (const std::uint64_t answered : rates.answered()) {
    made.rates_per_s.push_back(answered / threads);
  }
  return made;
}

}  // namespace weir::cli
