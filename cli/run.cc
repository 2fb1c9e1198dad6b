#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "analysis/thresholds.h"
#include "analysis/validity.h"
#include "base/clock.h"
#include "cli/answer_watch.h"
#include "cli/certificate.h"
#include "cli/command.h"
#include "cli/connection_flags.h"
#include "cli/environment.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/gbench.h"
#include "cli/output_file.h"
#include "cli/pacing_flag.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/version.h"
#include "cli/watch.h"
#include "loadgen/engine.h"
#include "reports/run_json.h"
#include "reports/run_text.h"
#include "scenarios/from_flags.h"
#include "scenarios/reader.h"
#include "scenarios/target.h"
#include "scenarios/threshold.h"
#include "store/run_writer.h"

namespace weir::cli {
namespace {

/// Everything that the command line says, checked.
struct RunOrder {
  scenarios::Scenario scenario;
  scenarios::Target target;
  loadgen::EngineOptions engine;
  std::string store_path;  ///< Empty = do not record.
  std::string json;        ///< Destination; empty = text only.
  std::string build;
  std::string branch;
  std::string tag;
  bool quiet = false;
  bool require_valid = false;
  std::unique_ptr<loadgen::TargetWatch> watch;  ///< Null = the target is not watched.
};

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "run";
  spec.usage = "weir run [OPTIONS] SCENARIO.yaml | URL | --command LINE | --gbench PROG";
  spec.about =
      "Sends the load of a scenario file, or of flags, to a target; records whole latency\n"
      "histograms in the history and prints a summary. Latency counts from the instant a\n"
      "request was due. With -R the load is open: requests come at that rate whether or not\n"
      "the target keeps up; without, a closed loop of -c connections as fast as they go.\n"
      "A program is measured in the same way: it is due, it starts, it exits.";
  spec.examples =
      "  weir run checkout.yaml --target http://localhost:8080 --build b7\n"
      "  weir run -c 64 -d 30s -R 5000 -H 'Accept: text/html' http://localhost:8080/\n"
      "  weir run -c 64 -d 10s --threshold 'p(99) < 20ms' http://localhost:8080/\n"
      "  weir run --command 'gzip -kc big.log' -n 200 --build b7\n"
      "  weir run --gbench build/parser_bench --gbench-filter 'Parse.*'";
  spec.positionals = {"SCENARIO"};
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  const auto texts = [](const char* name) {
    return po::value<std::vector<std::string>>()->value_name(name);
  };
  add("target", text("URL"), "where a scenario is sent; overrides its 'target'");
  add("build", text("NAME"), "what is deployed there, for comparisons");
  add("branch", text("NAME"), "branch of the build");
  add("tag", text("NAME"), "free label");
  AddStoreFlag(spec.options);
  add("no-store", "do not record the run");
  AddJsonFlag(spec.options);
  add("quiet,q", "no summary, only the exit code");
  add("threads,t", text("N"), "load-generating threads; default one per processor");
  add("pin", "keep each of these threads on a processor of its own");
  add("pacing", text("MODE"), "sleep, hybrid (default) or spin: precision against processor time");
  add("lag-budget", text("TIME"),
      "requests may be sent this late, so that one wake-up serves several; default 0");
  add("seed", text("N"), "of arrivals and choices; default random, and recorded");
  add("require-valid", "exit code 11 if the run is invalid (docs/validity.md)");
  add("threshold", texts("EXPR"), "what must hold, e.g. 'p(95) < 200ms'; exit code 10 if not");
  add("command", text("LINE"), "a program to run instead of a target; split as a shell would");
  add("shell", "with --command: let /bin/sh run the line");
  add("gbench", text("PROGRAM"), "a Google Benchmark program to run and read");
  AddGbenchFlags(spec.options, GbenchOrder().repetitions);
  add("requests,n", text("N"), "URL or command only: so many rounds in all, at most -d (1h)");
  add("connections,c", text("N"),
      "URL only: connections, default 10; of a command: at a time, default 1");
  add("duration,d", text("TIME"), "URL only: length of the load; default 10s");
  add("rate,R", text("RATE"), "URL only: requests per second, e.g. 5000, 10k, 90/m");
  add("arrivals", text("KIND"), "URL only: uniform (default) or poisson");
  add("header,H", texts("'K: V'"), "URL only: a header; may be repeated");
  add("request,X", text("METHOD"), "URL only: method; default GET, with --data POST");
  add("data", text("BODY"), "URL only: request body");
  add("timeout", text("TIME"), "URL only: from the send to the last byte; default 5s");
  add("warm-up", text("TIME"), "URL only: first part of the load, left out of the statistics");
  add("in-flight-max", text("N"), "URL only: requests in flight or waiting; default 10k");
  add("requests-per-connection", text("N"),
      "URL only: then it is closed; 1: each request opens one");
  add("connection-lifetime", text("TIME"), "URL only: older connections are replaced");
  add("no-keep-alive", "URL only: 'Connection: close', and a connection for each request");
  add("connect-rate", text("RATE"), "URL only: connections opened per second, at most");
  add("source", texts("ADDRESS"), "URL only: connect from it; may be repeated, then in turn");
  add("dns", text("WHEN"), "URL only: once (default), each connection, or round_robin");
  add("connect-to", text("HOST:PORT"), "URL only: connect there instead, as curl does");
  AddConnectionFlags(spec.options);
  AddWatchFlags(spec.options);
  add("latency,L", "accepted for wrk's users: latencies are always printed");
  return spec;
}

// How long a load may last that is bounded by its rounds.
constexpr Nanos kRoundsDurationMax = std::chrono::hours(1);

constexpr const char* kUrlOnly[] = {"connections",
                                    "requests",
                                    "shell",
                                    "duration",
                                    "rate",
                                    "arrivals",
                                    "header",
                                    "request",
                                    "data",
                                    "timeout",
                                    "warm-up",
                                    "in-flight-max",
                                    "requests-per-connection",
                                    "connection-lifetime",
                                    "no-keep-alive",
                                    "connect-rate",
                                    "source",
                                    "dns",
                                    "connect-to",
                                    "http2",
                                    "pipeline",
                                    "streams"};

bool IsUrl(const std::string& text) {
  return text.find("://") != std::string::npos ||
         (text.find('/') != 0 && text.find(':') != std::string::npos && !text.ends_with(".yaml") &&
          !text.ends_with(".yml"));
}

Result<std::uint32_t> ParseSmallCount(std::string_view text) {
  const Result<std::uint64_t> count = ParseCount(text);
  if (!count) {
    return tl::unexpected(count.error());
  }
  if (*count == 0 || *count > 1'000'000) {
    return UsageError(fmt::format("{} is out of range; it must be 1 to 1,000,000", *count));
  }
  return static_cast<std::uint32_t>(*count);
}

Result<std::uint32_t> ParseRounds(std::string_view text) {
  const Result<std::uint64_t> count = ParseCount(text);
  if (!count) {
    return tl::unexpected(count.error());
  }
  if (*count == 0 || *count > 1'000'000'000) {
    return UsageError(fmt::format("{} is out of range; it must be 1 to 1,000,000,000", *count));
  }
  return static_cast<std::uint32_t>(*count);
}

Result<std::uint64_t> ParseSeed(std::string_view text) {
  const Result<std::uint64_t> seed = ParseCount(text);
  return seed ? seed : UsageError(fmt::format("'{}' is not a whole number", Printable(text)));
}

Result<Nanos> ParseLagBudget(std::string_view text) {
  Result<Nanos> budget = ParseDuration(text);
  if (budget && (*budget < Nanos(0) || *budget > std::chrono::milliseconds(100))) {
    return UsageError(
        fmt::format("{} is out of range; it must be 0 to 100ms", FormatDuration(*budget)));
  }
  return budget;
}

Result<scenarios::Arrivals> ParseArrivals(std::string_view text) {
  if (text == "uniform") {
    return scenarios::Arrivals::kUniform;
  }
  if (text == "poisson") {
    return scenarios::Arrivals::kPoisson;
  }
  return UsageError(fmt::format("'{}' is neither uniform nor poisson", Printable(text)));
}

/// Reads flag `name` into `out` if it is given.
template <typename T, typename Parser>
Status ReadInto(const ParsedFlags& flags, const std::string& name, Parser parse, T& out) {
  if (!flags.Has(name)) {
    return {};
  }
  auto value = parse(flags.Text(name));
  if (!value) {
    return UsageError("--" + name + ": " + value.error().message);
  }
  out = *value;
  return {};
}

/// How connections are kept, as the flags say. Errors: kUsage, with the flag in front.
Status ReadPool(const ParsedFlags& flags, scenarios::Pool& pool) {
  pool.keep_alive = !flags.Has("no-keep-alive");
  for (const std::string& text : flags.Texts("source")) {
    Result<std::string> address = scenarios::ParseSourceAddress(text);
    if (!address) {
      return UsageError("--source: " + address.error().message);
    }
    pool.sources.push_back(*std::move(address));
  }
  for (const Status& status :
       {ReadInto(flags, "requests-per-connection", ParseSmallCount, pool.requests_max),
        ReadInto(flags, "connection-lifetime", ParseDuration, pool.lifetime),
        ReadInto(flags, "connect-rate", ParseRate, pool.open_rate),
        ReadInto(flags, "dns", scenarios::ParseDnsPolicy, pool.dns),
        ReadInto(flags, "connect-to", scenarios::ParseConnectTo, pool.connect_to),
        scenarios::CheckPool(pool)}) {
    if (!status) {
      return status;
    }
  }
  return {};
}

Result<scenarios::Scenario> FromFlags(const ParsedFlags& flags, const std::string& url) {
  scenarios::FlagLoad load;
  load.url = url;
  load.command = flags.Text("command");
  load.by_shell = flags.Has("shell");
  // Programs at the same time disturb each other; a rate needs room.
  load.connections = flags.Has("command") && !flags.Has("rate") ? 1 : load.connections;
  load.duration = flags.Has("requests") ? kRoundsDurationMax : load.duration;
  load.headers = flags.Texts("header");
  load.method = flags.Text("request");
  load.body = flags.Text("data");
  load.thresholds = flags.Texts("threshold");
  for (const Status& status :
       {ReadInto(flags, "connections", ParseSmallCount, load.connections),
        ReadInto(flags, "requests", ParseRounds, load.rounds),
        ReadInto(flags, "duration", ParseDuration, load.duration),
        ReadInto(flags, "rate", ParseRate, load.rate),
        ReadInto(flags, "arrivals", ParseArrivals, load.arrivals),
        ReadInto(flags, "timeout", ParseDuration, load.timeout),
        ReadInto(flags, "warm-up", ParseDuration, load.warm_up),
        ReadInto(flags, "in-flight-max", ParseSmallCount, load.in_flight_max),
        ReadPool(flags, load.pool), ReadInto(flags, "streams", ParseSmallCount, load.streams),
        ReadConnectionFlags(flags, load.connection)}) {
    if (!status) {
      return tl::unexpected(status.error());
    }
  }
  return scenarios::ScenarioFromFlags(load);
}

Result<scenarios::Scenario> FromFile(const ParsedFlags& flags, const std::string& path) {
  for (const char* name : kUrlOnly) {
    if (flags.Has(name)) {
      return UsageError(fmt::format(
          "--{} goes with a URL, not with a scenario file\n  hint: set it in {}", name, path));
    }
  }
  Result<scenarios::Scenario> scenario = scenarios::ReadScenarioFile(path);
  if (!scenario) {
    return scenario;
  }
  for (const std::string& text : flags.Texts("threshold")) {
    Result<Threshold> threshold = scenarios::ParseThreshold(text);
    if (!threshold) {
      return UsageError("--threshold: " + threshold.error().message);
    }
    scenario->thresholds.push_back(std::move(*threshold));
  }
  if (Status read = ReadConnectionFlags(flags, scenario->connection); !read) {
    return tl::unexpected(read.error());
  }
  return scenario;
}

Result<scenarios::Target> TargetOf(const ParsedFlags& flags, const scenarios::Scenario& scenario) {
  if (scenario.RunsPrograms()) {
    if (flags.Has("target")) {
      return UsageError("--target: programs are run here, not sent anywhere\n  hint: leave it out");
    }
    return scenarios::Target();
  }
  if (flags.Has("target")) {
    Result<scenarios::Target> target = scenarios::ParseTarget(flags.Text("target"));
    return target ? target : UsageError("--target: " + target.error().message);
  }
  if (!scenario.target) {
    return UsageError(fmt::format(
        "scenario '{}' names no target\n  hint: add --target URL, or 'target:' to the file",
        Printable(scenario.name)));
  }
  return *scenario.target;
}

Result<RunOrder> ReadOrder(const ParsedFlags& flags) {
  const std::vector<std::string> sources = flags.Texts("SCENARIO");
  const bool runs_command = flags.Has("command");
  if (runs_command ? !sources.empty() : sources.size() != 1) {
    return UsageError(
        fmt::format("one scenario file, URL or --command is needed, {} given\n"
                    "  hint: weir run checkout.yaml, or weir run -R 1k -d 10s "
                    "http://localhost:8080/",
                    sources.size() + (runs_command ? 1 : 0)));
  }
  RunOrder order;
  Result<scenarios::Scenario> scenario = runs_command        ? FromFlags(flags, "")
                                         : IsUrl(sources[0]) ? FromFlags(flags, sources[0])
                                                             : FromFile(flags, sources[0]);
  if (!scenario) {
    return tl::unexpected(scenario.error());
  }
  order.scenario = std::move(*scenario);
  Result<scenarios::Target> target = TargetOf(flags, order.scenario);
  if (!target) {
    return tl::unexpected(target.error());
  }
  order.target = std::move(*target);
  order.engine.seed = RandomSeed();
  for (const Status& status :
       {ReadInto(flags, "threads", ParseSmallCount, order.engine.threads),
        ReadInto(flags, "pacing", ParsePacing, order.engine.pacing),
        ReadInto(flags, "lag-budget", ParseLagBudget, order.engine.lag_budget),
        ReadInto(flags, "seed", ParseSeed, order.engine.seed)}) {
    if (!status) {
      return tl::unexpected(status.error());
    }
  }
  order.engine.pin = flags.Has("pin");
  if (order.engine.threads > 256) {
    return UsageError("--threads: at most 256");
  }
  if (!flags.Has("no-store")) {
    Result<std::string> path = StorePath(flags);
    if (!path) {
      return tl::unexpected(path.error());
    }
    order.store_path = *path;
  }
  order.json = flags.Text("json");
  if (!order.json.empty() && order.json != "-") {
    if (Status writable = CheckWritable(order.json); !writable) {
      return tl::unexpected(writable.error());
    }
  }
  order.build = flags.Text("build");
  order.branch = flags.Text("branch");
  order.tag = flags.Text("tag");
  order.quiet = flags.Has("quiet");
  order.require_valid = flags.Has("require-valid");
  Result<std::unique_ptr<loadgen::TargetWatch>> watch = ReadWatchFlags(flags);
  if (!watch) {
    return tl::unexpected(watch.error());
  }
  order.watch = *std::move(watch);
  return order;
}

// What identifies the load: the scenario without the lines that say where it goes, so that two
// deployments under the same load can be compared.
std::string LoadText(std::string_view source) {
  std::string text;
  while (!source.empty()) {
    const std::size_t end = std::min(source.find('\n'), source.size());
    const std::string_view line = source.substr(0, end);
    if (!line.starts_with("target:") && !line.starts_with("name:")) {
      text.append(line).push_back('\n');
    }
    source.remove_prefix(std::min(end + 1, source.size()));
  }
  return text;
}

RunPlan PlanOf(const RunOrder& order) {
  RunPlan plan;
  plan.scenario = order.scenario.name;
  plan.scenario_text = order.scenario.source_text;
  plan.scenario_sha256 = Sha256(LoadText(order.scenario.source_text));
  plan.target =
      order.scenario.RunsPrograms() ? order.scenario.ProgramInWords() : order.target.Url();
  plan.build = order.build;
  plan.branch = order.branch;
  plan.tag = order.tag;
  plan.environment = EnvironmentFingerprint();
  plan.seed = order.engine.seed;
  plan.weir_version = kVersion;
  plan.load = order.scenario.LoadInWords();
  plan.open_loop = order.scenario.IsOpen();
  plan.warm_up = order.scenario.load.warm_up;
  plan.planned_duration = order.scenario.load.rounds_max > 0 ? Nanos(0) : order.scenario.Duration();
  plan.steps = order.scenario.StepNames();
  plan.thresholds = order.scenario.thresholds;
  return plan;
}

Run Assemble(RunPlan plan, loadgen::EngineResult result) {
  Run run;
  run.plan = std::move(plan);
  run.state = result.state;
  run.state_reason = std::move(result.state_reason);
  run.started_at = result.started_at;
  run.duration = result.duration;
  run.measured = result.measured;
  run.totals = std::move(result.totals);
  run.unknown_usage = std::move(result.unknown_usage);
  run.cpu_s = result.cpu_s;
  if (result.rss_bytes_max > 0) {
    run.rss_bytes_max = result.rss_bytes_max;
  }
  for (const Threshold& threshold : run.plan.thresholds) {
    run.thresholds.push_back(analysis::Evaluate(threshold, run));
  }
  return run;
}

void Certify(const RunOrder& order, const CertificateKeeper& keeper,
             const GeneratorEvidence& evidence, Run& run) {
  run.target_metrics = keeper.target_metrics();
  run.validity = analysis::JudgeValidity(
      {.run = run,
       .generator = evidence,
       .seconds = keeper.seconds(),
       .constant_load = IsConstant(order.scenario.load),
       .calibration = FindCalibration(order.store_path, run.plan.environment,
                                      std::string(loadgen::PacingName(order.engine.pacing)))});
}

int ExitCodeOf(const RunOrder& order, const Run& run) {
  if (run.state == RunState::kInterrupted) {
    return kExitInterrupted;
  }
  // Before the thresholds: whether they hold is not known of a run that cannot be believed.
  if (order.require_valid && run.validity && run.validity->grade == Grade::kInvalid) {
    return kExitInconclusive;
  }
  int code = kExitPass;
  for (const ThresholdResult& result : run.thresholds) {
    if (result.state == ThresholdResult::State::kFail) {
      return kExitFail;
    }
    if (result.state == ThresholdResult::State::kUnknown) {
      code = kExitInconclusive;
    }
  }
  return code;
}

Status PrintRun(const RunOrder& order, const Run& run, const std::string& first_failure) {
  if (!order.json.empty()) {
    if (Status written = WriteJson(order.json, reports::RunJson(run)); !written) {
      return written;
    }
  }
  if (!order.quiet && order.json != "-") {
    Print(reports::RenderRunText(run, TerminalOptions()));
  }
  if (!first_failure.empty() && !order.quiet) {
    fmt::print(stderr, "weir run: the first program that failed: {}\n", first_failure);
  }
  return {};
}

std::string KindsOf(const std::array<std::uint64_t, kRequestErrorCount>& errors) {
  std::string kinds;
  for (std::size_t i = 0; i < kRequestErrorCount; ++i) {
    if (errors[i] > 0) {
      kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", FormatCount(errors[i]),
                           RequestErrorName(static_cast<RequestError>(i)));
    }
  }
  return kinds;
}

