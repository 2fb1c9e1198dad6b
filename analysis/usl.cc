#include "analysis/usl.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <fmt/format.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kStepsMax = 200;
constexpr double kTail = 0.025;
// A coherency that would cost less than this at the largest load is none.
constexpr double kCoherencyCostMin = 1e-9;

using Coefficients = Eigen::Vector3d;  // Rate, contention, coherency.

struct Problem {
  std::vector<double> loads;
  std::vector<double> values;   // Throughput over `unit`.
  std::vector<double> weights;  // Roots of the weights.
  double unit = 1;              // Brings values near 1, so that no square leaves the range.
  double load_max = 0;
  std::size_t points = 0;  // That were measured; `loads` may be groups of them.
  double loss_inside = 0;  // What points of a group differ by from each other.

  double Curve(const Coefficients& c, std::size_t i) const {
    const double n = loads[i];
    return c(0) * n / (1 + c(1) * (n - 1) + c(2) * n * (n - 1));
  }

  double Loss(const Coefficients& c) const {
    double sum = 0;
    for (std::size_t i = 0; i < loads.size(); ++i) {
      const double residual = weights[i] * (values[i] - Curve(c, i));
      sum += residual * residual;
    }
    return sum;
  }
};

Coefficients Bounded(Coefficients c) {
  c(0) = std::max(c(0), std::numeric_limits<double>::min());
  c(1) = std::clamp(c(1), 0.0, 1.0);
  c(2) = std::max(c(2), 0.0);
  return c;
}

// Least squares of load / throughput, which is linear in 1 / rate, contention / rate and
// coherency / rate.
Coefficients Start(const Problem& problem) {
  Eigen::Matrix3d squares = Eigen::Matrix3d::Zero();
  Eigen::Vector3d right = Eigen::Vector3d::Zero();
  for (std::size_t i = 0; i < problem.loads.size(); ++i) {
    const double n = problem.loads[i];
    const double inverse = n / problem.values[i];
    const Eigen::Vector3d row = Eigen::Vector3d(1, n - 1, n * (n - 1)) / inverse;
    squares += row * row.transpose();
    right += row;
  }
  const Eigen::Vector3d solved = squares.ldlt().solve(right);
  if (solved.allFinite() && solved(0) > 0) {
    return Bounded({1 / solved(0), solved(1) / solved(0), solved(2) / solved(0)});
  }
  return Bounded({problem.values[0] / problem.loads[0], 0.01, 0});
}

// Normal equations at c; a coefficient that would leave its range is held.
void Linearise(const Problem& problem, const Coefficients& c, Eigen::Matrix3d& squares,
               Eigen::Vector3d& slope) {
  squares.setZero();
  slope.setZero();
  for (std::size_t i = 0; i < problem.loads.size(); ++i) {
    const double n = problem.loads[i];
    const double below = 1 + c(1) * (n - 1) + c(2) * n * (n - 1);
    const double value = c(0) * n / below;
    const Eigen::Vector3d gradient =
        problem.weights[i] *
        Eigen::Vector3d(n / below, -value * (n - 1) / below, -value * n * (n - 1) / below);
    squares += gradient * gradient.transpose();
    slope += gradient * (problem.weights[i] * (problem.values[i] - value));
  }
  for (const int j : {1, 2}) {
    if (c(j) <= 0 && slope(j) < 0) {
      squares.row(j).setZero();
      squares.col(j).setZero();
      squares(j, j) = 1;
      slope(j) = 0;
    }
  }
}

Coefficients Minimise(const Problem& problem, Coefficients c) {
  double loss = problem.Loss(c);
  double damping = 1e-3;
  Eigen::Matrix3d squares;
  Eigen::Vector3d slope;
  for (int step = 0; step < kStepsMax && damping < 1e12; ++step) {
    Linearise(problem, c, squares, slope);
    Eigen::Matrix3d damped = squares;
    damped.diagonal() *= 1 + damping;
    damped.diagonal().array() += 1e-300;
    const Coefficients tried = Bounded(c + damped.ldlt().solve(slope));
    const double tried_loss = tried.allFinite() ? problem.Loss(tried) : kInfinity;
    if (!(tried_loss < loss)) {
      damping *= 8;
      continue;
    }
    const double gained = loss - tried_loss;
    c = tried;
    loss = tried_loss;
    damping = std::max(damping / 8, 1e-12);
    if (gained <= 1e-15 * loss) {
      break;
    }
  }
  return c;
}

