#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "monitor/http_server.h"
#include "monitor/internal/bounded_stream.h"

namespace weir::monitor {

/// One request and its answer over `stream`, parsed by Boost.Beast: what is no HTTP/1.1, too long
/// or of a form that is not read is refused, the rest goes to the handlers. Whoever sends no whole
/// head in time gets no answer. One thread.
void Converse(BoundedStream& stream, const std::string& peer, const HttpLimits& limits,
              const HttpServer::Handlers& handlers);

/// "/a%20b" as "/a b"; what is no escape stays as it is. `plus_is_space`: as in a query.
std::string DecodeUrl(std::string_view text, bool plus_is_space);

}  // namespace weir::monitor
