#include "scenarios/internal/text_lines.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace weir::scenarios::internal {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::size_t kAheadBytes = std::size_t{4} * 1024 * 1024;
constexpr std::size_t kBadLinesNamed = 5;

}  // namespace

Result<std::shared_ptr<const OpenFile>> OpenFile::Open(const std::string& path,
                                                       std::string_view what, Kind kind) {
  // Without it, opening a pipe that nobody writes to would wait for ever.
  const int waits = kind == Kind::kFile ? O_NONBLOCK : 0;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | waits);
  std::string trouble = fd < 0 ? std::generic_category().message(errno) : "";
  std::shared_ptr<const OpenFile> file;

  struct stat status {};

  if (fd >= 0) {
    const bool is_regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    file = std::make_shared<const OpenFile>(fd, is_regular ? Kind::kFile : Kind::kFileOrStream);
    if (S_ISDIR(status.st_mode)) {
      trouble = std::generic_category().message(EISDIR);
    } else if (!is_regular && kind == Kind::kFile) {
      trouble = "it is read more than once, which a pipe or device does not allow";
    }
  }
  if (!trouble.empty()) {
    return UsageError(fmt::format("cannot read '{}': {}\n  hint: give the path of a {}",
                                  Printable(path), trouble, what));
  }
  return file;
}

OpenFile::~OpenFile() {
  close(fd_);
}

std::size_t OpenFile::ReadAt(std::uint64_t offset, char* into, std::size_t count) const {
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got = kind_ == Kind::kFile ? pread(fd_, into + done, count - done,
                                                     static_cast<off_t>(offset + done))
                                             : read(fd_, into + done, count - done);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      break;
    }
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void OpenFile::WillNeed(std::uint64_t offset, std::size_t count) const {
  posix_fadvise(fd_, static_cast<off_t>(offset), static_cast<off_t>(count), POSIX_FADV_WILLNEED);
}

LineReader::LineReader(std::shared_ptr<const OpenFile> file, std::size_t line_bytes_max)
    : file_(std::move(file)), line_bytes_max_(line_bytes_max), block_(kBlockBytes, '\0') {
  file_->WillNeed(0, kAheadBytes);
}

void LineReader::Rewind() {
  at_ = 0;
  end_ = 0;
  block_offset_ = 0;
  carried_.clear();
  file_->WillNeed(0, kAheadBytes);
}

bool LineReader::Refill() {
  block_offset_ += end_;
  at_ = 0;
  end_ = file_->ReadAt(block_offset_, block_.data(), block_.size());
  if (block_offset_ % kAheadBytes < kBlockBytes) {
    file_->WillNeed(block_offset_ + kAheadBytes, kAheadBytes);
  }
  return end_ > 0;
}

std::optional<TextLine> LineReader::Next() {
  carried_.clear();
  std::uint64_t begin = block_offset_ + at_;
  bool goes_on = false;  // What was read so far has no end yet.
  bool is_too_long = false;
  while (at_ < end_ || Refill()) {
    begin = goes_on ? begin : block_offset_ + at_;
    const std::string_view rest(block_.data() + at_, end_ - at_);
    const std::size_t end = rest.find('\n');
    const std::string_view piece = rest.substr(0, end);
    at_ += end == std::string_view::npos ? rest.size() : end + 1;
    if (end != std::string_view::npos && !goes_on) {
      return TextLine{piece.substr(0, line_bytes_max_), begin, piece.size() > line_bytes_max_};
    }
    goes_on = true;
    const std::size_t room = line_bytes_max_ - carried_.size();
    is_too_long = is_too_long || piece.size() > room;
    carried_ += piece.substr(0, room);
    if (end != std::string_view::npos) {
      return TextLine{carried_, begin, is_too_long};
    }
  }
  return goes_on ? std::optional(TextLine{carried_, begin, is_too_long}) : std::nullopt;
}

void BadLines::Note(std::uint64_t number) {
  ++count;
  if (first.size() < kBadLinesNamed) {
    first.push_back(number);
  }
}

std::string BadLines::Named() const {
  return fmt::format("{}{}", fmt::join(first, ", "), count > first.size() ? ", ..." : "");
}

}  // namespace weir::scenarios::internal
