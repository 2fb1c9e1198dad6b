#include "reports/internal/target_text.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/internal/target_use.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

constexpr int kIndent = 2;

std::string AmountInWords(std::string_view name, std::optional<double> amount, Charset charset) {
  if (!amount) {
    return "n/a";
  }
  switch (TargetUnitOf(name)) {
    case TargetUnit::kSeconds:
      return CellDuration(*amount * 1e9, charset);
    case TargetUnit::kBytes:
      return FormatBytes(static_cast<std::uint64_t>(std::llround(std::max(0.0, *amount))));
    case TargetUnit::kNumber:
      break;
  }
  return fmt::format("{:.4g}", *amount);
}

}  // namespace

std::string RenderTarget(const Run& run, const TextOptions& options) {
  if (run.target_metrics.empty()) {
    return {};
  }
  TextTable table(
      {{"", Align::kLeft, 20}, {"total"}, {"per s"}, {"per request"}, {"end"}, {"peak"}});
  std::string notes;
  for (const TargetUse& use : TargetUses(run)) {
    const std::string& name = use.metric->name;
    const auto cell = [&](std::optional<double> amount) {
      return Cell{AmountInWords(name, amount, options.charset), Style::kPlain};
    };
    const Cell none{"", Style::kFaint};
    if (use.metric->IsCounter()) {
      table.AddRow(
          {{Clean(name)}, cell(use.total), cell(use.per_s), cell(use.per_request), none, none});
    } else {
      table.AddRow(
          {{Clean(name)}, none, none, none, cell(use.metric->last), cell(use.metric->max)});
    }
    if (!use.reason.empty()) {
      notes += Wrapped(fmt::format("n/a: {}: {}.", Clean(name), use.reason), kIndent, options);
    }
  }
  return "\n" + Painted("target", Style::kTitle, options) + "\n" + table.Render(kIndent, options) +
         notes;
}

}  // namespace weir::reports