struct Derived {
  double peak_load = kInfinity;
  double peak_throughput = kInfinity;
  double knee_load = kInfinity;
};

Derived Derive(const Coefficients& c, double load_max) {
  Derived d;
  if (c(2) * load_max * load_max > kCoherencyCostMin) {
    const double n = std::max(1.0, std::sqrt((1 - c(1)) / c(2)));
    d.peak_load = n;
    d.peak_throughput = c(0) * n / (1 + c(1) * (n - 1) + c(2) * n * (n - 1));
  } else if (c(1) > 0) {
    d.peak_throughput = c(0) / c(1);
  }
  d.knee_load = d.peak_throughput / c(0);
  return d;
}

// Chi-squared with whole degrees of freedom.
double ChiSquared(Rng& rng, std::size_t freedom) {
  constexpr std::size_t kSummedMax = 1000;
  if (freedom > kSummedMax) {
    // Wilson and Hilferty (1931); at 1,000 degrees of freedom right to 1e-5.
    const auto nu = static_cast<double>(freedom);
    const double root = 1 - 2 / (9 * nu) + rng.Normal() * std::sqrt(2 / (9 * nu));
    return nu * root * root * root;
  }
  double sum = 0;
  for (std::size_t i = 0; i < freedom; ++i) {
    const double z = rng.Normal();
    sum += z * z;
  }
  return sum;
}

UslEstimate EstimateOf(double value, std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const auto at = [&](double share) {
    return samples[static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1))];
  };
  UslEstimate estimate{.value = value, .low = std::nullopt, .high = std::nullopt};
  if (std::isfinite(at(kTail))) {
    estimate.low = std::min(at(kTail), value);
  }
  if (std::isfinite(at(1 - kTail))) {
    estimate.high = std::max(at(1 - kTail), value);
  }
  return estimate;
}

// Rate, contention, coherency, peak load, peak throughput, knee.
constexpr std::size_t kColumns = 6;
using Row = std::array<double, kColumns>;
using Samples = std::array<std::vector<double>, kColumns>;

Row RowOf(const Coefficients& c, const Problem& problem) {
  const Derived d = Derive(c, problem.load_max);
  return {c(0) * problem.unit, c(1), c(2), d.peak_load, d.peak_throughput * problem.unit,
          d.knee_load};
}

Samples Replicate(const Problem& problem, const Coefficients& fit, bool errors_known,
                  std::uint64_t seed) {
  const std::size_t n = problem.loads.size();
  const double loss = problem.Loss(fit) + problem.loss_inside;
  Samples samples;
  Rng rng(seed);
  Problem simulated = problem;
  for (int i = 0; i < kUslReplicates; ++i) {
    double variance = loss / ChiSquared(rng, problem.points - 3);
    if (errors_known) {
      variance = std::max(variance, 1.0);
    }
    for (std::size_t j = 0; j < n; ++j) {
      const double noise = std::sqrt(variance) * rng.Normal() / problem.weights[j];
      const double value = problem.Curve(fit, j);
      simulated.values[j] = std::max(value + noise, 1e-6 * value);
    }
    const Row row = RowOf(Minimise(simulated, fit), problem);
    for (std::size_t k = 0; k < kColumns; ++k) {
      samples[k].push_back(row[k]);
    }
  }
  return samples;
}

Status Validate(std::span<const LoadPoint> points) {
  std::set<double> loads;
  for (const LoadPoint& point : points) {
    const bool sound = std::isfinite(point.load) && point.load > 0 &&
                       std::isfinite(point.throughput) && point.throughput > 0;
    if (!sound) {
      return UsageError(
          fmt::format("cannot fit a load of {} with a throughput of {}; both must be "
                      "finite and above 0",
                      point.load, point.throughput));
    }
    loads.insert(point.load);
  }
  if (loads.size() < kUslLoadsMin) {
    return UsageError(fmt::format(
        "cannot fit scalability to {} different load{}; three coefficients and an error need {}",
        loads.size(), loads.size() == 1 ? "" : "s", kUslLoadsMin));
  }
  return {};
}

bool ErrorsKnown(std::span<const LoadPoint> points) {
  return std::all_of(points.begin(), points.end(), [](const LoadPoint& point) {
    return std::isfinite(point.error) && point.error > 0;
  });
}

// A group reaches over at most this factor of load: there the curve is straight enough for the mean
// of a group to lie on it.
constexpr double kGroupReach = 1.01;

