#pragma once

#include "scenarios/connection.h"
#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"

namespace weir::scenarios::internal {

/// The keys `protocol`, `streams`, `pipeline`, `engine`, `tls` and `curl` of the root map:
/// `protocol: h2`, `streams: 32`, `engine: curl`, `tls: { insecure: true, cacert: ca.pem }`,
/// `curl: { proxy: "socks5h://localhost:1080", user: "name:password", auth: digest }`.
Connection ReadConnection(const YamlNode& root, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
