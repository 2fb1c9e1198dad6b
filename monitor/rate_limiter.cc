#include "monitor/rate_limiter.h"

#include <algorithm>

namespace weir::monitor {

void RateLimiter::Fill(Bucket& bucket, Instant now) const {
  const double gone = std::max(0.0, Seconds(now - bucket.at));
  bucket.left = std::min(limit_.burst, bucket.left + gone * limit_.per_s);
  bucket.at = std::max(bucket.at, now);
}

void RateLimiter::ForgetFull(Instant now) {
  for (auto each = buckets_.begin(); each != buckets_.end();) {
    Fill(each->second, now);
    each = each->second.left >= limit_.burst ? buckets_.erase(each) : std::next(each);
  }
}

Nanos RateLimiter::Take(const std::string& peer, Instant now) {
  const std::lock_guard lock(mutex_);
  if (buckets_.size() >= kPeersMax && buckets_.count(peer) == 0) {
    ForgetFull(now);
  }
  const bool full = buckets_.size() >= kPeersMax && buckets_.count(peer) == 0;
  Bucket& bucket =
      buckets_.try_emplace(full ? std::string() : peer, Bucket{.left = limit_.burst, .at = now})
          .first->second;
  Fill(bucket, now);
  if (bucket.left >= 1) {
    bucket.left -= 1;
    return Nanos(0);
  }
  return FromSeconds((1 - bucket.left) / limit_.per_s);
}

}  // namespace weir::monitor
