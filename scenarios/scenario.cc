#include "scenarios/scenario.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/command_line.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios {
namespace {

using internal::SpanInWords;

constexpr std::size_t kStagesInWordsMax = 4;

Nanos DurationOf(const Stage& stage) {
  return std::visit([](const auto& any) { return any.duration; }, stage);
}

std::string UsersInWords(std::uint32_t users) {
  return fmt::format("{} {}", FormatCount(users), users == 1 ? "user" : "users");
}

std::string StageInWords(const Stage& stage, Arrivals arrivals) {
  const std::string span = SpanInWords(DurationOf(stage));
  const std::string_view how = arrivals == Arrivals::kPoisson ? "poisson" : "uniform";
  if (const auto* open = std::get_if<OpenStage>(&stage)) {
    const std::string from = FormatRate(open->from.per_second());
    return open->from == open->to ? fmt::format("{} {} for {}", from, how, span)
                                  : fmt::format("{} to {} {} in {}", from,
                                                FormatRate(open->to.per_second()), how, span);
  }
  const auto& closed = std::get<ClosedStage>(stage);
  return closed.from == closed.to ? fmt::format("{} for {}", UsersInWords(closed.from), span)
                                  : fmt::format("{} to {} in {}", FormatCount(closed.from),
                                                UsersInWords(closed.to), span);
}

std::string BracketedHost(const std::string& host) {
  return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

}  // namespace

std::string Target::Url() const {
  return fmt::format("{}://{}{}", scheme == Scheme::kHttp ? "http" : "https", HostHeader(),
                     base_path);
}

std::string Target::HostHeader() const {
  const std::uint16_t port_default = scheme == Scheme::kHttp ? 80 : 443;
  return port == port_default ? BracketedHost(host)
                              : fmt::format("{}:{}", BracketedHost(host), port);
}

bool Scenario::RunsPrograms() const {
  const std::vector<Action>& actions = flows.front().actions;
  return std::any_of(actions.begin(), actions.end(),
                     [](const Action& action) { return std::holds_alternative<Command>(action); });
}

std::string Scenario::ProgramInWords() const {
  std::string first;
  std::size_t more = 0;
  for (const Flow& flow : flows) {
    for (const Action& action : flow.actions) {
      if (const auto* command = std::get_if<Command>(&action)) {
        more += first.empty() ? 0U : 1U;
        first = first.empty() ? CommandLineText(command->argv) : first;
      }
    }
  }
  return more == 0 ? first : fmt::format("{} (and {} more)", first, more);
}

Nanos Scenario::Duration() const {
  return std::accumulate(load.stages.begin(), load.stages.end(), Nanos(0),
                         [](Nanos sum, const Stage& stage) { return sum + DurationOf(stage); });
}

std::optional<Nanos> Load::SteadyFrom() const {
  // The level of a stage, no value when it changes.
  const auto level = [](const Stage& stage) -> std::optional<double> {
    if (const auto* open = std::get_if<OpenStage>(&stage)) {
      const double from = open->from.per_second();
      return from == open->to.per_second() ? std::optional(from) : std::nullopt;
    }
    const auto& closed = std::get<ClosedStage>(stage);
    return closed.from == closed.to ? std::optional<double>(closed.from) : std::nullopt;
  };
  const std::optional<double> last = level(stages.back());
  if (!last) {
    return std::nullopt;
  }
  Nanos from{0};
  Nanos end{0};
  for (const Stage& stage : stages) {
    end += std::visit([](const auto& any) { return any.duration; }, stage);
    from = level(stage) == last ? from : end;
  }
  return from;
}

std::vector<StepName> Scenario::StepNames() const {
  std::vector<StepName> names;
  for (const Flow& flow : flows) {
    for (const Action& action : flow.actions) {
      if (const auto* request = std::get_if<Request>(&action)) {
        names.push_back(StepName{flow.name, request->name, request->tags});
        if (request->redirects_max > 0) {
          names.push_back(StepName{flow.name, request->name + " (redirected)", request->tags});
        }
      } else if (const auto* command = std::get_if<Command>(&action)) {
        names.push_back(StepName{flow.name, command->name, command->tags});
      }
    }
  }
  return names;
}

std::string Scenario::LoadInWords() const {
  std::string words;
  if (replay != nullptr) {
    words = replay->InWords();
    if (replay->facts().is_timed) {
      return words;
    }
    words += "; ";
  }
  if (load.rounds_max > 0) {
    words += fmt::format("{} {} by ", FormatCount(load.rounds_max),
                         load.rounds_max == 1 ? "round" : "rounds");
  }
  const std::size_t shown = std::min(load.stages.size(), kStagesInWordsMax);
  for (std::size_t at = 0; at < shown; ++at) {
    words += at == 0 ? "" : ", then ";
    words += StageInWords(load.stages[at], load.arrivals);
  }
  if (const std::size_t more = load.stages.size() - shown; more > 0) {
    words += fmt::format(", then {} more {}, {} in all", more, more == 1 ? "stage" : "stages",
                         SpanInWords(Duration()));
  }
  return words;
}

}  // namespace weir::scenarios
