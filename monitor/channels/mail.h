#pragma once

#include <string>
#include <vector>

#include "base/time.h"

namespace weir::monitor {

struct Mail {
  std::string from;
  std::vector<std::string> to;
  std::string subject;  ///< Any text.
  std::string text;     ///< UTF-8, lines ended by LF.
  std::string id;       ///< Of this mail; letters, digits, '-' and '_'.
  std::string thread;   ///< Mails with the same one are shown as a conversation.
  WallTime at{};
};

/// A mail of RFC 5322 in text and HTML, lines ended by CR LF, ASCII only. Pure.
/// Checked against: aiosmtpd and Python's email parser, tests/integration.
std::string RenderMail(const Mail& mail);

}  // namespace weir::monitor
