#include "tests/reports/unpacked.h"

#include <cstdint>
#include <string_view>

#include <gtest/gtest.h>
#include <zlib.h>

namespace weir::reports {

std::string Unpacked(const std::string& packed) {
  const std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char letter : packed.substr(0, packed.find('='))) {
    bits = bits << 6 | static_cast<std::uint32_t>(alphabet.find(letter));
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>(bits >> held & 255);
    }
  }
  uLongf size = 1000 * bytes.size() + 100;
  std::string text(size, '\0');
  const int done = uncompress(reinterpret_cast<Bytef*>(text.data()), &size,
                              reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  EXPECT_EQ(done, Z_OK);
  return text.substr(0, size);
}

nlohmann::json DataOf(const std::string& html) {
  const std::string_view begin = "id=\"data\">";
  const std::size_t at = html.find(begin);
  EXPECT_NE(at, std::string::npos) << "no data in the page";
  if (at == std::string::npos) {
    return {};
  }
  const std::size_t from = at + begin.size();
  return nlohmann::json::parse(Unpacked(html.substr(from, html.find("</script>", from) - from)));
}

}  // namespace weir::reports
