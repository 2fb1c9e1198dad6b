#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "scenarios/access_log.h"
#include "scenarios/reader.h"
#include "scenarios/record.h"

// The first byte says what the rest is taken for. What comes out must be a scenario that is read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  using weir::scenarios::RecordKind;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto kind = static_cast<RecordKind>(data[0] % weir::scenarios::kRecordKindNames.size());
  if (kind == RecordKind::kAccessLog) {
    if (const auto line = weir::scenarios::ParseLogLine(text)) {
      WEIR_CHECK(line->path.starts_with('/'));
      WEIR_CHECK(!line->taken || line->taken->count() >= 0);
      WEIR_CHECK(line->status >= 100 && line->status <= 599);
    }
    return 0;
  }
  const auto scenario = weir::scenarios::RecordScenario(kind, text, {});
  if (scenario) {
    WEIR_CHECK(weir::scenarios::ReadScenario(*scenario, "recorded.yaml").has_value());
  } else {
    WEIR_CHECK(!scenario.error().message.empty());
  }
  return 0;
}
