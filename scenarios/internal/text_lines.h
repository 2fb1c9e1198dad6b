#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::scenarios::internal {

/// A file that is open for reading at any place, by any number of threads; or a stream (a pipe, a
/// device), which has one place and one reader.
class OpenFile {
 public:
  enum class Kind : std::uint8_t { kFile, kFileOrStream };

  /// Errors: kUsage: it is not there, or not of that kind. `what` is what it should hold ("log").
  static Result<std::shared_ptr<const OpenFile>> Open(const std::string& path,
                                                      std::string_view what, Kind kind);

  OpenFile(int fd, Kind kind) : fd_(fd), kind_(kind) {}

  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  /// Up to `count` bytes from `offset`; 0 at the end, or when it cannot be read.
  std::size_t ReadAt(std::uint64_t offset, char* into, std::size_t count) const;

  /// Asks the kernel to have `count` bytes from `offset` in memory soon.
  void WillNeed(std::uint64_t offset, std::size_t count) const;

 private:
  int fd_;
  Kind kind_;
};

/// A line of a file, without its end.
struct TextLine {
  std::string_view text;     ///< Valid until the next one is asked for.
  std::uint64_t offset = 0;  ///< Of its first byte.
  bool is_too_long = false;  ///< Longer than the limit: `text` is its beginning.
};

/// Reads a file line by line, whatever their length, in bounded memory. One owner.
class LineReader {
 public:
  LineReader(std::shared_ptr<const OpenFile> file, std::size_t line_bytes_max);

  std::optional<TextLine> Next();

  void Rewind();

 private:
  bool Refill();

  std::shared_ptr<const OpenFile> file_;
  std::size_t line_bytes_max_;
  std::string block_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::uint64_t block_offset_ = 0;
  std::string carried_;  ///< The beginning of a line that goes on in the next block.
};

/// Counts lines of another form and keeps the numbers of the first.
struct BadLines {
  std::uint64_t count = 0;
  std::vector<std::uint64_t> first{};

  void Note(std::uint64_t number);
  /// "3, 17, 40, ...".
  std::string Named() const;
};

}  // namespace weir::scenarios::internal
