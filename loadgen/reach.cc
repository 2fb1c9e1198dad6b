#include "loadgen/reach.h"

#include <utility>
#include <vector>

#include "loadgen/transport/address.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

// Looks the host up and makes one connection.
Result<Dialer::Options> DialerFor(const scenarios::Pool& pool, const scenarios::Target& target) {
  scenarios::Target peer = target;
  if (!pool.connect_to.host.empty()) {
    peer.host = pool.connect_to.host;
    peer.port = pool.connect_to.port;
  }
  Result<std::vector<SocketAddress>> addresses = Resolve(peer);
  if (!addresses) {
    return tl::unexpected(addresses.error());
  }
  const Result<SocketAddress> first = FirstReachable(*addresses, peer, kConnectTimeout);
  if (!first) {
    return tl::unexpected(first.error());
  }
  Dialer::Options made;
  if (pool.dns == scenarios::DnsPolicy::kRoundRobin) {
    made.addresses = std::move(*addresses);
  } else {
    made.addresses = {*first};
  }
  made.resolve_each = pool.dns == scenarios::DnsPolicy::kEach;
  made.host = peer.host;
  made.port = peer.port;
  for (const std::string& text : pool.sources) {
    Result<SocketAddress> source = SourceAddress(text, *first);
    if (!source) {
      return tl::unexpected(source.error());
    }
    made.sources.push_back(*source);
  }
  if (pool.open_rate > Rate()) {
    made.open_gap = pool.open_rate.Gap();
  }
  return made;
}

// What the pool asks for and the transport would not do.
Status CheckPool(const scenarios::Pool& pool, const scenarios::Connection& connection) {
  if (connection.client == scenarios::Client::kCurl && !(pool == scenarios::Pool())) {
    return UsageError(
        "libcurl opens and keeps its connections by itself\n  hint: of 'connections', say 'max' "
        "only, or leave out 'engine: curl' (--engine curl)");
  }
  const bool replaces = pool.requests_max > 0 || pool.lifetime > 0ns || !pool.keep_alive;
  if (connection.protocol == scenarios::Protocol::kHttp2 && replaces) {
    return UsageError(
        "HTTP/2 connections are kept until the target ends them\n  hint: leave out 'requests', "
        "'lifetime' and 'keep_alive' of 'connections', or use HTTP/1.1");
  }
  return {};
}

}  // namespace

Result<TransportOptions> Reach(const scenarios::Target& target,
                               const scenarios::Scenario& scenario) {
  if (scenario.RunsPrograms()) {
    TransportOptions made;
    made.programs = true;
    return made;
  }
  const scenarios::Pool& pool = scenario.load.pool;
  if (Status fits = CheckPool(pool, scenario.connection); !fits) {
    return tl::unexpected(fits.error());
  }
  TransportOptions made;
  made.requests_max = pool.keep_alive ? pool.requests_max : 1U;
  made.lifetime = pool.lifetime;
  made.target = target;
  made.connection = scenario.connection;
  if (made.connection.client == scenarios::Client::kCurl) {
    // Where libcurl connects, and how, is its own affair.
    return made;
  }
  Result<Dialer::Options> dialer = DialerFor(pool, target);
  if (!dialer) {
    return tl::unexpected(dialer.error());
  }
  made.dialer = *std::move(dialer);
  if (Status secured = CheckTls(made, kConnectTimeout); !secured) {
    return tl::unexpected(secured.error());
  }
  return made;
}

}  // namespace weir::loadgen
