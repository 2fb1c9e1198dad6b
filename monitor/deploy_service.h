#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "monitor/access.h"
#include "monitor/deploy_gate.h"
#include "monitor/deploy_hooks.h"
#include "monitor/http_server.h"
#include "monitor/rate_limiter.h"

namespace weir::monitor {

struct DeployServiceOptions {
  ListenAddress listen = {.host = "127.0.0.1", .port = 8470};
  HttpLimits limits = {};
  RateLimit rate = {};
  std::string store_path = "weir.db";
  Undecided rollout = Undecided::kKeepGoing;

  /// A pre-rollout hook is held for so long while its answer is not known. Flagger gives up after
  /// 10 s by default; this leaves it a second. At most kHoldsMax at a time, more are not held.
  Nanos hold = std::chrono::seconds(9);
};

/// The HTTP service that deploy tools ask (docs/serving.md): Flagger's hooks, Argo Rollouts' web
/// metric, verdicts and deployment marks. Decides nothing itself.
///
/// Life: Start, any number of Reload, Stop. Thread rule: one owner; `gate`, `clock` and `log` must
/// outlive it, and are called from several threads at a time.
class DeployService {
 public:
  static constexpr int kHoldsMax = 8;

  struct Parts {
    DeployGate& gate;
    const Clock& clock;
    std::function<void(std::string_view line)> log;  ///< One line per answer; printable, no secret.

    /// Listens at the address of the options, and is taken; nothing: a new one is made.
    std::optional<int> listen_fd = {};
  };

  /// Listens and serves from here on. Errors: kUsage: an address that is not loopback, with open
  /// access; as ListenSocket::AdoptOrOpen.
  static Result<std::unique_ptr<DeployService>> Start(const DeployServiceOptions& options,
                                                      Access access, const Parts& parts);

  /// Stop.
  ~DeployService();
  DeployService(const DeployService&) = delete;
  DeployService& operator=(const DeployService&) = delete;

  std::uint16_t port() const;

  /// Takes other tokens. Errors: kUsage: open access on an address that is not loopback; the old
  /// tokens hold on.
  Status Reload(Access access);

  /// Answers what is being asked, holds included, and ends.
  void Stop();

 private:
  class Impl;
  explicit DeployService(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::monitor
