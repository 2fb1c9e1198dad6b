#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

/// Links in messages by which who was told says that he looks after it, without a token: whoever
/// has the message has the link. Signed, so that none can be made up or changed. Pure.
namespace weir::monitor {

/// What a link is about: those alerts of a group that were told until `told_at`, as they fired
/// then. Those that fire later, or again, are none of its business.
struct LinkClaim {
  std::string group;  ///< StoredGroupKey.
  WallTime told_at{};
  WallTime expires_at{};

  friend bool operator==(const LinkClaim&, const LinkClaim&) = default;
};

/// How long a link is good for.
inline constexpr Nanos kLinkGood = std::chrono::hours(7 * 24);

inline constexpr std::string_view kLinkPath = "/acknowledge";

/// `BASE/acknowledge?group=...&told=...&until=...&signature=...`: the times are seconds since the
/// Unix epoch, rounded up; the signature is the HMAC-SHA256 of the rest in hex. `key` is not empty.
std::string AcknowledgeLink(std::string_view base, std::string_view key, const LinkClaim& claim);

/// The key that a file holds: without white space at its end. Errors: kUsage: fewer than 16 bytes.
/// No message shows it.
Result<std::string> LinkKey(std::string_view text);

enum class LinkFault { kForged, kExpired };

/// What a link says, from its query. The comparison takes the same time for every wrong signature.
tl::expected<LinkClaim, LinkFault> ReadLink(const std::map<std::string, std::string>& query,
                                            std::string_view key, WallTime now);

}  // namespace weir::monitor
