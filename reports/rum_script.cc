#include "reports/rum_script.h"

#include "reports/internal/page_assets.h"

namespace weir::reports {

std::string_view RumScript() {
  return kRumScript;
}

}  // namespace weir::reports
