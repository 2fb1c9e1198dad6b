#include "reports/step_lines.h"

#include <utility>

namespace weir::reports {

StepLineMaker::StepLineMaker(std::size_t steps, std::uint32_t seconds) : open_(steps) {
  lines_.width_s = seconds / kStepPoints + 1;
  lines_.p50_ns.resize(steps);
}

void StepLineMaker::Add(std::uint32_t second, const StepRecord& record) {
  if (record.step >= open_.size()) {
    return;
  }
  while (column_ < second / lines_.width_s) {
    CloseColumn();
  }
  for (const auto& [outcome, set] : record.latency) {
    open_[record.step].Merge(set.response);
  }
}

StepLines StepLineMaker::Finish() {
  CloseColumn();
  return std::move(lines_);
}

void StepLineMaker::CloseColumn() {
  for (std::size_t i = 0; i < open_.size(); ++i) {
    lines_.p50_ns[i].push_back(open_[i].empty() ? std::nullopt
                                                : std::optional(open_[i].QuantileNs(0.5)));
    open_[i].Clear();
  }
  ++column_;
}

}  // namespace weir::reports
