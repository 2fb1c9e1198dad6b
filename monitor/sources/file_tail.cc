#include "monitor/sources/file_tail.h"

#include <cerrno>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace weir::monitor {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} * 1024;

Status Failed(const std::string& path, std::string_view what) {
  return Unavailable(fmt::format("cannot {} {}: {}", what, Printable(path, 300),
                                 std::generic_category().message(errno)));
}

}  // namespace

FileTail::~FileTail() {
  Close();
}

void FileTail::Close() {
  if (file_ >= 0) {
    ::close(file_);
  }
  file_ = -1;
  partial_.clear();
}

Status FileTail::Open() {
  file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const bool first = !std::exchange(looked_, true);
  if (file_ < 0) {
    return Failed(path_, "open");
  }

  struct stat status {};

  if (::fstat(file_, &status) != 0 || !S_ISREG(status.st_mode)) {
    Close();
    return Unavailable(fmt::format("{} is no regular file", Printable(path_, 300)));
  }
  inode_ = status.st_ino;
  at_ = first ? status.st_size : 0;
  return {};
}

void FileTail::Take(std::string_view bytes, const std::function<void(std::string_view)>& take) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (end != std::string_view::npos && partial_.empty()) {
      take(piece.substr(0, kLineBytesMax + 1));
    } else {
      partial_ += piece.substr(0, kLineBytesMax + 1 - std::min(partial_.size(), kLineBytesMax + 1));
      if (end != std::string_view::npos) {
        take(partial_);
        partial_.clear();
      }
    }
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  }
}

Status FileTail::ReadOpen(std::size_t& budget, const std::function<void(std::string_view)>& take) {
  std::vector<char> chunk(kChunkBytes);
  while (budget > 0) {
    const ssize_t got = ::pread(file_, chunk.data(), std::min(chunk.size(), budget), at_);
    if (got < 0) {
      return Failed(path_, "read");
    }
    if (got == 0) {
      return {};
    }
    at_ += got;
    budget -= static_cast<std::size_t>(got);
    Take({chunk.data(), static_cast<std::size_t>(got)}, take);
  }
  behind_ = true;
  return {};
}

Status FileTail::Read(const std::function<void(std::string_view)>& take) {
  behind_ = false;
  std::size_t budget = kBytesMax;
  if (file_ < 0) {
    if (Status opened = Open(); !opened) {
      return opened;
    }
  }

  struct stat open_one {};

  if (::fstat(file_, &open_one) == 0 && open_one.st_size < at_) {
    at_ = 0;
    partial_.clear();
    ++cuts_;
  }
  if (Status read = ReadOpen(budget, take); !read) {
    return read;
  }

  struct stat named {};

  const bool there = ::stat(path_.c_str(), &named) == 0;
  if (there && named.st_ino == inode_ && named.st_dev == open_one.st_dev) {
    return {};
  }
  // Renamed: what was written to it until now has been read, unless there was too much of it.
  if (behind_) {
    return {};
  }
  Close();
  if (!there) {
    return {};
  }
  if (Status opened = Open(); !opened) {
    return opened;
  }
  return ReadOpen(budget, take);
}

}  // namespace weir::monitor
