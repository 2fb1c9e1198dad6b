#include "cli/output_file.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"
#include "base/write_all.h"
#include "cli/terminal.h"

namespace weir::cli {
namespace {

// The file beside `path` that takes its name in the end.
std::string TemporaryOf(const std::string& path) {
  return fmt::format("{}.{}.tmp", path, getpid());
}

int Open(const std::string& temporary) {
  return open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

// From errno.
tl::unexpected<Error> CannotWrite(const std::string& path) {
  return Unavailable(
      fmt::format("cannot write {}: {}\n  hint: name a file in a directory that is there",
                  Printable(path), std::generic_category().message(errno)));
}

}  // namespace

Status CheckWritable(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    errno = EISDIR;
    return CannotWrite(path);
  }
  const std::string temporary = TemporaryOf(path);
  const int fd = Open(temporary);
  if (fd < 0) {
    return CannotWrite(path);
  }
  close(fd);
  unlink(temporary.c_str());
  return {};
}

Status WriteFile(const std::string& path, std::string_view text) {
  const std::string temporary = TemporaryOf(path);
  const int fd = Open(temporary);
  if (fd < 0) {
    return CannotWrite(path);
  }
  const bool written = WriteAll(fd, text);
  const int write_error = errno;
  const bool closed = close(fd) == 0;
  if (written && closed && std::rename(temporary.c_str(), path.c_str()) == 0) {
    return {};
  }
  errno = written ? errno : write_error;
  auto failure = CannotWrite(path);
  unlink(temporary.c_str());
  return failure;
}

Status WriteJson(const std::string& destination, std::string_view json) {
  if (destination == "-") {
    Print(json);
    return {};
  }
  return WriteFile(destination, json);
}

}  // namespace weir::cli
