#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/program_options.hpp>

#include "base/result.h"
#include "base/text.h"
#include "cli/command.h"

/// Reading flags with Boost.Program_options: what all subcommands share.
namespace weir::cli {

namespace po = boost::program_options;

/// How the optional file of --json is written.
enum class JsonFile {
  kMayFollow,        ///< `--json out.json` and `--json=out.json`.
  kOnlyAfterEquals,  ///< Only `--json=out.json`: a word after --json may be a file to read.
};

/// How a subcommand is called, for parsing and for --help.
struct FlagSpec {
  std::string_view command;   ///< "run".
  std::string_view usage;     ///< "weir run [OPTIONS] SCENARIO|URL".
  std::string_view about;     ///< A paragraph.
  std::string_view examples;  ///< Lines, indented by two.
  po::options_description options;
  std::vector<std::string>
      positionals;  ///< Names of positional arguments in order; the last may repeat.
  JsonFile json_file = JsonFile::kMayFollow;
};

struct ParsedFlags {
  po::variables_map values;
  bool help = false;  ///< --help was given and has been printed.

  bool Has(const std::string& name) const { return values.count(name) > 0; }

  /// The text of an option; empty when not given.
  std::string Text(const std::string& name) const;

  /// All texts of a repeatable option.
  std::vector<std::string> Texts(const std::string& name) const;
};

/// Errors: kUsage; names the option and, for an unknown one, the nearest known.
Result<ParsedFlags> ParseFlags(FlagSpec spec, const Arguments& arguments);

/// The value of option `name` read by `parse` (base/text.h), or `fallback` when it is not given.
/// Errors: kUsage with the option's name in front.
template <typename T, typename Parser>
Result<T> ReadFlag(const ParsedFlags& flags, const std::string& name, Parser parse, T fallback) {
  if (!flags.Has(name)) {
    return fallback;
  }
  auto value = parse(flags.Text(name));
  if (!value) {
    return UsageError("--" + name + ": " + value.error().message);
  }
  return static_cast<T>(*value);
}

/// Adds `--store`, with its default from $WEIR_STORE.
void AddStoreFlag(po::options_description& options);

/// The store's path: --store, $WEIR_STORE or weir.db. Errors: kUsage for what this version cannot
/// open.
Result<std::string> StorePath(const ParsedFlags& flags);

/// Adds `--json[=FILE]`.
void AddJsonFlag(po::options_description& options);

/// Prints "weir COMMAND: MESSAGE" on standard error and returns the exit code of the error.
int Complain(std::string_view command, const Error& error);

}  // namespace weir::cli
