#include "loadgen/wire.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "loadgen/h2_headers.h"
#include "loadgen/header_name.h"
#include "loadgen/prepared.h"

namespace weir::loadgen {
namespace {

using scenarios::Header;
using scenarios::Request;

bool HasHeader(const Request& request, std::string_view name) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [name](const Header& header) { return SameHeaderName(header.name, name); });
}

std::string Render(const Request& request, const scenarios::Target& target, bool keep_alive) {
  std::string bytes =
      fmt::format("{} {}{} HTTP/1.1\r\n", request.method,
                  request.below_base ? std::string_view(target.base_path) : "", request.path);
  if (!HasHeader(request, "host")) {
    bytes += fmt::format("Host: {}\r\n", target.HostHeader());
  }
  for (const Header& header : request.headers) {
    bytes += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  if (!HasHeader(request, "user-agent")) {
    bytes += "User-Agent: weir\r\n";
  }
  if (!HasHeader(request, "accept")) {
    bytes += "Accept: */*\r\n";
  }
  if (!keep_alive && !HasHeader(request, "connection")) {
    bytes += "Connection: close\r\n";
  }
  const bool expects_body =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if ((!request.body.empty() || expects_body) && !HasHeader(request, "content-length")) {
    bytes += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  return bytes + "\r\n" + request.body;
}

}  // namespace

void Wire::Make(const Request& request, PreparedRequest& made) const {
  made.bytes = Render(request, target, keep_alive);
  made.body_bytes = request.body.size();
  if (h2) {
    made.h2_headers = EncodeH2Headers(request, target);
  }
  if (by_curl) {
    made.source = std::make_shared<const Request>(request);
  }
}

}  // namespace weir::loadgen
