#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analysis/coarse_counts.h"
#include "base/run.h"

namespace weir::analysis {

/// The response times of a run's measured seconds, as a series that stays small however long the
/// run is: up to kBlocksMax stretches of equal length, one second each until they would be too
/// many, then two, four, ... One owner.
/// Cost: Add is linear in the span of the histograms; memory 4 KiB a block, all of it from
/// the start, so that a run's memory does not show its length.
class SecondBlocks {
 public:
  static constexpr std::size_t kBlocksMax = 120;

  SecondBlocks();

  struct Block {
    std::uint32_t first_second = 0;  ///< A multiple of width_s().
    CoarseCounts response;           ///< As MergedLatency: what ended in the block.
  };

  /// Adds one second; only Phase::kMeasure counts. Seconds may come again; earlier ones than
  /// before go to the block they belong to if there is one, else to the first.
  void Add(const SecondRecord& record);
  void Add(const SecondPoint& point);

  /// Length of a block in seconds: a power of two.
  std::uint32_t width_s() const { return width_s_; }

  /// Ascending; stretches in which nothing ended are absent.
  const std::vector<Block>& blocks() const { return blocks_; }

 private:
  CoarseCounts& At(std::uint32_t second);
  void Fold();

  std::uint32_t width_s_ = 1;
  std::vector<Block> blocks_;
};

}  // namespace weir::analysis
