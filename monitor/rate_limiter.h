#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "base/time.h"

namespace weir::monitor {

/// How much one peer may ask.
struct RateLimit {
  double per_s = 50;   ///< In the long run. > 0.
  double burst = 100;  ///< At once. >= 1.
};

/// A token bucket for each peer. Holds at most kPeersMax; when there are more, those that have been
/// quiet until their bucket was full are forgotten (which changes nothing), and if all are busy,
/// newcomers share one bucket. Thread-safe. Cost: O(log peers), now and then O(peers).
class RateLimiter {
 public:
  static constexpr std::size_t kPeersMax = 4096;

  explicit RateLimiter(const RateLimit& limit) : limit_(limit) {}

  /// Takes one from the bucket of `peer`. Zero: go on. Else: refused, the time after which there
  /// will be one. `now` never goes back by much: what went back counts as no time.
  Nanos Take(const std::string& peer, Instant now);

 private:
  struct Bucket {
    double left = 0;
    Instant at{};
  };

  void Fill(Bucket& bucket, Instant now) const;
  void ForgetFull(Instant now);

  const RateLimit limit_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;  // Guarded by mutex_.
};

}  // namespace weir::monitor
