#include "monitor/deploy_hooks.h"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/wall_time.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::json;

constexpr int kYes = 200;
constexpr int kNo = 403;
constexpr int kNotYet = 409;

constexpr std::array<std::string_view, kHookCount> kHookNames = {
    "confirm-rollout",   "pre-rollout",  "rollout",  "confirm-traffic-increase",
    "confirm-promotion", "post-rollout", "rollback", "event"};

// Foreign JSON is a few texts; what nests deeper is no hook, and the parser would recurse.
constexpr int kDepthMax = 4;

Result<Json> ParseObject(std::string_view body) {
  bool deep = false;
  const auto shallow = [&deep](int depth, Json::parse_event_t, Json&) {
    deep = deep || depth > kDepthMax;
    return !deep;
  };
  Json json = Json::parse(body.begin(), body.end(), shallow, false);
  if (deep || !json.is_object()) {
    return UsageError("the body must be a JSON object of texts");
  }
  return json;
}

Result<std::string> TextOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) {
    return std::string();
  }
  if (!found->is_string()) {
    return UsageError(fmt::format("'{}' must be a text", key));
  }
  std::string text = found->get<std::string>();
  if (text.size() > kHookTextMax) {
    return UsageError(fmt::format("'{}' is longer than {} bytes", key, kHookTextMax));
  }
  return text;
}

struct Field {
  const char* key;
  std::string* text;
};

Status ReadFields(const Json& json, std::initializer_list<Field> fields) {
  for (const Field& field : fields) {
    Result<std::string> text = TextOf(json, field.key);
    if (!text) {
      return tl::unexpected(text.error());
    }
    *field.text = std::move(*text);
  }
  return {};
}

Status ReadMetadata(const Json& json, HookCall& call) {
  const auto found = json.find("metadata");
  if (found == json.end() || found->is_null()) {
    return {};
  }
  if (!found->is_object()) {
    return UsageError("'metadata' must be an object of texts");
  }
  GateQuestion& question = call.question;
  std::string timestamp;
  Status read = ReadFields(*found, {{"service", &question.service},
                                    {"rev", &question.rev},
                                    {"candidate", &question.candidate},
                                    {"baseline", &question.baseline},
                                    {"scenario", &question.scenario},
                                    {"eventMessage", &call.event_message},
                                    {"eventType", &call.event_type},
                                    {"timestamp", &timestamp}});
  if (read && !timestamp.empty()) {
    const Result<WallTime> at = ParseEpoch(timestamp, EpochUnit::kMilliseconds);
    if (!at) {
      return UsageError("'timestamp': " + at.error().message);
    }
    call.event_at = *at;
  }
  return read;
}

}  // namespace

std::string_view HookName(Hook hook) {
  return kHookNames[static_cast<std::size_t>(hook)];
}

std::optional<Hook> HookOf(std::string_view name) {
  for (std::size_t i = 0; i < kHookCount; ++i) {
    if (kHookNames[i] == name) {
      return static_cast<Hook>(i);
    }
  }
  return std::nullopt;
}

int HookStatus(Hook hook, GateState state, Undecided rollout) {
  if (hook == Hook::kPostRollout || hook == Hook::kEvent) {
    return kYes;
  }
  if (hook == Hook::kRollback) {
    return state == GateState::kFail ? kYes : kNo;
  }
  switch (state) {
    case GateState::kPass:
    case GateState::kWarn:
      return kYes;
    case GateState::kFail:
      return kNo;
    case GateState::kRunning:
    case GateState::kInconclusive:
      break;
  }
  return hook == Hook::kRollout && rollout == Undecided::kKeepGoing ? kYes : kNotYet;
}

int HookTroubleStatus(Hook hook) {
  return hook == Hook::kRollback ? kNo : kNotYet;
}

Result<HookCall> ReadHookCall(std::string_view body) {
  const Result<Json> json = ParseObject(body);
  if (!json) {
    return tl::unexpected(json.error());
  }
  HookCall call;
  if (Status read = ReadFields(*json, {{"name", &call.name},
                                       {"namespace", &call.name_space},
                                       {"phase", &call.phase},
                                       {"checksum", &call.checksum}});
      !read) {
    return tl::unexpected(read.error());
  }
  if (call.name.empty()) {
    return UsageError("'name' is missing: the canary that is asked about");
  }
  if (Status read = ReadMetadata(*json, call); !read) {
    return tl::unexpected(read.error());
  }
  GateQuestion& question = call.question;
  if (question.service.empty()) {
    question.service =
        call.name_space.empty() ? call.name : fmt::format("{}.{}", call.name, call.name_space);
  }
  if (question.rev.empty()) {
    question.rev = call.checksum;
  }
  return call;
}

Result<MarkCall> ReadMarkCall(std::string_view body) {
  const Result<Json> json = ParseObject(body);
  if (!json) {
    return tl::unexpected(json.error());
  }
  for (const auto& item : json->items()) {
    if (item.key() != "service" && item.key() != "build" && item.key() != "phase" &&
        item.key() != "message") {
      return UsageError(fmt::format("unknown key '{}'; there are service, build, phase, message",
                                    Printable(item.key(), 60)));
    }
  }
  MarkCall call;
  if (Status read = ReadFields(*json, {{"service", &call.service},
                                       {"build", &call.build},
                                       {"phase", &call.phase},
                                       {"message", &call.message}});
      !read) {
    return tl::unexpected(read.error());
  }
  if (call.service.empty() || call.phase.empty()) {
    return UsageError(
        R"('service' and 'phase' are needed, for example {"service":"shop","build":"b7","phase":"Succeeded"})");
  }
  return call;
}

}  // namespace weir::monitor
