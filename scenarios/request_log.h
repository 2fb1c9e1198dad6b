#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

/// Writes what `replay: { format: requests }` reads (docs/replay.md).
namespace weir::scenarios {

/// Appends the line, with its newline, of a request that was due at `due` and is `wire` as HTTP/1.1
/// puts it: head, empty line, body. What a transport sets by itself (Host, Content-Length and their
/// like, weir's own User-Agent and Accept) is not written, nor are cookies and credentials unless
/// `keeps_secrets`; a header that comes more than once is one, joined as RFC 9110, 5.3 allows.
///
/// False, and `out` is as before: a line cannot say it, so that a replay would send something else
/// (no HTTP, a body in chunks, a path or header that is no printable text, longer than the 1 MiB
/// that are read). Any thread.
[[nodiscard]] bool AppendRequestLine(WallTime due, std::string_view wire, bool keeps_secrets,
                                     std::string& out);

}  // namespace weir::scenarios
