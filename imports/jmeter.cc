#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "base/wall_time.h"
#include "imports/internal/draft.h"
#include "imports/internal/xml_tags.h"

/// JMeter's result files (.jtl): CSV with a head line, whose columns are what was configured, with
/// comma, semicolon or tab; or XML (<httpSample t= ts= lb= s=/>). One run, a step for each label,
/// every elapsed time. A sample counts from its send; JMeter knows no due instant. Rows that stand
/// for several samples (SampleCount above 1) are refused: they are means.
namespace weir::imports::internal {
namespace {

constexpr std::string_view kShape =
    "a .jtl in CSV begins with a line of column names, among them timeStamp, elapsed and success";
constexpr double kNsPerMs = 1e6;

struct Sample {
  std::string label;
  std::string_view time;
  std::string_view elapsed;
  std::string_view success;
  std::string_view count;
};

struct Extent {
  double first_ms = std::numeric_limits<double>::max();
  double last_ms = std::numeric_limits<double>::lowest();
};

// Milliseconds since 1970, or a date.
std::optional<double> TimeMs(std::string_view text) {
  if (const auto number = NumberIn(text)) {
    constexpr double kMsMax = 8e12;
    return *number > 0 && *number < kMsMax ? number : std::nullopt;
  }
  std::string date(text);
  std::replace(date.begin(), date.end(), '/', '-');
  const Result<WallTime> time = ParseWallTime(date);
  return time ? std::optional(static_cast<double>(CountNs(*time)) / kNsPerMs) : std::nullopt;
}

Status AddSample(const ImportSource& source, std::size_t line, const Sample& sample, Draft& draft,
                 Extent& extent) {
  const auto elapsed = NumberIn(sample.elapsed);
  const auto time = TimeMs(sample.time);
  if (!elapsed || *elapsed < 0) {
    return Wrong(source, line, fmt::format("elapsed is {}", Found(sample.elapsed)),
                 "elapsed times are milliseconds");
  }
  if (!time) {
    return Wrong(source, line, fmt::format("timeStamp is {}", Found(sample.time)),
                 "milliseconds since 1970, or set jmeter.save.saveservice.timestamp_format to "
                 "yyyy-MM-dd HH:mm:ss.SSS");
  }
  if (sample.success != "true" && sample.success != "false") {
    return Wrong(source, line, fmt::format("success is {}", Found(sample.success)),
                 "it is true or false");
  }
  if (!sample.count.empty() && sample.count != "1") {
    return Wrong(source, line,
                 fmt::format("this row stands for {} samples", Printable(sample.count, 20)),
                 "a mean of samples is no sample: save every one");
  }
  StepRecord* step = draft.Step(sample.label.empty() ? "sample" : sample.label);
  if (step == nullptr) {
    return Wrong(source, line, fmt::format("more than {} labels", kStepsMax),
                 "take what varies (ids, numbers) out of the samplers' names");
  }
  AddRequest(*step, sample.success == "true" ? Outcome::kCompleted : Outcome::kFailed,
             *elapsed * kNsPerMs);
  extent.first_ms = std::min(extent.first_ms, *time);
  extent.last_ms = std::max(extent.last_ms, *time + *elapsed);
  return {};
}

// A row of CSV as RFC 4180 has it: a quoted field may hold separators, doubled quotes and line
// ends.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : rest_(text) {}

  /// Lines begin at 1: that of the row that Next gave.
  std::size_t line() const { return line_; }

  bool Next(char separator, std::vector<std::string>& fields) {
    fields.clear();
    if (rest_.empty()) {
      return false;
    }
    line_ = next_line_;
    std::string field;
    bool quoted = false;
    std::size_t at = 0;
    for (; at < rest_.size(); ++at) {
      const char c = rest_[at];
      if (c == '"') {
        const bool doubled = quoted && at + 1 < rest_.size() && rest_[at + 1] == '"';
        field += doubled ? "\"" : "";
        at += doubled ? 1 : 0;
        quoted = doubled ? quoted : !quoted;
      } else if (!quoted && c == separator) {
        fields.push_back(std::move(field));
        field.clear();
      } else if (!quoted && c == '\n') {
        break;
      } else if (c != '\r') {
        field += c;
      }
      next_line_ += c == '\n' ? 1 : 0;
    }
    ++next_line_;
    fields.push_back(std::move(field));
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    return true;
  }

