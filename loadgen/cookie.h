#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

/// One cookie as an answer sets it. Source: RFC 6265, sections 5.1 to 5.3. Pure; any thread.
namespace weir::loadgen {

/// Who sent an answer, or will get a request.
struct CookieOrigin {
  std::string host;     ///< Name or address, lower case, without port.
  std::string path;     ///< Of the request, with its query.
  bool secure = false;  ///< Over TLS.
};

struct Cookie {
  std::string name;
  std::string value;
  std::string domain;  ///< Lower case, without a leading dot.
  std::string path;
  WallTime expires = WallTime::max();  ///< Max: with the session, that is the jar.
  bool host_only = true;
  bool secure = false;

  /// Whether it goes with a request to `origin`: domain, path and secure, not the time.
  bool Fits(const CookieOrigin& origin) const;
};

/// Name and value together, the least that RFC 6265, 6.1 asks a client to take.
inline constexpr std::size_t kCookieBytesMax = 4096;

/// Reads the value of a Set-Cookie header. Nothing when it is to be ignored: no name, too long,
/// control characters, or a domain that the sender does not belong to or may not speak for.
///
/// There is no list of public suffixes here. A domain without an inner dot ("com", "localhost") is
/// refused unless it is the sender itself; one such as "co.uk" is taken. That endangers nobody,
/// because weir sends only to the target that it was given, whatever the cookie says.
std::optional<Cookie> ParseSetCookie(std::string_view text, const CookieOrigin& origin,
                                     WallTime now);

/// The cookie-date of section 5.1.1: any order, any separators. Nothing when it is no date.
std::optional<WallTime> ParseCookieDate(std::string_view text);

}  // namespace weir::loadgen
