#pragma once

#include <chrono>

#include "base/result.h"
#include "base/time.h"
#include "loadgen/transport/make_transport.h"
#include "scenarios/scenario.h"

namespace weir::loadgen {

/// How long a connection may take that is made before the run.
inline constexpr Nanos kConnectTimeout = std::chrono::seconds(5);

/// Looks the target's host up and makes one connection to it, with its TLS handshake, so that a
/// dead target is known before anything is recorded; nothing of that for libcurl, which connects by
/// itself, and for programs. Blocks, at most kConnectTimeout for each of the two.
///
/// What comes of it says where the workers connect, and how; connections_max is theirs to set.
/// Errors: kUsage (a pool that the protocol or libcurl does not have, a source address that is not
/// ours, files and ciphers of TLS), kUnavailable (host, target, its TLS).
Result<TransportOptions> Reach(const scenarios::Target& target,
                               const scenarios::Scenario& scenario);

}  // namespace weir::loadgen
