#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "base/clock.h"
#include "cli/answer_watch.h"
#include "cli/apdex.h"
#include "cli/certificate.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/figures.h"
#include "cli/flags.h"
#include "cli/gbench.h"
#include "cli/load_flags.h"
#include "cli/output_file.h"
#include "cli/plan.h"
#include "cli/progress.h"
#include "cli/run_record.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/threshold_sink.h"
#include "cli/warm_up_sink.h"
#include "cli/watch.h"
#include "cli/wrk_script.h"
#include "loadgen/engine.h"
#include "loadgen/request_log.h"
#include "reports/run_json.h"
#include "reports/run_text.h"
#include "scenarios/target.h"
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
  RunLabels labels;
  std::string request_log;  ///< Where what is sent is written down; empty: nowhere.
  bool keeps_secrets = false;
  bool quiet = false;
  bool require_valid = false;
  std::unique_ptr<loadgen::TargetWatch> watch;  ///< Null = the target is not watched.
  std::unique_ptr<loadgen::WrkScript> script;   ///< Null = the scenario has the requests.
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
      "  weir run --wrk-script post.lua -t 2 -c 64 -d 10s http://localhost:8080/\n"
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
  add("dry-run", "send nothing: say what would be sent, with the first ten requests");
  AddJsonFlag(spec.options);
  add("request-log", text("FILE"), "write down every request sent, for 'replay'");
  add("keep-secrets", "with --request-log: cookies and credentials too");
  add("quiet,q", "no summary, only the exit code");
  AddEngineFlags(spec.options);
  add("require-valid", "exit code 11 if the run is invalid (docs/validity.md)");
  add("gbench", text("PROGRAM"), "a Google Benchmark program to run and read");
  AddGbenchFlags(spec.options, GbenchOrder().repetitions);
  add("threshold", texts("EXPR"), "what must hold, e.g. 'p(95) < 200ms'; exit code 10 if not");
  add("command", text("LINE"), "a program to run instead of a target; split as a shell would");
  add("shell", "with --command: let /bin/sh run the line");
  add("requests,n", text("N"), "URL or command only: so many rounds in all, at most -d (1h)");
  add("duration,d", text("TIME"), "URL only: length of the load; default 10s");
  add("timeout", text("TIME"), "URL only: from the send to the last byte; default 5s");
  add("warm-up", text("TIME"), "URL only: first part of the load, left out of the statistics");
  AddUrlFlags(spec.options);
  AddScriptFlag(spec.options);
  AddWatchFlags(spec.options);
  add("latency,L", "accepted for wrk's users: latencies are always printed");
  return spec;
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

Status ReadLogFlags(const ParsedFlags& flags, RunOrder& order) {
  order.request_log = flags.Text("request-log");
  order.keeps_secrets = flags.Has("keep-secrets");
  if (order.request_log.empty() && order.keeps_secrets) {
    return UsageError(
        "--keep-secrets: nothing is written down\n  hint: add --request-log FILE, or leave it out");
  }
  if (!order.request_log.empty() && order.scenario.RunsPrograms()) {
    return UsageError(
        "--request-log: programs are run here, no requests sent\n"
        "  hint: leave it out");
  }
  return {};
}

