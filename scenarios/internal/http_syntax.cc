#include "scenarios/internal/http_syntax.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/diagnostic.h"

namespace weir::scenarios::internal {
namespace {

constexpr std::size_t kMethodLengthMax = 20;
constexpr std::size_t kPathLengthMax = 8000;  // RFC 9110, 4.1: what every recipient should take.
constexpr std::size_t kHeaderLengthMax = 8000;

bool IsTokenCharacter(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(c) != std::string_view::npos;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenCharacter);
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string PercentEncoded(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    out +=
        byte > 0x20 && byte < 0x7f && c != '#' ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

}  // namespace

Status CheckMethod(std::string_view method) {
  const bool has_lower =
      std::any_of(method.begin(), method.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!IsToken(method) || has_lower || method.size() > kMethodLengthMax) {
    return tl::unexpected(
        HintedError(fmt::format("'{}' is not an HTTP method", Printable(method, 40)),
                    "write it in capital letters without spaces, for example GET, POST or PURGE"));
  }
  if (method == "CONNECT") {
    return tl::unexpected(HintedError("CONNECT opens a tunnel; it is not a request to measure",
                                      "use another method"));
  }
  return {};
}

Status CheckPath(std::string_view path) {
  const std::string shown = Printable(path, 60);
  if (path.starts_with("http://") || path.starts_with("https://")) {
    return tl::unexpected(HintedError(fmt::format("'{}' is a whole address, not a path", shown),
                                      "put scheme and host into 'target:' and keep the path"));
  }
  if (!path.starts_with('/')) {
    return tl::unexpected(HintedError(fmt::format("path '{}' does not begin with '/'", shown),
                                      fmt::format("write '/{}'", shown)));
  }
  if (path.size() > kPathLengthMax) {
    return tl::unexpected(HintedError(
        fmt::format("path is {} bytes long; at most {} are sent", path.size(), kPathLengthMax),
        "send long values in the body"));
  }
  if (path.find('#') != std::string_view::npos) {
    return tl::unexpected(
        HintedError(fmt::format("path '{}' has a fragment, which is never sent", shown),
                    "leave out '#' and what follows, or write %23 for the character"));
  }
  const bool plain =
      std::all_of(path.begin(), path.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!plain) {
    return tl::unexpected(
        HintedError(fmt::format("path '{}' has a character that may not be sent", shown),
                    fmt::format("percent-encode it: '{}'", Printable(PercentEncoded(path), 90))));
  }
  return {};
}

Status CheckHeaderName(std::string_view name) {
  if (!IsToken(name) || name.size() > kHeaderLengthMax) {
    return tl::unexpected(HintedError(fmt::format("'{}' is not a header name", Printable(name, 40)),
                                      "use letters, digits and '-', for example 'accept'"));
  }
  if (EqualsIgnoringCase(name, "transfer-encoding")) {
    return tl::unexpected(HintedError("transfer-encoding cannot be set: bodies are sent whole",
                                      "leave it out; weir adds content-length"));
  }
  return {};
}

Status CheckHeaderValue(std::string_view name, std::string_view value) {
  const bool clean = std::none_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
  if (!clean) {
    return tl::unexpected(
        HintedError(fmt::format("value of header '{}' has a line break or control character",
                                Printable(name, 40)),
                    "write it on one line; a header per line is a header per key"));
  }
  if (value.size() > kHeaderLengthMax) {
    return tl::unexpected(
        HintedError(fmt::format("value of header '{}' is {} bytes long; at most {} are sent",
                                Printable(name, 40), value.size(), kHeaderLengthMax),
                    "send long values in the body"));
  }
  return {};
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

}  // namespace weir::scenarios::internal
