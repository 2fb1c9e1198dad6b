#include "loadgen/program_path.h"

#include <cstdlib>
#include <string_view>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace weir::loadgen {
namespace {

// What POSIX has a shell search when PATH is not set.
constexpr std::string_view kPathDefault = "/usr/local/bin:/usr/bin:/bin";

bool IsFile(const std::string& path) {
  struct stat status {};

  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool MayExecute(const std::string& path) {
  return IsFile(path) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

Result<std::string> FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (MayExecute(name)) {
      return name;
    }
    return Unavailable(fmt::format(
        "cannot run '{}': {}", Printable(name),
        IsFile(name)
            ? "it may not be executed\n  hint: 'chmod +x' it, or name its interpreter first"
            : "there is no such file\n  hint: the path counts from the working directory"));
  }
  const char* set = std::getenv("PATH");
  std::string_view rest = set == nullptr ? kPathDefault : std::string_view(set);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string path = fmt::format("{}/{}", end == 0 ? "." : rest.substr(0, end), name);
    if (MayExecute(path)) {
      return path;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return Unavailable(
      fmt::format("cannot run '{}': no directory of $PATH has an executable file of that name\n"
                  "  hint: give its path, for example ./{}",
                  Printable(name), Printable(name)));
}

}  // namespace weir::loadgen
