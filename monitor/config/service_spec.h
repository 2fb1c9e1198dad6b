#pragma once

#include <memory>
#include <string>

#include "monitor/access.h"
#include "monitor/internal/listen_socket.h"
#include "monitor/server_tls.h"

namespace weir::monitor {

/// Where the monitor answers over HTTP, and whom.
struct ServiceSpec {
  ListenAddress listen = {.host = "127.0.0.1", .port = 8471};
  Roles roles;
  std::string link_key = {};  ///< Of links in messages (acknowledge_link.h); empty: there are none.

  /// Null: without TLS. Shared with the connections that began with it before the file was read
  /// again.
  std::shared_ptr<const ServerTls> tls = nullptr;
};

}  // namespace weir::monitor
