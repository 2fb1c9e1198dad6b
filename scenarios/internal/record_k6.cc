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
      TakeStages(*stages, NumberOf(root_, "vus", 1), "users");
    } else if (NumberOf(root_, "vus", 0) > 0) {
      TakeUsers(root_);
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
                         "write them as steps in place of the one below."});
    draft_.flows.push_back(
        {"main", 1, {DraftStep{.comment = "In place of what the script does."}}});
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

  void AddStage(std::string stage) {
    const bool is_users = stage.starts_with("users");
    if (!draft_.stages.empty() && draft_.stages.front().starts_with("users") != is_users) {
      Note(fmt::format("Users and rates are two scenarios here; left out: {}", stage));
      return;
    }
    draft_.stages.push_back(std::move(stage));
  }

  void TakeUsers(const Json& object) {
    const std::string length =
        TextOf(object, "duration").empty() ? "10s" : Duration(object, "duration");
    AddStage(
        fmt::format("users: {:.0f}, for: {}", std::max(1.0, NumberOf(object, "vus", 1)), length));
    if (NumberOf(object, "iterations", 0) > 0) {
      Note(fmt::format("iterations: write 'rounds: {:.0f}' beside the stages.",
                       NumberOf(object, "iterations", 0)));
    }
  }

  void TakeStages(const Json& stages, double from, std::string_view what, double per_s = 1) {
    for (const Json& stage : stages) {
      const double to = NumberOf(stage, "target", from);
      const std::string length = Duration(stage, "duration");
      const auto level = [&](double value) {
        return what == "users" ? fmt::format("{:.0f}", value)
                               : fmt::format("{:.6g}/s", value * per_s);
      };
      if (length != "0s" && (from > 0 || to > 0)) {
        AddStage(from == to
                     ? fmt::format("{}: {}, for: {}", what, level(to), length)
                     : fmt::format("{}: {}..{}, for: {}", what, level(from), level(to), length));
      }
      from = to;
    }
  }

  // Rates of k6 are per `timeUnit`.
  static double PerSecond(const Json& scenario) {
    const std::string unit = TextOf(scenario, "timeUnit");
    const Result<Nanos> span = ParseDuration(unit.empty() ? "1s" : unit);
    return span && *span > Nanos(0) ? 1 / Seconds(*span) : 1;
  }

  void TakeScenarios(const Json& scenarios) {
    if (!scenarios.is_object()) {
      return;
    }
    bool is_first = true;
    for (const auto& [name, scenario] : scenarios.items()) {
      const std::string executor = TextOf(scenario, "executor");
      if (!std::exchange(is_first, false)) {
        Note(fmt::format("Scenario '{}' ({}) is left out: make a file of each.",
                         Printable(name, 60), Printable(executor, 40)));
        continue;
      }
      if (executor == "constant-arrival-rate") {
        AddStage(fmt::format("rate: {:.6g}/s, for: {}",
                             NumberOf(scenario, "rate", 1) * PerSecond(scenario),
                             Duration(scenario, "duration")));
      } else if (executor == "ramping-arrival-rate" && Member(scenario, "stages") != nullptr) {
        TakeStages(*Member(scenario, "stages"), NumberOf(scenario, "startRate", 0), "rate",
                   PerSecond(scenario));
      } else if (executor == "ramping-vus" && Member(scenario, "stages") != nullptr) {
        TakeStages(*Member(scenario, "stages"), NumberOf(scenario, "startVUs", 1), "users");
      } else if (executor == "constant-vus" || executor == "shared-iterations") {
        TakeUsers(scenario);
      } else {
        Note(fmt::format("Executor '{}' is not known here.", Printable(executor, 40)));
      }
    }
  }

  // "http_req_duration{kind:api}": `bare` and the tags with their braces.
  static std::pair<std::string, std::string> SplitTags(const std::string& metric) {
    const std::size_t brace = std::min(metric.find('{'), metric.size());
    return {metric.substr(0, brace), metric.substr(brace)};
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
      if (!ours.empty() && read && read->tags.empty()) {
        draft_.thresholds.push_back(ours);
      } else {
        Note(fmt::format("Threshold left out: {}: {}{}", Printable(metric, 60),
                         Printable(text, 100),
                         read && !read->tags.empty()
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
