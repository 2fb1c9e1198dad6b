#pragma once

#include <cstdint>

/// The level of each look, when a gate is asked after every pair of runs until it is decided.
namespace weir::analysis {

/// A look after so many pairs, of at most `pairs_max` ones.
struct Look {
  std::uint32_t pairs = 0;
  std::uint32_t pairs_max = 0;
};

/// The pairs after which it is asked for the first time: fewer cannot be judged.
inline constexpr std::uint32_t kPairsOfFirstLook = 3;

/// The share of alpha that this look has, in (0, 1]: c(pairs_max) sqrt(3 / pairs), so that looks
/// after 3, 4, ... pairs_max pairs together fail alike builds at most as often as alpha says. What
/// is found early saves most, so early looks have more. `pairs` >= 3, `pairs` <= `pairs_max`.
///
/// Source: alpha spending, Lan and DeMets (1983), with about Pocock's (1977) limits. c is from
/// 400,000 series of one-sided t-tests of normal differences at alpha 0.01, and 150,000 above 60
/// pairs; at a larger alpha it spends less than alpha, at 0.001 a quarter more. For a `pairs_max`
/// above 1,000 it is that of 1,000. Checked on simulated machines by peeked_pairs_rates_test.
double ShareOfLook(const Look& look);

}  // namespace weir::analysis
