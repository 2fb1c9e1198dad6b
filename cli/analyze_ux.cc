#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "analysis/sample_join.h"
#include "analysis/ux.h"
#include "analysis/web_vitals.h"
#include "base/text.h"
#include "cli/analyze.h"
#include "cli/series_file.h"
#include "reports/ux.h"

namespace weir::cli {
namespace {

constexpr std::uint64_t kLagMaxMost = 10'000;

struct Question {
  std::vector<std::string> outcomes;
  std::vector<std::string> drivers;  // Empty = all that are no outcomes.
  std::string join;                  // Empty = none.
  Nanos every{0};                    // 0 = the wider of the usual spacings.
  bool explain = false;
  analysis::UxOptions options;
};

FlagSpec Spec() {
  FlagSpec spec;
  spec.about =
      "Which outcomes (conversions, sessions, bounces) move with which latency, after how many\n"
      "rows, and from which latency on they start to change. Season, trend and memory are taken\n"
      "out first. Columns LCP, INP, CLS, FCP and TTFB are rated by their limits, too. Rows with\n"
      "different 'step' or 'segment' are judged apart. Correlation is not cause.";
  spec.examples =
      "  weir analyze ux --outcome conversion_ratio shop.csv\n"
      "  weir analyze ux --outcome orders --join orders.csv --every 5m latency.csv\n"
      "  weir analyze ux --outcome bounce_ratio --driver p95_ms --lag-max 12 --json rum.csv";
  auto add = spec.options.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  const auto texts = [](const char* name) {
    return po::value<std::vector<std::string>>()->value_name(name);
  };
  add("outcome", texts("COLUMN"), "what users did; may be repeated");
  add("driver", texts("COLUMN"), "latency; may be repeated; default: all other columns");
  add("lag-max", text("ROWS"), "how much later an outcome may follow; default 24");
  add("join", text("FILE"), "take the outcomes from this file, joined on time, step and segment");
  add("every", text("DURATION"), "rows of the join; default: the usual distance between rows");
  add("fdr", text("RATIO"), "false ones among the pairs that are shown; default 5%");
  add("explain", "show for each pair why it was called or not");
  return spec;
}

Result<Question> ReadQuestion(const ParsedFlags& flags) {
  Question question;
  question.outcomes = flags.Texts("outcome");
  question.drivers = flags.Texts("driver");
  question.join = flags.Text("join");
  if (question.outcomes.empty()) {
    return UsageError(
        "--outcome is missing\n  hint: name the column of what users did, for example "
        "--outcome conversion_ratio");
  }
  const auto lag = ReadFlag(flags, "lag-max", ParseCount, std::uint64_t{24});
  const auto rate = ReadFlag(flags, "fdr", ParseRatio, 0.05);
  const auto every = ReadFlag(flags, "every", ParseDuration, Nanos(0));
  if (!lag || !rate || !every) {
    return tl::unexpected(!lag ? lag.error() : !rate ? rate.error() : every.error());
  }
  if (*lag > kLagMaxMost || *rate <= 0 || *rate >= 1) {
    return UsageError(*lag > kLagMaxMost ? "--lag-max: at most 10,000 rows\n  hint: join to longer "
                                           "rows with --every"
                                         : "--fdr: must be above 0 and below 100 %\n  hint: 5%");
  }
  question.every = *every;
  question.explain = flags.Has("explain");
  question.options.correlation.lag_max = *lag;
  question.options.false_discovery_rate = *rate;
  return question;
}

std::vector<std::string> SharedLabels(const SeriesTable& a, const SeriesTable* b) {
  std::vector<std::string> names;
  for (const char* name : {"step", "segment"}) {
    if (a.FindLabels(name) != nullptr && (b == nullptr || b->FindLabels(name) != nullptr)) {
      names.emplace_back(name);
    }
  }
  return names;
}

std::string GroupName(const std::vector<std::string>& names, const std::vector<std::string>& key) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += fmt::format("{}{}={}", i == 0 ? "" : " ", names[i], key[i]);
  }
  return text;
}

Result<SeriesTable> Joined(const Question& question, const SeriesTable& a, const SeriesTable& b) {
  Nanos every = question.every;
  if (every.count() == 0) {
    every = std::max(analysis::UsualSpacing(a).value_or(Nanos(1)),
                     analysis::UsualSpacing(b).value_or(Nanos(1)));
  }
  return analysis::JoinOnTime(a, b, every);
}

