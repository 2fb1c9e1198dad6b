#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/run.h"
#include "loadgen/answer_check.h"

namespace weir::loadgen {

/// Undoes the Content-Encoding of answers, for checks and extractions that look into bodies: gzip,
/// deflate (with zlib's wrapping or without) and br, also one over the other. Keeps its memory from
/// one answer to the next, and takes none before the first that is encoded. Thread rule: one owner.
class BodyDecoder {
 public:
  /// As of bodies on the wire: what a small body swells to is bounded as well.
  static constexpr std::size_t kDecodedBytesMax = std::size_t{4} * 1024 * 1024;

  BodyDecoder();
  ~BodyDecoder();
  BodyDecoder(const BodyDecoder&) = delete;
  BodyDecoder& operator=(const BodyDecoder&) = delete;

  /// Sets `plain` to the body of `answer` as it was before it was encoded; it lives until the next
  /// call, or as long as the answer. A body in an encoding that is not known stays as it is, and so
  /// does an empty one. kMalformed: damaged or cut short; kTooLarge: more than kDecodedBytesMax.
  RequestError Decode(const Answer& answer, std::string_view& plain);

 private:
  struct State;

  RequestError Undo(std::string_view encodings, std::string_view& plain);

  std::unique_ptr<State> state_;
};

}  // namespace weir::loadgen
