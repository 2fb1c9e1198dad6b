#include "scenarios/replay.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "scenarios/diagnostic.h"
#include "scenarios/internal/read_headers.h"
#include "scenarios/internal/replay_files.h"
#include "scenarios/internal/text_lines.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios {
namespace {

constexpr std::array<std::string_view, 4> kFormatNames = {"access-log", "requests", "har",
                                                          "vegeta"};

// Of a file with a single request, or with all at one instant.
constexpr Nanos kPassMin = std::chrono::milliseconds(1);

// Longer than any load may be, and far from the end of what Nanos can hold.
constexpr double kSecondsMax = 1e9;

std::string FileName(const std::string& path) {
  return Printable(path.substr(path.rfind('/') + 1), 80);
}

}  // namespace

namespace internal {

Result<std::unique_ptr<const RequestSorter>> RequestSorter::Create(const Replay& replay) {
  auto sorter = std::make_unique<const RequestSorter>(replay);
  if (!sorter->filter_.ok()) {
    return UsageError(fmt::format("filter: {}", sorter->filter_.error()));
  }
  for (std::size_t i = 0; i < replay.groups.size(); ++i) {
    if (!sorter->groups_[i]->ok()) {
      return UsageError(fmt::format("group '{}': {}", Printable(replay.groups[i].name, 60),
                                    sorter->groups_[i]->error()));
    }
  }
  return sorter;
}

RequestSorter::RequestSorter(const Replay& replay)
    : keeps_all_(replay.filter.empty()), filter_(replay.filter, re2::RE2::Quiet) {
  for (const Replay::Group& group : replay.groups) {
    groups_.push_back(std::make_unique<re2::RE2>(group.pattern, re2::RE2::Quiet));
  }
}

bool RequestSorter::Wants(std::string_view request) const {
  return keeps_all_ ||
         re2::RE2::PartialMatch(re2::StringPiece(request.data(), request.size()), filter_);
}

std::uint32_t RequestSorter::GroupOf(std::string_view request) const {
  const auto found =
      std::find_if(groups_.begin(), groups_.end(), [request](const std::unique_ptr<re2::RE2>& one) {
        return re2::RE2::PartialMatch(re2::StringPiece(request.data(), request.size()), *one);
      });
  return static_cast<std::uint32_t>(found - groups_.begin());
}

void AddToProfile(Nanos at, ReplayFacts& facts) {
  if (facts.profile.empty()) {
    facts.profile.resize(kProfileParts);
  }
  const double share = facts.span > Nanos(0) ? Seconds(at) / Seconds(facts.span) : 0;
  const auto part = static_cast<std::size_t>(share * kProfileParts);
  ++facts.profile[std::min(part, kProfileParts - 1)];
}

void TakeStep(DraftStep step, const Replay& replay, Request& request) {
  request.method = std::move(step.method);
  request.path = std::move(step.path);
  request.body = std::move(step.body);
  if (!replay.host.empty() && FindHeader(request.headers, "host") == nullptr) {
    request.headers.push_back({"host", replay.host});
  }
  for (Header& header : step.headers) {
    if (FindHeader(request.headers, header.name) == nullptr) {
      request.headers.push_back(std::move(header));
    }
  }
}

}  // namespace internal

Result<std::shared_ptr<const ReplaySource>> ReplaySource::Open(Replay replay) {
  Result<std::unique_ptr<const internal::RequestSorter>> sorter =
      internal::RequestSorter::Create(replay);
  if (!sorter) {
    return tl::unexpected(sorter.error());
  }
  const bool has_lines =
      replay.format == Replay::Format::kAccessLog || replay.format == Replay::Format::kRequests;
  return has_lines ? internal::OpenLines(std::move(replay), *std::move(sorter))
                   : internal::OpenList(std::move(replay), *std::move(sorter));
}

Recorded ReplaySource::At(std::uint64_t) const {
  WEIR_CHECK(!facts_.is_timed);
  return {};
}

std::vector<std::string> ReplaySource::GroupNames() const {
  std::vector<std::string> names;
  for (const Replay::Group& group : replay_.groups) {
    names.push_back(group.name);
  }
  names.emplace_back(replay_.groups.empty() ? "replay" : "other");
  return names;
}

Nanos ReplaySource::PassLength() const {
  const double gaps = static_cast<double>(std::max<std::uint64_t>(facts_.requests, 2) - 1);
  const double seconds = Seconds(facts_.span) * (1 + 1 / gaps) / replay_.speed;
  return std::max(FromSeconds(std::min(seconds, kSecondsMax)), kPassMin);
}

Nanos ReplaySource::Duration() const {
  const double seconds = replay_.passes * Seconds(PassLength());
  return seconds > kSecondsMax
             ? FromSeconds(kSecondsMax)
             : replay_.passes * PassLength() + (replay_.passes - 1) * replay_.jitter;
}

std::string ReplaySource::InWords() const {
  std::string words = fmt::format("replay of {}: {} {}", FileName(replay_.file),
                                  FormatCount(facts_.requests * replay_.passes),
                                  facts_.requests * replay_.passes == 1 ? "request" : "requests");
  if (replay_.passes > 1) {
    words += fmt::format(" in {} passes", replay_.passes);
  }
  if (replay_.speed != 1) {
    words += fmt::format(", {:.6g} times as fast", replay_.speed);
  }
  if (facts_.is_timed) {
    words += fmt::format(", {} long", internal::SpanInWords(Duration()));
  }
  if (facts_.bad > 0) {
    internal::BadLines bad{facts_.bad, facts_.first_bad};
    words += fmt::format("; {} {} of another form left out (lines {})", FormatCount(facts_.bad),
                         facts_.bad == 1 ? "line" : "lines", bad.Named());
  }
  const auto add = [&words](std::uint64_t count, std::string_view what) {
    words += count == 0 ? "" : fmt::format("; {} {}", FormatCount(count), what);
  };
  add(facts_.filtered, "left out by the filter");
  add(facts_.elsewhere, "to other hosts left out");
  add(facts_.whole_seconds, "with a time in whole seconds, spread over them");
  add(facts_.moved, "too far out of order, sent late");
  return words;
}

Result<Replay::Format> ParseReplayFormat(std::string_view text) {
  const auto* const found = std::find(kFormatNames.begin(), kFormatNames.end(), text);
  if (found == kFormatNames.end()) {
    return tl::unexpected(
        HintedError(fmt::format("'{}' is no format of a replay", Printable(text, 40)),
                    fmt::format("there are: {}", fmt::join(kFormatNames, ", "))));
  }
  return static_cast<Replay::Format>(found - kFormatNames.begin());
}

}  // namespace weir::scenarios
