#include "analysis/gate_looks.h"

#include <cmath>
#include <iterator>

#include "base/check.h"

namespace weir::analysis {
namespace {

struct Constant {
  std::uint32_t pairs_max;
  double c;
};

constexpr Constant kConstants[] = {{3, 1.0},     {4, 0.618},   {5, 0.482},   {6, 0.410},
                                   {8, 0.330},   {10, 0.289},  {12, 0.264},  {15, 0.239},
                                   {20, 0.216},  {30, 0.190},  {40, 0.179},  {60, 0.164},
                                   {100, 0.150}, {200, 0.140}, {500, 0.130}, {1000, 0.125}};

double ConstantFor(std::uint32_t pairs_max) {
  const Constant* above = std::begin(kConstants);
  while (above != std::end(kConstants) && above->pairs_max < pairs_max) {
    ++above;
  }
  if (above == std::end(kConstants)) {
    return std::prev(above)->c;
  }
  if (above->pairs_max == pairs_max) {
    return above->c;
  }
  const Constant* below = std::prev(above);
  const double part = std::log(static_cast<double>(pairs_max) / below->pairs_max) /
                      std::log(static_cast<double>(above->pairs_max) / below->pairs_max);
  return below->c + part * (above->c - below->c);
}

}  // namespace

double ShareOfLook(const Look& look) {
  WEIR_CHECK(look.pairs >= kPairsOfFirstLook && look.pairs <= look.pairs_max);
  return ConstantFor(look.pairs_max) *
         std::sqrt(static_cast<double>(kPairsOfFirstLook) / look.pairs);
}

}  // namespace weir::analysis
