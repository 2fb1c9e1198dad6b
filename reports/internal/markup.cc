#include "reports/internal/markup.h"

#include "reports/internal/text_layout.h"

namespace weir::reports {

std::string InMarkup(std::string_view text, std::size_t length_max) {
  std::string out;
  for (const char c : Clean(text, length_max)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace weir::reports
