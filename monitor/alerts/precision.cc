#include "monitor/alerts/precision.h"

#include <cmath>

namespace weir::monitor {
namespace {

// That of `trials`, each with `chance`, fewer than `count` come true.
double ProbabilityOfFewer(std::size_t count, std::size_t trials, double chance) {
  const auto all = static_cast<double>(trials);
  double term = std::pow(1 - chance, all);
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += term;
    const auto done = static_cast<double>(i);
    term *= (all - done) / (done + 1) * chance / (1 - chance);
  }
  return sum;
}

}  // namespace

double RulePrecision::Share() const {
  return Marked() == 0 ? 1 : static_cast<double>(useful) / static_cast<double>(Marked());
}

bool RulePrecision::IsLow() const {
  return Marked() >= kMarksNeeded && Share() < kWanted &&
         1 - ProbabilityOfFewer(noise, Marked(), 1 - kWanted) <= kErrorMax;
}

}  // namespace weir::monitor