// `all` with neighbouring loads taken together, about kUslGroupsMax groups and as many more as it
// takes for none to reach too far.
Problem Grouped(const Problem& all) {
  std::vector<std::size_t> order(all.loads.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return all.loads[a] < all.loads[b]; });
  Problem grouped = all;
  grouped.loads.clear();
  grouped.values.clear();
  grouped.weights.clear();
  const std::size_t size_max = order.size() / kUslGroupsMax + 1;
  for (std::size_t from = 0; from < order.size();) {
    const double load_max = kGroupReach * all.loads[order[from]];
    double weight = 0;
    double load = 0;
    double value = 0;
    std::size_t i = from;
    for (; i < order.size() && i < from + size_max && all.loads[order[i]] <= load_max; ++i) {
      const double more = all.weights[order[i]] * all.weights[order[i]];
      weight += more;
      load += more / weight * (all.loads[order[i]] - load);
      const double step = all.values[order[i]] - value;
      value += more / weight * step;
      grouped.loss_inside += more * step * (all.values[order[i]] - value);
    }
    grouped.loads.push_back(load);
    grouped.values.push_back(value);
    grouped.weights.push_back(std::sqrt(weight));
    from = i;
  }
  return grouped;
}

Problem ProblemOf(std::span<const LoadPoint> points, bool errors_known) {
  Problem problem;
  problem.unit = 0;
  problem.points = points.size();
  for (const LoadPoint& point : points) {
    problem.unit = std::max(problem.unit, point.throughput);
    problem.load_max = std::max(problem.load_max, point.load);
  }
  for (const LoadPoint& point : points) {
    problem.loads.push_back(point.load);
    problem.values.push_back(point.throughput / problem.unit);
    problem.weights.push_back(errors_known ? problem.unit / point.error : 1.0);
  }
  return problem.points > kUslGroupsMax ? Grouped(problem) : problem;
}

std::optional<UslEstimate> FiniteEstimate(double value, const std::vector<double>& samples) {
  if (!std::isfinite(value)) {
    return std::nullopt;
  }
  return EstimateOf(value, samples);
}

void JudgePeak(UslFit& fit, double load_max) {
  if (!fit.peak_load || !fit.peak_load->low || !fit.peak_load->high) {
    fit.peak = UslPeak::kNotIdentified;
    fit.warnings.push_back(fmt::format(
        "the data do not identify a peak: curves with and without one fit up to a load of {:g}; "
        "measure at higher loads, until throughput falls",
        load_max));
    return;
  }
  const bool measured = fit.peak_load->value <= load_max;
  fit.peak = measured ? UslPeak::kMeasured : UslPeak::kExtrapolated;
  if (!measured) {
    fit.warnings.push_back(fmt::format(
        "the peak lies beyond the largest load measured ({:g}): it is an extrapolation", load_max));
  }
}

}  // namespace

double UslFit::At(double load) const {
  // The quotient first: a rate near the end of what a number holds must not leave it.
  return rate.value *
         (load / (1 + contention.value * (load - 1) + coherency.value * load * (load - 1)));
}

Result<UslFit> FitUsl(std::span<const LoadPoint> points, const UslOptions& options) {
  if (const Status valid = Validate(points); !valid) {
    return tl::unexpected<Error>(valid.error());
  }
  const bool errors_known = ErrorsKnown(points);
  const Problem problem = ProblemOf(points, errors_known);
  const Coefficients c = Minimise(problem, Start(problem));
  const Samples samples = Replicate(problem, c, errors_known, options.seed);
  const Row row = RowOf(c, problem);
  UslFit fit;
  fit.rate = EstimateOf(row[0], samples[0]);
  fit.contention = EstimateOf(row[1], samples[1]);
  fit.coherency = EstimateOf(row[2], samples[2]);
  fit.peak_load = FiniteEstimate(row[3], samples[3]);
  fit.peak_throughput = FiniteEstimate(row[4], samples[4]);
  fit.knee_load = FiniteEstimate(row[5], samples[5]);
  double square = 0;
  for (const LoadPoint& point : points) {
    const double relative = point.throughput / fit.At(point.load) - 1;
    square += relative * relative / static_cast<double>(points.size());
  }
  fit.residual = std::sqrt(square);
  JudgePeak(fit, problem.load_max);
  return fit;
}

}  // namespace weir::analysis
