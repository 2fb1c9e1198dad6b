#include "scenarios/internal/read_replay.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/flow_reader.h"
#include "scenarios/internal/http_syntax.h"
#include "scenarios/internal/read_check.h"
#include "scenarios/internal/slot_scope.h"
#include "scenarios/internal/source_file.h"
#include "scenarios/internal/values.h"
#include "scenarios/template.h"

namespace weir::scenarios::internal {
namespace {

using Kind = YamlNode::Kind;
using Format = Replay::Format;

constexpr std::size_t kPathBytesMax = 4000;
constexpr std::size_t kPatternBytesMax = 1000;
constexpr std::size_t kGroupsMax = 100;
constexpr std::size_t kStagesMax = 1000;
constexpr double kSpeedMin = 1e-3;
constexpr double kSpeedMax = 1e6;
constexpr CountRange kPassesRange = {1, 1'000'000};
constexpr CountRange kBadLinesRange = {0, 1'000'000'000};
constexpr NanosRange kJitterRange = {Nanos(0), std::chrono::hours(1)};
constexpr Nanos kDurationMax = std::chrono::hours(24 * 100);

// What the end of a name usually means.
Format FormatOfName(std::string_view file) {
  return file.ends_with(".har")                                  ? Format::kHar
         : file.ends_with(".jsonl") || file.ends_with(".ndjson") ? Format::kRequests
                                                                 : Format::kAccessLog;
}

// `/expression/`, or the same without the slashes.
std::string ReadPattern(Named value, Diagnostics& diagnostics) {
  std::string text = ReadName(value, kPatternBytesMax, diagnostics).value_or("");
  const bool is_slashed = text.size() > 2 && text.starts_with('/') && text.ends_with('/');
  return is_slashed ? text.substr(1, text.size() - 2) : text;
}

void ReadGroups(const YamlNode& node, Replay& replay, Diagnostics& diagnostics) {
  if (node.kind != Kind::kMap || node.entries.empty() || node.entries.size() > kGroupsMax) {
    diagnostics.Add(node.span, fmt::format("groups must be a map of 1 to {}", kGroupsMax),
                    "write 'groups: { images: /\\.png/, checkout: /^POST \\/cart/ }'");
    return;
  }
  for (const YamlEntry& entry : node.entries) {
    if (entry.key.text == "other" || entry.key.text.empty() ||
        entry.key.text.size() > kStepNameBytesMax) {
      diagnostics.Add(
          entry.key.span,
          fmt::format("'{}' cannot be the name of a group", Printable(entry.key.text, 40)),
          "'other' is what is in no group; a name has 1 to 100 characters");
    }
    replay.groups.push_back(
        {entry.key.text, ReadPattern({entry.value, entry.key.text}, diagnostics)});
  }
}

void ReadSpeed(const YamlNode& node, Replay& replay, Diagnostics& diagnostics) {
  const std::string text = ReadText({node, "speed"}, diagnostics).value_or("1");
  double speed = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, speed);
  if (error != std::errc() || rest != end || !(speed >= kSpeedMin && speed <= kSpeedMax)) {
    diagnostics.Add(node.span, fmt::format("speed: '{}' is not one", Printable(text, 40)),
                    "write a number from 0.001 to 1 million: 2 is twice as fast as recorded");
    return;
  }
  replay.speed = speed;
}

bool ReadSwitch(Named value, Diagnostics& diagnostics) {
  const std::string text = ReadText(value, diagnostics).value_or("false");
  if (text != "true" && text != "false") {
    diagnostics.Add(
        value.node.span,
        fmt::format("{}: '{}' is neither true nor false", value.name, Printable(text, 40)),
        "write 'true' or 'false'");
  }
  return text == "true";
}

void ReadHost(const YamlNode& node, Replay& replay, Diagnostics& diagnostics) {
  replay.host = ReadName({node, "host"}, kStepNameBytesMax, diagnostics).value_or("");
  if (const Status valid = CheckHeaderValue("host", replay.host); !valid) {
    diagnostics.Add(node.span, valid.error());
  }
}

void ReadStamp(const YamlNode& node, Replay& replay, Diagnostics& diagnostics) {
  const std::string text = ReadText({node, "stamp"}, diagnostics).value_or("end");
  replay.stamped_on_arrival = text == "arrival";
  if (text != "arrival" && text != "end") {
    diagnostics.Add(node.span, fmt::format("stamp: '{}' is not known", Printable(text, 40)),
                    "write 'end' (the answer was out: nginx) or 'arrival' (the request came: "
                    "Apache's %t)");
  }
}

void ReadFormat(const YamlNode& node, Replay& replay, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "format"}, diagnostics);
  const Result<Format> format = ParseReplayFormat(text.value_or("access-log"));
  if (!format) {
    diagnostics.Add(node.span, format.error());
    return;
  }
  replay.format = *format;
}

