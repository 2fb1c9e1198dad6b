#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/record_files.h"
#include "scenarios/internal/values.h"
#include "scenarios/threshold.h"

namespace weir::scenarios::internal {
namespace {

// As many as a file may have.
constexpr std::size_t kPartsMax = 20;

// The only part of a k6 script that is data.
class K6Reader {
 public:
  explicit K6Reader(const Json& root) : root_(root) {}

  Result<Draft> Read() {
    if (!root_.is_object()) {
      return UsageError(
          "these are no options of k6: an object is needed, as 'export const options' has");
    }
    if (const Json* scenarios = Member(root_, "scenarios")) {
      TakeScenarios(*scenarios);
    } else if (const Json* stages = Member(root_, "stages")) {
      draft_.load = StagesOf(*stages, NumberOf(root_, "vus", 1), "users");
    } else if (NumberOf(root_, "vus", 0) > 0) {
      draft_.load = UsersOf(root_, NumberOf(root_, "iterations", 0));
    } else {
      return UsageError("the options say no load: neither 'scenarios' nor 'stages' nor 'vus'");
    }
    if (const Json* thresholds = Member(root_, "thresholds");
        thresholds != nullptr && thresholds->is_object()) {
      for (const auto& [metric, list] : thresholds->items()) {
        TakeThresholds(metric, list);
      }
    }
    draft_.name = "k6";
    draft_.notes.insert(draft_.notes.begin(),
                        {"From the options of a k6 script. Its requests are JavaScript, which is "
                         "not read:",
                         draft_.parts.empty() ? "write them as steps in place of the one below."
                                              : "write them as steps in place of those below."});
    if (draft_.parts.empty()) {
      draft_.flows.push_back(
          {"main", 1, {DraftStep{.comment = "In place of what the script does."}}});
    }
    return std::move(draft_);
  }

 private:
  void Note(std::string text) { draft_.notes.push_back(std::move(text)); }

  static std::string Duration(const Json& object, std::string_view key) {
    std::string text = TextOf(object, key);
    // "1m30s" has two parts.
    const Result<Nanos> whole = ParseDuration(text);
    if (whole) {
      return text;
    }
    Nanos sum{0};
    std::string part;
    for (const char c : text) {
      const bool is_digit = (c >= '0' && c <= '9') || c == '.';
      if (is_digit && !part.empty() && part.back() >= 'a') {
        sum += ParseDuration(part).value_or(Nanos(0));
        part.clear();
      }
      part += c;
    }
    sum += ParseDuration(part).value_or(Nanos(0));
    return fmt::format("{}ms", std::max<std::int64_t>(1, sum.count() / 1'000'000));
  }

  // After `iterations` they are done; 0: when their time is over.
  static DraftLoad UsersOf(const Json& object, double iterations) {
    const std::string_view bound = iterations > 0 ? "maxDuration" : "duration";
    const std::string_view otherwise = iterations > 0 ? "10m" : "10s";
    const std::string length =
        TextOf(object, bound).empty() ? std::string(otherwise) : Duration(object, bound);
    DraftLoad load;
    load.stages.push_back(
        fmt::format("users: {:.0f}, for: {}", std::max(1.0, NumberOf(object, "vus", 1)), length));
    load.rounds = static_cast<std::uint64_t>(std::llround(std::clamp(iterations, 0.0, 1e9)));
    return load;
  }

  static DraftLoad StagesOf(const Json& stages, double from, std::string_view what,
                            double per_s = 1) {
    DraftLoad load;
    for (const Json& stage : stages) {
      const double to = NumberOf(stage, "target", from);
      const std::string length = Duration(stage, "duration");
      const auto level = [&](double value) {
        return what == "users" ? fmt::format("{:.0f}", value)
                               : fmt::format("{:.6g}/s", value * per_s);
      };
      if (length != "0s" && (from > 0 || to > 0)) {
        load.stages.push_back(
            from == to ? fmt::format("{}: {}, for: {}", what, level(to), length)
                       : fmt::format("{}: {}..{}, for: {}", what, level(from), level(to), length));
      }
      from = to;
    }
    return load;
  }

  // Rates of k6 are per `timeUnit`.
  static double PerSecond(const Json& scenario) {
    const std::string unit = TextOf(scenario, "timeUnit");
    const Result<Nanos> span = ParseDuration(unit.empty() ? "1s" : unit);
    return span && *span > Nanos(0) ? 1 / Seconds(*span) : 1;
  }

  static std::optional<DraftLoad> LoadOf(const Json& scenario) {
    const std::string executor = TextOf(scenario, "executor");
    const Json* stages = Member(scenario, "stages");
    if (executor == "constant-arrival-rate") {
      return DraftLoad{{fmt::format("rate: {:.6g}/s, for: {}",
                                    NumberOf(scenario, "rate", 1) * PerSecond(scenario),
                                    Duration(scenario, "duration"))}};
    }
    if (executor == "ramping-arrival-rate" && stages != nullptr) {
      return StagesOf(*stages, NumberOf(scenario, "startRate", 0), "rate", PerSecond(scenario));
    }
    if (executor == "ramping-vus" && stages != nullptr) {
      return StagesOf(*stages, NumberOf(scenario, "startVUs", 1), "users");
    }
    if (executor == "constant-vus") {
      return UsersOf(scenario, 0);
    }
    if (executor == "shared-iterations") {
      return UsersOf(scenario, NumberOf(scenario, "iterations", 1));
    }
    if (executor == "per-vu-iterations") {
      return UsersOf(scenario, NumberOf(scenario, "iterations", 1) * NumberOf(scenario, "vus", 1));
    }
    return std::nullopt;
  }

