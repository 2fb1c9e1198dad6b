#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/history.h"
#include "reports/internal/history_changes.h"
#include "reports/internal/number_text.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

// "2026-11-23 12:34": seconds and the zone's letter carry nothing in a list.
std::string Minute(WallTime at) {
  std::string text = FormatWallTime(at).substr(0, 16);
  text[10] = ' ';
  return text;
}

Cell StateCell(const HistoryRow& row) {
  const bool usual = row.state == RunState::kComplete || row.in_progress;
  return {std::string(StateWord(row)), usual ? Style::kFaint : Style::kBad};
}

// The change point that moved the metric of the whole run in this very run.
const analysis::HistoryChange* ChangeIn(const HistoryRow& row, std::string_view metric,
                                        const std::optional<analysis::HistoryChanges>& changes) {
  if (!changes || row.run == 0) {
    return nullptr;
  }
  const auto& all = changes->changes;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& change) {
    return change.run == row.run && change.step.empty() && change.metric.name == metric;
  });
  return found == all.end() ? nullptr : &*found;
}

// A cell with the arrow of a change point before it.
Cell Marked(Cell cell, const analysis::HistoryChange* change, const TextOptions& options) {
  if (change == nullptr) {
    return cell;
  }
  const Mark mark = ChangeMark(*change, options.charset);
  return {fmt::format("{} {}", mark.text, cell.text), mark.style};
}

Cell LatencyCell(std::optional<double> ns, bool lower_bound, Charset charset) {
  if (!ns) {
    return {"n/a", Style::kFaint};
  }
  const std::string_view mark = charset == Charset::kUnicode ? "≥" : ">=";
  return {(lower_bound ? std::string(mark) : std::string()) + CellDuration(*ns, charset)};
}

// The scheme of a scenario that is an address tells nothing apart.
std::string ScenarioText(const std::string& scenario) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (scenario.starts_with(scheme)) {
      return Clean(scenario.substr(scheme.size()));
    }
  }
  return Clean(scenario);
}

}  // namespace

std::string RenderHistoryText(std::span<const HistoryRow> rows,
                              const std::optional<analysis::HistoryChanges>& changes,
                              const TextOptions& given) {
  const TextOptions options = Checked(given);
  if (rows.empty()) {
    return "No runs.\n";
  }
  TextTable table({{"run"},
                   {"started (UTC)", Align::kLeft},
                   {"scenario", Align::kLeft, 8, Cut::kMiddle},
                   {"build", Align::kLeft, 6},
                   {"rate"},
                   {"p50"},
                   {"p99"},
                   {"errors"},
                   {"state", Align::kLeft},
                   {"requests"},
                   {"branch", Align::kLeft, 6},
                   {"tag", Align::kLeft, 6}});
  for (const HistoryRow& row : rows) {
    const auto marked = [&](Cell cell, std::string_view metric) {
      return Marked(std::move(cell), ChangeIn(row, metric, changes), options);
    };
    const Cell errors = {row.error_ratio ? ShareInWords(*row.error_ratio) : "n/a",
                         row.error_ratio.value_or(0) > 0 ? Style::kBad : Style::kPlain};
    table.AddRow(
        {{std::to_string(row.run)},
         {Minute(row.started_at)},
         {ScenarioText(row.scenario)},
         {Clean(row.build)},
         marked({row.rate_per_s ? FormatRate(*row.rate_per_s) : "n/a"}, "throughput"),
         marked(LatencyCell(row.p50_ns, row.p50_lower_bound, options.charset), "response_time.p50"),
         marked(LatencyCell(row.p99_ns, row.p99_lower_bound, options.charset), "response_time.p99"),
         marked(errors, "error_rate"),
         StateCell(row),
         {row.requests ? FormatCount(*row.requests) : "n/a"},
         {Clean(row.branch)},
         {Clean(row.tag)}});
  }
  const std::string text = table.Render(0, options);
  const std::string below = changes ? RenderHistoryChanges(rows, *changes, options) : "";
  return below.empty() ? text : text + "\n" + below;
}

}  // namespace weir::reports
