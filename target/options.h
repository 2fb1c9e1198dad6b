#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace weir::target {

/// The longest latency that is ever drawn; what a distribution's tail gives beyond it is cut here.
inline constexpr Nanos kLatencyMax = std::chrono::hours(1);

/// The largest answer body.
inline constexpr std::uint64_t kBodyBytesMax = 256'000'000;

/// The most workers of TargetOptions.
inline constexpr std::uint32_t kWorkersMax = 10'000;

enum class LatencyShape : std::uint8_t { kFixed, kExponential, kLognormal, kBimodal };

/// The distribution from which each request's latency is drawn. ParseLatency makes valid ones.
struct LatencyModel {
  LatencyShape shape = LatencyShape::kFixed;
  /// The value (fixed), mean (exponential), median (lognormal) or fast mode (bimodal).
  /// 0 .. kLatencyMax; the default answers at once.
  Nanos typical{0};
  /// Lognormal: standard deviation of the logarithm, 0 .. 5.
  double sigma = 0;
  /// Bimodal: the slow mode, 0 .. kLatencyMax, and the share of requests that get it, 0 .. 1.
  Nanos slow{0};
  double slow_share = 0;

  friend bool operator==(const LatencyModel&, const LatencyModel&) = default;
};

/// Makes the tail of any model slower: a draw whose rank within its own distribution is at or above
/// `quantile` is multiplied by `factor`. Quantiles below stay as they are, those above grow by
/// exactly the factor. Where draws tie (fixed, bimodal), chance decides which of them are the tail.
struct SlowTail {
  double factor = 1;    ///< 0.01 .. 100.
  double quantile = 1;  ///< 0 .. 1; 1 = no tail.

  friend bool operator==(const SlowTail&, const SlowTail&) = default;
};

/// What `weir target` is told to do. Every default is the least behaviour: answer at once.
struct TargetOptions {
  /// `localhost` = both loopback addresses (IPv6 where the machine has it); otherwise one
  /// numeric IPv4 or IPv6 address. Names are not resolved.
  std::string host = "localhost";
  /// 0 = a free port; Server::port tells which.
  std::uint16_t port = 0;
  LatencyModel latency{};
  SlowTail slow_tail{};
  /// So many requests are served at a time, first come, first served: a latency is then a time of
  /// service, and requests wait for it. 0 = none waits; at most kWorkersMax.
  std::uint32_t workers = 0;
  /// The last `stall` of each period `every`, counted from Server::epoch, sends no answer.
  /// 0 = never; else 0 < stall < every.
  Nanos stall{0};
  Nanos every{0};
  /// Share of the requests that are answered 500, 0 .. 1.
  double error_ratio = 0;
  /// Size of the body of every answer that may have one, 0 .. kBodyBytesMax.
  std::uint64_t body_bytes = 1000;
  /// Same seed, same n-th draws, on every machine.
  std::uint64_t seed = 1;
  /// File that gets one line per request (docs/target.md); empty = none.
  std::string truth_path{};
  /// Never sleep: arrivals are stamped, and answers sent, without the microseconds that a sleeping
  /// thread takes to wake. Costs a whole core, so for measurements only.
  bool spin = false;
};

/// Reads `fixed:1ms`, `exponential:2ms`, `lognormal:5ms:0.5` (median, sigma) or
/// `bimodal:1ms:20ms:1%` (fast, slow, share of slow). Errors: kUsage, with the right spelling.
Result<LatencyModel> ParseLatency(std::string_view text);

/// Reads `FACTOR:QUANTILE`, for example `1.2:0.95`. Errors: kUsage.
Result<SlowTail> ParseSlowTail(std::string_view text);

/// Reads 0 .. 65535. Errors: kUsage.
Result<std::uint16_t> ParsePort(std::string_view text);

/// The exact inverse of ParseLatency, durations to the nanosecond: `lognormal:5ms:0.5`.
std::string FormatLatency(const LatencyModel& model);

/// Checks every range above and that stall and every fit each other. Errors: kUsage.
Status Validate(const TargetOptions& options);

}  // namespace weir::target
