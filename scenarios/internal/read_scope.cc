#include "scenarios/internal/read_scope.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/read_tags.h"

namespace weir::scenarios::internal {
namespace {

using Kind = GateCriterion::Kind;

constexpr NanosRange kFromRange = {Nanos(0), std::chrono::hours(24 * 100)};
constexpr NanosRange kToRange = {std::chrono::seconds(1), std::chrono::hours(24 * 100)};
constexpr std::array<LatencyPart, kLatencyPartCount> kParts = {
    LatencyPart::kWait, LatencyPart::kDns,       LatencyPart::kConnect, LatencyPart::kTls,
    LatencyPart::kSend, LatencyPart::kFirstByte, LatencyPart::kBody};

bool IsResponseTime(Kind kind) {
  return kind == Kind::kResponseBody || kind == Kind::kResponseQuantile ||
         kind == Kind::kResponseMean || kind == Kind::kDistribution;
}

// A scope beside what it cannot be combined with.
bool Refused(const YamlNode& node, std::string_view name, const GateCriterion& criterion,
             Diagnostics& diagnostics) {
  if (criterion.window > Nanos(0)) {
    diagnostics.Add(node.span, fmt::format("'{}' together with 'window'", name),
                    "the worst stretch is looked for in the whole run; leave one of the two out");
    return true;
  }
  if (criterion.kind == Kind::kResource) {
    diagnostics.Add(node.span, fmt::format("'resource' takes no '{}'", name),
                    "what the target used is kept as one figure of the whole run");
    return true;
  }
  return false;
}

void ReadPart(const YamlNode& node, GateCriterion& criterion, Diagnostics& diagnostics) {
  if (Refused(node, "part", criterion, diagnostics)) {
    return;
  }
  if (!IsResponseTime(criterion.kind)) {
    diagnostics.Add(node.span, "this criterion takes no 'part'",
                    "parts are those of a response time: 'response_time: p99', 'part: first_byte'");
    return;
  }
  const std::optional<std::string> text = ReadText({node, "part"}, diagnostics);
  for (const LatencyPart part : kParts) {
    if (text && *text == LatencyPartName(part)) {
      criterion.scope.part = part;
      return;
    }
  }
  if (text) {
    diagnostics.Add(node.span,
                    fmt::format("part: '{}' is no part of a response time", Printable(*text, 40)),
                    "write wait, dns, connect, tls, send, first_byte or body");
  }
}

std::optional<std::uint32_t> WholeSeconds(const YamlNode& node, std::string_view text,
                                          NanosRange range, Diagnostics& diagnostics) {
  const Result<Nanos> time = CheckedDuration(Trimmed(text), range);
  if (!time) {
    diagnostics.Add(node.span, Explained("during", time.error()));
    return std::nullopt;
  }
  if (*time % std::chrono::seconds(1) != Nanos(0)) {
    diagnostics.Add(node.span, "'during' is not in whole seconds",
                    "write 'during: 30s..90s': a run is kept second by second");
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(*time).count());
}

void ReadDuring(const YamlNode& node, GateCriterion& criterion, Diagnostics& diagnostics) {
  if (Refused(node, "during", criterion, diagnostics)) {
    return;
  }
  const std::optional<std::string> text = ReadText({node, "during"}, diagnostics);
  if (!text) {
    return;
  }
  const std::size_t dots = text->find("..");
  if (dots == std::string::npos) {
    diagnostics.Add(node.span, fmt::format("during: '{}' lacks an end", Printable(*text, 40)),
                    "write both ends, counted from the start of the run: 'during: 30s..90s'");
    return;
  }
  const std::string_view all = *text;
  const auto from = WholeSeconds(node, all.substr(0, dots), kFromRange, diagnostics);
  const auto to = WholeSeconds(node, all.substr(dots + 2), kToRange, diagnostics);
  if (from && to && *from >= *to) {
    diagnostics.Add(node.span, fmt::format("during: '{}' ends before it begins", Printable(*text)),
                    "write the earlier time first: 'during: 30s..90s'");
    return;
  }
  if (from && to) {
    criterion.scope.from_s = *from;
    criterion.scope.to_s = *to;
  }
}

}  // namespace

void ReadScope(const YamlNode& map, GateCriterion& criterion, Diagnostics& diagnostics) {
  if (const YamlNode* tags = FindValue(map, "tags");
      tags != nullptr && !Refused(*tags, "tags", criterion, diagnostics)) {
    if (!criterion.step.empty()) {
      diagnostics.Add(tags->span, "'tags' together with 'step'",
                      "name the step or the tags: both choose the requests");
      return;
    }
    criterion.scope.tags = ReadTags(map, diagnostics);
  }
  if (const YamlNode* part = FindValue(map, "part")) {
    ReadPart(*part, criterion, diagnostics);
  }
  if (const YamlNode* during = FindValue(map, "during")) {
    ReadDuring(*during, criterion, diagnostics);
  }
}

}  // namespace weir::scenarios::internal
