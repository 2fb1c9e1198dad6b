#include "scenarios/internal/source_file.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::scenarios::internal {
namespace {

std::string Reason(int error_number) {
  return std::error_code(error_number, std::generic_category()).message();
}

}  // namespace

Result<std::string> ReadSourceFile(const std::string& path, std::string_view what,
                                   std::size_t bytes_max) {
  const std::string shown = Printable(path, 300);
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return UsageError(fmt::format("{}: there is no such {} file; check the path", shown, what));
  }
  if (std::filesystem::is_directory(status)) {
    return UsageError(
        fmt::format("{}: this is a directory; give the path of a {} file in it", shown, what));
  }

  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  const std::unique_ptr<std::FILE, Closer> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) {
    return UsageError(fmt::format("{}: the {} file cannot be opened ({}); check its permissions",
                                  shown, what, Reason(errno)));
  }
  // Pipes and devices have no size to ask for beforehand.
  std::string text;
  char chunk[16384];
  while (text.size() <= bytes_max) {
    const std::size_t got = std::fread(chunk, 1, sizeof(chunk), file.get());
    if (got == 0) {
      break;
    }
    text.append(chunk, got);
  }
  if (std::ferror(file.get()) != 0) {
    return UsageError(
        fmt::format("{}: the {} file cannot be read ({})", shown, what, Reason(errno)));
  }
  if (text.size() > bytes_max) {
    return UsageError(fmt::format("{}: the {} file is larger than {}; split it into several files",
                                  shown, what, FormatBytes(bytes_max)));
  }
  return text;
}

std::string_view WithoutMark(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) {
    text.remove_prefix(kMark.size());
  }
  return text;
}

std::string BesideScenario(const std::string& path, std::string_view scenario) {
  const std::size_t folder = scenario.rfind('/');
  return path.starts_with('/') || folder == std::string_view::npos
             ? path
             : fmt::format("{}/{}", scenario.substr(0, folder), path);
}

}  // namespace weir::scenarios::internal
