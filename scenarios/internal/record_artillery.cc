#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/record_files.h"

namespace weir::scenarios::internal {
namespace {

constexpr std::array<std::string_view, 7> kVerbs = {"get",    "post", "put",    "patch",
                                                    "delete", "head", "options"};
constexpr std::size_t kStepsMax = 900;

class ArtilleryReader {
 public:
  ArtilleryReader(const RecordInput& input, const Json& root)
      : input_(input), root_(root), foreign_{input.options.keeps_secrets} {}

  Result<Draft> Read() {
    const Json* scenarios = Member(root_, "scenarios");
    const Json* config = Member(root_, "config");
    if (scenarios == nullptr || !scenarios->is_array()) {
      return UsageError("this is no script of Artillery: it has no list of scenarios");
    }
    draft_.name = "artillery";
    if (config != nullptr) {
      TakeConfig(*config);
    }
    for (const Json& scenario : *scenarios) {
      TakeScenario(scenario);
    }
    if (draft_.flows.empty()) {
      return UsageError("no request of the script is left");
    }
    draft_.notes.insert(draft_.notes.begin(), "From a script of Artillery.");
    if (foreign_.secrets_dropped > 0) {
      Note(fmt::format("{} cookies and credentials are left out (--keep-secrets keeps them).",
                       foreign_.secrets_dropped));
    }
    return std::move(draft_);
  }

 private:
  void Note(std::string text) {
    if (std::find(draft_.notes.begin(), draft_.notes.end(), text) == draft_.notes.end()) {
      draft_.notes.push_back(std::move(text));
    }
  }

  void TakeConfig(const Json& config) {
    const SplitUrl target = SplitOrigin(TextOf(config, "target"));
    draft_.target = target.origin;
    // Artillery's arrivals are random.
    draft_.poisson = true;
    const Json* phases = Member(config, "phases");
    for (std::size_t i = 0; phases != nullptr && phases->is_array() && i < phases->size(); ++i) {
      TakePhase((*phases)[i]);
    }
    for (const auto& [key, value] : config.items()) {
      if (key != "target" && key != "phases") {
        Note(fmt::format("config.{} is not carried over.", Printable(key, 60)));
      }
    }
  }

  void TakePhase(const Json& phase) {
    const double from = NumberOf(phase, "arrivalRate", 0);
    const double to = NumberOf(phase, "rampTo", from);
    const std::string text = TextOf(phase, "duration");
    const bool has_unit = !text.empty() && (text.back() < '0' || text.back() > '9');
    const Result<Nanos> length = ParseDuration(has_unit ? text : text + "s");
    if (!length || *length <= Nanos(0) || (from <= 0 && to <= 0)) {
      Note("A phase without duration and arrivalRate is left out.");
      return;
    }
    const std::string seconds = fmt::format("{:.6g}s", Seconds(*length));
    draft_.load.stages.push_back(
        from == to ? fmt::format("rate: {:.6g}/s, for: {}", from, seconds)
                   : fmt::format("rate: {:.6g}/s..{:.6g}/s, for: {}", from, to, seconds));
  }

  void TakeScenario(const Json& scenario) {
    DraftFlow flow;
    flow.name = TextOf(scenario, "name");
    flow.name = flow.name.empty() ? fmt::format("scenario {}", draft_.flows.size() + 1) : flow.name;
    flow.weight = std::clamp(NumberOf(scenario, "weight", 1), 1e-6, 1e6);
    const Json* steps = Member(scenario, "flow");
    if (steps != nullptr && steps->is_array()) {
      TakeSteps(*steps, flow);
    }
    if (!flow.steps.empty()) {
      draft_.flows.push_back(std::move(flow));
    }
  }

  void TakeSteps(const Json& steps, DraftFlow& flow) {
    for (const Json& step : steps) {
      if (!step.is_object() || step.empty()) {
        continue;
      }
      const auto first = step.begin();
      if (std::find(kVerbs.begin(), kVerbs.end(), first.key()) != kVerbs.end()) {
        TakeRequest(first.key(), first.value(), flow);
      } else if (first.key() == "think" && !flow.steps.empty()) {
        flow.steps.back().think = FromSeconds(std::clamp(NumberOf(step, "think", 0), 0.0, 3600.0));
      } else {
        Note(fmt::format("'{}' is not carried over.", Printable(first.key(), 60)));
      }
    }
  }

  void TakeRequest(const std::string& verb, const Json& request, DraftFlow& flow) {
    const SplitUrl url = SplitOrigin(TextOf(request, "url"));
    if (url.path.empty() || !input_.Wants(url.path) || steps_ == kStepsMax) {
      return;
    }
    if (!url.origin.empty() && url.origin != draft_.target) {
      Note(fmt::format("A request to {} is left out: a scenario has one target.",
                       Printable(url.origin, 100)));
      return;
    }
    ++steps_;
    DraftStep& step = flow.steps.emplace_back();
    step.name = TextOf(request, "name");
    step.method = verb;
    std::transform(step.method.begin(), step.method.end(), step.method.begin(),
                   [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    ForeignRequest::SetPath(step, url.path);
    if (url.path.find("{{") != std::string::npos) {
      step.comment = "Its variables are texts here: write slots in their place.";
      step.path = "/";
      step.comment += " It was " + url.path;
    }
    if (const Json* headers = Member(request, "headers");
        headers != nullptr && headers->is_object()) {
      for (const auto& [name, value] : headers->items()) {
        foreign_.AddHeader(step, name, value.is_string() ? value.get<std::string>() : value.dump());
      }
    }
    if (const Json* json = Member(request, "json")) {
      foreign_.SetBody(step, json->dump());
      foreign_.AddHeader(step, "content-type", "application/json");
    } else if (const std::string body = TextOf(request, "body"); !body.empty()) {
      foreign_.SetBody(step, body);
    }
    for (const std::string_view key : {"capture", "expect", "form", "formData", "qs", "match"}) {
      if (Member(request, key) != nullptr) {
        step.comment +=
            fmt::format("{}'{}' is not carried over.", step.comment.empty() ? "" : " ", key);
      }
    }
  }

  const RecordInput& input_;
  const Json& root_;
  ForeignRequest foreign_;
  Draft draft_;
  std::size_t steps_ = 0;
};

}  // namespace

Result<Draft> DraftOfArtillery(const RecordInput& input) {
  const Result<Json> root = ReadJsonOrYaml(input.text, "script of Artillery");
  if (!root) {
    return tl::unexpected(root.error());
  }
  return ArtilleryReader(input, *root).Read();
}

}  // namespace weir::scenarios::internal
