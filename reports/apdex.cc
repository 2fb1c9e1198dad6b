#include "reports/apdex.h"

#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/internal/apdex_json.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

using analysis::Apdex;

constexpr int kIndent = 2;

std::optional<Apdex> Together(std::span<const StepApdex> steps) {
  std::vector<Apdex> known;
  for (const StepApdex& step : steps) {
    if (step.apdex) {
      known.push_back(*step.apdex);
    }
  }
  return analysis::CombinedApdex(known);
}

Style StyleOf(double score) {
  return score >= 0.85 ? Style::kGood : score >= 0.70 ? Style::kDoubtful : Style::kBad;
}

std::vector<Cell> RowOf(const std::string& name, const std::string& target,
                        const std::optional<Apdex>& apdex) {
  if (!apdex) {
    return {{name}, {target}, {"n/a", Style::kFaint}, {}, {"no request"}, {}, {}, {}};
  }
  return {{name},
          {target},
          {fmt::format("{:.2f}{}", apdex->score, apdex->few ? "*" : "")},
          {fmt::format("{:.2f} to {:.2f}", apdex->interval.low, apdex->interval.high)},
          {std::string(analysis::ApdexRating(apdex->score)), StyleOf(apdex->score)},
          {FormatCount(apdex->satisfied)},
          {FormatCount(apdex->tolerating)},
          {FormatCount(apdex->frustrated)}};
}

Json ScoreToJson(const Apdex& apdex) {
  return {{"score", apdex.score},
          {"interval", {apdex.interval.low, apdex.interval.high}},
          {"rating", analysis::ApdexRating(apdex.score)},
          {"satisfied", apdex.satisfied},
          {"tolerating", apdex.tolerating},
          {"frustrated", apdex.frustrated},
          {"few", apdex.few}};
}

}  // namespace

std::string RenderApdex(std::span<const StepApdex> steps, const TextOptions& given) {
  if (steps.empty()) {
    return {};
  }
  const TextOptions options = Checked(given);
  TextTable table({{"step", Align::kLeft, 8},
                   {"T"},
                   {"score"},
                   {"95 %"},
                   {"rating", Align::kLeft},
                   {"within T"},
                   {"4 T"},
                   {"frustrated"}});
  bool few = false;
  for (const StepApdex& step : steps) {
    few = few || (step.apdex && step.apdex->few);
    table.AddRow(RowOf(step.step.empty() ? "all" : Clean(step.step),
                       CellDuration(static_cast<double>(step.t.count()), options.charset),
                       step.apdex));
  }
  if (steps.size() > 1) {
    table.AddRow(RowOf("together", "", Together(steps)));
  }
  std::string text =
      "\n" + Painted("apdex", Style::kTitle, options) + "\n" + table.Render(kIndent, options);
  if (few) {
    text += Wrapped("* of fewer than 100 requests.", kIndent, options);
  }
  return text;
}

Json ApdexToJson(std::span<const StepApdex> steps) {
  constexpr std::string_view kNoRequest = "no request was planned";
  Json rows = Json::array();
  for (const StepApdex& step : steps) {
    Json row = {{"step", step.step}, {"t_ns", step.t.count()}};
    if (step.apdex) {
      row.update(ScoreToJson(*step.apdex));
    } else {
      PutUnknown(row, "score", kNoRequest);
    }
    rows.push_back(std::move(row));
  }
  Json json = {{"steps", std::move(rows)}};
  if (const std::optional<Apdex> all = Together(steps)) {
    json["all"] = ScoreToJson(*all);
  } else {
    PutUnknown(json, "all", kNoRequest);
  }
  return json;
}

}  // namespace weir::reports
