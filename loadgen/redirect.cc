#include "loadgen/redirect.h"

#include <algorithm>
#include <cstddef>

#include "base/percent.h"
#include "loadgen/header_name.h"

namespace weir::loadgen {
namespace {

// Section 5.2.4 of RFC 3986, for a path that begins with '/'.
std::string WithoutDots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    const bool is_last = end == path.size();
    path.remove_prefix(end);
    if (segment == "/..") {
      out.erase(std::min(out.rfind('/'), out.size()));
    }
    if (segment != "/." && segment != "/..") {
      out += segment;
    } else if (is_last) {
      out += '/';
    }
  }
  return out.empty() ? "/" : out;
}

// Takes "//authority" off the front: whether it is ours.
bool IsOurs(std::string_view authority, const scenarios::Target& target, std::string_view host) {
  const bool is_https = target.scheme == scenarios::Target::Scheme::kHttps;
  const std::string_view port = is_https ? ":443" : ":80";
  const auto same = [&authority, port](std::string_view other) {
    const auto without = [port](std::string_view text) {
      return text.ends_with(port) ? text.substr(0, text.size() - port.size()) : text;
    };
    return SameHeaderName(without(authority), without(other));
  };
  return same(target.HostHeader()) || (!host.empty() && same(host));
}

}  // namespace

bool IsRedirect(int status) {
  return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

std::optional<std::string> ResolveLocation(std::string_view location, std::string_view path,
                                           const scenarios::Target& target, std::string_view host) {
  location = location.substr(0, location.find('#'));
  const std::size_t delimiter = location.find_first_of(":/?");
  if (delimiter != std::string_view::npos && location[delimiter] == ':') {
    const bool is_https = target.scheme == scenarios::Target::Scheme::kHttps;
    if (!SameHeaderName(location.substr(0, delimiter), is_https ? "https" : "http") ||
        !location.substr(delimiter + 1).starts_with("//")) {
      return std::nullopt;
    }
    location.remove_prefix(delimiter + 1);
  }
  if (location.starts_with("//")) {
    location.remove_prefix(2);
    const std::string_view authority = location.substr(0, location.find_first_of("/?"));
    if (!IsOurs(authority, target, host)) {
      return std::nullopt;
    }
    location.remove_prefix(authority.size());
    path = "/";
  }
  const std::size_t query = std::min(location.find('?'), location.size());
  const std::string_view before = path.substr(0, path.find('?'));
  std::string whole;
  if (query == 0) {
    whole = location.empty() ? std::string(path) : std::string(before);
  } else if (location.starts_with('/')) {
    whole = WithoutDots(location.substr(0, query));
  } else {
    whole = std::string(before.substr(0, before.rfind('/') + 1));
    whole = WithoutDots(whole.append(location.substr(0, query)));
  }
  std::string encoded;
  AppendPercentEncoded(whole.append(location.substr(query)), kPathCharacters, encoded);
  return encoded;
}

void ChangeMethod(int status, scenarios::Request& request) {
  const bool to_get = (status == 303 && request.method != "HEAD") ||
                      ((status == 301 || status == 302) && request.method == "POST");
  if (!to_get) {
    return;
  }
  request.method = "GET";
  request.body.clear();
  std::erase_if(request.headers, [](const scenarios::Header& header) {
    return SameHeaderName(header.name, "content-type") ||
           SameHeaderName(header.name, "content-length");
  });
}

}  // namespace weir::loadgen
