#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "analysis/step_search.h"

/// Steps in independent noise of any shape. Machines with two speeds, or runs that are mostly fast
/// with a long slow side, carry far more information about a step than a normal distribution of the
/// same variance would: this finds the shape and uses it.
///
/// The density of the residuals is estimated by a kernel, the best path of levels on a grid is
/// found by dynamic programming, and both are repeated until they agree. The score uses the density
/// with the run itself left out, so that a wiggly density does not pay.
/// Source: Silverman, "Density Estimation" (1986), 3.4 (kernel, bandwidth, leaving one out);
/// Viterbi (1967) for the path; Stone, Annals of Statistics 3 (1975) for why an estimated shape
/// costs little.
/// Checked against: all segmentations of short histories, tests/analysis/noise_shape_test.cc.
namespace weir::analysis {

/// The shape of independent noise and the steps under it.
class ShapeFit {
 public:
  /// Values in units of the noise, at least 8, all finite. `steps` is where to begin. Gives up
  /// early where `score_to_beat` is out of reach; the score is then only known to be higher. Cost:
  /// about 9 n G additions with G <= kLevelsMax. No value when all values are equal.
  static std::optional<ShapeFit> Of(std::span<const double> values, std::span<const int> steps,
                                    const StepOptions& options, double score_to_beat);

  /// On the scale of ScoreOf.
  double score() const { return score_; }

  /// First runs of the new segments, ascending.
  const std::vector<int>& steps() const { return steps_; }

  /// Fisher information of the shape: 1 for normal noise of the unit variance.
  double information() const { return information_; }

  /// What the data say of one step when the others are held.
  StepSearch::StepReading Read(std::size_t which) const;

  static constexpr int kLevelsMax = 256;

 private:
  struct Bandwidth {
    double width = 0;
  };

  ShapeFit(std::span<const double> values, const StepOptions& options, Bandwidth bandwidth);

  void Improve(std::vector<int> steps, std::vector<int> levels);
  void EstimateDensity(const std::vector<int>& levels);
  double LeftOutLogLikelihood(const std::vector<int>& levels) const;
  std::vector<int> BestPath(double penalty) const;
  std::vector<int> Worthwhile(const std::vector<int>& candidates) const;
  std::vector<int> LevelsOf(std::span<const int> steps) const;
  std::vector<float> LogLikelihoods(int from, int to) const;
  double SegmentScore(double log_likelihood, int runs) const;
  void SplitScores(int from, int to, std::span<double> score) const;
  const float* LogDensityOfRun(int t) const;

  StepOptions options_;
  int n_ = 0;
  double bandwidth_ = 0;
  double low_ = 0;    ///< Of the grid of levels.
  double pitch_ = 1;  ///< Of the grid.
  int levels_ = 0;    ///< Of the grid; a multiple of kLanes.
  std::vector<int> bin_;
  std::vector<double> density_;     ///< Over value - level, in steps of the grid from -levels_.
  std::vector<float> log_density_;  ///< Mirrored: over level - value.
  double kernel_peak_ = 0;
  double information_ = 1;
  double score_ = 0;
  std::vector<int> steps_;
  std::vector<int> path_;  ///< Level of each run on the grid.
};

}  // namespace weir::analysis