Result<RunOrder> ReadOrder(const ParsedFlags& flags) {
  const std::vector<std::string> sources = flags.Texts("SCENARIO");
  const bool runs_command = flags.Has("command");
  const bool takes_words = flags.Has("wrk-script") && !sources.empty();
  if (runs_command ? !sources.empty() : sources.size() != 1 && !takes_words) {
    return UsageError(
        fmt::format("one scenario file, URL or --command is needed, {} given\n"
                    "  hint: weir run checkout.yaml, or weir run -R 1k -d 10s "
                    "http://localhost:8080/",
                    sources.size() + (runs_command ? 1 : 0)));
  }
  RunOrder order;
  Result<scenarios::Scenario> scenario = ReadLoad(flags, runs_command ? "" : sources[0]);
  if (!scenario) {
    return tl::unexpected(scenario.error());
  }
  order.scenario = std::move(*scenario);
  Result<scenarios::Target> target = TargetOf(flags, order.scenario);
  if (!target) {
    return tl::unexpected(target.error());
  }
  order.target = std::move(*target);
  const Result<loadgen::EngineOptions> engine = ReadEngineFlags(flags);
  if (!engine) {
    return tl::unexpected(engine.error());
  }
  order.engine = *engine;
  Result<std::unique_ptr<loadgen::WrkScript>> script =
      ReadScript(flags, sources, order.target, order.scenario, order.engine);
  if (!script) {
    return tl::unexpected(script.error());
  }
  order.script = *std::move(script);
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
  if (Status read = ReadLogFlags(flags, order); !read) {
    return tl::unexpected(read.error());
  }
  order.labels = {flags.Text("build"), flags.Text("branch"), flags.Text("tag")};
  order.quiet = flags.Has("quiet");
  order.require_valid = flags.Has("require-valid");
  Result<std::unique_ptr<loadgen::TargetWatch>> watch = ReadWatchFlags(flags);
  if (!watch) {
    return tl::unexpected(watch.error());
  }
  order.watch = *std::move(watch);
  return order;
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
  const auto apdex = ApdexOfRun(run, {});
  if (!apdex) {
    return tl::unexpected(apdex.error());
  }
  if (!order.json.empty()) {
    if (Status written = WriteJson(order.json, reports::RunJson(run, *apdex)); !written) {
      return written;
    }
  }
  if (!order.quiet && order.json != "-") {
    Print(reports::RenderRunText(run, TerminalOptions(), *apdex));
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

loadgen::EngineResult RunEngine(loadgen::Engine& engine, const RunOrder& order,
                                ScriptRates& rates) {
  if (order.script != nullptr) {
    order.script->OnFailure([&engine] { engine.Stop(); });
  }
  const StopOnSignal stop([&engine] { engine.Stop(); });
  return order.script != nullptr ? engine.Run(rates) : engine.Run(rates.next());
}

// A run whose script failed is none; else the script hears how it went.
Status EndScript(const RunOrder& order, const ScriptRates& rates, Run& run) {
  if (order.script == nullptr) {
    return {};
  }
  if (Status failure = order.script->failure(); !failure) {
    run.state = RunState::kAborted;
    run.state_reason = failure.error().message;
    return failure;
  }
  return order.script->Done(ScriptRunOf(run, rates, order.script->workers()));
}

// Null when the run is not to be recorded.
Result<std::unique_ptr<store::RunWriter>> BeginRecord(const RunOrder& order, const RunPlan& plan,
                                                      WallTime started_at) {
  if (order.store_path.empty()) {
    return nullptr;
  }
  return store::RunWriter::Begin(order.store_path, plan, started_at);
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
  const RunPlan plan = PlanOf(order.scenario, order.target, order.labels, order.engine.seed);
  const WallTime started_at = clock.WallNow();
  const Result<std::unique_ptr<store::RunWriter>> writer = BeginRecord(order, plan, started_at);
  if (!writer) {
    return tl::unexpected(writer.error());
  }
  Progress progress(
      writer->get(), order.scenario.Duration(),
      StderrIsTerminal() && !order.quiet ? Progress::Display::kOn : Progress::Display::kOff);
  ThresholdSink thresholds(progress, plan, [&engine, &progress](const std::string& why) {
    progress.Clear();
    fmt::print(stderr, "weir run: {}; the run ends here\n", why);
    (*engine)->Stop();
  });
  CertificateKeeper keeper(thresholds);
  WarmUpSink warm_up(keeper, order.scenario);
  AnswerWatch answers(warm_up);
  WatchSink watched(answers, order.watch.get(), [&progress](const std::string& trouble) {
    progress.Clear();
    fmt::print(stderr, "weir run: {}\n", trouble);
  });
  ScriptRates rates(watched);
  loadgen::EngineResult result = RunEngine(**engine, order, rates);
  progress.Clear();
  watched.Finish();
  const bool answered = result.answered;
  const GeneratorEvidence evidence = std::move(result.evidence);
  const std::string first_failure = std::move(result.first_failure);
  Run run = Assemble(plan, std::move(result));
  warm_up.LeaveOut(keeper, run);
  const Status scripted = EndScript(order, rates, run);
  Certify({order.scenario, order.engine.pacing, order.store_path}, keeper, evidence, run);
  thresholds.Judge(run);
  Status stored;
  run.started_at = started_at;  // As it stands in the history.
  if (*writer != nullptr) {
    run.id = (*writer)->id();
    stored = (*writer)->Finish(run, FiguresOf(run));
  }
  if (Status printed = PrintRun(order, run, first_failure); !printed) {
    return tl::unexpected(printed.error());
  }
  if (!stored) {
    return tl::unexpected(stored.error());
  }
  if (!scripted) {
    return tl::unexpected(scripted.error());
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

// As Execute; an incomplete log is told, and is the run's exit code if it has no worse one.
Result<int> ExecuteLogged(RunOrder order) {
  if (order.request_log.empty()) {
    return Execute(order);
  }
  Result<std::unique_ptr<loadgen::RequestLog>> log =
      loadgen::RequestLog::Create(order.request_log, order.keeps_secrets, SystemClock());
  if (!log) {
    return tl::unexpected(log.error());
  }
  order.engine.request_log = log->get();
  Result<int> code = Execute(order);
  const Status whole = (*log)->Finish();
  if (whole || !code) {
    return code;
  }
  const int unavailable = Complain("run", whole.error());
  return *code == kExitPass ? unavailable : *code;
}

// What `weir check --render` says of a file.
Result<int> ShowPlan(const RunOrder& order) {
  const Result<reports::PlanReport> plan = PlanScenario(order.scenario,
                                                        {.source = "run",
                                                         .target = order.target,
                                                         .seed = order.engine.seed,
                                                         .rendered = kRequestsRendered},
                                                        SystemClock());
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  if (Status printed = PrintPlan(*plan, order.json, order.quiet); !printed) {
    return tl::unexpected(printed.error());
  }
  return kExitPass;
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
    if (flags->Has("request-log")) {
      return Complain("run", Error{ErrorKind::kUsage,
                                   "--request-log: a program is run here, no requests sent\n"
                                   "  hint: leave it out"});
    }
    const Result<int> code = RunGbenchCommand(*flags);
    return code ? *code : Complain("run", code.error());
  }
  Result<RunOrder> order = ReadOrder(*flags);
  if (!order) {
    return Complain("run", order.error());
  }
  const Result<int> code =
      flags->Has("dry-run") ? ShowPlan(*order) : ExecuteLogged(*std::move(order));
  return code ? *code : Complain("run", code.error());
}

}  // namespace weir::cli
