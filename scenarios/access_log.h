#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace weir::scenarios {

/// A request as a web server has written it down. Views are into the line.
struct LogLine {
  std::string_view client;
  std::string_view method;
  std::string_view path;     ///< With query, as in the request line; begins with '/'.
  std::string_view referer;  ///< As agent: with its escapes.
  std::string_view agent;
  int status = 0;
  WallTime ended{};            ///< When it was written, that is when the answer was out.
  bool has_fraction = false;   ///< `ended` is known to the millisecond, else to the second.
  std::optional<Nanos> taken;  ///< From the first byte of the request to the last of the answer.

  /// When the request came, as far as the log knows.
  WallTime Arrived() const { return ended - taken.value_or(Nanos(0)); }
};

/// Reads a line of the common or combined log format of Apache and nginx:
///
///     client ident user [10/Oct/2000:13:55:36 -0700] "GET /x HTTP/1.1" 200 2326 "referer" "agent"
///     ...
///
/// Of what may follow, three things are understood: seconds with three decimals (nginx's
/// `$request_time`, bare or behind a name and '='), a whole number (Apache's `%D`, microseconds)
/// and seconds since 1970 with three decimals (nginx's `$msec`), which is then the end. Nothing for
/// a line of another form. Cost: O(line), no allocation. Pure; any thread.
std::optional<LogLine> ParseLogLine(std::string_view line_text);

}  // namespace weir::scenarios