  // `name` as the value of a tag that no part has.
  std::string NameOfPart(const std::string& name) const {
    std::string word = name.substr(0, 50);
    std::replace_if(
        word.begin(), word.end(),
        [](char c) {
          return !IsTagWord({&c, 1});
        },
        '-');
    word = word.empty() ? "scenario" : word;
    std::string unique = word;
    for (int number = 2; IsPart(unique); ++number) {
      unique = fmt::format("{}-{}", word, number);
    }
    return unique;
  }

  bool IsPart(std::string_view name) const {
    return std::any_of(draft_.parts.begin(), draft_.parts.end(),
                       [name](const DraftPart& part) { return part.name == name; });
  }

  void TakeScenarios(const Json& scenarios) {
    if (!scenarios.is_object()) {
      return;
    }
    for (const auto& [name, scenario] : scenarios.items()) {
      std::optional<DraftLoad> load = LoadOf(scenario);
      if (!load || draft_.parts.size() == kPartsMax) {
        Note(fmt::format("Scenario '{}' ({}) is left out{}.", Printable(name, 60),
                         Printable(TextOf(scenario, "executor"), 40),
                         load ? "" : ": its executor is not known here"));
        continue;
      }
      DraftPart part;
      part.name = NameOfPart(name);
      part.load = *std::move(load);
      const std::string start =
          TextOf(scenario, "startTime").empty() ? "0s" : Duration(scenario, "startTime");
      part.start = start == "0s" ? "" : start;
      const std::string function = TextOf(scenario, "exec");
      part.steps.push_back({.name = part.name,
                            .comment = fmt::format("In place of what {} does.",
                                                   function.empty() ? "the script" : function)});
      draft_.parts.push_back(std::move(part));
    }
    if (draft_.parts.size() == 1 && draft_.parts.front().start.empty()) {
      draft_.load = std::move(draft_.parts.front().load);
      draft_.parts.clear();
    }
  }

  // "http_req_duration{kind:api}": `bare` and the tags with their braces.
  static std::pair<std::string, std::string> SplitTags(const std::string& metric) {
    const std::size_t brace = std::min(metric.find('{'), metric.size());
    return {metric.substr(0, brace), metric.substr(brace)};
  }

  // k6 gives each request the tag of its scenario, as we do.
  bool TagsAreThere(const std::vector<Tag>& tags) const {
    return std::all_of(tags.begin(), tags.end(), [this](const Tag& tag) {
      return tag.name == "scenario" && IsPart(tag.value);
    });
  }

  // The comparison in our words; empty when there are none for it.
  static std::string OurThreshold(const std::string& metric, const std::string& text) {
    const auto [bare, tags] = SplitTags(metric);
    const std::string_view all = text;
    const std::size_t op = std::min(all.find_first_of("<>="), all.size());
    const std::size_t end = std::min(all.find_first_not_of("<>=", op), all.size());
    const std::string_view statistic = internal::Trimmed(all.substr(0, op));
    const std::string limit =
        fmt::format("{} {} {}", tags, all.substr(op, end - op), internal::Trimmed(all.substr(end)));
    if (bare == "http_req_duration") {
      // Milliseconds without a unit.
      return fmt::format("{}{}ms", statistic, limit);
    }
    if (bare == "http_req_failed" && statistic == "rate") {
      return "error_rate" + limit;
    }
    if (bare == "http_reqs" && statistic == "rate") {
      return fmt::format("rate{}/s", limit);
    }
    return bare == "http_reqs" && statistic == "count" ? "count" + limit : "";
  }

  void TakeThresholds(const std::string& metric, const Json& list) {
    for (const Json& entry : list.is_array() ? list : Json::array({list})) {
      const std::string text =
          entry.is_string() ? entry.get<std::string>() : TextOf(entry, "threshold");
      std::string ours = OurThreshold(metric, text);
      const bool ends =
          entry.is_object() && entry.contains("abortOnFail") && entry["abortOnFail"] == true;
      if (!ours.empty() && ends) {
        // k6 ends the run at the first look that finds it broken, after this grace.
        const std::string grace = TextOf(entry, "delayAbortEval");
        ours += fmt::format(" abort after {}", grace.empty() ? "1s" : grace);
      }
      const auto read = ParseThreshold(ours);
      if (!ours.empty() && read && TagsAreThere(read->tags)) {
        draft_.thresholds.push_back(ours);
      } else {
        Note(fmt::format("Threshold left out: {}: {}{}", Printable(metric, 60),
                         Printable(text, 100),
                         read && !TagsAreThere(read->tags)
                             ? fmt::format(" (give steps these tags and write '{}')", ours)
                             : ""));
      }
    }
  }

  const Json& root_;
  Draft draft_;
};

}  // namespace

Result<Draft> DraftOfK6Options(const RecordInput& input) {
  const Result<Json> root = ReadJsonOrYaml(input.text, "options of k6");
  if (!root) {
    return tl::unexpected(root.error());
  }
  const Json* options = Member(*root, "options");
  return K6Reader(options == nullptr ? *root : *options).Read();
}

}  // namespace weir::scenarios::internal
