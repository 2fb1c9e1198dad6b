#include "base/text.h"
#include "reports/history.h"
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

}  // namespace

std::string RenderHistoryText(std::span<const HistoryRow> rows, const TextOptions& given) {
  const TextOptions options = Checked(given);
  if (rows.empty()) {
    return "No runs.\n";
  }
  TextTable table({{"run"},
                   {"started (UTC)", Align::kLeft},
                   {"scenario", Align::kLeft, 8},
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
    const auto latency = [&options](std::optional<double> ns) {
      return ns ? Cell{CellDuration(*ns, options.charset)} : Cell{"n/a", Style::kFaint};
    };
    table.AddRow({{std::to_string(row.run)},
                  {Minute(row.started_at)},
                  {Clean(row.scenario)},
                  {Clean(row.build)},
                  {row.rate_per_s ? FormatRate(*row.rate_per_s) : "n/a"},
                  latency(row.p50_ns),
                  latency(row.p99_ns),
                  {row.error_ratio ? ShareInWords(*row.error_ratio) : "n/a",
                   row.error_ratio.value_or(0) > 0 ? Style::kBad : Style::kPlain},
                  StateCell(row),
                  {row.requests ? FormatCount(*row.requests) : "n/a"},
                  {Clean(row.branch)},
                  {Clean(row.tag)}});
  }
  return table.Render(0, options);
}

}  // namespace weir::reports
