#include "scenarios/target.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/diagnostic.h"
#include "scenarios/internal/http_syntax.h"

namespace weir::scenarios {
namespace {

using internal::CheckPath;
using internal::EqualsIgnoringCase;

constexpr std::size_t kHostLengthMax = 253;  // RFC 1035, 2.3.4, as text.

tl::unexpected<Error> Refuse(std::string message, std::string_view hint) {
  return tl::unexpected(HintedError(std::move(message), hint));
}

// What follows scheme and authority, still as written.
struct UrlParts {
  Target target;
  std::string_view path;
  std::string_view query;  // With its '?'.
};

Result<Target::Scheme> TakeScheme(std::string_view& url) {
  const std::string shown = Printable(url, 80);
  const std::size_t end = url.find("://");
  if (end == std::string_view::npos || url.substr(0, end).find_first_of("/.:") != url.npos) {
    std::string_view rest = url;
    if (const std::size_t colon = url.find(':');
        EqualsIgnoringCase(url.substr(0, colon), "http") ||
        EqualsIgnoringCase(url.substr(0, colon), "https")) {
      rest.remove_prefix(std::min(colon + 1, url.size()));
    }
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    return Refuse(fmt::format("address '{}' has no scheme", shown),
                  rest.empty() ? "write, for example, 'http://localhost:8080'"
                               : fmt::format("did you mean 'http://{}'?", Printable(rest, 80)));
  }
  const std::string_view scheme = url.substr(0, end);
  url.remove_prefix(end + 3);
  if (EqualsIgnoringCase(scheme, "http")) {
    return Target::Scheme::kHttp;
  }
  if (EqualsIgnoringCase(scheme, "https")) {
    return Target::Scheme::kHttps;
  }
  return Refuse(fmt::format("address '{}' has the scheme '{}', which weir does not speak", shown,
                            Printable(scheme, 20)),
                "use http:// or https://");
}

Result<std::uint16_t> ParsePort(std::string_view text) {
  unsigned port = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || rest != end || port < 1 || port > 65535) {
    return Refuse(fmt::format("'{}' is not a port", Printable(text, 20)),
                  "write a number from 1 to 65535 after the host, or leave out the ':'");
  }
  return static_cast<std::uint16_t>(port);
}

Result<std::string> ParseHost(std::string_view text) {
  const bool valid = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
  if (text.empty()) {
    return Refuse("the address has no host", "write, for example, 'http://localhost:8080'");
  }
  if (!valid || text.size() > kHostLengthMax) {
    return Refuse(fmt::format("'{}' is not a host name", Printable(text, 60)),
                  "use letters, digits, '-' and '.'; write other scripts in their xn-- form");
  }
  std::string host(text);
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return host;
}

// "[::1]" at the front of `authority`, which loses it.
Result<std::string> TakeBracketedHost(std::string_view& authority) {
  const std::size_t end = authority.find(']');
  const std::string host(authority.substr(1, end == std::string_view::npos ? end : end - 1));
  in6_addr address{};
  if (end == std::string_view::npos || inet_pton(AF_INET6, host.c_str(), &address) != 1 ||
      host.find('\0') != std::string::npos) {
    return Refuse(fmt::format("'{}' is not an IPv6 address in brackets", Printable(authority, 60)),
                  "write, for example, 'http://[::1]:8080'");
  }
  authority.remove_prefix(end + 1);
  return host;
}

Status ReadAuthority(std::string_view authority, Target& target) {
  if (authority.find('@') != std::string_view::npos) {
    // The message does not repeat the address: it holds a password.
    return Refuse("the address holds a user name or password, which weir does not send",
                  "leave it out and set the header 'Authorization: Basic ...' instead");
  }
  Result<std::string> host;
  if (authority.starts_with('[')) {
    host = TakeBracketedHost(authority);
  } else if (std::count(authority.begin(), authority.end(), ':') > 1) {
    return Refuse(fmt::format("'{}' has more than one ':'", Printable(authority, 60)),
                  "put an IPv6 address in brackets, for example 'http://[::1]:8080'");
  } else {
    host = ParseHost(authority.substr(0, authority.find(':')));
    authority.remove_prefix(std::min(authority.find(':'), authority.size()));
  }
  if (!host) {
    return tl::unexpected(host.error());
  }
  target.host = *std::move(host);
  target.port = target.scheme == Target::Scheme::kHttp ? 80 : 443;
  if (authority.empty()) {
    return {};
  }
  if (!authority.starts_with(':')) {
    return Refuse(fmt::format("'{}' stands behind the host", Printable(authority, 40)),
                  "write ':' before a port, '/' before a path");
  }
  const Result<std::uint16_t> port = ParsePort(authority.substr(1));
  if (!port) {
    return tl::unexpected(port.error());
  }
  target.port = *port;
  return {};
}

Result<UrlParts> SplitUrl(std::string_view url) {
  UrlParts parts;
  if (url.find_first_of(" \t\r\n") != std::string_view::npos) {
    return Refuse(fmt::format("address '{}' has a space in it", Printable(url, 80)),
                  "remove it, or write %20 where it belongs to a path");
  }
  Result<Target::Scheme> scheme = TakeScheme(url);
  if (!scheme) {
    return tl::unexpected(scheme.error());
  }
  parts.target.scheme = *scheme;
  const std::size_t authority_end = std::min(url.find_first_of("/?#"), url.size());
  if (Status read = ReadAuthority(url.substr(0, authority_end), parts.target); !read) {
    return tl::unexpected(read.error());
  }
  url.remove_prefix(authority_end);
  if (url.find('#') != std::string_view::npos) {
    return Refuse("the address has a fragment ('#...'), which is never sent", "leave it out");
  }
  const std::size_t query = std::min(url.find('?'), url.size());
  parts.path = url.substr(0, query);
  parts.query = url.substr(query);
  return parts;
}

}  // namespace

Result<Target> ParseTarget(std::string_view url) {
  Result<UrlParts> parts = SplitUrl(url);
  if (!parts) {
    return tl::unexpected(parts.error());
  }
  if (!parts->query.empty()) {
    return Refuse("the address of a target has a query ('?...')",
                  "put the query into the paths of the steps");
  }
  std::string_view base = parts->path;
  while (base.ends_with('/')) {
    base.remove_suffix(1);
  }
  if (Status valid = base.empty() ? Status() : CheckPath(base); !valid) {
    return tl::unexpected(valid.error());
  }
  parts->target.base_path = std::string(base);
  return std::move(parts->target);
}

Result<std::pair<Target, std::string>> ParseUrl(std::string_view url) {
  Result<UrlParts> parts = SplitUrl(url);
  if (!parts) {
    return tl::unexpected(parts.error());
  }
  std::string path = parts->path.empty() ? "/" : std::string(parts->path);
  path += parts->query;
  if (Status valid = CheckPath(path); !valid) {
    return tl::unexpected(valid.error());
  }
  return std::pair(std::move(parts->target), std::move(path));
}

}  // namespace weir::scenarios