std::string NoAnswer(const Run& run) {
  const StepRecord measured = run.Total(Phase::kMeasure);
  StepRecord all = run.Total(Phase::kWarmUp);
  all.Merge(measured);
  if (all.errors[static_cast<std::size_t>(RequestError::kNoProgram)] == all.counts.planned) {
    return fmt::format("'{}' could not be started, {} times\n  hint: is its interpreter there?",
                       Printable(run.plan.target), FormatCount(all.counts.planned));
  }
  return fmt::format(
      "target {} gave no valid answer to any of {} requests ({})\n  hint: is it an HTTP server, "
      "and is the timeout long enough?",
      run.plan.target, FormatCount(all.counts.planned), KindsOf(all.errors));
}

std::string FellSilent(const Run& run, const AnswerWatch::Silence& silence) {
  const std::string kinds = KindsOf(silence.errors);
  const bool by_count = run.plan.planned_duration == Nanos(0);
  const Nanos whole = by_count ? run.duration : run.plan.planned_duration;
  return fmt::format(
      "target {} stopped answering: its last answer came in second {} of {}, and the {} requests "
      "due after that second got none{}\n  hint: did it crash? What was measured is kept",
      run.plan.target, silence.last_answer_s + 1, std::ceil(Seconds(whole)),
      FormatCount(silence.planned), kinds.empty() ? "" : " (" + kinds + ")");
}

