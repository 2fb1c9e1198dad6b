#include <algorithm>
#include <charconv>
#include <functional>
#include <queue>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/rng.h"
#include "base/text.h"
#include "scenarios/access_log.h"
#include "scenarios/internal/base64.h"
#include "scenarios/internal/draft.h"
#include "scenarios/internal/http_syntax.h"
#include "scenarios/internal/record_files.h"
#include "scenarios/internal/replay_files.h"
#include "scenarios/internal/text_lines.h"
#include "scenarios/scenario.h"

// Logs: read line by line, once to learn how far out of order they are, then as often as played.
namespace weir::scenarios::internal {
namespace {

using namespace std::chrono_literals;
using Format = Replay::Format;

constexpr std::size_t kLogLineBytesMax = 64 * 1024;

// A line that came more than this after a later one is not waited for.
constexpr Nanos kDisorderMax = std::chrono::minutes(10);

// Lines of one second of a log that knows no fractions, and arrivals that are held until they are
// known to be next: 32 bytes each.
constexpr std::size_t kSecondMax = std::size_t{1} << 20U;
constexpr std::size_t kHeldMax = std::size_t{1} << 20U;

// So many are read ahead when nothing else asks for them, a few at a time: what has to be read for
// the next arrival then never comes in a lump.
constexpr std::size_t kAheadMax = 16 * 1024;
constexpr int kAheadLines = 2;

constexpr std::uint64_t kSpreadSeed = 0x72657079U;

// What a line says of its time.
struct Moment {
  std::int64_t stamp_ns = 0;  // Since 1970.
  Nanos taken{0};             // To be subtracted.
  bool is_whole_second = false;
  bool is_wanted = true;
};

// "\"", "\\" and "\x22" as they were before nginx and Apache wrote them down.
std::string Unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      out += text[at];
      continue;
    }
    ++at;
    unsigned byte = 0;
    const char* first = text.data() + at + 1;
    if (text[at] == 'x' && at + 2 < text.size() &&
        std::from_chars(first, first + 2, byte, 16).ptr == first + 2) {
      out += static_cast<char>(byte);
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

// What a line of a request log says.
std::optional<DraftStep> ParseRequestLine(const Json& json, ForeignRequest& foreign) {
  DraftStep step;
  step.method = TextOf(json, "method").empty() ? "GET" : TextOf(json, "method");
  const std::string path = TextOf(json, "path");
  if (!CheckMethod(step.method) || !path.starts_with('/')) {
    return std::nullopt;
  }
  ForeignRequest::SetPath(step, path);
  if (const Json* headers = Member(json, "headers"); headers != nullptr) {
    if (!headers->is_object()) {
      return std::nullopt;
    }
    for (const auto& [name, value] : headers->items()) {
      foreign.AddHeader(step, name, value.is_string() ? value.get<std::string>() : "");
    }
  }
  if (const Json* encoded = Member(json, "body_base64"); encoded != nullptr) {
    const std::optional<std::string> body = DecodeBase64(TextOf(json, "body_base64"));
    if (!body || !encoded->is_string() || Member(json, "body") != nullptr) {
      return std::nullopt;
    }
    foreign.SetBody(step, *body);
    return step;
  }
  foreign.SetBody(step, TextOf(json, "body"));
  return step;
}

// Reads lines of either log. Immutable; any thread.
class LineFormat {
 public:
  LineFormat(const Replay& replay, const RequestSorter& sorter)
      : replay_(replay), sorter_(sorter) {}

  std::size_t bytes_max() const {
    return replay_.format == Format::kAccessLog ? kLogLineBytesMax : kRequestLineBytesMax;
  }

  // Nothing for a line of another form.
  std::optional<Moment> MomentOf(std::string_view text) const {
    if (replay_.format == Format::kRequests) {
      return MomentOfRequest(text);
    }
    const std::optional<LogLine> line = ParseLogLine(text);
    if (!line) {
      return std::nullopt;
    }
    Moment moment;
    moment.stamp_ns = line->ended.time_since_epoch().count();
    // A stamp with milliseconds is always that of the end.
    const bool is_arrival = replay_.stamped_on_arrival && !line->has_fraction;
    moment.taken = is_arrival ? 0ns : line->taken.value_or(0ns);
    moment.is_whole_second = !line->has_fraction;
    // Method and path stand side by side in the line.
    const char* end = line->path.data() + line->path.size();
    moment.is_wanted = sorter_.Wants(
        std::string_view(line->method.data(), static_cast<std::size_t>(end - line->method.data())));
    return moment;
  }

  bool Read(std::string_view text, Request& request) const {
    ForeignRequest foreign{.keeps_secrets = replay_.keeps_secrets,
                           .keeps_encoding = replay_.format == Format::kRequests,
                           .for_draft = false};
    std::optional<DraftStep> step;
    if (replay_.format == Format::kRequests) {
      step = ParseRequestLine(ParseJson(text), foreign);
    } else if (const std::optional<LogLine> line = ParseLogLine(text)) {
      step.emplace().method = std::string(line->method);
      ForeignRequest::SetPath(*step, Unescaped(line->path));
      for (const auto& [name, value] :
           {std::pair("user-agent", line->agent), std::pair("referer", line->referer)}) {
        if (value != "-" && !value.empty()) {
          foreign.AddHeader(*step, name, Unescaped(value));
        }
      }
    }
    if (step) {
      TakeStep(*std::move(step), replay_, request);
    }
    return step.has_value();
  }

 private:
  std::optional<Moment> MomentOfRequest(std::string_view text) const {
    const Json json = ParseJson(text);
    const Json* at = Member(json, "at_ns");
    ForeignRequest foreign{.keeps_secrets = false, .for_draft = false};
    const std::optional<DraftStep> step =
        at != nullptr && at->is_number_integer() ? ParseRequestLine(json, foreign) : std::nullopt;
    if (!step) {
      return std::nullopt;
    }
    Moment moment;
    moment.stamp_ns = at->get<std::int64_t>();
    moment.is_wanted = sorter_.Wants(step->method + " " + step->path);
    const bool is_sane = moment.stamp_ns >= 0 && moment.stamp_ns <= INT64_MAX / 2;
    return is_sane ? std::optional(moment) : std::nullopt;
  }

  const Replay& replay_;
  const RequestSorter& sorter_;
};

struct Place {
  std::int64_t at_ns = 0;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;

  bool operator>(const Place& other) const {
    return at_ns != other.at_ns ? at_ns > other.at_ns : offset > other.offset;
  }
};

// Goes through a log and hands over where arrivals stand, roughly in their order. A second of a
// log without fractions is handed over when it is whole: its lines keep their order and are as far
// apart as independent arrivals would be, given how many they are.
class LogScanner {
 public:
  LogScanner(const std::shared_ptr<const OpenFile>& file, const LineFormat& format)
      : format_(format), lines_(file, format.bytes_max()) {}

  // False: the file is at its end, and all is handed over.
  template <typename Take>
  bool Step(const Take& take) {
    const std::optional<TextLine> line = lines_.Next();
    if (!line) {
      HandOverSecond(take);
      return false;
    }
    ++number_;
    std::string_view text = line->text;
    text.remove_suffix(text.ends_with('\r') ? 1 : 0);
    if (text.empty()) {
      return true;
    }
    const std::optional<Moment> moment = line->is_too_long ? std::nullopt : format_.MomentOf(text);
    if (!moment) {
      bad_.Note(number_);
    } else if (!moment->is_wanted) {
      ++filtered_;
    } else {
      const Place place{moment->stamp_ns - moment->taken.count(), line->offset,
                        static_cast<std::uint32_t>(text.size())};
      if (moment->is_whole_second) {
        ++whole_seconds_;
        if (moment->stamp_ns != second_ns_ || second_.size() == kSecondMax) {
          HandOverSecond(take);
          second_ns_ = moment->stamp_ns;
        }
        second_.push_back(place);
      } else {
        take(place);
      }
    }
    return true;
  }

  void Rewind() {
    lines_.Rewind();
    second_.clear();
  }

  std::uint64_t lines() const { return number_; }

  std::uint64_t filtered() const { return filtered_; }

  std::uint64_t whole_seconds() const { return whole_seconds_; }

  std::size_t waiting() const { return second_.size(); }

  const BadLines& bad() const { return bad_; }

 private:
  template <typename Take>
  void HandOverSecond(const Take& take) {
    if (second_.empty()) {
      return;
    }
    Rng rng = Rng::ForPart(kSpreadSeed, static_cast<std::uint64_t>(second_ns_));
    fractions_.clear();
    for (std::size_t i = 0; i < second_.size(); ++i) {
      fractions_.push_back(static_cast<std::int64_t>(rng.Uniform() * 1e9));
    }
    std::sort(fractions_.begin(), fractions_.end());
    for (std::size_t i = 0; i < second_.size(); ++i) {
      second_[i].at_ns += fractions_[i];
      take(second_[i]);
    }
    second_.clear();
  }

  const LineFormat& format_;
  LineReader lines_;
  std::uint64_t number_ = 0;
  BadLines bad_;
  std::uint64_t filtered_ = 0;
  std::uint64_t whole_seconds_ = 0;
  std::int64_t second_ns_ = INT64_MIN;
  std::vector<Place> second_;
  std::vector<std::int64_t> fractions_;
};

class LogTape final : public ReplayTape {
 public:
  LogTape(const std::shared_ptr<const OpenFile>& file, const LineFormat& format,
          const ReplayFacts& facts)
      : scanner_(file, format), facts_(facts) {}

  // An arrival is next when no line that is still to come can be before it.
  std::optional<Recorded> Next() override {
    for (int i = 0; i < kAheadLines && held_.size() + scanner_.waiting() < kAheadMax; ++i) {
      TakeLine();
    }
    while (goes_on_ && held_.size() < kHeldMax &&
           (held_.empty() || held_.top().at_ns > newest_ns_ - facts_.disorder.count())) {
      TakeLine();
    }
    if (held_.empty()) {
      return std::nullopt;
    }
    const Place place = held_.top();
    held_.pop();
    moved_ += place.at_ns < last_ns_ ? 1U : 0U;
    last_ns_ = std::max(last_ns_, place.at_ns);
    return Recorded{Nanos(last_ns_ - facts_.first_ns), place.offset, place.length};
  }

  void Rewind() override {
    scanner_.Rewind();
    held_ = {};
    goes_on_ = true;
    newest_ns_ = INT64_MIN / 2;
    last_ns_ = facts_.first_ns;
  }

  std::uint64_t moved() const { return moved_; }

 private:
  void TakeLine() {
    goes_on_ = goes_on_ && scanner_.Step([this](const Place& place) {
      held_.push(place);
      newest_ns_ = std::max(newest_ns_, place.at_ns);
    });
  }

  LogScanner scanner_;
  const ReplayFacts& facts_;
  std::priority_queue<Place, std::vector<Place>, std::greater<>> held_;
  bool goes_on_ = true;
  std::int64_t newest_ns_ = INT64_MIN / 2;
  std::int64_t last_ns_ = facts_.first_ns;
  std::uint64_t moved_ = 0;
};

class LineSource final : public ReplaySource {
 public:
  LineSource(Replay replay, std::unique_ptr<const RequestSorter> sorter,
             std::shared_ptr<const OpenFile> file)
      : ReplaySource(std::move(replay)),
        sorter_(std::move(sorter)),
        file_(std::move(file)),
        format_(replay_, *sorter_) {}

  Status LookThrough() {
    if (Status measured = Measure(); !measured) {
      return measured;
    }
    LogTape tape(file_, format_, facts_);
    while (const std::optional<Recorded> recorded = tape.Next()) {
      AddToProfile(recorded->at, facts_);
    }
    facts_.moved = tape.moved();
    return {};
  }

  std::uint32_t GroupOf(std::string_view request) const override {
    return sorter_->GroupOf(request);
  }

  std::unique_ptr<ReplayTape> Play() const override {
    return std::make_unique<LogTape>(file_, format_, facts_);
  }

  bool Read(const Recorded& recorded, Request& request) const override {
    std::string line(recorded.length, '\0');
    return file_->ReadAt(recorded.place, line.data(), line.size()) == line.size() &&
           format_.Read(line, request);
  }

 private:
  // Where the arrivals begin and end, and how far out of order they are.
  Status Measure() {
    LogScanner scanner(file_, format_);
    std::int64_t first = INT64_MAX;
    std::int64_t newest = INT64_MIN;
    const auto take = [&](const Place& place) {
      ++facts_.requests;
      first = std::min(first, place.at_ns);
      if (newest > place.at_ns) {
        facts_.disorder = std::max(facts_.disorder, Nanos(newest - place.at_ns));
      }
      newest = std::max(newest, place.at_ns);
    };
    while (scanner.Step(take) && scanner.bad().count <= replay_.bad_lines_max) {
    }
    const BadLines& bad = scanner.bad();
    if (bad.count > replay_.bad_lines_max) {
      return UsageError(fmt::format(
          "'{}': {} of the first {} lines are of another form (lines {})\n  hint: {}; 'bad_lines' "
          "sets the limit",
          Printable(replay_.file), FormatCount(bad.count), FormatCount(scanner.lines()),
          bad.Named(),
          replay_.format == Format::kAccessLog
              ? "is it an access log, in the common or combined format? 'format' says what it is"
              : "each is to be an object with at_ns, method and path"));
    }
    if (facts_.requests == 0) {
      return UsageError(fmt::format(
          "'{}' holds no request that is wanted ({} lines, {} of another form, {} left out by the "
          "filter)",
          Printable(replay_.file), FormatCount(scanner.lines()), FormatCount(bad.count),
          FormatCount(scanner.filtered())));
    }
    facts_.lines = scanner.lines();
    facts_.bad = bad.count;
    facts_.first_bad = bad.first;
    facts_.filtered = scanner.filtered();
    facts_.whole_seconds = scanner.whole_seconds();
    facts_.first_ns = first;
    facts_.span = Nanos(newest - first);
    facts_.disorder = std::min(facts_.disorder, kDisorderMax);
    return {};
  }

  std::unique_ptr<const RequestSorter> sorter_;
  std::shared_ptr<const OpenFile> file_;
  LineFormat format_;
};

}  // namespace

Result<std::shared_ptr<const ReplaySource>> OpenLines(Replay replay,
                                                      std::unique_ptr<const RequestSorter> sorter) {
  auto file = OpenFile::Open(replay.file, "log", OpenFile::Kind::kFile);
  if (!file) {
    return tl::unexpected(file.error());
  }
  auto source =
      std::make_shared<LineSource>(std::move(replay), std::move(sorter), *std::move(file));
  if (Status looked = source->LookThrough(); !looked) {
    return tl::unexpected(looked.error());
  }
  return source;
}

}  // namespace weir::scenarios::internal
