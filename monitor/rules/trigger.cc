#include "monitor/rules/trigger.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "monitor/rules/alert_text.h"

namespace weir::monitor {

std::optional<WallTime> LastOf(const TriggerSpec& spec, std::span<const Happening> happened,
                               WallTime at) {
  std::optional<WallTime> last;
  for (const Happening& each : happened) {
    const bool asked = (spec.kind == TriggerKind::kDeploy && !each.is_run) ||
                       (spec.kind == TriggerKind::kRun && each.is_run);
    if (asked && (spec.subject.empty() || spec.subject == each.subject) && each.at <= at) {
      last = std::max(last.value_or(each.at), each.at);
    }
  }
  return last;
}

std::string DescribeTrigger(const TriggerSpec& spec) {
  const std::string span = FormatAlertSpan(spec.within);
  const std::string of = spec.subject.empty() ? "" : " of " + spec.subject;
  switch (spec.kind) {
    case TriggerKind::kDeploy:
      return fmt::format("within {} after a deployment{}", span, of);
    case TriggerKind::kRun:
      return fmt::format("within {} after a run{} finished", span, of);
    case TriggerKind::kAlert:
      return fmt::format("while {} fires, for {} at most", spec.subject, span);
  }
  WEIR_CHECK(false);
}

}  // namespace weir::monitor
