#include "cli/series_file.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/series_formats.h"

namespace weir::cli {
namespace {

constexpr std::size_t kBlockBytes = 256 * 1024;

Result<std::string> ReadAll(int fd, const std::string& path, std::size_t bytes_max) {
  std::string text;
  for (;;) {
    const std::size_t had = text.size();
    if (had > bytes_max) {
      return UsageError(fmt::format("{}: more than {}\n  hint: split the file", Printable(path),
                                    FormatBytes(bytes_max)));
    }
    text.resize(had + kBlockBytes);
    const ssize_t got = read(fd, text.data() + had, kBlockBytes);
    text.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0 && errno != EINTR) {
      return Unavailable(fmt::format("cannot read {}: {}", Printable(path),
                                     std::generic_category().message(errno)));
    }
    if (got == 0) {
      return text;
    }
  }
}

}  // namespace

Result<SeriesTable> ParseSeries(std::string_view text, const std::string& source,
                                const SeriesFileOptions& options) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '[') {
    return ParseJsonArraySeries(text, source, options);
  }
  if (first != std::string_view::npos && text[first] == '{') {
    return ParseJsonLinesSeries(text, source, options);
  }
  return ParseCsvSeries(text, source, options);
}

Result<SeriesTable> ReadSeriesFile(const std::string& path, const SeriesFileOptions& options) {
  if (path == "-") {
    const Result<std::string> text = ReadAll(STDIN_FILENO, "standard input", options.bytes_max);
    return text ? ParseSeries(*text, "standard input", options)
                : Result<SeriesTable>(tl::unexpected(text.error()));
  }
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return Unavailable(
        fmt::format("cannot open {}: {}", Printable(path), std::generic_category().message(errno)));
  }
  const Result<std::string> text = ReadAll(fd, path, options.bytes_max);
  close(fd);
  return text ? ParseSeries(*text, path, options)
              : Result<SeriesTable>(tl::unexpected(text.error()));
}

}  // namespace weir::cli
