#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "loadgen/response_parser.h"

// Whatever the bytes are, and however they are cut: the parser ends, stays within its limits, and
// every cut gives the same answer, also where the head is known. The first byte says what is
// expected and how to cut.
namespace {

using weir::RequestError;
using weir::loadgen::ResponseParser;
using State = ResponseParser::State;

struct Parsed {
  State state = State::kNeedMore;
  std::size_t consumed = 0;
  int status = 0;
  bool keep_alive = false;
  RequestError error = RequestError::kNone;
  std::string head;
  std::string body;
  friend bool operator==(const Parsed&, const Parsed&) = default;
};

Parsed Parse(std::string_view bytes, const ResponseParser::Expectation& expectation,
             std::size_t step, ResponseParser::HeadMemo* memo = nullptr) {
  ResponseParser parser;
  parser.ShareHeads(memo);
  parser.Begin(expectation);
  Parsed parsed;
  while (parsed.state == State::kNeedMore && parsed.consumed < bytes.size()) {
    const std::string_view piece = bytes.substr(parsed.consumed, step);
    const ResponseParser::Progress progress = parser.Feed(piece);
    WEIR_CHECK(progress.consumed <= piece.size());
    WEIR_CHECK(progress.state != State::kNeedMore || progress.consumed == piece.size());
    parsed.consumed += progress.consumed;
    parsed.state = progress.state;
    WEIR_CHECK(parser.bytes() == parsed.consumed);
    WEIR_CHECK(parser.head().size() <= 2 * ResponseParser::kHeadBytesMax);
  }
  if (parsed.state == State::kNeedMore) {
    parsed.state = parser.OnEnd();
  }
  WEIR_CHECK(parsed.state != State::kNeedMore);
  if (parsed.state == State::kDone) {
    WEIR_CHECK(parser.status() >= 200);
    WEIR_CHECK(parser.status() <= 999);
    parsed.status = parser.status();
    parsed.keep_alive = parser.keep_alive();
    parsed.head = parser.head();
    parsed.body = parser.body();
  } else {
    WEIR_CHECK(!parser.keep_alive());
    parsed.error = parser.error();
    parsed.consumed = 0;  // How much of a broken answer was looked at is nobody's business.
  }
  return parsed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const ResponseParser::Expectation expectation{(data[0] & 1) != 0, (data[0] & 2) != 0,
                                                (data[0] & 4) != 0};
  const std::size_t step = std::size_t{1} + (data[0] >> 3);
  const Parsed parsed = Parse(bytes, expectation, bytes.size());
  WEIR_CHECK(Parse(bytes, expectation, step) == parsed);
  ResponseParser::HeadMemo memo;
  // Once it learns, then it knows; and it does not know what was learnt with another expectation.
  ResponseParser::Expectation other = expectation;
  other.is_head = !other.is_head;
  WEIR_CHECK(Parse(bytes, other, bytes.size(), &memo) == Parse(bytes, other, step));
  WEIR_CHECK(Parse(bytes, expectation, bytes.size(), &memo) == parsed);
  WEIR_CHECK(Parse(bytes, expectation, bytes.size(), &memo) == parsed);
  return 0;
}
