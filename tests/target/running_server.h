#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "target/server.h"
#include "tests/target/test_client.h"
#include "tests/target/truth_file.h"

namespace weir::target {

/// A server that runs in a thread of its own, on a free port, with a truth file.
class RunningServer {
 public:
  explicit RunningServer(TargetOptions options = {}) {
    options.truth_path = truth_path_.str();
    Result<std::unique_ptr<Server>> server = Server::Create(options, clock_);
    if (!server) {
      ADD_FAILURE() << server.error().message;
      std::abort();
    }
    server_ = std::move(*server);
    thread_ = std::thread([this] { status_ = server_->Run(); });
  }

  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  ~RunningServer() { Join(); }

  TestClient Connect() const { return TestClient(server_->port()); }

  Server& server() { return *server_; }

  Instant Now() const { return clock_.Now(); }

  /// Stops, expects no error and the accounting identity, and gives the truth.
  TruthFile Stop() {
    Join();
    EXPECT_TRUE(status_) << status_.error().message;
    TruthFile truth = ReadTruthFile(truth_path_.str());
    const ServerCounters counters = server_->counters();
    EXPECT_EQ(counters.requests, counters.answered + counters.abandoned);
    EXPECT_EQ(counters.requests, truth.rows.size());
    return truth;
  }

 private:
  void Join() {
    if (thread_.joinable()) {
      server_->Stop();
      thread_.join();
    }
  }

  const TempPath truth_path_;
  const SystemClock clock_;
  std::unique_ptr<Server> server_;
  Status status_;
  std::thread thread_;
};

/// A whole request; `headers` end with CRLF each.
inline std::string Get(const std::string& path = "/", const std::string& headers = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n";
}

}  // namespace weir::target
