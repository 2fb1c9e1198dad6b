#include "cli/analyze.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/output_file.h"
#include "cli/series_file.h"
#include "cli/series_store.h"
#include "cli/terminal.h"
#include "reports/analysis_json.h"

namespace weir::cli {
namespace {

std::vector<const AnalysisEngine*> Engines() {
  return {
      &DescribeEngine(),     &AnomaliesEngine(), &UxEngine(),
      &ChangePointsEngine(), &ForecastEngine(),  &UslEngine(),
  };
}

void PrintHelp(std::FILE* to) {
  fmt::print(
      to,
      "Usage: weir analyze ENGINE [OPTIONS] FILE...\n\n"
      "Looks at series of numbers: CSV with a header ('timestamp,value', or 'value' alone),\n"
      "JSON lines or a JSON array, '-' for standard input, or the history of runs.\n"
      "\nEngines:\n");
  for (const AnalysisEngine* engine : Engines()) {
    fmt::print(to, "  {:<13} {}\n", engine->name, engine->summary);
  }
  fmt::print(to,
             "\nExamples:\n"
             "  weir analyze {0} latencies.csv\n"
             "  weir analyze {0} --store weir.db --scenario checkout --metric response_time.p99\n"
             "\n'weir analyze ENGINE --help' tells more.\n",
             Engines().front()->name);
}

// What the engine says of itself, and what all of them take. `command` and `usage` hold the texts
// that the specification only points to.
FlagSpec SpecOf(const AnalysisEngine& engine, const std::string& command,
                const std::string& usage) {
  FlagSpec spec = engine.spec();
  spec.command = command;
  spec.usage = usage;
  spec.json_file = JsonFile::kOnlyAfterEquals;
  spec.positionals = {"file"};
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  const auto texts = [](const char* name) {
    return po::value<std::vector<std::string>>()->value_name(name);
  };
  add("value", texts("COLUMN"), "column to look at; may be repeated; default: all with numbers");
  AddStoreFlag(spec.options);
  add("scenario", text("NAME"), "take the runs of this scenario from the history, oldest first");
  add("metric", texts("NAME"),
      "what of each run: response_time.p99, throughput, ...; may be repeated");
  add("step", text("NAME"), "only this step of the scenario");
  AddJsonFlag(spec.options);
  return spec;
}

// The series to look at, one after the other.
class Sources {
 public:
  static Result<Sources> Of(const ParsedFlags& flags) {
    Sources sources;
    sources.files_ = flags.Texts("file");
    const bool from_store = flags.Has("scenario") || flags.Has("metric") || flags.Has("step");
    if (!from_store) {
      if (sources.files_.empty()) {
        return UsageError(
            "no file is given\n  hint: name files, or take runs from the history with --scenario "
            "and --metric");
      }
      return sources;
    }
    if (!sources.files_.empty()) {
      return UsageError(
          fmt::format("'{}' is a file, but --scenario, --metric and --step speak of the history\n"
                      "  hint: use one or the other",
                      Printable(sources.files_.front())));
    }
    sources.what_ = {.scenario = flags.Text("scenario"),
                     .step = flags.Text("step"),
                     .metrics = flags.Texts("metric")};
    if (sources.what_.scenario.empty() || sources.what_.metrics.empty()) {
      return UsageError(
          "the history needs both --scenario and --metric\n"
          "  hint: --scenario checkout --metric response_time.p99");
    }
    const Result<std::string> path = StorePath(flags);
    if (!path) {
      return tl::unexpected(path.error());
    }
    sources.store_ = *path;
    return sources;
  }

  std::size_t size() const { return files_.empty() ? 1 : files_.size(); }

  const std::string& NameOf(std::size_t i) const { return files_.empty() ? store_ : files_[i]; }

  Result<SeriesTable> Read(std::size_t i, const SeriesFileOptions& options) const {
    return files_.empty() ? ReadSeriesFromStore(store_, what_) : ReadSeriesFile(files_[i], options);
  }

 private:
  std::vector<std::string> files_;
  std::string store_;
  StoreSeries what_;
};

// Prints every answer as soon as it is there, unless a file has to be written whole.
class Answers {
 public:
  explicit Answers(const ParsedFlags& flags)
      : form_(flags.Has("json") ? AnalysisForm::kJson : AnalysisForm::kText),
        destination_(flags.Text("json")) {}

  AnalysisForm form() const { return form_; }

  void Add(const std::string& answer) {
    const std::string text = form_ == AnalysisForm::kJson ? answer + "\n" : answer;
    if (ToFile()) {
      kept_ += text;
    } else {
      Print(text);
    }
  }

  Status Finish() const { return ToFile() ? WriteFile(destination_, kept_) : Status(); }

 private:
  bool ToFile() const { return form_ == AnalysisForm::kJson && destination_ != "-"; }

  AnalysisForm form_;
  std::string destination_;
  std::string kept_;
};

int AnalyzeAll(const AnalysisEngine& engine, const std::string& command, const ParsedFlags& flags) {
  SeriesFileOptions files;
  files.values = flags.Texts("value");
  const Result<AnalyzeSeries> analyze = engine.prepare(flags, files);
  const Result<Sources> sources = Sources::Of(flags);
  if (!analyze || !sources) {
    return Complain(command, analyze ? sources.error() : analyze.error());
  }
  Answers answers(flags);
  const AnalysisOutput output{.form = answers.form(), .text = TerminalOptions()};
  int code = kExitPass;
  for (std::size_t i = 0; i < sources->size(); ++i) {
    Result<SeriesTable> table = sources->Read(i, files);
    const Result<std::string> answer =
        table ? (*analyze)(*table, output) : tl::unexpected(table.error());
    if (answer) {
      answers.Add(*answer);
      continue;
    }
    // One bad file must not cost the others; which it was is said in both places.
    code = std::max(code, Complain(command, answer.error()));
    if (output.form == AnalysisForm::kJson) {
      answers.Add(reports::AnalysisErrorJson(sources->NameOf(i), answer.error().message));
    }
  }
  const Status finished = answers.Finish();
  return finished ? code : Complain(command, finished.error());
}

int UnknownEngine(const std::string& name) {
  std::vector<std::string_view> names;
  for (const AnalysisEngine* engine : Engines()) {
    names.push_back(engine->name);
  }
  const std::optional<std::string> nearest = NearestWord(name, names);
  fmt::print(stderr, "weir analyze: unknown engine '{}'\n  hint: {}\n", Printable(name),
             nearest ? fmt::format("did you mean '{}'?", *nearest)
                     : fmt::format("there are: {}", fmt::join(names, ", ")));
  return kExitUsage;
}

}  // namespace

int AnalyzeMain(const Arguments& arguments) {
  if (arguments.empty()) {
    PrintHelp(stderr);
    return kExitUsage;
  }
  if (arguments.front() == "--help" || arguments.front() == "-h") {
    PrintHelp(stdout);
    return kExitPass;
  }
  for (const AnalysisEngine* engine : Engines()) {
    if (engine->name != arguments.front()) {
      continue;
    }
    const std::string command = fmt::format("analyze {}", engine->name);
    const std::string usage = fmt::format("weir {} [OPTIONS] FILE...", command);
    const Result<ParsedFlags> flags = ParseFlags(SpecOf(*engine, command, usage),
                                                 Arguments(arguments.begin() + 1, arguments.end()));
    if (!flags) {
      return Complain(command, flags.error());
    }
    return flags->help ? static_cast<int>(kExitPass) : AnalyzeAll(*engine, command, *flags);
  }
  return UnknownEngine(arguments.front());
}

}  // namespace weir::cli
