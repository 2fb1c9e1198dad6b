#include "loadgen/cookie_jar.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "loadgen/header_lines.h"

namespace weir::loadgen {

void CookieJar::Take(std::string_view head, const CookieOrigin& origin, WallTime now) {
  AnyHeader(head, "set-cookie", [&](std::string_view text) {
    if (std::optional<Cookie> cookie = ParseSetCookie(text, origin, now)) {
      Put(*std::move(cookie), now);
    }
    return false;
  });
}

void CookieJar::Put(Cookie cookie, WallTime now) {
  ++turn_;
  const auto same = std::find_if(kept_.begin(), kept_.end(), [&cookie](const Kept& other) {
    return other.cookie.name == cookie.name && other.cookie.domain == cookie.domain &&
           other.cookie.path == cookie.path;
  });
  const bool is_over = cookie.expires <= now;
  if (same != kept_.end()) {
    // One that replaces another keeps its place in the order.
    if (is_over) {
      kept_.erase(same);
    } else {
      *same = {std::move(cookie), same->created, turn_};
    }
    return;
  }
  if (is_over) {
    return;
  }
  if (kept_.size() >= kCookiesMax) {
    std::erase_if(kept_, [now](const Kept& other) { return other.cookie.expires <= now; });
  }
  if (kept_.size() >= kCookiesMax) {
    kept_.erase(std::min_element(kept_.begin(), kept_.end(),
                                 [](const Kept& a, const Kept& b) { return a.used < b.used; }));
  }
  kept_.push_back({std::move(cookie), turn_, turn_});
}

void CookieJar::AppendHeader(const CookieOrigin& origin, WallTime now, std::string& out) {
  fitting_.clear();
  for (Kept& kept : kept_) {
    if (kept.cookie.expires > now && kept.cookie.Fits(origin)) {
      fitting_.push_back(&kept);
    }
  }
  std::sort(fitting_.begin(), fitting_.end(), [](const Kept* a, const Kept* b) {
    const std::size_t length_a = a->cookie.path.size();
    const std::size_t length_b = b->cookie.path.size();
    return length_a != length_b ? length_a > length_b : a->created < b->created;
  });
  ++turn_;
  for (std::size_t i = 0; i < fitting_.size(); ++i) {
    fitting_[i]->used = turn_;
    out += i == 0 ? "" : "; ";
    out += fitting_[i]->cookie.name;
    out += '=';
    out += fitting_[i]->cookie.value;
  }
}

}  // namespace weir::loadgen
