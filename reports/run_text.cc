#include "reports/run_text.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/internal/latency_summary.h"
#include "reports/internal/number_text.h"
#include "reports/internal/program_report.h"
#include "reports/internal/target_text.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

constexpr int kIndent = 2;
constexpr int kLabelWidth = 11;  // "thresholds" and a space.

std::string Dot(const TextOptions& options) {
  return options.charset == Charset::kUnicode ? " · " : " - ";
}

std::string Title(std::string_view text, const TextOptions& options) {
  return "\n" + Painted(text, Style::kTitle, options) + "\n";
}

// "label      text", wrapped under the text.
std::string Labelled(std::string_view label, std::string_view text, const TextOptions& options) {
  std::string lines = Wrapped(text, kLabelWidth, options);
  const std::string head = fmt::format("{:<{}}", label, kLabelWidth);
  lines.replace(0, std::min<std::size_t>(kLabelWidth, lines.size()),
                Painted(label, Style::kFaint, options) + head.substr(label.size()));
  return lines;
}

std::string BuildInWords(const RunPlan& plan) {
  std::string words = plan.build.empty() ? "not said" : Clean(plan.build);
  if (!plan.branch.empty()) {
    words += " on " + Clean(plan.branch);
  }
  if (!plan.tag.empty()) {
    words += ", tag " + Clean(plan.tag);
  }
  return words;
}

std::string RenderHead(const Run& run, const TextOptions& options) {
  std::string number = run.id > 0 ? fmt::format("weir run {}", run.id) : "weir run (not stored)";
  const std::string state(RunStateName(run.state));
  const int room = options.width - DisplayWidth(number + state) - 2 * DisplayWidth(Dot(options));
  std::string out =
      Painted(number, Style::kTitle, options) + Dot(options) +
      Painted(CutToWidth(Clean(run.plan.scenario), room, options.charset), Style::kTitle, options) +
      Dot(options) +
      Painted(state, run.state == RunState::kComplete ? Style::kGood : Style::kBad, options) + "\n";
  if (!run.state_reason.empty()) {
    out += Wrapped(Clean(run.state_reason, 2000), kLabelWidth, options);
  }
  out += Labelled("target", Clean(run.plan.target), options);
  std::string load = Clean(run.plan.load);
  if (run.plan.warm_up.count() > 0) {
    load +=
        fmt::format(" (the first {} warm up and do not count)", FormatDuration(run.plan.warm_up));
  }
  return out + Labelled("load", load, options) + Labelled("build", BuildInWords(run.plan), options);
}

Style StyleOf(Grade grade) {
  switch (grade) {
    case Grade::kValid:
      return Style::kGood;
    case Grade::kSuspect:
      return Style::kDoubtful;
    case Grade::kInvalid:
      break;
  }
  return Style::kBad;
}

// "validity   INVALID", and a sentence for each reason.
std::string RenderValidity(const Run& run, const TextOptions& options) {
  if (!run.validity) {
    return {};
  }
  const Grade grade = run.validity->grade;
  const std::string_view word = grade == Grade::kInvalid ? "INVALID" : GradeName(grade);
  constexpr std::string_view kLabel = "validity";
  std::string out = Painted(kLabel, Style::kFaint, options) +
                    std::string(kLabelWidth - kLabel.size(), ' ') +
                    Painted(word, StyleOf(grade), options) + "\n";
  for (const ValidityReason& reason : run.validity->reasons) {
    std::string text = Clean(reason.text, 2000);
    text = run.validity->reasons.size() > 1 ? fmt::format("{}: {}", GradeName(reason.grade), text)
                                            : text;
    out += Wrapped(text, kLabelWidth, options);
  }
  return out;
}

