#pragma once

#include <span>
#include <vector>

/// A linear-Gaussian model of what a history does without any step, and the two products of its
/// inverse covariance that a search for steps needs. One value per run:
///
///   value(t) = drift(t) + memory(t) + white(t)
///   drift:  integrated random walk; drift += slope, slope += N(0, drift_variance)
///   memory: AR(1) with coefficient `memory` and variance 1 - white_share
///   white:  independent, variance white_share (1 without memory)
///
/// Everything is in units of one unknown overall variance. Pure; a FilterGains may be read by
/// several threads at once.
/// Source: Durbin and Koopman, "Time Series Analysis by State Space Methods", 2nd ed. (2012), 4.3
/// (filter), 4.5 (smoothing cumulants), 4.14 (constant gains once the covariance settles).
/// Checked against: dense covariance matrices in tests/analysis/noise_filter_test.cc, 1e-8.
namespace weir::analysis {

struct NoiseModel {
  double memory = 0;           ///< [0, 1): correlation of neighbouring runs in the AR(1) part.
  double white_share = 0;      ///< [0, 1): independent part of the variance; only with memory > 0.
  double drift_variance = -1;  ///< Of the slope's steps, per run; < 0: no drift.

  bool HasDrift() const { return drift_variance >= 0; }

  friend bool operator==(const NoiseModel&, const NoiseModel&) = default;
};

/// Initial variance of the slope per run, in units of the noise: a history may start on a slope.
inline constexpr double kInitialSlopeVariance = 0.01;

/// What the Kalman filter does at each run. It depends on the model and on which runs are missing
/// or uncertain, not on the values; so one table serves all complete histories.
class FilterGains {
 public:
  /// For histories without gaps and of equal certainty, of any length.
  explicit FilterGains(const NoiseModel& model);

  /// For one history: `extra_variance[t]` is added to the variance of run t (may be negative, as
  /// far as something is left of it; infinity: the run has no value).
  FilterGains(const NoiseModel& model, std::span<const double> extra_variance);

  const NoiseModel& model() const { return model_; }

  /// Logarithm of the determinant of the covariance of the first n runs that have values.
  double LogDeterminant(int n) const;

  /// One run's row of gains.
  struct Row {
    double weight;            ///< 1 / standard deviation of the innovation; 0 without a value.
    double inverse_variance;  ///< weight squared.
    double drift, slope, memory;
  };

  const Row& At(int t) const { return rows_[static_cast<std::size_t>(t < last_ ? t : last_)]; }

  int last() const { return last_; }

 private:
  struct State;
  void Step(State& state, double extra_variance);

  NoiseModel model_;
  std::vector<Row> rows_;
  std::vector<double> log_determinant_;  ///< Cumulative.
  int last_ = 0;  ///< From here on the gains no longer change (or the history ends).
};

/// result = inverse covariance * values, where all of values before `from` are 0. Spans of equal
/// length. Cost: O(n).
void InverseTimes(const FilterGains& gains, std::span<const double> values, int from,
                  std::span<double> result);

/// Values after whitening (innovations over their standard deviation): products of such vectors
/// are products under the inverse covariance. `result` before `from` is 0. Cost: O(n), half of
/// InverseTimes.
void Whiten(const FilterGains& gains, std::span<const double> values, int from,
            std::span<double> result);

/// information[t] = x' inverse covariance x for a unit step x that begins at run t. Cost: O(n).
void StepInformation(const FilterGains& gains, std::span<double> information);

}  // namespace weir::analysis