 private:
  std::string_view rest_;
  std::size_t line_ = 0;
  std::size_t next_line_ = 1;
};

char SeparatorOf(std::string_view head) {
  for (const char c : {'\t', ';', ','}) {
    if (head.substr(0, head.find('\n')).find(c) != std::string_view::npos) {
      return c;
    }
  }
  return ',';
}

// The places of the columns that matter; npos = not there.
struct Columns {
  static constexpr std::size_t kNone = std::string::npos;
  std::array<std::size_t, 5> at = {kNone, kNone, kNone, kNone, kNone};

  static Columns Of(const std::vector<std::string>& names) {
    constexpr std::array<std::string_view, 5> kNames = {"timeStamp", "elapsed", "label", "success",
                                                        "SampleCount"};
    Columns columns;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto* found = std::find(kNames.begin(), kNames.end(), names[i]);
      if (found != kNames.end()) {
        columns.at[static_cast<std::size_t>(found - kNames.begin())] = i;
      }
    }
    return columns;
  }

  std::string_view Field(std::size_t column, const std::vector<std::string>& fields) const {
    return at[column] < fields.size() ? std::string_view(fields[at[column]]) : std::string_view();
  }
};

Status ReadCsv(const ImportSource& source, Draft& draft, Extent& extent) {
  CsvReader reader(source.text);
  std::vector<std::string> fields;
  const char separator = SeparatorOf(source.text);
  reader.Next(separator, fields);
  const std::size_t width = fields.size();
  const Columns columns = Columns::Of(fields);
  for (const std::size_t column : {0U, 1U, 3U}) {
    if (columns.at[column] == Columns::kNone) {
      return Wrong(source, 1, "the head line lacks timeStamp, elapsed or success", kShape);
    }
  }
  while (reader.Next(separator, fields)) {
    if (fields.size() == 1 && fields[0].empty()) {
      continue;
    }
    if (fields.size() != width) {
      return Wrong(source, reader.line(),
                   fmt::format("{} fields, but the head line has {}", fields.size(), width),
                   "the row is cut short, or a quote is not closed");
    }
    const Sample sample{.label = std::string(columns.Field(2, fields)),
                        .time = columns.Field(0, fields),
                        .elapsed = columns.Field(1, fields),
                        .success = columns.Field(3, fields),
                        .count = columns.Field(4, fields)};
    if (Status added = AddSample(source, reader.line(), sample, draft, extent); !added) {
      return added;
    }
  }
  return {};
}

Status ReadXml(const ImportSource& source, Draft& draft, Extent& extent) {
  XmlTags tags(source.text);
  int depth = 0;
  while (const auto tag = tags.Next()) {
    if (tag->name != "httpSample" && tag->name != "sample") {
      continue;
    }
    if (tag->closes) {
      --depth;
      continue;
    }
    // Samples inside a sample are its parts (redirects, embedded files); the outer one counts.
    if (depth == 0) {
      const std::string label = tag->Attribute("lb");
      const std::string time = tag->Attribute("ts");
      const std::string elapsed = tag->Attribute("t");
      const std::string success = tag->Attribute("s");
      const std::string count = tag->Attribute("sc");
      if (Status added = AddSample(source, tag->line,
                                   {.label = label,
                                    .time = time,
                                    .elapsed = elapsed,
                                    .success = success,
                                    .count = count},
                                   draft, extent);
          !added) {
        return added;
      }
    }
    depth += tag->empty ? 0 : 1;
  }
  if (tags.broken_line() > 0) {
    return Wrong(source, tags.broken_line(), "a tag is not closed",
                 "the file is cut short: JMeter may still have been writing it");
  }
  return {};
}

}  // namespace

Result<std::vector<Run>> ReadJMeter(const ImportSource& source) {
  Draft draft(source, "jmeter", "");
  Extent extent;
  const std::size_t first = source.text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  const bool xml = first != std::string_view::npos && source.text[first] == '<';
  const Status read = xml ? ReadXml(source, draft, extent) : ReadCsv(source, draft, extent);
  if (!read) {
    return tl::unexpected(read.error());
  }
  if (draft.run().totals.empty()) {
    return Wrong(source, 0, "there is no sample in it", kShape);
  }
  return std::vector<Run>{
      draft.Finish(WallTime(Nanos(static_cast<std::int64_t>(extent.first_ms * kNsPerMs))),
                   FromSeconds(std::min((extent.last_ms - extent.first_ms) / 1e3, 1e7)))};
}

}  // namespace weir::imports::internal
