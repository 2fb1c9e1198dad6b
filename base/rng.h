#pragma once

#include <array>
#include <cstdint>

namespace weir {

/// A seeded random number generator: xoshiro256++ seeded through splitmix64. Next, Uniform and
/// Below give the same numbers on every machine and with every compiler (unlike the standard
/// library's distributions); Exponential and Normal do so up to the last bit of the mathematical
/// library. Not for secrets. One owner at a time: not thread-safe.
/// Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021).
class Rng {
 public:
  explicit Rng(std::uint64_t seed);

  /// The next 64 random bits.
  std::uint64_t Next();

  /// Uniform in [0, 1), 53 bits.
  double Uniform();

  /// Uniform integer in [0, bound); `bound` must be > 0. Unbiased (Lemire 2019).
  std::uint64_t Below(std::uint64_t bound);

  /// Exponential with mean 1; multiply by the mean gap. In [0, 36.8].
  double Exponential();

  /// Standard normal (Marsaglia's polar method).
  double Normal();

  /// An independent generator for part `index` (worker, user, step) of whatever this seed is for.
  static Rng ForPart(std::uint64_t seed, std::uint64_t index);

 private:
  std::array<std::uint64_t, 4> state_;
  double spare_normal_ = 0;
  bool has_spare_normal_ = false;
};

}  // namespace weir
