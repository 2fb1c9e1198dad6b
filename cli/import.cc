#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/environment.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/version.h"
#include "imports/run_list.h"
#include "store/run_writer.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "import";
  spec.usage = "weir import [OPTIONS] FILE...";
  spec.about =
      "Files runs that were measured elsewhere, so that history, compare and gate work on them.\n"
      "A file is a list of runs in JSON:\n"
      "  {\"case\": \"NAME\", \"runs\": [{\"build\": \"A\", \"slot\": 0, \"latencies_us\": [812, "
      "...]},\n"
      "                            {\"build\": \"B\", \"slot\": 0, \"histogram_us\": [[812, "
      "3]]}]}\n"
      "Runs of one slot took place side by side. A file is taken whole or not at all.";
  spec.examples =
      "  weir import case.json\n"
      "  weir gate --baseline build:A --candidate build:B";
  AddStoreFlag(spec.options);
  spec.options.add_options()("quiet,q", "no text");
  spec.positionals = {"file"};
  return spec;
}

Result<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return UsageError(
        fmt::format("cannot read '{}'\n  hint: give the path of a file", Printable(path)));
  }
  return text;
}

Status Store(const std::string& store, std::string_view text, std::vector<Run>& runs) {
  for (Run& run : runs) {
    run.plan.scenario_text = run.plan.scenario;
    run.plan.scenario_sha256 = Sha256(run.plan.scenario);
    run.plan.tag = Sha256(text).substr(0, 12);
    run.plan.weir_version = kVersion;
    auto writer = store::RunWriter::Begin(store, run.plan, run.started_at);
    if (!writer) {
      return tl::unexpected(writer.error());
    }
    if (Status finished = (*writer)->Finish(run); !finished) {
      return finished;
    }
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
  for (const std::string& path : paths) {
    const Result<std::string> text = ReadWhole(path);
    if (!text) {
      return tl::unexpected(text.error());
    }
    Result<std::vector<Run>> runs = imports::ReadRunList(*text, path);
    if (!runs) {
      return tl::unexpected(runs.error());
    }
    if (Status stored = Store(*store, *text, *runs); !stored) {
      return stored;
    }
    if (!flags.Has("quiet")) {
      fmt::print("{}: {} runs of scenario '{}'\n", Printable(path), runs->size(),
                 runs->front().plan.scenario);
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
