#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/rate.h"
#include "base/result.h"
#include "base/time.h"

/// How connections to the target are opened, kept and replaced. Plain data; ranges named below hold
/// in what ReadScenario returns.
namespace weir::scenarios {

/// When the name of the target is looked up.
enum class DnsPolicy : std::uint8_t {
  kOnce,        ///< Before the run; the first address that takes a connection serves all.
  kEach,        ///< For each connection anew; its time is a part of the response time.
  kRoundRobin,  ///< Before the run; connections go to its addresses in turn.
};

/// A host and port to connect to instead of the target's, as curl's --connect-to; the requests stay
/// as they are. IPv6 without brackets.
struct ConnectTo {
  std::string host;  ///< Empty = the target's own.
  std::uint16_t port = 0;
  friend bool operator==(const ConnectTo&, const ConnectTo&) = default;
};

struct Pool {
  /// After so many requests a connection is closed; 1 = each request opens its own. 0 = no limit.
  std::uint32_t requests_max = 0;

  /// A connection as old as that carries no further request. 0 = no limit.
  Nanos lifetime{0};

  /// False: requests say `Connection: close`, and each opens its own connection.
  bool keep_alive = true;

  /// Connections opened per second at most, over all workers; the others wait, and that is a part
  /// of the response time. 0 = no limit.
  Rate open_rate;

  /// Numeric addresses of this machine to connect from, in turn: each gives some 28,000 further
  /// ports. Empty = the kernel chooses.
  std::vector<std::string> sources;

  DnsPolicy dns = DnsPolicy::kOnce;
  ConnectTo connect_to;

  friend bool operator==(const Pool&, const Pool&) = default;
};

inline constexpr std::size_t kSourcesMax = 64;

/// "once", "each" or "round_robin". Errors: kUsage, HintedError.
Result<DnsPolicy> ParseDnsPolicy(std::string_view text);
std::string_view DnsPolicyName(DnsPolicy policy);

/// "host:port", "[::1]:8080". Errors: kUsage, HintedError.
Result<ConnectTo> ParseConnectTo(std::string_view text);
std::string ConnectToText(const ConnectTo& to);

/// A numeric IPv4 or IPv6 address, without brackets. Errors: kUsage, HintedError.
Result<std::string> ParseSourceAddress(std::string_view text);

/// What does not go together: requests_max above 1 without keep_alive. Errors: kUsage, HintedError.
Status CheckPool(const Pool& pool);

}  // namespace weir::scenarios
