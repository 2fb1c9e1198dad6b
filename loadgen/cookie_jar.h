#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "loadgen/cookie.h"

namespace weir::loadgen {

/// The cookies of one user. Source: RFC 6265, sections 5.3 and 5.4. Holds at most kCookiesMax; for
/// one more, an expired one goes, else the one that was not sent or set for the longest time.
/// One owner.
class CookieJar {
 public:
  static constexpr std::size_t kCookiesMax = 50;  ///< What section 6.1 asks for per domain.

  void Clear() { kept_.clear(); }

  /// Takes every Set-Cookie of `head`, lines as Answer::head. Cost: O(head + cookies kept).
  void Take(std::string_view head, const CookieOrigin& origin, WallTime now);

  /// Appends the value of the Cookie header of a request to `origin`: those with longer paths
  /// first, then older ones. Appends nothing when none fits. Cost: O(n log n) of cookies kept.
  void AppendHeader(const CookieOrigin& origin, WallTime now, std::string& out);

  std::size_t size() const { return kept_.size(); }

 private:
  struct Kept {
    Cookie cookie;
    std::uint64_t created = 0;
    std::uint64_t used = 0;
  };

  void Put(Cookie cookie, WallTime now);

  std::vector<Kept> kept_;
  std::vector<Kept*> fitting_;  // Its memory is kept.
  std::uint64_t turn_ = 0;      // Counts what sets and sends.
};

}  // namespace weir::loadgen
