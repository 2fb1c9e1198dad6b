#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/moments.h"

/// A t test that may be looked at after every value: however often one looks and whenever one
/// stops, the chance of ever finding an effect where there is none is at most alpha.
namespace weir::analysis {

/// Evidence for a positive mean, in units of its standard deviation: the likelihood ratio of the t
/// statistic, averaged over the effects 1 and 3. Reject at level alpha when it reaches 1 / alpha.
/// Under the hypothesis (independent normal values, mean 0, any variance) it is a martingale with
/// mean 1, hence the guarantee (Ville's inequality); with mean below 0 it is even rarer.
///
/// @param n  number of values, >= 2. @param t  mean / (standard deviation / sqrt(n)); may be
///           infinite, when nothing varies.
/// Range of validity: normal differences; for heavy tails the level is approximate (measured for
/// duets of simulated runs: 0.02 to 0.05 ever-fail at 0.05 over 20 looks). Effects of 1 to 3
/// standard deviations are found soonest: +5 % in 3 to 5 pairs there; for much smaller ones it is
/// slow. Cost: one integral, some 20 us. Thread-safe (pure). Source: sequential t: Rushton,
/// Biometrika 37 (1950); mixtures: Robbins, Annals of Mathematical Statistics 41 (1970), Lai,
/// Annals of Statistics 4 (1976). Checked against: scipy.stats.nct.pdf / scipy.stats.t.pdf,
/// statistics_core.csv, 1e-6; ever-fail rate of 1,000 seeded null sequences in
/// tests/analysis/statistics_calibration_test.cc.
double SequentialTEvidence(std::uint64_t n, double t);

/// The running test over differences that come one at a time.
class SequentialT {
 public:
  /// Takes the next difference (finite) and returns p_value().
  double Add(double difference);

  /// Always-valid: at any time, the smallest level at which the test has rejected so far; 1 at the
  /// start. Never rises.
  double p_value() const { return 1 / evidence_max_; }

  const Moments& moments() const { return moments_; }

 private:
  Moments moments_;
  double evidence_max_ = 1;
};

}  // namespace weir::analysis
