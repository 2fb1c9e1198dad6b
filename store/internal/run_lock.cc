#include "store/internal/run_lock.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"

namespace weir::store::internal {
namespace {

// Beside the file that a symbolic link leads to, as SQLite does with its own side files.
std::string LockPath(const std::string& history_path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(history_path, error);
  return (error ? history_path : real.string()) + "-writers";
}

struct flock ByteOf(RunId id, short type) {
  struct flock range {};

  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = id;
  range.l_len = 1;
  return range;
}

}  // namespace

Result<std::unique_ptr<RunLock>> RunLock::Take(const std::string& history_path, RunId id) {
  const std::string path = LockPath(history_path);
  // Readable by all: a reader of the history must be able to ask.
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor >= 0) {
    std::unique_ptr<RunLock> lock(new RunLock(descriptor));
    // An open-file-description lock: unlike a process's, closing another descriptor keeps it.
    struct flock range = ByteOf(id, F_WRLCK);
    if (fcntl(descriptor, F_OFD_SETLK, &range) == 0) {
      return lock;
    }
  }
  return Unavailable(
      fmt::format("cannot lock '{}', which marks the runs in progress: {}; look at "
                  "the permissions of its directory, or name another file",
                  // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is per thread.
                  Printable(path), std::strerror(errno)));
}

RunLock::~RunLock() {
  close(descriptor_);
}

RunLockProbe::~RunLockProbe() {
  if (descriptor_ && *descriptor_ >= 0) {
    close(*descriptor_);
  }
}

bool RunLockProbe::IsHeld(RunId id) {
  if (!descriptor_) {
    descriptor_ = open(LockPath(history_path_).c_str(), O_RDONLY | O_CLOEXEC);
  }
  struct flock range = ByteOf(id, F_WRLCK);
  return *descriptor_ >= 0 && fcntl(*descriptor_, F_OFD_GETLK, &range) == 0 &&
         range.l_type != F_UNLCK;
}

}  // namespace weir::store::internal
