#include "analysis/isotonic.h"

#include "base/check.h"

namespace weir::analysis {
namespace {

struct Block {
  double mean = 0;
  double weight = 0;
  std::size_t size = 0;
};

}  // namespace

std::vector<double> IsotonicFit(std::span<const double> values, std::span<const double> weights,
                                Direction direction) {
  WEIR_CHECK(weights.empty() || weights.size() == values.size());
  const double sign = direction == Direction::kRising ? 1 : -1;
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < values.size(); ++i) {
    Block block{sign * values[i], weights.empty() ? 1 : weights[i], 1};
    while (!blocks.empty() && blocks.back().mean >= block.mean) {
      const Block& before = blocks.back();
      const double weight = before.weight + block.weight;
      block.mean = before.mean + (block.mean - before.mean) * (block.weight / weight);
      block.weight = weight;
      block.size += before.size;
      blocks.pop_back();
    }
    blocks.push_back(block);
  }
  std::vector<double> fit;
  fit.reserve(values.size());
  for (const Block& block : blocks) {
    fit.insert(fit.end(), block.size, sign * block.mean);
  }
  return fit;
}

}  // namespace weir::analysis
