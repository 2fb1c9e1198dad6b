#pragma once

#include "monitor/access.h"
#include "monitor/internal/listen_socket.h"

namespace weir::monitor {

/// Where the monitor answers over HTTP, and whom.
struct ServiceSpec {
  ListenAddress listen = {.host = "127.0.0.1", .port = 8471};
  Roles roles;
};

}  // namespace weir::monitor
