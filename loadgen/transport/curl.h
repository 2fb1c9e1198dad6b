#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <uv.h>

#include "base/clock.h"
#include "loadgen/transport/worker_transport.h"
#include "scenarios/scenario.h"

namespace weir::loadgen {

/// Whatever libcurl can do and the engines of our own cannot: proxies, SOCKS, unix sockets, Digest,
/// NTLM and Kerberos. On curl_multi_socket_action, in the loop of the worker. Costs several
/// times what HTTP/1.1 of our own costs.
///
/// libcurl chooses and keeps the connections; at most `exchanges_max` exchanges are on the way at a
/// time. Service time counts from the instant at which libcurl began to send. Thread rule: the
/// thread of `loop`. The destructor ends every exchange and runs the loop until its handles are
/// gone, so it must not be called from a callback.
class CurlTransport final : public WorkerTransport {
 public:
  static constexpr std::size_t kHeadBytesMax = 256 * 1024;
  static constexpr std::size_t kBodyKeptMax = 4 * 1024 * 1024;

  struct Options {
    std::uint32_t exchanges_max = 1;
    scenarios::Target target;
    scenarios::Connection connection;
  };

  /// All references must outlive the transport. LoadLibcurl must have succeeded.
  CurlTransport(uv_loop_t& loop, const Options& options, const Clock& clock,
                TransportEvents& events);
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;
  ~CurlTransport() override;

  /// Nothing: libcurl has no connection without a transfer.
  std::uint32_t Preconnect(std::uint32_t count) override { return count; }

  std::uint32_t preconnecting() const override { return 0; }

  StartResult Start(ExchangeId id, const PreparedRequest& request) override;
  void Cancel(ExchangeId id) override;

  std::uint32_t connections() const override { return sockets_; }

  void DeliverDeferred() override {}

  std::uint64_t retransmits() const override;

  Instant deferred_at() const override { return Instant::max(); }

 private:
  struct Exchange;
  struct Headers;
  class Shell;

  Exchange& TakeExchange();
  void Prepare(Exchange& exchange, const PreparedRequest& request);
  Headers& HeadersOf(const PreparedRequest& request);
  void Release(Exchange& exchange);
  void Finish(Exchange& exchange, int result);
  void CollectDone();
  int OpenSocket(const void* address);
  int CloseSocket(int fd);

  uv_loop_t& loop_;
  const Options options_;
  const Clock& clock_;
  TransportEvents& events_;
  std::unique_ptr<Shell> shell_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::vector<Exchange*> free_;
  std::vector<Exchange*> by_id_;
  std::unordered_map<const PreparedRequest*, std::unique_ptr<Headers>> headers_;
  std::uint32_t active_ = 0;
  std::uint32_t sockets_ = 0;
  std::unordered_set<int> open_fds_;      ///< Kept and used ones.
  int socket_errno_ = 0;                  ///< Why the latest socket could not be made; 0: it was.
  std::uint64_t closed_retransmits_ = 0;  ///< Of connections that are gone.
  std::uint32_t closing_ = 0;
};

}  // namespace weir::loadgen
