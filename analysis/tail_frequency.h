#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::analysis {

/// How often a stream has gone at least so far: turns an extent (NoveltyRange::Extent) into a
/// probability by counting, without a distribution. For exchangeable values it is a conformal
/// p-value: at most a share a of them gets a probability of a or less; for others it is so in the
/// long run, because it is measured on them. Counts are kept in classes, and all are halved when
/// one is full, so that what is long past weighs less. Copyable, 48 bytes, no allocation. Source:
/// Laxhammar and Falkman, "Conformal prediction for distribution-independent anomaly detection in
/// streaming vessel data" (2010); Vovk, Gammerman and Shafer (2005), chapter 2.
class TailFrequency {
 public:
  /// (values counted at least as far out + 1) / (values counted + 1); within a class, in
  /// proportion. Never below 1 / (values + 1): rarer cannot be known. 1 when nothing was counted.
  double AtLeast(double extent) const;

  void Count(double extent);

 private:
  // Sixteenths of the half range, then finer just beyond its edge, where alerts begin.
  static constexpr std::size_t kInner = 16;
  static constexpr std::array<double, 5> kOuterEdges = {1, 1.02, 1.05, 1.1, 1.3};
  static constexpr std::size_t kClasses = kInner + kOuterEdges.size();

  static std::size_t ClassOf(double extent);

  std::array<std::uint16_t, kClasses> counts_{};
  std::uint32_t total_ = 0;
};

}  // namespace weir::analysis
