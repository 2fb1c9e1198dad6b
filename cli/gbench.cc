#include "cli/gbench.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/environment.h"
#include "cli/exit_codes.h"
#include "cli/figures.h"
#include "cli/output_file.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/version.h"
#include "imports/gbench_report.h"
#include "loadgen/program_path.h"
#include "reports/run_json.h"
#include "reports/run_text.h"
#include "store/run_writer.h"

namespace weir::cli {
namespace {

constexpr std::uint32_t kRepetitionsMax = 10'000;

// What `weir run` takes beside --gbench.
constexpr std::array<std::string_view, 10> kGoesWith = {
    "gbench", "gbench-filter", "gbench-repetitions", "build", "branch",
    "tag",    "store",         "no-store",           "json",  "quiet"};

// A file that only this process knows of, and that goes with this object.
class ScratchFile {
 public:
  ScratchFile() {
    std::error_code error;
    path_ = (std::filesystem::temp_directory_path(error) / "weir-gbench-XXXXXX").string();
    const int fd = mkstemp(path_.data());
    made_ = fd >= 0;
    if (made_) {
      close(fd);
    }
  }

  ~ScratchFile() {
    if (made_) {
      unlink(path_.c_str());
    }
  }

  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  bool made() const { return made_; }

  const std::string& path() const { return path_; }

  std::string Read() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
  bool made_ = false;
};

Result<std::uint32_t> ParseRepetitions(std::string_view text) {
  const Result<std::uint64_t> count = ParseCount(text);
  if (!count || *count == 0 || *count > kRepetitionsMax) {
    return UsageError(fmt::format("it must be 1 to {}", FormatCount(kRepetitionsMax)));
  }
  return static_cast<std::uint32_t>(*count);
}

void FillPlan(const GbenchOrder& order, RunPlan& plan) {
  plan.scenario = ScenarioOf(order);
  plan.target = order.program;
  plan.scenario_text = fmt::format("google benchmark, filter '{}'", order.filter);
  // Not its name: an old and a new build of the same benchmarks are compared.
  plan.scenario_sha256 = Sha256(plan.scenario_text);
  plan.environment = EnvironmentFingerprint();
  plan.weir_version = kVersion;
  plan.load = fmt::format("{} repetition{}", order.repetitions, order.repetitions == 1 ? "" : "s");
  plan.open_loop = false;
}

Status Record(const std::string& path, Run& run) {
  auto writer = store::RunWriter::Begin(path, run.plan, run.started_at);
  if (!writer) {
    return tl::unexpected(writer.error());
  }
  run.id = (*writer)->id();
  return (*writer)->Finish(run, FiguresOf(run));
}

}  // namespace

std::string ScenarioOf(const GbenchOrder& order) {
  return "gbench:" + std::filesystem::path(order.program).filename().string();
}

void AddGbenchFlags(po::options_description& options, std::uint32_t repetitions_default) {
  auto add = options.add_options();
  add("gbench-filter", po::value<std::string>()->value_name("RE"),
      "benchmarks to run, as --benchmark_filter");
  const std::string help = fmt::format("repetitions of each; default {}", repetitions_default);
  add("gbench-repetitions", po::value<std::string>()->value_name("N"), help.c_str());
}

Result<GbenchOrder> ReadGbenchFlags(const ParsedFlags& flags, const std::string& program,
                                    std::uint32_t repetitions_default) {
  GbenchOrder order;
  order.program = program;
  order.filter = flags.Text("gbench-filter");
  const auto repetitions =
      ReadFlag<std::uint32_t>(flags, "gbench-repetitions", ParseRepetitions, repetitions_default);
  if (!repetitions) {
    return tl::unexpected(repetitions.error());
  }
  order.repetitions = *repetitions;
  return order;
}

Result<GbenchOutput> ExecuteGbench(const GbenchOrder& order, loadgen::ProgramRunner& programs,
                                   Nanos timeout) {
  Result<std::string> path = loadgen::FindProgram(order.program);
  if (!path) {
    return tl::unexpected(path.error());
  }
  const ScratchFile out;
  if (!out.made()) {
    return Unavailable(fmt::format("cannot make a file for what '{}' measures: {}",
                                   Printable(order.program), Printable(out.path())));
  }
  loadgen::PreparedProgram program{*path, {order.program}};
  program.argv.push_back("--benchmark_out_format=json");
  program.argv.push_back("--benchmark_out=" + out.path());
  program.argv.push_back(fmt::format("--benchmark_repetitions={}", order.repetitions));
  if (!order.filter.empty()) {
    program.argv.push_back("--benchmark_filter=" + order.filter);
  }
  GbenchOutput output;
  output.sample = programs.Run(program, {.timeout = timeout, .out_kept_max = 0});
  if (output.sample.error == RequestError::kNone) {
    output.json = out.Read();
  }
  return output;
}

Result<Run> RunOf(const GbenchOrder& order, const GbenchOutput& output) {
  if (output.sample.error != RequestError::kNone) {
    return Unavailable(fmt::format("the benchmarks of '{}' did not run: {}",
                                   Printable(order.program), output.sample.end));
  }
  Result<Run> run = imports::ReadGoogleBenchmark(output.json, order.program);
  if (run) {
    FillPlan(order, run->plan);
    run->duration = output.sample.wall;
  }
  return run;
}

Result<Run> RunGbench(const GbenchOrder& order, loadgen::ProgramRunner& programs,
                      const Clock& clock) {
  const WallTime started_at = clock.WallNow();
  const Result<GbenchOutput> output = ExecuteGbench(order, programs, std::chrono::hours(24));
  if (!output) {
    return tl::unexpected(output.error());
  }
  Result<Run> run = RunOf(order, *output);
  if (run) {
    run->started_at = started_at;
  }
  return run;
}

Status CheckGbenchFlags(const ParsedFlags& flags, std::span<const std::string_view> allowed) {
  for (const auto& [name, value] : flags.values) {
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
      return UsageError(fmt::format(
          "--{} does not go with --gbench: the program itself says what is measured", name));
    }
  }
  return {};
}

Result<int> RunGbenchCommand(const ParsedFlags& flags) {
  if (Status fits = CheckGbenchFlags(flags, kGoesWith); !fits) {
    return tl::unexpected(fits.error());
  }
  const Result<GbenchOrder> order =
      ReadGbenchFlags(flags, flags.Text("gbench"), GbenchOrder().repetitions);
  if (!order) {
    return tl::unexpected(order.error());
  }
  const Result<std::string> store = StorePath(flags);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const SystemClock clock;
  Result<loadgen::ProgramRunner> programs = loadgen::ProgramRunner::Create(clock);
  if (!programs) {
    return tl::unexpected(programs.error());
  }
  const StopOnSignal stop([&programs] { programs->Stop(); });
  Result<Run> run = RunGbench(*order, *programs, clock);
  if (!run) {
    return tl::unexpected(run.error());
  }
  run->plan.build = flags.Text("build");
  run->plan.branch = flags.Text("branch");
  run->plan.tag = flags.Text("tag");
  if (!flags.Has("no-store")) {
    if (Status recorded = Record(*store, *run); !recorded) {
      return tl::unexpected(recorded.error());
    }
  }
  if (flags.Has("json")) {
    if (Status written = WriteJson(flags.Text("json"), reports::RunJson(*run)); !written) {
      return tl::unexpected(written.error());
    }
  }
  if (!flags.Has("quiet") && flags.Text("json") != "-") {
    Print(reports::RenderRunText(*run, TerminalOptions()));
  }
  return run->state == RunState::kComplete ? kExitPass : kExitUnavailable;
}

}  // namespace weir::cli