// The tables to look at: one for each combination of labels, joined where there is something to
// join.
Result<std::vector<reports::UxGroup>> Groups(const Question& question, const SeriesTable& table,
                                             const SeriesTable* other) {
  const std::vector<std::string> names = SharedLabels(table, other);
  auto mine = analysis::SplitByLabels(table, names);
  if (!mine) {
    return tl::unexpected(mine.error());
  }
  std::vector<reports::UxGroup> groups;
  if (other == nullptr) {
    for (analysis::LabelGroup& group : *mine) {
      groups.push_back({.name = GroupName(names, group.key),
                        .table = std::move(group.table),
                        .pairs = {},
                        .vitals = {}});
    }
    return groups;
  }
  const auto theirs = analysis::SplitByLabels(*other, names);
  if (!theirs) {
    return tl::unexpected(theirs.error());
  }
  for (const analysis::LabelGroup& group : *mine) {
    const auto match =
        std::find_if(theirs->begin(), theirs->end(),
                     [&](const analysis::LabelGroup& one) { return one.key == group.key; });
    if (match == theirs->end()) {
      continue;
    }
    Result<SeriesTable> joined = Joined(question, group.table, match->table);
    if (!joined) {
      return tl::unexpected(joined.error());
    }
    groups.push_back({.name = GroupName(names, group.key),
                      .table = std::move(*joined),
                      .pairs = {},
                      .vitals = {}});
  }
  if (groups.empty()) {
    return UsageError(fmt::format("{} and {} share no {}\n  hint: check how they are written",
                                  Printable(table.source), Printable(other->source),
                                  fmt::join(names, " and ")));
  }
  return groups;
}

Status CheckColumns(const Question& question, const SeriesTable& table) {
  std::vector<std::string_view> names;
  for (const Series& series : table.series) {
    names.push_back(series.name);
  }
  for (const auto* wanted : {&question.outcomes, &question.drivers}) {
    for (const std::string& name : *wanted) {
      if (table.Find(name) == nullptr) {
        const auto nearest = NearestWord(name, names);
        return UsageError(fmt::format(
            "{}: there is no column '{}'\n  hint: {}", Printable(table.source), Printable(name),
            nearest ? fmt::format("did you mean '{}'?", Printable(*nearest))
                    : Printable(fmt::format("the columns are: {}", fmt::join(names, ", ")))));
      }
    }
  }
  return {};
}

void JudgeGroup(const Question& question, reports::UxGroup& group) {
  const auto is_named = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::vector<Series> drivers;
  std::vector<Series> outcomes;
  for (const Series& series : group.table.series) {
    const bool outcome = is_named(question.outcomes, series.name);
    if (outcome) {
      outcomes.push_back(series);
    } else if (question.drivers.empty() || is_named(question.drivers, series.name)) {
      drivers.push_back(series);
    }
    if (const auto column = analysis::WebVitalOf(series.name)) {
      std::vector<double> samples = series.values;
      for (double& sample : samples) {
        sample *= column->scale;
      }
      group.vitals.push_back({.column = series.name,
                              .vital = column->vital,
                              .result = analysis::RateWebVital(*column->vital, samples)});
    }
  }
  group.pairs = analysis::CorrelateUx(drivers, outcomes, question.options);
}

Result<std::string> Answer(const Question& question, const SeriesTable& table,
                           const SeriesTable* other, const AnalysisOutput& output) {
  auto groups = Groups(question, table, other);
  if (!groups) {
    return tl::unexpected(groups.error());
  }
  for (reports::UxGroup& group : *groups) {
    if (Status columns = CheckColumns(question, group.table); !columns) {
      return tl::unexpected(columns.error());
    }
    JudgeGroup(question, group);
  }
  if (output.form == AnalysisForm::kJson) {
    return reports::UxJson(table.source, *groups);
  }
  return reports::RenderUx(table.source, *groups, output.text) +
         (question.explain ? reports::ExplainUx(*groups, output.text) : std::string());
}

Result<AnalyzeSeries> Prepare(const ParsedFlags& flags, SeriesFileOptions& files) {
  const Result<Question> question = ReadQuestion(flags);
  if (!question) {
    return tl::unexpected(question.error());
  }
  files.labels.insert(files.labels.end(), {"step", "segment"});
  // Shared by all files; null = nothing to join.
  std::shared_ptr<const SeriesTable> other;
  if (!question->join.empty()) {
    SeriesFileOptions options = files;
    options.values.clear();
    Result<SeriesTable> read = ReadSeriesFile(question->join, options);
    if (!read) {
      return tl::unexpected(read.error());
    }
    other = std::make_shared<const SeriesTable>(std::move(*read));
  }
  return [question = *question, other](const SeriesTable& table, const AnalysisOutput& output) {
    return Answer(question, table, other.get(), output);
  };
}

}  // namespace

const AnalysisEngine& UxEngine() {
  static constexpr AnalysisEngine kEngine = {
      "ux", "which outcomes move with which latency, and from where on", &Spec, &Prepare};
  return kEngine;
}

}  // namespace weir::cli