// "90 s", "12 min", "3 h", "4 days": how old something is.
std::string AgeInWords(double seconds) {
  constexpr double kMinute = 60;
  constexpr double kHour = 60 * kMinute;
  constexpr double kDay = 24 * kHour;
  const double age = std::max(0.0, seconds);
  if (age < 2 * kMinute) {
    return fmt::format("{:.0f} s", age);
  }
  if (age < 2 * kHour) {
    return fmt::format("{:.0f} min", age / kMinute);
  }
  return age < 2 * kDay ? fmt::format("{:.0f} h", age / kHour)
                        : fmt::format("{:.0f} days", age / kDay);
}

// "instrument  error +12.3µs at p99, +3.1µs at p50; calibrated 2 h before this run"; nothing
// without a calibration.
std::string RenderInstrument(const Run& run, const TextOptions& options) {
  if (!run.validity || !run.validity->of(Evidence::kCalibrationAge).value) {
    return {};
  }
  std::string words;
  for (const auto& [which, name] :
       {std::pair(Evidence::kCalibrationP99, "p99"), std::pair(Evidence::kCalibrationP50, "p50")}) {
    if (const std::optional<double> error = run.validity->of(which).value) {
      words += fmt::format("{}{}{} at {}", words.empty() ? "error " : ", ", *error < 0 ? "-" : "+",
                           CellDuration(std::fabs(*error), options.charset), name);
    }
  }
  words += words.empty() ? "error unknown: the calibration had too few requests" : "";
  return Labelled(
      "instrument",
      words + fmt::format("; calibrated {} before this run",
                          AgeInWords(*run.validity->of(Evidence::kCalibrationAge).value)),
      options);
}

// As Threshold::Metric::kValidity counts.
std::string GradeInWords(double value) {
  return std::string(value >= 2   ? GradeName(Grade::kValid)
                     : value >= 1 ? GradeName(Grade::kSuspect)
                                  : GradeName(Grade::kInvalid));
}

std::string ObservedInWords(const ThresholdResult& result, const TextOptions& options) {
  if (!result.observed) {
    return result.reason.empty() ? "not known" : Clean(result.reason);
  }
  std::string words;
  switch (result.threshold.metric) {
    case Threshold::Metric::kErrorRate:
    case Threshold::Metric::kAchieved:
      words = ShareInWords(*result.observed);
      break;
    case Threshold::Metric::kRate:
      words = FormatRate(*result.observed);
      break;
    case Threshold::Metric::kCount:
      words = FormatCount(static_cast<std::uint64_t>(*result.observed));
      break;
    case Threshold::Metric::kValue:
      words = fmt::format("{:.6g}", *result.observed);
      break;
    case Threshold::Metric::kValidity:
      words = GradeInWords(*result.observed);
      break;
    default:
      words = CellDuration(*result.observed, options.charset);
  }
  return result.reason.empty() ? words : words + ", " + Clean(result.reason);
}

Mark MarkOf(ThresholdResult::State state, Charset charset) {
  switch (state) {
    case ThresholdResult::State::kPass:
      return PassMark(charset);
    case ThresholdResult::State::kFail:
      return FailMark(charset);
    case ThresholdResult::State::kUnknown:
      break;
  }
  return UnknownMark(charset);
}

std::string RenderThresholds(const Run& run, const TextOptions& options) {
  if (run.thresholds.empty()) {
    return {};
  }
  std::string out = Title("thresholds", options);
  int widest = 0;
  for (const ThresholdResult& result : run.thresholds) {
    widest = std::max(widest, DisplayWidth(Clean(result.threshold.text)));
  }
  widest = std::min(widest, options.width / 2);
  for (const ThresholdResult& result : run.thresholds) {
    const Mark mark = MarkOf(result.state, options.charset);
    const std::string text = CutToWidth(Clean(result.threshold.text), widest, options.charset);
    const int mark_width = options.charset == Charset::kUnicode ? 1 : 4;
    const auto pad = [](int count) { return std::string(static_cast<std::size_t>(count), ' '); };
    const int used = kIndent + mark_width + 1 + widest + 2;
    std::string observed = Wrapped(ObservedInWords(result, options), used, options);
    observed.erase(0, std::min<std::size_t>(static_cast<std::size_t>(used), observed.size()));
    out += fmt::format("{}{}{}{}{}{}", pad(kIndent), Painted(mark.text, mark.style, options),
                       pad(mark_width - DisplayWidth(mark.text) + 1), text,
                       pad(widest - DisplayWidth(text) + 2), observed);
  }
  return out;
}

