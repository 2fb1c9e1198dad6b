#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "loadgen/script/request_split.h"

// What a script returns: it is split to its end or refused, and a request that is taken stays one
// when it stands alone.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  while (!text.empty()) {
    const auto first = weir::loadgen::SplitFirst(text);
    if (!first) {
      WEIR_CHECK(!first.error().message.empty());
      return 0;
    }
    WEIR_CHECK(first->bytes > 0);
    WEIR_CHECK(first->bytes <= text.size());
    const auto alone = weir::loadgen::SplitFirst(text.substr(0, first->bytes));
    WEIR_CHECK(alone.has_value());
    WEIR_CHECK(alone->bytes == first->bytes);
    WEIR_CHECK(alone->is_head == first->is_head);
    text.remove_prefix(first->bytes);
  }
  return 0;
}
