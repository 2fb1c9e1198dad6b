#include "imports/import.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/environment.h"
#include "cli/exit_codes.h"
#include "cli/figures.h"
#include "cli/flags.h"
#include "cli/version.h"
#include "store/run_writer.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "import";
  spec.usage = "weir import [OPTIONS] FILE...";
  spec.about =
      "Files runs that other tools measured, so that history, compare and gate work on them. "
      "Reads\n"
      "Google Benchmark and hyperfine JSON, the three summaries of k6, JMeter's .jtl (CSV, XML),\n"
      "vegeta (results and report as JSON), HdrHistogram logs (.hlog), durations in JUnit XML, "
      "and\n"
      "weir's own list of runs:\n"
      "  {\"case\": \"NAME\", \"runs\": [{\"build\": \"A\", \"slot\": 0, \"latencies_us\": [812, "
      "...]},\n"
      "                            {\"build\": \"B\", \"slot\": 0, \"histogram_us\": [[812, "
      "3]]}]}\n"
      "Percentiles without values are kept as such and never made into a histogram. A file is\n"
      "taken whole or not at all.";
  spec.examples =
      "  weir import --build $SHA results.jtl\n"
      "  weir import case.json\n"
      "  weir gate --baseline build:A --candidate build:B";
  AddStoreFlag(spec.options);
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("format", text("NAME"), "what the files are; default: found from their contents");
  add("build", text("NAME"), "name of the build that was measured");
  add("branch", text("NAME"), "branch of the build");
  add("scenario", text("NAME"), "name of the scenario; default: from format and contents");
  add("quiet,q", "no text");
  spec.positionals = {"file"};
  return spec;
}

Result<std::string> ReadWhole(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > imports::kImportBytesMax) {
    return UsageError(
        fmt::format("'{}' is larger than {}\n  hint: split it, or sum it up with the "
                    "tool that made it",
                    Printable(path), FormatBytes(imports::kImportBytesMax)));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return UsageError(
        fmt::format("cannot read '{}'\n  hint: give the path of a file", Printable(path)));
  }
  return text;
}

WallTime TimeOf(const std::string& path) {
  struct stat info {};

  if (stat(path.c_str(), &info) != 0) {
    return WallTime{};
  }
  return WallTime(std::chrono::seconds(info.st_mtim.tv_sec) + Nanos(info.st_mtim.tv_nsec));
}

Status StoreRun(const std::string& store, Run& run) {
  auto writer = store::RunWriter::Begin(store, run.plan, run.started_at);
  if (!writer) {
    return tl::unexpected(writer.error());
  }
  TargetSample sample;
  for (const TargetMetric& metric : run.target_metrics) {
    sample.values.push_back({.name = metric.name, .value = metric.last});
  }
  if (!sample.values.empty()) {
    (*writer)->OnTarget(sample);
  }
  return (*writer)->Finish(run, FiguresOf(run));
}

// What was imported under which name is a scenario of its own: its runs are comparable.
Status Store(const std::string& store, const ParsedFlags& flags, std::string_view text,
             std::vector<Run>& runs) {
  const std::string tag = Sha256(text).substr(0, 12);
  for (Run& run : runs) {
    run.plan.scenario_text = run.plan.scenario;
    run.plan.scenario_sha256 = Sha256(run.plan.scenario);
    run.plan.branch = flags.Text("branch");
    run.plan.tag = tag;
    run.plan.weir_version = kVersion;
    if (Status stored = StoreRun(store, run); !stored) {
      return stored;
    }
  }
  return {};
}

std::string ScenariosOf(const std::vector<Run>& runs) {
  std::set<std::string> names;
  for (const Run& run : runs) {
    names.insert(run.plan.scenario);
  }
  return names.size() == 1 ? fmt::format("scenario '{}'", *names.begin())
                           : fmt::format("{} scenarios", names.size());
}

Status ImportFile(const ParsedFlags& flags, const std::string& store, const std::string& path,
                  std::optional<imports::ImportFormat> format) {
  const Result<std::string> text = ReadWhole(path);
  if (!text) {
    return tl::unexpected(text.error());
  }
  Result<std::vector<Run>> runs = imports::ReadImport({.path = path,
                                                       .text = *text,
                                                       .file_time = TimeOf(path),
                                                       .build = flags.Text("build"),
                                                       .scenario = flags.Text("scenario")},
                                                      format);
  if (!runs) {
    return tl::unexpected(runs.error());
  }
  if (Status stored = Store(store, flags, *text, *runs); !stored) {
    return stored;
  }
  if (!flags.Has("quiet")) {
    fmt::print("{}: {} run{} of {}\n", Printable(path), runs->size(), runs->size() == 1 ? "" : "s",
               ScenariosOf(*runs));
  }
  return {};
}

Status Import(const ParsedFlags& flags) {
  const Result<std::string> store = StorePath(flags);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const std::vector<std::string> paths = flags.Texts("file");
  if (paths.empty()) {
    return UsageError("no file is given\n  hint: weir import case.json");
  }
  std::optional<imports::ImportFormat> format;
  if (flags.Has("format")) {
    const Result<imports::ImportFormat> named = imports::ParseImportFormat(flags.Text("format"));
    if (!named) {
      return UsageError("--format: " + named.error().message);
    }
    format = *named;
  }
  for (const std::string& path : paths) {
    if (Status imported = ImportFile(flags, *store, path, format); !imported) {
      return imported;
    }
  }
  return {};
}

}  // namespace

int ImportMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("import", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  const Status done = Import(*flags);
  return done ? kExitPass : Complain("import", done.error());
}

}  // namespace weir::cli
