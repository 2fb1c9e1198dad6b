#include "analysis/second_blocks.h"

namespace weir::analysis {

// Writes to all of the memory, and keeps it.
SecondBlocks::SecondBlocks() : blocks_(kBlocksMax) {
  blocks_.clear();
}

void SecondBlocks::Add(const SecondRecord& record) {
  for (const StepRecord& step : record.steps) {
    if (step.phase != Phase::kMeasure) {
      continue;
    }
    for (const auto& [outcome, set] : step.latency) {
      if (!set.response.empty()) {
        At(record.second).Add(set.response);
      }
    }
  }
}

void SecondBlocks::Add(const SecondPoint& point) {
  if (point.phase == Phase::kMeasure && !point.response.empty()) {
    At(point.second).Add(point.response);
  }
}

CoarseCounts& SecondBlocks::At(std::uint32_t second) {
  const auto first_of = [&] { return second / width_s_ * width_s_; };
  for (std::size_t i = blocks_.size(); i-- > 0 && blocks_[i].first_second >= first_of();) {
    if (blocks_[i].first_second == first_of()) {
      return blocks_[i].response;
    }
  }
  if (!blocks_.empty() && second < blocks_.back().first_second) {
    return blocks_.front().response;
  }
  while (blocks_.size() >= kBlocksMax) {
    Fold();
  }
  if (blocks_.empty() || blocks_.back().first_second != first_of()) {
    blocks_.push_back({first_of(), {}});
  }
  return blocks_.back().response;
}

void SecondBlocks::Fold() {
  width_s_ *= 2;
  std::size_t folded = 0;
  for (Block& block : blocks_) {
    block.first_second = block.first_second / width_s_ * width_s_;
    if (folded > 0 && blocks_[folded - 1].first_second == block.first_second) {
      blocks_[folded - 1].response.Add(block.response);
    } else {
      blocks_[folded++] = block;
    }
  }
  blocks_.resize(folded);
}

}  // namespace weir::analysis