std::string OutcomeInWords(Outcome outcome) {
  std::string name(OutcomeName(outcome));
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string RenderRequests(const Run& run, const StepRecord& total, const TextOptions& options) {
  const RequestCounts& counts = total.counts;
  std::string words = FormatCount(counts.planned) + " planned, " +
                      FormatCount(counts.of(Outcome::kCompleted)) + " completed";
  for (std::size_t i = 1; i < kOutcomeCount; ++i) {
    if (counts.by_outcome[i] != 0) {
      words += fmt::format(", {} {}", FormatCount(counts.by_outcome[i]),
                           OutcomeInWords(static_cast<Outcome>(i)));
    }
  }
  std::string out = "\n" + Labelled("requests", words, options);
  const Rates rates = RatesOf(run, total);
  if (!rates.achieved) {
    return out + Labelled("rate", "unknown: the run ended before its measured phase", options);
  }
  const std::string achieved = FormatRate(*rates.achieved) + " achieved";
  return out + Labelled("rate",
                        rates.planned ? FormatRate(*rates.planned) + " planned, " + achieved
                                      : achieved + " (closed loop: the rate is a result)",
                        options);
}

Cell LatencyCell(const LatencyValue& value, Charset charset) {
  if (!value.value_ns) {
    return {"n/a", Style::kFaint};
  }
  const std::string_view mark = charset == Charset::kUnicode ? "≥" : ">=";
  return {(value.lower_bound ? std::string(mark) : std::string()) +
              CellDuration(*value.value_ns, charset),
          Style::kPlain};
}

struct NamedRow {
  std::string_view name;
  const LatencySummary* summary;
};

std::vector<NamedRow> RowsOf(const LatencyTable& table) {
  return {
      {"response", &table.response}, {"service", &table.service}, {"send lag", &table.send_lag}};
}

TextTable WideLatencyTable(const LatencyTable& table, Charset charset) {
  std::vector<TextColumn> columns = {{"", Align::kLeft}};
  for (const LatencyColumn& column : kLatencyColumns) {
    columns.push_back({std::string(column.title), Align::kRight});
  }
  TextTable text(std::move(columns));
  for (const NamedRow& row : RowsOf(table)) {
    std::vector<Cell> cells = {{std::string(row.name)}};
    for (const LatencyValue& value : row.summary->values) {
      cells.push_back(LatencyCell(value, charset));
    }
    text.AddRow(std::move(cells));
  }
  return text;
}

// For narrow terminals: statistics downwards.
TextTable TallLatencyTable(const LatencyTable& table, Charset charset) {
  std::vector<TextColumn> columns = {{"", Align::kLeft}};
  const std::vector<NamedRow> rows = RowsOf(table);
  for (const NamedRow& row : rows) {
    columns.push_back({std::string(row.name), Align::kRight});
  }
  TextTable text(std::move(columns));
  for (std::size_t i = 0; i < kLatencyColumns.size(); ++i) {
    std::vector<Cell> cells = {{std::string(kLatencyColumns[i].title)}};
    for (const NamedRow& row : rows) {
      cells.push_back(LatencyCell(row.summary->values[i], charset));
    }
    text.AddRow(std::move(cells));
  }
  return text;
}

// "p99.9 needs 2,995 samples, p99.99 needs 29,956; there are 1,000", or nothing.
std::string MissingInWords(const LatencySummary& summary) {
  if (summary.count == 0) {
    return "no request had a whole answer, so there is nothing to time";
  }
  std::string words;
  for (std::size_t i = 0; i < kLatencyColumns.size(); ++i) {
    const LatencyValue& value = summary.values[i];
    if (!value.value_ns && value.samples_needed > 0) {
      words += fmt::format("{}{} needs {}{}", words.empty() ? "" : ", ", kLatencyColumns[i].title,
                           FormatCount(value.samples_needed), words.empty() ? " samples" : "");
    }
  }
  return words.empty() ? words : words + fmt::format("; there are {}", FormatCount(summary.count));
}

std::string RenderLatencyNotes(const LatencyTable& table, const TextOptions& options) {
  std::string out;
  if (const std::string missing = MissingInWords(table.response); !missing.empty()) {
    out += Wrapped("n/a: " + missing + ".", kIndent, options);
  }
  if (table.response.censored > 0) {
    out += Wrapped(fmt::format("{} lower bound: {} had no answer when weir stopped waiting for {}.",
                               options.charset == Charset::kUnicode ? "≥" : ">=",
                               table.response.censored == 1
                                   ? "1 request"
                                   : FormatCount(table.response.censored) + " requests",
                               table.response.censored == 1 ? "it" : "them"),
                   kIndent, options);
  }
  if (const std::optional<double> factor = WaitFactorAtP99(table)) {
    const std::string line = fmt::format(
        "Response p99 is {:.1f} times service p99: requests waited before they were sent.",
        *factor);
    out += Painted(Wrapped(line, kIndent, options), Style::kDoubtful, options);
  }
  return out;
}

std::string RenderLatency(const LatencyTable& table, const TextOptions& options) {
  if (table.response.count == 0 && table.send_lag.count == 0) {
    return Title("latency", options) +
           Wrapped("No request was answered in the measured phase: nothing is known.", kIndent,
                   options);
  }
  TextTable text = WideLatencyTable(table, options.charset);
  // One space between columns is still readable; below that the table is turned.
  const int columns = static_cast<int>(kLatencyColumns.size());
  if (text.WidthNeeded(kIndent) - columns > options.width) {
    text = TallLatencyTable(table, options.charset);
  }
  return Title("latency", options) + text.Render(kIndent, options) +
         RenderLatencyNotes(table, options);
}

// "first byte": as people write it.
std::string PartInWords(LatencyPart part) {
  std::string name(LatencyPartName(part));
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

// A share of the response times that has to be explained, unless it is the start of a short run.
constexpr double kWaitShareNoted = 0.2;
constexpr double kWaitNotedNs = 500'000;

// Of the parts that were ever above zero; nothing when the parts are not known.
std::string RenderParts(const StepRecord& total, const TextOptions& options) {
  if (total.parts.empty()) {
    return {};
  }
  double sum_ns = 0;
  for (const auto& [part, spans] : total.parts) {
    sum_ns += spans.sum_ns();
  }
  TextTable table({{"", Align::kLeft}, {"share"}, {"mean"}, {"p50"}, {"p99"}, {"max"}});
  for (const auto& [part, spans] : total.parts) {
    const LatencySummary summary = SummaryOf(total, part);
    table.AddRow({{PartInWords(part)},
                  {ShareInWords(spans.sum_ns() / sum_ns)},
                  LatencyCell(summary.values[kColumnMean], options.charset),
                  LatencyCell(summary.values[kColumnP50], options.charset),
                  LatencyCell(summary.values[kColumnP99], options.charset),
                  LatencyCell(summary.values.back(), options.charset)});
  }
  std::string out = Title("where the time went", options) + table.Render(kIndent, options);
  const auto wait = total.parts.find(LatencyPart::kWait);
  if (wait != total.parts.end() && wait->second.sum_ns() > kWaitShareNoted * sum_ns &&
      wait->second.sum_ns() > kWaitNotedNs * static_cast<double>(wait->second.count())) {
    out += Painted(
        Wrapped("Much of it was spent waiting for a connection, with all of them busy: the target "
                "was full, or takes more at a time than 'connections' (-c) let through.",
                kIndent, options),
        Style::kDoubtful, options);
  }
  return out;
}

std::string RenderSteps(const Run& run, const TextOptions& options) {
  if (run.plan.steps.size() < 2) {
    return {};
  }
  TextTable table({{"step", Align::kLeft, 12},
                   {"flow", Align::kLeft, 6},
                   {"requests"},
                   {"rate"},
                   {"p50"},
                   {"p99"},
                   {"max"},
                   {"errors"}});
  for (std::size_t i = 0; i < run.plan.steps.size(); ++i) {
    const StepRecord record = run.Total(Phase::kMeasure, static_cast<int>(i));
    const LatencySummary response = SummaryOf(record, LatencyKind::kResponse);
    const std::optional<double> rate = RatesOf(run, record).achieved;
    const std::optional<double> errors = record.counts.ErrorRatio();
    const bool any_error = errors.value_or(0) > 0;
    table.AddRow(
        {{Clean(run.plan.steps[i].step)},
         {Clean(run.plan.steps[i].flow)},
         {FormatCount(record.counts.planned)},
         {rate ? FormatRate(*rate) : "n/a"},
         LatencyCell(response.values[kColumnP50], options.charset),
         LatencyCell(response.values[kColumnP99], options.charset),
         LatencyCell(response.values.back(), options.charset),
         {errors ? ShareInWords(*errors) : "n/a", any_error ? Style::kBad : Style::kPlain}});
  }
  return Title("steps", options) + table.Render(kIndent, options);
}

std::string RenderErrors(const StepRecord& total, const TextOptions& options) {
  TextTable table({{"kind", Align::kLeft}, {"count"}, {"of planned"}});
  bool any = false;
  for (std::size_t i = 1; i < kRequestErrorCount; ++i) {
    if (total.errors[i] == 0) {
      continue;
    }
    any = true;
    const double share = total.counts.planned == 0 ? 0
                                                   : static_cast<double>(total.errors[i]) /
                                                         static_cast<double>(total.counts.planned);
    table.AddRow({{std::string(RequestErrorName(static_cast<RequestError>(i)))},
                  {FormatCount(total.errors[i])},
                  {total.counts.planned == 0 ? "n/a" : ShareInWords(share)}});
  }
  return any ? Title("errors", options) + table.Render(kIndent, options) : std::string();
}

std::string RenderResources(const Run& run, const TextOptions& options) {
  std::string words;
  if (run.cpu_s) {
    words = fmt::format("{:.2f} s of CPU", *run.cpu_s);
    if (run.duration.count() > 0) {
      words += fmt::format(" ({:.0f} % of one core)", *run.cpu_s / Seconds(run.duration) * 100);
    }
  }
  if (run.rss_bytes_max) {
    words += (words.empty() ? "" : ", ") + FormatBytes(*run.rss_bytes_max) + " of memory at most";
  }
  return "\n" + Labelled("generator", words.empty() ? "was never sampled" : words, options);
}

}  // namespace

std::string RenderRunText(const Run& run, const TextOptions& options,
                          std::span<const StepApdex> apdex) {
  const TextOptions checked = Checked(options);
  const StepRecord total = run.Total(Phase::kMeasure);
  if (!run.measurements.empty()) {
    return RenderHead(run, checked) + RenderMeasurements(run, checked);
  }
  return RenderHead(run, checked) + RenderValidity(run, checked) + RenderInstrument(run, checked) +
         RenderThresholds(run, checked) + RenderRequests(run, total, checked) +
         RenderLatency(LatencyTableOf(total), checked) + RenderParts(total, checked) +
         RenderUsage(run, total, checked) + RenderSteps(run, checked) +
         RenderApdex(apdex, checked) + RenderErrors(total, checked) +
         RenderResources(run, checked) + RenderTarget(run, checked);
}

}  // namespace weir::reports
