#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/time.h"

namespace weir::tests {

/// The server's end of one connection, with everything that a server can do wrong. Blocking; its
/// socket is closed when the script returns. All waits end when the server is stopped.
class FaultyPeer {
 public:
  FaultyPeer(int fd, const std::atomic<bool>& stopping) : fd_(fd), stopping_(stopping) {}

  /// Waits for a whole request (its head). False when the client has gone or the test is over.
  bool ReadRequest();

  /// False when the client has gone.
  bool Send(std::string_view bytes) const;

  /// Sends `bytes` one by one, a millisecond apart, for as long as the client listens.
  bool Trickle(std::string_view bytes) const;

  /// Ends the server's side of the stream only.
  void HalfClose() const;

  /// The same right behind `bytes`, so that both arrive at once and no request comes between them.
  void SendAndHalfClose(std::string_view bytes) const;

  /// The socket will be closed with a reset.
  void ResetOnClose() const;

  /// Until the client has closed, or the test is over.
  void AwaitClose();

  /// Sends, and loses every packet that the client sends for `span` from then on, as a bad network
  /// does. False when the client has gone.
  bool SendAndLoseAnswers(std::string_view bytes, Nanos span) const;

 private:
  int fd_;
  const std::atomic<bool>& stopping_;
  std::string received_;
};

/// A server on 127.0.0.1 that runs a script for every connection, each on a thread of its own.
class FaultServer {
 public:
  using Script = std::function<void(FaultyPeer&)>;

  explicit FaultServer(Script script);
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;
  ~FaultServer();

  std::uint16_t port() const { return port_; }

  std::uint32_t connections() const { return connections_; }

  /// The addresses that have connected.
  std::set<std::string> peers() const;

  /// Stops listening: further connections are refused.
  void Close();

 private:
  void Accept();

  const Script script_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> closed_{false};
  std::atomic<std::uint32_t> connections_{0};
  mutable std::mutex mutex_;
  std::set<std::string> addresses_;   // Guarded by mutex_.
  std::vector<std::thread> threads_;  // The accepting thread's until it is joined.
  std::thread acceptor_;
};

}  // namespace weir::tests
