#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "analysis/noise_filter.h"
#include "analysis/step_equations.h"

/// Where a history steps, given how its noise behaves: regression on step functions under the
/// covariance of a NoiseModel, by forward addition, re-placing and backward removal.
/// Source: de Jong and Penzer, "Diagnosing Shocks in Time Series", JASA 93 (1998): the gain of a
/// step at every run from one filter and one smoother pass.
/// Checked against: dense generalised least squares and all subsets of steps of short histories, in
/// tests/analysis/step_search_test.cc.
namespace weir::analysis {

/// Steps of one history under one noise model. Values in units of the noise; the value of a run
/// whose gains say that it has none must be 0. One owner; not thread-safe.
class StepSearch {
 public:
  /// `gains` and `values` must outlive the object. At least one run has a value.
  StepSearch(const FilterGains& gains, std::span<const double> values, const StepOptions& options);

  /// Starts from `steps` (ascending) instead of none.
  void Set(std::span<const int> steps);

  /// Adds, re-places and removes steps until no such move lowers the score. Cost: O(n m^2).
  void Run();

  /// First runs of the new segments, ascending.
  std::vector<int> steps() const;

  double Score() const;

  /// What the data say of one step when the others are held.
  struct StepReading {
    double size = 0;  ///< In units of the noise, shrunk by the prior.
    double standard_error = 0;
    double gain = 0;               ///< Score without this step minus score with it.
    std::vector<double> log_odds;  ///< Per run: log posterior of the step's place, up to a
                                   ///< constant; -infinity where it cannot be.
  };

  /// `which` indexes steps(). Leaves the object as it was, up to rounding.
  StepReading Read(std::size_t which);

 private:
  struct Placed {
    int at = 0;
    std::vector<double> basis;  ///< Column of this step, freed of those below it.
    double pivot = 1;           ///< Of Cholesky's factor.
    double projection = 0;
    double log_determinant = 0;
  };

  struct Candidate {
    int at = -1;
    double gain = 0;  ///< Drop of the score, penalty included.
  };

  const std::vector<double>* FindColumn(int at) const;
  const std::vector<double>& Column(int at);
  void Push(int at);
  int Pop();
  int Take(std::size_t position);
  double GainAt(int at) const;
  Candidate Best(const Placed* ignored) const;
  std::vector<double> OwnDirection(std::size_t position) const;
  Candidate BestPlaceOf(std::size_t position);
  bool Replace();
  void Prune();
  double ScoreWithout(std::size_t position) const;
  double Variance(int at) const;

  const FilterGains& gains_;
  std::span<const double> values_;
  StepOptions options_;
  int n_ = 0;
  int observed_ = 0;
  double log_determinant_ = 0;
  double residual_ = 0;               ///< Sum of squares that the placed steps leave.
  double values_squared_ = 0;         ///< The same before any step is placed.
  std::vector<double> first_scores_;  ///< score_vector_ before any step is placed.
  std::vector<double> score_vector_;  ///< x_t' inverse covariance (values - fit).
  std::vector<double> information_;   ///< What x_t has beyond the placed steps.
  std::vector<int> candidates_;       ///< Runs where a step may begin.
  std::vector<Placed> placed_;        ///< A stack; the first is the level at run 0.
  std::vector<std::pair<int, std::vector<double>>> columns_;
};

}  // namespace weir::analysis
