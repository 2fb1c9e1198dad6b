#include "analysis/multiplicity.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "base/check.h"

namespace weir::analysis {
namespace {

// Places of the p-values that exist, smallest p first.
std::vector<std::size_t> Ascending(std::span<const double> p_values) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    if (!std::isnan(p_values[i])) {
      WEIR_CHECK(p_values[i] >= 0 && p_values[i] <= 1);
      places.push_back(i);
    }
  }
  std::stable_sort(places.begin(), places.end(),
                   [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  return places;
}

// p(i) * factor * m / i, made monotone from the largest down.
std::vector<double> StepUp(std::span<const double> p_values, double factor) {
  std::vector<double> adjusted(p_values.size(), std::numeric_limits<double>::quiet_NaN());
  const std::vector<std::size_t> places = Ascending(p_values);
  const auto tests = static_cast<double>(places.size());
  double smallest = 1;
  for (std::size_t rank = places.size(); rank > 0; --rank) {
    const std::size_t place = places[rank - 1];
    smallest = std::min(smallest, p_values[place] * factor * tests / static_cast<double>(rank));
    adjusted[place] = smallest;
  }
  return adjusted;
}

}  // namespace

std::vector<double> HolmAdjusted(std::span<const double> p_values) {
  std::vector<double> adjusted(p_values.size(), std::numeric_limits<double>::quiet_NaN());
  double largest = 0;
  const std::vector<std::size_t> places = Ascending(p_values);
  auto left = static_cast<double>(places.size());
  for (const std::size_t place : places) {
    largest = std::max(largest, std::min(1.0, p_values[place] * left));
    adjusted[place] = largest;
    left -= 1;
  }
  return adjusted;
}

std::vector<double> BenjaminiHochbergAdjusted(std::span<const double> p_values) {
  return StepUp(p_values, 1);
}

std::vector<double> BenjaminiYekutieliAdjusted(std::span<const double> p_values) {
  double harmonic = 0;
  const std::size_t tests = Ascending(p_values).size();
  for (std::size_t i = tests; i > 0; --i) {
    harmonic += 1 / static_cast<double>(i);
  }
  return StepUp(p_values, harmonic);
}

double SimesP(std::span<const double> p_values) {
  double smallest = 1;
  for (const double p : StepUp(p_values, 1)) {
    smallest = std::isnan(p) ? smallest : std::min(smallest, p);
  }
  return smallest;
}

}  // namespace weir::analysis