void ReadKeys(const YamlNode& node, Replay& replay, Diagnostics& diagnostics) {
  if (const YamlNode* format = FindValue(node, "format")) {
    ReadFormat(*format, replay, diagnostics);
  }
  if (const YamlNode* stamp = FindValue(node, "stamp")) {
    ReadStamp(*stamp, replay, diagnostics);
  }
  if (const YamlNode* speed = FindValue(node, "speed")) {
    ReadSpeed(*speed, replay, diagnostics);
  }
  if (const YamlNode* passes = FindValue(node, "passes")) {
    replay.passes = ReadCount({*passes, "passes"}, kPassesRange, diagnostics).value_or(1);
  }
  if (const YamlNode* jitter = FindValue(node, "jitter")) {
    replay.jitter = ReadDuration({*jitter, "jitter"}, kJitterRange, diagnostics).value_or(Nanos(0));
  }
  if (const YamlNode* filter = FindValue(node, "filter")) {
    replay.filter = ReadPattern({*filter, "filter"}, diagnostics);
  }
  if (const YamlNode* host = FindValue(node, "host")) {
    ReadHost(*host, replay, diagnostics);
  }
  if (const YamlNode* secrets = FindValue(node, "keep_secrets")) {
    replay.keeps_secrets = ReadSwitch({*secrets, "keep_secrets"}, diagnostics);
  }
  if (const YamlNode* bad = FindValue(node, "bad_lines")) {
    replay.bad_lines_max = ReadCount({*bad, "bad_lines"}, kBadLinesRange, diagnostics).value_or(0);
  }
  if (const YamlNode* groups = FindValue(node, "groups")) {
    ReadGroups(*groups, replay, diagnostics);
  }
}

// A flow of one request for each group: what of it does not come from the file.
std::vector<Flow> FlowsOf(const ReplaySource& replay, const Check& check,
                          const StepDefaults& defaults) {
  std::vector<Flow> flows;
  for (std::string& name : replay.GroupNames()) {
    Request request;
    request.name = name;
    request.headers = defaults.headers;
    request.has_slots = std::any_of(request.headers.begin(), request.headers.end(),
                                    [](const Header& header) { return HasSlots(header.value); });
    request.check = check;
    request.timeout = defaults.timeout.value_or(request.timeout);
    request.apdex = defaults.apdex;
    request.redirects_max = defaults.redirects_max;
    Flow& flow = flows.emplace_back();
    flow.name = std::move(name);
    flow.actions.emplace_back(std::move(request));
  }
  return flows;
}

}  // namespace

void ReadReplay(const YamlNode& node, const FlowContext& context, Scenario& scenario,
                Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 12> kKnown = {
      "file",   "format", "stamp",        "speed",     "passes", "jitter",
      "filter", "host",   "keep_secrets", "bad_lines", "groups", "check"};
  const std::size_t before = diagnostics.count();
  const bool is_short = node.kind == Kind::kScalar;
  if (!is_short && !CheckKeys(node, {"replay", kKnown, {}}, diagnostics)) {
    return;
  }
  const YamlNode* file = is_short ? &node : FindValue(node, "file");
  if (file == nullptr) {
    diagnostics.Add(node.span, "replay names no file", "add 'file: access.log'");
    return;
  }
  const std::string name = ReadName({*file, "file"}, kPathBytesMax, diagnostics).value_or("");
  Replay replay;
  replay.file = BesideScenario(name, context.file_name);
  replay.format = FormatOfName(name);
  Check check;
  if (!is_short) {
    ReadKeys(node, replay, diagnostics);
    if (const YamlNode* checked = FindValue(node, "check")) {
      check = ReadCheck(*checked, diagnostics);
    }
  }
  if (diagnostics.count() > before) {
    return;
  }
  Result<std::shared_ptr<const ReplaySource>> source = ReplaySource::Open(std::move(replay));
  if (!source) {
    diagnostics.Add(file->span, source.error());
    return;
  }
  if ((*source)->facts().is_timed && (*source)->Duration() > kDurationMax) {
    diagnostics.Add(file->span, "the replay lasts longer than 100 days",
                    "make it faster with 'speed:', or 'passes:' fewer");
    return;
  }
  const SlotScope scope{context.data, {}};
  for (const Header& header : context.defaults.headers) {
    CheckSlotNames({*file, header.name}, header.value, scope, diagnostics);
  }
  scenario.replay = *std::move(source);
  scenario.flows = FlowsOf(*scenario.replay, check, context.defaults);
}

std::vector<Stage> StagesOf(const ReplaySource* replay) {
  if (replay == nullptr || !replay->facts().is_timed) {
    return {};
  }
  const ReplayFacts& facts = replay->facts();
  const Nanos pass = replay->PassLength();
  const std::uint32_t passes = replay->replay().passes;
  const auto at_rate = [](double count, Nanos length) {
    const Rate rate = Rate::PerSecond(count / Seconds(length));
    return OpenStage{rate, rate, length};
  };
  if (passes * (facts.profile.size() + 1) > kStagesMax || facts.span <= Nanos(0)) {
    const double all = static_cast<double>(facts.requests) * passes;
    return {at_rate(all, replay->Duration())};
  }
  std::vector<Stage> stages;
  const Nanos part = pass / static_cast<std::int64_t>(facts.profile.size());
  for (std::uint32_t i = 0; i < passes; ++i) {
    if (i > 0 && replay->replay().jitter > Nanos(0)) {
      stages.emplace_back(OpenStage{Rate(), Rate(), replay->replay().jitter});
    }
    for (std::size_t at = 0; at < facts.profile.size(); ++at) {
      // The last one has what is left over, so that all of them last as long as the replay.
      const bool is_last = at + 1 == facts.profile.size();
      const Nanos length = is_last ? pass - part * static_cast<std::int64_t>(at) : part;
      stages.emplace_back(at_rate(static_cast<double>(facts.profile[at]), length));
    }
  }
  return stages;
}

}  // namespace weir::scenarios::internal
