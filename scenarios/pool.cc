#include "scenarios/pool.h"

#include <array>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/diagnostic.h"
#include "scenarios/target.h"

namespace weir::scenarios {
namespace {

constexpr std::array<std::string_view, 3> kDnsNames = {"once", "each", "round_robin"};

tl::unexpected<Error> Refuse(std::string message, std::string_view hint) {
  return tl::unexpected(HintedError(std::move(message), hint));
}

}  // namespace

Result<DnsPolicy> ParseDnsPolicy(std::string_view text) {
  for (std::size_t i = 0; i < kDnsNames.size(); ++i) {
    if (text == kDnsNames[i]) {
      return static_cast<DnsPolicy>(i);
    }
  }
  return Refuse(fmt::format("'{}' is no way to look up names", Printable(text, 40)),
                "write 'once', 'each' or 'round_robin'");
}

std::string_view DnsPolicyName(DnsPolicy policy) {
  return kDnsNames[static_cast<std::size_t>(policy)];
}

Result<ConnectTo> ParseConnectTo(std::string_view text) {
  constexpr std::string_view kHint = "write, for example, '127.0.0.1:8080' or '[::1]:8080'";
  const std::size_t colon = text.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos;
  const Result<Target> target = ParseTarget(fmt::format("http://{}", text));
  if (!has_port || !target || !target->base_path.empty()) {
    return Refuse(fmt::format("'{}' is not a host with a port", Printable(text, 80)), kHint);
  }
  return ConnectTo{target->host, target->port};
}

std::string ConnectToText(const ConnectTo& to) {
  const bool v6 = to.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", to.host, to.port) : fmt::format("{}:{}", to.host, to.port);
}

Result<std::string> ParseSourceAddress(std::string_view text) {
  std::string address(text);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) != 1 &&
      inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) {
    return Refuse(fmt::format("'{}' is not a numeric address", Printable(text, 80)),
                  "write an address of this machine, such as '127.0.0.2'");
  }
  return address;
}

Status CheckPool(const Pool& pool) {
  if (!pool.keep_alive && pool.requests_max > 1) {
    return Refuse(fmt::format("without keep-alive a connection carries one request, not {}",
                              FormatCount(pool.requests_max)),
                  "remove 'requests', or 'keep_alive: false'");
  }
  return {};
}

}  // namespace weir::scenarios
