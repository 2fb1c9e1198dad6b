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
constexpr std::size_t kPartsInWordsMax = 6;

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

std::string PartsInWords(const std::vector<Part>& parts, Nanos duration) {
  std::string words;
  const std::size_t shown = std::min(parts.size(), kPartsInWordsMax);
  for (std::size_t at = 0; at < shown; ++at) {
    const Part& part = parts[at];
    const std::string from =
        part.start == Nanos(0) ? "" : fmt::format(" from {} on", SpanInWords(part.start));
    words += fmt::format("{}{}{}: {}", at == 0 ? "" : "; ", part.name, from, part.load.InWords());
  }
  if (const std::size_t more = parts.size() - shown; more > 0) {
    words += fmt::format("; {} more, {} in all", more, SpanInWords(duration));
  }
  return words;
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

Nanos Load::Duration() const {
  return std::accumulate(stages.begin(), stages.end(), Nanos(0),
                         [](Nanos sum, const Stage& stage) { return sum + DurationOf(stage); });
}

std::string Load::InWords() const {
  std::string words;
  if (rounds_max > 0) {
    words +=
        fmt::format("{} {} by ", FormatCount(rounds_max), rounds_max == 1 ? "round" : "rounds");
  }
  const std::size_t shown = std::min(stages.size(), kStagesInWordsMax);
  for (std::size_t at = 0; at < shown; ++at) {
    words += at == 0 ? "" : ", then ";
    words += StageInWords(stages[at], arrivals);
  }
  if (const std::size_t more = stages.size() - shown; more > 0) {
    words += fmt::format(", then {} more {}, {} in all", more, more == 1 ? "stage" : "stages",
                         SpanInWords(Duration()));
  }
  return words;
}

std::vector<Part> Scenario::Parts() const {
  if (!parts.empty()) {
    return parts;
  }
  Part whole;
  whole.load = load;
  whole.flow_count = static_cast<std::uint32_t>(flows.size());
  for (const DataSource& source : data) {
    whole.data.push_back(source.name);
  }
  return {std::move(whole)};
}

bool Scenario::IsOpen() const {
  return parts.empty()
             ? std::holds_alternative<OpenStage>(load.stages.front())
             : std::all_of(parts.begin(), parts.end(), [](const Part& p) { return p.IsOpen(); });
}

bool Scenario::CountsRounds() const {
  return load.rounds_max > 0 || std::any_of(parts.begin(), parts.end(), [](const Part& part) {
           return part.load.rounds_max > 0;
         });
}

Nanos Scenario::Duration() const {
  Nanos end = load.Duration();
  for (const Part& part : parts) {
    end = std::max(end, part.end());
  }
  return end;
}

std::optional<Nanos> Scenario::SteadyFrom() const {
  if (parts.empty()) {
    return load.SteadyFrom();
  }
  const Nanos end = Duration();
  Nanos from{0};
  for (const Part& part : parts) {
    // One that ends before the others is a change as well.
    const std::optional<Nanos> steady =
        part.end() < end ? std::optional(part.load.Duration()) : part.load.SteadyFrom();
    if (!steady) {
      return std::nullopt;
    }
    from = std::max(from, part.start + *steady);
  }
  return from;
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
  return words + (parts.empty() ? load.InWords() : PartsInWords(parts, Duration()));
}

}  // namespace weir::scenarios
