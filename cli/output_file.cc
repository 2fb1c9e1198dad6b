#include "cli/output_file.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/terminal.h"

namespace weir::cli {
namespace {

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
  return true;
}

}  // namespace

Status WriteFile(const std::string& path, std::string_view text) {
  const std::string temporary = fmt::format("{}.{}.tmp", path, getpid());
  const auto fail = [&path] {
    return Unavailable(
        fmt::format("cannot write {}: {}", path, std::generic_category().message(errno)));
  };
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) {
    return fail();
  }
  const bool written = WriteAll(fd, text);
  const int write_error = errno;
  const bool closed = close(fd) == 0;
  if (written && closed && std::rename(temporary.c_str(), path.c_str()) == 0) {
    return {};
  }
  errno = written ? errno : write_error;
  auto failure = fail();
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
