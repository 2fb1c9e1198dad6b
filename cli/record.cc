#include "scenarios/record.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/terminal.h"
#include "scenarios/target.h"

namespace weir::cli {
namespace {

FlagSpec Spec() {
  FlagSpec spec;
  spec.command = "record";
  spec.usage = "weir record [OPTIONS] KIND FILE";
  spec.about =
      "Writes a scenario out of what you have: access-log (common or combined format), har,\n"
      "openapi, curl (a command line), vegeta (targets), k6-options (JSON) or artillery. What\n"
      "comes out is a valid draft for a person, with a comment for everything that could not be\n"
      "carried over. A log is streamed, however long it is; from it come flows or routes with\n"
      "weights, pauses and the arrivals over time. Cookies and credentials are left out.";
  spec.examples =
      "  weir record access-log /var/log/nginx/access.log --target http://localhost -o shop.yaml\n"
      "  weir record har session.har --filter '^/api/' -o api.yaml\n"
      "  weir record curl request.txt | tee one.yaml";
  spec.positionals = {"KIND", "FILE"};
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("output,o", text("FILE"), "where the scenario is written; must not exist; default stdout");
  add("name", text("NAME"), "name of the scenario");
  add("target", text("URL"), "target of the scenario, instead of the one that the file names");
  add("filter", text("REGEX"), "only requests for paths that it finds (RE2)");
  add("keep-secrets", "keep cookies, authorization and x-api-key");
  add("bad-lines", text("N"),
      "of a log: so many lines of another form are passed over; default 1000");
  return spec;
}

Result<std::string> ReadWhole(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > scenarios::kRecordBytesMax) {
    return UsageError(fmt::format("'{}' is larger than {}", Printable(path),
                                  FormatBytes(scenarios::kRecordBytesMax)));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return UsageError(
        fmt::format("cannot read '{}'\n  hint: give the path of a file", Printable(path)));
  }
  return text;
}

Result<std::string> Record(const ParsedFlags& flags) {
  const Result<scenarios::RecordKind> kind = scenarios::ParseRecordKind(flags.Texts("KIND").at(0));
  const Result<std::size_t> bad_lines = ReadFlag(flags, "bad-lines", ParseCount, std::size_t{1000});
  if (!kind || !bad_lines) {
    return tl::unexpected(kind ? bad_lines.error() : kind.error());
  }
  if (flags.Has("target")) {
    if (const auto target = scenarios::ParseTarget(flags.Text("target")); !target) {
      return UsageError("--target: " + target.error().message);
    }
  }
  const scenarios::RecordOptions options = {.name = flags.Text("name"),
                                            .target = flags.Text("target"),
                                            .filter = flags.Text("filter"),
                                            .keeps_secrets = flags.Has("keep-secrets"),
                                            .bad_lines_max = *bad_lines};
  const std::string path = flags.Texts("FILE").at(0);
  if (*kind == scenarios::RecordKind::kAccessLog) {
    return scenarios::RecordLog(path, options);
  }
  Result<std::string> text = ReadWhole(path);
  if (!text) {
    return text;
  }
  Result<std::string> scenario = scenarios::RecordScenario(*kind, *text, options);
  return scenario ? scenario
                  : UsageError(fmt::format("'{}': {}", Printable(path), scenario.error().message));
}

// A draft is edited by hand: none is written over.
Status Write(const std::string& path, const std::string& text) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return UsageError(
        fmt::format("'{}' exists and is left as it is\n  hint: give another -o", Printable(path)));
  }
  return WriteFile(path, text);
}

}  // namespace

int RecordMain(const Arguments& arguments) {
  const Result<ParsedFlags> flags = ParseFlags(Spec(), arguments);
  if (!flags) {
    return Complain("record", flags.error());
  }
  if (flags->help) {
    return kExitPass;
  }
  if (!flags->Has("KIND") || flags->Texts("FILE").size() != 1) {
    return Complain("record", UsageError("a kind and one file are needed\n  hint: weir record "
                                         "access-log access.log -o shop.yaml")
                                  .value());
  }
  const Result<std::string> scenario = Record(*flags);
  if (!scenario) {
    return Complain("record", scenario.error());
  }
  if (!flags->Has("output")) {
    Print(*scenario);
    return kExitPass;
  }
  if (Status written = Write(flags->Text("output"), *scenario); !written) {
    return Complain("record", written.error());
  }
  return kExitPass;
}

}  // namespace weir::cli
