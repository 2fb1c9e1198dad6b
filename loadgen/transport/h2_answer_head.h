#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/run.h"

using nghttp2_hd_inflater = struct nghttp2_hd_inflater;

namespace weir::loadgen {

/// What an answer's header block says.
struct AnswerHead {
  int status = 0;  ///< 0 = none: the block is one of trailers.
  std::optional<std::uint64_t> content_length;
  /// Header lines "Name: value\n"; valid until the next Read, empty unless they were asked for.
  std::string_view lines;
};

/// Reads the header blocks of one HTTP/2 connection in their order (HPACK by nghttp2).
///
/// A server answers the same few requests over and over, mostly with the same bytes, so what a
/// block meant is kept, and finding it again costs a comparison of bytes (some 20 ns for 100 bytes,
/// against 600 for reading them). Two kinds of block can be known again:
///  - one that leaves the dynamic table as it is, until something else changes the table;
///  - one that refers to no entry of the dynamic table, always. What it inserts there (nginx
///  inserts
///    with every answer, and never refers to it) is made up for when a block comes that refers.
class AnswerHeadReader {
 public:
  explicit AnswerHeadReader(std::size_t bytes_max);
  AnswerHeadReader(const AnswerHeadReader&) = delete;
  AnswerHeadReader& operator=(const AnswerHeadReader&) = delete;
  ~AnswerHeadReader();

  enum class Lines : std::uint8_t { kLeaveOut, kKeep };

  /// nullopt: the block is not HPACK, is too long, or breaks the rules of RFC 9113, 8; then `fault`
  /// says kTooLarge or kMalformed, and the connection cannot go on.
  std::optional<AnswerHead> Read(std::string_view block, Lines lines);

  RequestError fault() const { return fault_; }

 private:
  struct Known {
    std::shared_ptr<const std::string> block;  ///< Shared with postponed_, which may outlive it.
    std::uint64_t table = 0;                   ///< Before it, for one that does not stand alone.
    bool stands_alone = false;
    bool inserts = false;
    bool has_lines = false;
    AnswerHead head;
    std::string lines;
  };

  /// A block that stands alone has come: its insertions are made when they matter.
  void Postpone(const Known& known);
  bool CatchUp();
  bool Inflate(nghttp2_hd_inflater* inflater, std::string_view block, Lines lines, Known& into);
  bool OnField(std::string_view name, std::string_view value, Lines lines, Known& into);

  /// Insertions that the table (4096 bytes, an entry counts 32 or more) can remember.
  static constexpr std::size_t kPostponedMax = 128;

  const std::size_t bytes_max_;
  nghttp2_hd_inflater* inflater_ = nullptr;   ///< Has the dynamic table, but for what is postponed.
  nghttp2_hd_inflater* tableless_ = nullptr;  ///< For blocks that stand alone.
  std::array<std::shared_ptr<const std::string>, kPostponedMax> postponed_;
  std::uint64_t postponed_count_ = 0;
  std::uint64_t table_ = 1;  ///< Counts the changes of the dynamic table.
  std::array<Known, 8> known_;
  Known unknown_;  ///< Of a block that cannot be known again.
  RequestError fault_ = RequestError::kNone;
};

}  // namespace weir::loadgen
