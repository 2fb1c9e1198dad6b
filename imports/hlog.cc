#include <algorithm>
#include <array>
#include <cstdint>
#include <map>

#include <fmt/format.h>

#include "base/histogram_codec.h"
#include "base/text.h"
#include "imports/internal/draft.h"

/// HdrHistogram interval logs (.hlog), versions 1.0 to 1.3, of Java's and C's writers: one run, the
/// intervals merged without loss, a step for each tag ("request" without one). Values are read as
/// nanoseconds, which is what both writers' tools record. Interval_Max is not used: Java divides it
/// by 10^6 and C does not. A time more than a year before StartTime counts from it.
namespace weir::imports::internal {
namespace {

constexpr std::string_view kShape =
    "an interval is [Tag=NAME,]START,LENGTH,MAX,BASE64, as HdrHistogram's log writers put it";
constexpr double kYearSeconds = 365.0 * 24 * 3600;

std::optional<std::vector<std::uint8_t>> FromBase64(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    int value = -1;
    if (c >= 'A' && c <= 'Z') {
      value = c - 'A';
    } else if (c >= 'a' && c <= 'z') {
      value = c - 'a' + 26;
    } else if (c >= '0' && c <= '9') {
      value = c - '0' + 52;
    } else if (c == '+' || c == '/') {
      value = c == '+' ? 62 : 63;
    } else if (c == '=') {
      break;
    } else {
      return std::nullopt;
    }
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> static_cast<unsigned>(count) & 0xFFU));
    }
  }
  return bytes;
}

struct Log {
  double start_s = 0;  ///< From "#[StartTime: ...]"; 0 = not said.
  double base_s = 0;   ///< From "#[BaseTime: ...]".
  double first_s = 0;
  double last_s = 0;
  bool any = false;
};

// "#[StartTime: 1441812279.474 (seconds since epoch), ...]".
void ReadComment(std::string_view line, Log& log) {
  const std::array<std::pair<std::string_view, double*>, 2> known = {
      {{"#[StartTime: ", &log.start_s}, {"#[BaseTime: ", &log.base_s}}};
  for (const auto& [prefix, value] : known) {
    if (line.starts_with(prefix)) {
      const std::string_view rest = line.substr(prefix.size());
      *value = NumberIn(rest.substr(0, rest.find(' '))).value_or(0);
    }
  }
}

// Takes the text up to the next comma.
std::string_view TakeField(std::string_view& rest) {
  const std::size_t comma = std::min(rest.find(','), rest.size());
  const std::string_view field = rest.substr(0, comma);
  rest.remove_prefix(std::min(comma + 1, rest.size()));
  return field;
}

Status ReadInterval(const ImportSource& source, std::size_t line, std::string_view text,
                    Draft& draft, Log& log) {
  std::string tag = "request";
  std::string_view rest = text;
  if (rest.starts_with("Tag=")) {
    tag = std::string(TakeField(rest).substr(4));
  }
  const auto start = NumberIn(TakeField(rest));
  const auto length = NumberIn(TakeField(rest));
  TakeField(rest);
  const auto bytes = FromBase64(rest);
  if (!start || !length || *length < 0 || !bytes) {
    return Wrong(source, line, fmt::format("{} is not an interval", Found(text)), kShape);
  }
  const Result<Histogram> histogram = DecodeHistogram(*bytes);
  if (!histogram) {
    return Wrong(source, line, histogram.error().message,
                 "only the V2 compressed encoding with 3 significant digits is read");
  }
  StepRecord* step = draft.Step(tag);
  if (step == nullptr) {
    return Wrong(source, line, fmt::format("more than {} tags", kStepsMax), "log fewer tags");
  }
  AddCounts(*step, Outcome::kCompleted, histogram->count());
  step->latency[Outcome::kCompleted].response.Merge(*histogram);
  const bool relative = log.base_s > 0 || *start < log.start_s - kYearSeconds;
  const double from = relative ? (log.base_s > 0 ? log.base_s : log.start_s) + *start : *start;
  log.first_s = log.any ? std::min(log.first_s, from) : from;
  log.last_s = log.any ? std::max(log.last_s, from + *length) : from + *length;
  log.any = true;
  return {};
}

}  // namespace

Result<std::vector<Run>> ReadHlog(const ImportSource& source) {
  Draft draft(source, "hlog", "");
  Log log;
  std::size_t line = 0;
  std::string_view rest = source.text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++line;
    if (text.ends_with('\r')) {
      text.remove_suffix(1);
    }
    if (text.starts_with('#')) {
      ReadComment(text, log);
    } else if (!text.empty() && !text.starts_with('"')) {
      if (Status read = ReadInterval(source, line, text, draft, log); !read) {
        return tl::unexpected(read.error());
      }
    }
  }
  if (!log.any) {
    return Wrong(source, line, "the log has no interval", kShape);
  }
  constexpr double kLatestSeconds = 4e9;
  const bool known = log.first_s > 0 && log.last_s < kLatestSeconds;
  return std::vector<Run>{
      draft.Finish(known ? WallTime(FromSeconds(log.first_s)) : source.file_time,
                   FromSeconds(std::clamp(log.last_s - log.first_s, 0.0, 1e7)))};
}

}  // namespace weir::imports::internal
