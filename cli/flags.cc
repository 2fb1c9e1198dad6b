#include "cli/flags.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>
#include <utility>

#include <fmt/core.h>

#include "cli/exit_codes.h"

namespace weir::cli {
namespace {

constexpr const char* kStoreDefault = "weir.db";

// The library gives an option whose value may be left out the next word, whatever that is:
// `--json data.csv` would write over a file that is to be read. So the value is settled here, and a
// word after --json is its file only where that cannot be meant otherwise.
Arguments WithJsonFile(const Arguments& arguments, JsonFile rule) {
  Arguments settled;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] != "--json") {
      settled.push_back(arguments[i]);
      continue;
    }
    const bool takes_next = rule == JsonFile::kMayFollow && i + 1 < arguments.size() &&
                            arguments[i + 1].ends_with(".json");
    settled.push_back(takes_next ? "--json=" + arguments[i + 1] : "--json=-");
    i += takes_next ? 1 : 0;
  }
  return settled;
}

constexpr std::size_t kOptionColumns = 32;

std::string NearestFlag(const po::options_description& options, std::string_view wrong) {
  std::vector<std::string> names;
  for (const auto& option : options.options()) {
    names.push_back(option->long_name());
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  wrong.remove_prefix(std::min(wrong.find_first_not_of('-'), wrong.size()));
  const std::optional<std::string> nearest = NearestWord(wrong, views);
  return nearest ? fmt::format("did you mean '--{}'?", *nearest) : std::string();
}

// Boost writes "-t [ --threads ] N" and "--json [=[FILE](=-)]"; people know "-t, --threads N" and
// "--json[=FILE]". What becomes shorter is filled up, so that the second column stays in line.
std::string InUsualSpelling(std::string line) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kSpellings = {
      {{" [ --", ", --"}, {" ]", ""}, {" [=[", "[="}, {"](=-)]", "]"}}};
  std::size_t saved = 0;
  for (const auto& [boost, usual] : kSpellings) {
    // Only what begins a line is an option; the second column is a text of ours.
    if (const std::size_t at = line.find(boost); at < kOptionColumns) {
      line.replace(at, boost.size(), usual);
      saved += boost.size() - usual.size();
    }
  }
  if (const std::size_t gap = line.find("  ", line.find_first_not_of(' '));
      gap != std::string::npos) {
    line.insert(gap, saved, ' ');
  }
  return line;
}

void PrintHelp(const FlagSpec& spec) {
  std::stringstream options;
  options << spec.options;
  fmt::print("Usage: {}\n\n{}\n\nExamples:\n{}\n\nOptions:\n", spec.usage, spec.about,
             spec.examples);
  for (std::string line; std::getline(options, line);) {
    fmt::print("{}\n", InUsualSpelling(std::move(line)));
  }
}

po::positional_options_description Positionals(const std::vector<std::string>& names) {
  po::positional_options_description positionals;
  for (std::size_t i = 0; i < names.size(); ++i) {
    positionals.add(names[i].c_str(), i + 1 == names.size() ? -1 : 1);
  }
  return positionals;
}

}  // namespace

std::string ParsedFlags::Text(const std::string& name) const {
  return Has(name) ? values[name].as<std::string>() : std::string();
}

std::vector<std::string> ParsedFlags::Texts(const std::string& name) const {
  return Has(name) ? values[name].as<std::vector<std::string>>() : std::vector<std::string>();
}

Result<ParsedFlags> ParseFlags(FlagSpec spec, const Arguments& arguments) {
  const std::string hint =
      fmt::format("\n  hint: 'weir {} --help' lists the options", spec.command);
  spec.options.add_options()("help,h", "print this and exit");
  po::options_description all = spec.options;
  for (const std::string& name : spec.positionals) {
    all.add_options()(name.c_str(), po::value<std::vector<std::string>>());
  }
  ParsedFlags parsed;
  try {
    po::store(
        po::command_line_parser(WithJsonFile(arguments, spec.json_file))
            .options(all)
            .positional(Positionals(spec.positionals))
            .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
            .run(),
        parsed.values);
    po::notify(parsed.values);
  } catch (const po::unknown_option& error) {
    const std::string nearest = NearestFlag(spec.options, error.get_option_name());
    return UsageError(fmt::format("unknown option '{}'{}", Printable(error.get_option_name()),
                                  nearest.empty() ? hint : "\n  hint: " + nearest));
  } catch (const po::error& error) {
    return UsageError(Printable(error.what()) + hint);
  }
  if (parsed.Has("help")) {
    PrintHelp(spec);
    parsed.help = true;
  }
  return parsed;
}

void AddStoreFlag(po::options_description& options) {
  options.add_options()("store", po::value<std::string>()->value_name("PATH"),
                        "history file; default $WEIR_STORE, else weir.db");
}

Result<std::string> StorePath(const ParsedFlags& flags) {
  std::string path = flags.Text("store");
  if (!flags.Has("store")) {
    // Read before any thread is started.
    const char* from_environment = std::getenv("WEIR_STORE");  // NOLINT(concurrency-mt-unsafe)
    path = from_environment != nullptr ? from_environment : kStoreDefault;
  }
  if (path.empty()) {
    return UsageError("--store: the path is empty\n  hint: leave the option out for weir.db");
  }
  if (path.starts_with("postgres://") || path.starts_with("postgresql://")) {
    return UsageError(
        "--store: this version keeps its history in SQLite files only\n"
        "  hint: give a path such as weir.db");
  }
  return path;
}

void AddJsonFlag(po::options_description& options) {
  options.add_options()("json", po::value<std::string>()->implicit_value("-")->value_name("[FILE]"),
                        "print JSON instead of text, or write it to FILE (--json=FILE)");
}

int Complain(std::string_view command, const Error& error) {
  fmt::print(stderr, "weir {}: {}\n", command, error.message);
  return ExitCodeOf(error);
}

}  // namespace weir::cli
