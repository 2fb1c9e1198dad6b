#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "reports/text_options.h"

/// What a scenario will do, before it does it: `weir check` and `weir run --dry-run`.
namespace weir::reports {

/// A step with its flow.
struct PlannedStep {
  std::string flow;
  double share = 1;  ///< Of the rounds, that take this flow.
  std::string step;
  std::string request;  ///< "GET /products", or a program's command line.
  std::string notes;    ///< Its checks and what it extracts, in words; may be empty.
};

/// A request as it will be sent.
struct RenderedRequest {
  std::string step;
  std::uint64_t round = 0;   ///< From 0.
  std::optional<Nanos> due;  ///< Since the start; none: after what was before it.
  std::string bytes;
};

/// One of several loads that a run sends side by side.
struct PlannedPart {
  std::string name;
  Nanos start{0};
  std::string load;              ///< In words.
  bool open = true;              ///< Rates; else users.
  std::optional<double> rounds;  ///< As PlanReport::rounds.
  double peak = 0;               ///< As PlanReport::peak.
  std::vector<double> level;     ///< As PlanReport::level, over the whole run.
};

struct PlanReport {
  std::string scenario;
  std::string source;  ///< File or flags that it was read from.
  std::string target;  ///< Empty: the scenario names none.
  std::string load;    ///< In words.
  bool open = true;    ///< Rates, at least some; else users.
  Nanos duration{0};   ///< Of the stages.
  Nanos warm_up{0};
  bool warm_up_auto = false;       ///< It is found in the run.
  std::optional<double> rounds;    ///< Planned, expected for Poisson; none: as many as fit.
  std::optional<double> requests;  ///< If every step completes; none with branches.
  double peak = 0;                 ///< Highest rate of rounds per second, or most users; of parts
                                   ///< the sum of those that have rates, or of all.
  std::vector<double> level;       ///< Rate or users in even parts of `duration`; the same sum.
  std::vector<PlannedPart> parts;  ///< Empty: it is a single load.
  std::vector<PlannedStep> steps;
  std::vector<std::string> thresholds;
  std::vector<RenderedRequest> first;
};

/// For a terminal, lines as RenderPlot's. Requests are cut at 2,000 bytes each.
std::string RenderPlan(const PlanReport& plan, const TextOptions& options);

/// Schema "weir.plan/1". Bytes that are no UTF-8 are replaced.
std::string PlanJson(const PlanReport& plan);

}  // namespace weir::reports
