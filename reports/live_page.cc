#include "reports/live_page.h"

#include <fmt/format.h>

#include "reports/internal/page_assets.h"

namespace weir::reports {

std::string LivePage() {
  const std::string head =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>weir monitor</title>";
  if (kLiveScript.empty()) {
    return head +
           "</head><body><p>This weir was built without its pages. The figures are at "
           "<a href=\"api/v1/status\">api/v1/status</a>.</p></body></html>\n";
  }
  return fmt::format(
      "{}<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; img-src data:; "
      "base-uri 'none'; form-action 'none'\"><link rel=\"icon\" href=\"data:,\"><style>{}</style>"
      "</head><body><noscript><p>The figures are at <a href=\"api/v1/status\">api/v1/status</a>."
      "</p></noscript><div id=\"app\"></div><script>{}</script></body></html>\n",
      head, kLiveScriptSha256, kLiveStyleSha256, kLiveStyle, kLiveScript);
}

}  // namespace weir::reports
