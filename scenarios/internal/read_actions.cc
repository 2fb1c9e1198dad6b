#include "scenarios/internal/read_actions.h"

#include <array>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "base/wall_time.h"
#include "scenarios/internal/read_criterion.h"

namespace weir::scenarios::internal {
namespace {

constexpr std::uint32_t kRunsMax = 100;
constexpr std::size_t kWaiversMax = 100;
constexpr std::size_t kReasonBytesMax = 500;
constexpr std::array<std::string_view, 4> kKeys = {"on_fail", "on_inconclusive", "on_error",
                                                   "dry_run"};

// `WORD: { KEY: n }` or `{ KEY: n }`: the count of the one key.
std::optional<std::uint32_t> ReadCounted(Named value, std::string_view key,
                                         Diagnostics& diagnostics) {
  const std::array<std::string_view, 1> known = {key};
  if (!CheckKeys(value.node, {value.name, known, {}}, diagnostics)) {
    return std::nullopt;
  }
  const YamlNode* count = FindValue(value.node, key);
  return count == nullptr ? std::nullopt
                          : ReadCount({*count, key}, {.low = 1, .high = kRunsMax}, diagnostics);
}

void Unknown(Named value, const std::string& text, std::string_view hint,
             Diagnostics& diagnostics) {
  diagnostics.Add(value.node.span,
                  fmt::format("{}: '{}' is not known", value.name, Printable(text, 40)),
                  std::string(hint));
}

void ReadOnFail(const YamlNode& node, GateActions& actions, Diagnostics& diagnostics) {
  if (node.kind == YamlNode::Kind::kMap) {
    actions.on_fail = OnFail::kConfirm;
    actions.confirm_runs =
        static_cast<int>(ReadCounted({node, "on_fail"}, "confirm", diagnostics).value_or(1));
    return;
  }
  const std::optional<std::string> text = ReadText({node, "on_fail"}, diagnostics);
  if (text == "warn") {
    actions.on_fail = OnFail::kWarn;
  } else if (text == "rollback") {
    actions.on_fail = OnFail::kRollback;
  } else if (text == "confirm") {
    actions.on_fail = OnFail::kConfirm;
    actions.confirm_runs = 3;
  } else if (text && *text != "block") {
    Unknown({node, "on_fail"}, *text,
            "write 'block', 'warn', 'rollback', or '{ confirm: 3 }' (fresh runs that must fail "
            "again)",
            diagnostics);
  }
}

void ReadOnInconclusive(const YamlNode& node, GateActions& actions, Diagnostics& diagnostics) {
  if (node.kind == YamlNode::Kind::kMap) {
    actions.on_inconclusive = OnInconclusive::kRerun;
    actions.rerun_max =
        static_cast<int>(ReadCounted({node, "on_inconclusive"}, "rerun", diagnostics).value_or(1));
    return;
  }
  const std::optional<std::string> text = ReadText({node, "on_inconclusive"}, diagnostics);
  if (text == "pass") {
    actions.on_inconclusive = OnInconclusive::kPass;
  } else if (text && *text != "hold") {
    Unknown({node, "on_inconclusive"}, *text,
            "write 'hold', 'pass', or '{ rerun: 3 }' (at most so often, then hold)", diagnostics);
  }
}

void ReadOnError(const YamlNode& node, GateActions& actions, Diagnostics& diagnostics) {
  if (node.kind == YamlNode::Kind::kMap) {
    actions.error_holds = true;
    actions.error_retries =
        static_cast<int>(ReadCounted({node, "on_error"}, "retry", diagnostics).value_or(1));
    return;
  }
  const std::optional<std::string> text = ReadText({node, "on_error"}, diagnostics);
  if (text == "inconclusive") {
    actions.error_holds = true;
  } else if (text && *text != "error") {
    Unknown({node, "on_error"}, *text,
            "write 'error' (an exit code of its own), 'inconclusive', or '{ retry: 3 }' (then "
            "inconclusive)",
            diagnostics);
  }
}

std::string Required(const YamlNode& map, std::string_view key, std::size_t bytes_max,
                     Diagnostics& diagnostics) {
  const YamlNode* value = FindValue(map, key);
  if (value == nullptr) {
    diagnostics.Add(map.span, fmt::format("a waiver without '{}'", key),
                    "a waiver names metric, owner, reason and until: who lets what through, why, "
                    "and for how long");
    return "";
  }
  return ReadName({*value, key}, bytes_max, diagnostics).value_or("");
}

Waiver ReadWaiver(const YamlNode& node, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 5> kKnown = {"metric", "step", "owner", "reason", "until"};
  Waiver waiver;
  if (!CheckKeys(node, {"waiver", kKnown, {}}, diagnostics)) {
    return waiver;
  }
  waiver.metric = Required(node, "metric", kPolicyNameBytesMax, diagnostics);
  waiver.owner = Required(node, "owner", kPolicyNameBytesMax, diagnostics);
  waiver.reason = Required(node, "reason", kReasonBytesMax, diagnostics);
  if (const YamlNode* step = FindValue(node, "step")) {
    waiver.step = ReadName({*step, "step"}, kPolicyNameBytesMax, diagnostics).value_or("");
  }
  const std::string until = Required(node, "until", kPolicyNameBytesMax, diagnostics);
  if (!until.empty()) {
    const Result<WallTime> time = ParseWallTime(until);
    if (time) {
      waiver.until = *time;
    } else {
      diagnostics.Add(FindValue(node, "until")->span, Explained("until", time.error()));
    }
  }
  return waiver;
}

}  // namespace

std::span<const std::string_view> ActionKeys() {
  return kKeys;
}

GateActions ReadActions(const YamlNode& root, Diagnostics& diagnostics) {
  GateActions actions;
  if (const YamlNode* on_fail = FindValue(root, "on_fail")) {
    ReadOnFail(*on_fail, actions, diagnostics);
  }
  if (const YamlNode* on_inconclusive = FindValue(root, "on_inconclusive")) {
    ReadOnInconclusive(*on_inconclusive, actions, diagnostics);
  }
  if (const YamlNode* on_error = FindValue(root, "on_error")) {
    ReadOnError(*on_error, actions, diagnostics);
  }
  if (const YamlNode* dry_run = FindValue(root, "dry_run")) {
    actions.dry_run = ReadFlag({*dry_run, "dry_run"}, diagnostics).value_or(false);
  }
  return actions;
}

std::vector<Waiver> ReadWaivers(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<Waiver> waivers;
  if (node.kind != YamlNode::Kind::kSequence || node.items.size() > kWaiversMax) {
    diagnostics.Add(node.span, fmt::format("waivers must be a list of at most {}", kWaiversMax),
                    "begin each with '- ', for example '- { metric: response_time.p99, owner: "
                    "shop, reason: known, until: 2030-01-31 }'");
    return waivers;
  }
  for (const YamlNode& item : node.items) {
    waivers.push_back(ReadWaiver(item, diagnostics));
  }
  return waivers;
}

}  // namespace weir::scenarios::internal
