#pragma once

#include <string>
#include <string_view>

#include "scenarios/scenario.h"

namespace weir::loadgen {

/// The header block (HPACK, RFC 7541) of a request, made before the run: fields that the static
/// table has whole are one byte, all others literals without indexing. It refers to no dynamic
/// table and changes none, so the same bytes serve every stream of every connection.
///
/// Header names are sent in lower case, Host as :authority; fields that belong to one connection
/// (Connection, Keep-Alive, Transfer-Encoding, Upgrade) are left out, as RFC 9113, 8.2.2 asks.
std::string EncodeH2Headers(const scenarios::Request& request, const scenarios::Target& target);

}  // namespace weir::loadgen
