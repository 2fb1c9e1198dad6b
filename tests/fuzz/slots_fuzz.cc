#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "scenarios/json_path.h"
#include "scenarios/template.h"

// The first line is a text with slots, the second a JSON path, the rest an answer into which it
// looks: neither crashes, and what is read keeps its promises.
namespace {

using weir::scenarios::Expression;
using weir::scenarios::Filler;

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

void CheckPromises(const Expression& expression) {
  if (expression.filler == Filler::kRandom) {
    WEIR_CHECK(expression.low <= expression.high);
  }
  if (expression.filler == Filler::kVariable || expression.filler == Filler::kColumn) {
    WEIR_CHECK(!expression.text.empty());
  }
  for (const Expression& argument : expression.arguments) {
    CheckPromises(argument);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view text = TakeLine(rest);
  const auto parsed = weir::scenarios::ParseTemplate(text);
  if (parsed) {
    for (const Expression& part : *parsed) {
      CheckPromises(part);
    }
    if (!weir::scenarios::HasSlots(text)) {
      WEIR_CHECK(weir::scenarios::WithoutSlots(text, "x") == text);
    }
  } else {
    WEIR_CHECK(!parsed.error().message.empty());
  }
  const auto path = weir::scenarios::ParseJsonPath(TakeLine(rest));
  if (path) {
    const auto found = weir::scenarios::FindJson(rest, *path);
    WEIR_CHECK(!found || found->size() <= rest.size());
  } else {
    WEIR_CHECK(!path.error().message.empty());
  }
  return 0;
}
