#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.h"
#include "scenarios/access_log.h"
#include "scenarios/internal/log_summary.h"
#include "scenarios/internal/text_lines.h"
#include "scenarios/record.h"

namespace weir::scenarios {
namespace {

constexpr std::size_t kLineBytesMax = 64 * 1024;

struct Lines {
  std::uint64_t number = 0;
  std::uint64_t filtered = 0;
  internal::BadLines bad;
};

class LogReader {
 public:
  LogReader(const RecordOptions& options, const re2::RE2& filter)
      : options_(options), filter_(filter) {}

  // False: too many lines of another form.
  bool Take(const internal::TextLine& line) {
    ++lines_.number;
    if (line.text.empty()) {
      return true;
    }
    const std::optional<LogLine> parsed = line.is_too_long ? std::nullopt : ParseLogLine(line.text);
    if (!parsed) {
      lines_.bad.Note(lines_.number);
      return lines_.bad.count <= options_.bad_lines_max;
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

}  // namespace

Result<std::string> RecordLog(const std::string& path, const RecordOptions& options) {
  const re2::RE2 filter(options.filter, re2::RE2::Quiet);
  if (!filter.ok()) {
    return UsageError(fmt::format("--filter: {}", filter.error()));
  }
  auto file = internal::OpenFile::Open(path, "log", internal::OpenFile::Kind::kFileOrStream);
  if (!file) {
    return tl::unexpected(file.error());
  }
  LogReader reader(options, filter);
  internal::LineReader text(*std::move(file), kLineBytesMax);
  bool is_whole = true;
  while (is_whole) {
    const std::optional<internal::TextLine> line = text.Next();
    if (!line) {
      break;
    }
    is_whole = reader.Take(*line);
  }
  const Lines& lines = reader.lines();
  if (!is_whole) {
    return UsageError(fmt::format(
        "'{}': {} of the first {} lines are neither in the common nor in the combined log format "
        "(lines {})\n  hint: is it an access log? --bad-lines sets the limit",
        Printable(path), FormatCount(lines.bad.count), FormatCount(lines.number),
        lines.bad.Named()));
  }
  if (reader.summary().requests() == 0) {
    return UsageError(
        fmt::format("'{}' holds no request that is wanted ({} lines, {} of another "
                    "form, {} left out by the filter)",
                    Printable(path), FormatCount(lines.number), FormatCount(lines.bad.count),
                    FormatCount(lines.filtered)));
  }
  internal::Draft draft = reader.summary().ToDraft();
  draft.name = options.name.empty() ? draft.name : options.name;
  draft.target = options.target;
  if (lines.bad.count > 0) {
    draft.notes.push_back(fmt::format("{} lines of another form are left out (lines {}).",
                                      FormatCount(lines.bad.count), lines.bad.Named()));
  }
  if (lines.filtered > 0) {
    draft.notes.push_back(
        fmt::format("{} requests are left out by the filter.", FormatCount(lines.filtered)));
  }
  return internal::WriteDraft(draft);
}

}  // namespace weir::scenarios
