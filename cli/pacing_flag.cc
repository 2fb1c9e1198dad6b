#include "cli/pacing_flag.h"

#include <fmt/format.h>

#include "base/text.h"

namespace weir::cli {

Result<loadgen::Pacing> ParsePacing(std::string_view text) {
  for (const loadgen::Pacing pacing :
       {loadgen::Pacing::kSleep, loadgen::Pacing::kHybrid, loadgen::Pacing::kSpin}) {
    if (text == loadgen::PacingName(pacing)) {
      return pacing;
    }
  }
  return UsageError(fmt::format("'{}' is none of sleep, hybrid, spin", Printable(text)));
}

}  // namespace weir::cli