Result<int> Execute(const RunOrder& order) {
  const SystemClock clock;
  Result<std::unique_ptr<loadgen::Engine>> engine =
      loadgen::Engine::Create(order.scenario, order.target, order.engine, clock);
  if (!engine) {
    return tl::unexpected(engine.error());
  }
  if (order.watch != nullptr) {
    // What was used before the first request; may block for as long as the sources take.
    order.watch->Ask(0);
    order.watch->Await();
  }
  const RunPlan plan = PlanOf(order);
  const WallTime started_at = clock.WallNow();
  std::unique_ptr<store::RunWriter> writer;
  if (!order.store_path.empty()) {
    auto begun = store::RunWriter::Begin(order.store_path, plan, started_at);
    if (!begun) {
      return tl::unexpected(begun.error());
    }
    writer = std::move(*begun);
  }
  Progress progress(
      writer.get(), order.scenario.Duration(),
      StderrIsTerminal() && !order.quiet ? Progress::Display::kOn : Progress::Display::kOff);
  CertificateKeeper keeper(progress);
  AnswerWatch answers(keeper);
  WatchSink watched(answers, order.watch.get(), [&progress](const std::string& trouble) {
    progress.Clear();
    fmt::print(stderr, "weir run: {}\n", trouble);
  });
  loadgen::EngineResult result;
  {
    const StopOnSignal stop([&engine] { (*engine)->Stop(); });
    result = (*engine)->Run(watched);
  }
  progress.Clear();
  watched.Finish();
  const bool answered = result.answered;
  const GeneratorEvidence evidence = std::move(result.evidence);
  const std::string first_failure = std::move(result.first_failure);
  Run run = Assemble(plan, std::move(result));
  if (!answered && run.state == RunState::kComplete) {
    run.state = RunState::kAborted;
    run.state_reason = "no request got a valid answer";
  }
  Certify(order, keeper, evidence, run);
  Status stored;
  run.started_at = started_at;  // As it stands in the history.
  if (writer != nullptr) {
    run.id = writer->id();
    stored = writer->Finish(run);
  }
  if (Status printed = PrintRun(order, run, first_failure); !printed) {
    return tl::unexpected(printed.error());
  }
  if (!stored) {
    return tl::unexpected(stored.error());
  }
  if (!answered && run.state == RunState::kAborted) {
    return Unavailable(NoAnswer(run));
  }
  const int code = ExitCodeOf(order, run);
  if (const auto silence = answers.silence(); silence && run.state == RunState::kComplete) {
    const int unavailable = Complain("run", Unavailable(FellSilent(run, *silence)).value());
    return code == kExitPass ? unavailable : code;
  }
  return code;
}

}  // namespace

int RunMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("run", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  if (flags->Has("gbench")) {
    const Result<int> code = RunGbenchCommand(*flags);
    return code ? *code : Complain("run", code.error());
  }
  const Result<RunOrder> order = ReadOrder(*flags);
  if (!order) {
    return Complain("run", order.error());
  }
  const Result<int> code = Execute(*order);
  return code ? *code : Complain("run", code.error());
}

}  // namespace weir::cli
