#pragma once

#include <string>

#include "base/clock.h"
#include "monitor/http_server.h"
#include "monitor/rate_limiter.h"

namespace weir::monitor {

/// What a link of a message leads to (acknowledge_link.h): a page for everybody who has the link.
/// GET shows what it is about, and a button; only POST, which the button sends, acknowledges:
/// programs that follow the links of mails to look for malware do not. Neither sets nor reads
/// cookies. Thread-safe.
class AcknowledgePage {
 public:
  static constexpr RateLimit kPerPeer = {.per_s = 2, .burst = 20};

  /// Acknowledgements are written to the history at `store_path`. `clock` must outlive it.
  AcknowledgePage(std::string store_path, const Clock& clock);

  static bool IsFor(const HttpRequest& request);

  /// `key`: of links, as it is now; empty: there are none.
  HttpResponse Answer(const HttpRequest& request, const std::string& key);

 private:
  const std::string store_path_;
  const Clock& clock_;
  RateLimiter peers_;
};

}  // namespace weir::monitor
