#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "loadgen/body_decoder.h"

// Bodies in an encoding that the first byte chooses: undone or refused, within the limit.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array<std::string_view, 5> kEncodings = {"gzip", "deflate", "br", "gzip, br",
                                                          "br, gzip, deflate, gzip, br"};
  if (size == 0) {
    return 0;
  }
  const std::string head =
      "Content-Encoding: " + std::string(kEncodings[data[0] % kEncodings.size()]) + "\n";
  weir::loadgen::Answer answer;
  answer.head = head;
  answer.body = std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1);
  weir::loadgen::BodyDecoder decoder;
  std::string_view first;
  const weir::RequestError error = decoder.Decode(answer, first);
  WEIR_CHECK(first.size() <= weir::loadgen::BodyDecoder::kDecodedBytesMax);
  const std::string before(first);
  std::string_view again;
  WEIR_CHECK(decoder.Decode(answer, again) == error);
  WEIR_CHECK(again == before);
  return 0;
}
