#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

#include "tests/support/temp_dir.h"

namespace weir::tests {

/// nginx on a free port of 127.0.0.1, which serves the files that the test writes. It inherits a
/// socket that listens already, so there is no port to guess and nothing to wait for.
class NginxServer {
 public:
  /// `listen`: what follows the address in nginx's directive, e.g. "ssl http2"; `server`: further
  /// lines of the server block. Aborts when nginx is not installed.
  explicit NginxServer(const std::string& listen, const std::string& server = "");
  NginxServer(const NginxServer&) = delete;
  NginxServer& operator=(const NginxServer&) = delete;

  /// Ends the process.
  ~NginxServer();

  std::uint16_t port() const { return port_; }

  /// Writes a file that is served under /`name`.
  void Serve(const std::string& name, const std::string& bytes) const;

 private:
  const TempDir dir_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace weir::tests
