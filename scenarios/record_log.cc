#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.h"
#include "scenarios/access_log.h"
#include "scenarios/internal/log_summary.h"
#include "scenarios/record.h"

namespace weir::scenarios {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;
constexpr std::size_t kLineBytesMax = 64 * 1024;
constexpr std::size_t kBadLinesNamed = 5;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// Counts lines and keeps the numbers of the first bad ones.
struct Lines {
  std::uint64_t number = 0;
  std::uint64_t bad = 0;
  std::uint64_t filtered = 0;
  std::vector<std::uint64_t> first_bad;

  void NoteBad() {
    ++bad;
    if (first_bad.size() < kBadLinesNamed) {
      first_bad.push_back(number);
    }
  }

  std::string Named() const {
    return fmt::format("{}{}", fmt::join(first_bad, ", "), bad > first_bad.size() ? ", ..." : "");
  }
};

class LogReader {
 public:
  LogReader(const RecordOptions& options, const re2::RE2& filter)
      : options_(options), filter_(filter) {}

  // False: too many lines of another form.
  bool Take(std::string_view line) {
    ++lines_.number;
    if (line.empty()) {
      return true;
    }
    const std::optional<LogLine> parsed =
        line.size() > kLineBytesMax ? std::nullopt : ParseLogLine(line);
    if (!parsed) {
      lines_.NoteBad();
      return lines_.bad <= options_.bad_lines_max;
    }
    if (!options_.filter.empty() &&
        !re2::RE2::PartialMatch(re2::StringPiece(parsed->path.data(), parsed->path.size()),
                                filter_)) {
      ++lines_.filtered;
      return true;
    }
    summary_.Add(*parsed);
    return true;
  }

  const Lines& lines() const { return lines_; }

  internal::LogSummary& summary() { return summary_; }

 private:
  const RecordOptions& options_;
  const re2::RE2& filter_;
  Lines lines_;
  internal::LogSummary summary_;
};

// Hands each line of `file` over, whatever its length; false when one was refused.
bool EachLine(std::FILE* file, LogReader& reader) {
  std::string block(kBlockBytes, '\0');
  std::string carried;  // The beginning of a line that goes on in the next block.
  for (std::size_t read = 0; (read = std::fread(block.data(), 1, block.size(), file)) > 0;) {
    std::string_view rest(block.data(), read);
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      const std::string_view line = rest.substr(0, end);
      if (!reader.Take(carried.empty() ? line : std::string_view(carried += line))) {
        return false;
      }
      carried.clear();
      rest.remove_prefix(end + 1);
    }
    // What is longer is no line of a log, however it ends.
    carried += rest.substr(0, kLineBytesMax + 1 - std::min(carried.size(), kLineBytesMax + 1));
  }
  return carried.empty() || reader.Take(carried);
}

}  // namespace

Result<std::string> RecordLog(const std::string& path, const RecordOptions& options) {
  const re2::RE2 filter(options.filter, re2::RE2::Quiet);
  if (!filter.ok()) {
    return UsageError(fmt::format("--filter: {}", filter.error()));
  }
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) {
    return UsageError(fmt::format("cannot read '{}': {}\n  hint: give the path of a log",
                                  Printable(path), std::strerror(errno)));  // NOLINT
  }
  LogReader reader(options, filter);
  const bool is_whole = EachLine(file.get(), reader);
  const Lines& lines = reader.lines();
  if (!is_whole) {
    return UsageError(fmt::format(
        "'{}': {} of the first {} lines are neither in the common nor in the combined log format "
        "(lines {})\n  hint: is it an access log? --bad-lines sets the limit",
        Printable(path), FormatCount(lines.bad), FormatCount(lines.number), lines.Named()));
  }
  if (std::ferror(file.get()) != 0 || reader.summary().requests() == 0) {
    return UsageError(
        fmt::format("'{}' holds no request that is wanted ({} lines, {} of another "
                    "form, {} left out by the filter)",
                    Printable(path), FormatCount(lines.number), FormatCount(lines.bad),
                    FormatCount(lines.filtered)));
  }
  internal::Draft draft = reader.summary().ToDraft();
  draft.name = options.name.empty() ? draft.name : options.name;
  draft.target = options.target;
  if (lines.bad > 0) {
    draft.notes.push_back(fmt::format("{} lines of another form are left out (lines {}).",
                                      FormatCount(lines.bad), lines.Named()));
  }
  if (lines.filtered > 0) {
    draft.notes.push_back(
        fmt::format("{} requests are left out by the filter.", FormatCount(lines.filtered)));
  }
  return internal::WriteDraft(draft);
}

}  // namespace weir::scenarios
