#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "reports/ci_outputs.h"
#include "reports/internal/json.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

constexpr double kNsPerMs = 1e6;

// A trend of k6: milliseconds.
Json TrendOf(const Histogram& values) {
  const auto quantile = [&](double q) {
    return static_cast<double>(values.QuantileNs(q)) / kNsPerMs;
  };
  return {{"avg", values.mean_ns() / kNsPerMs},
          {"min", static_cast<double>(values.min_ns()) / kNsPerMs},
          {"med", quantile(0.5)},
          {"max", static_cast<double>(values.max_ns()) / kNsPerMs},
          {"p(90)", quantile(0.9)},
          {"p(95)", quantile(0.95)}};
}

std::string LabelText(std::string_view text) {
  std::string out;
  for (const char c : Clean(text)) {
    out += c == '\\' || c == '"' ? std::string("\\") + c : std::string(1, c);
  }
  return out;
}

// "response_time.p99" in ns becomes weir_response_time_p99_seconds.
std::string SampleName(const GateCheck& check) {
  std::string name = "weir_" + check.metric;
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
      },
      '_');
  const std::string_view unit = check.unit == "ns" || check.unit == "s" ? "_seconds"
                                : check.unit == "per_s"                 ? "_per_second"
                                : check.unit == "bytes"                 ? "_bytes"
                                : check.unit == "ratio"                 ? "_ratio"
                                                                        : "";
  return name + std::string(unit);
}

}  // namespace

std::string GitLabLoadPerformance(std::span<const Run> runs) {
  StepRecord all;
  double seconds = 0;
  for (const Run& run : runs) {
    all.Merge(run.Total(Phase::kMeasure));
    seconds += Seconds(run.measured);
  }
  const std::uint64_t passes = all.counts.of(Outcome::kCompleted);
  const std::uint64_t planned = all.counts.planned;
  const auto share = [&](std::uint64_t count) {
    return planned == 0 ? 0.0 : static_cast<double>(count) / static_cast<double>(planned);
  };
  Json metrics = Json::object();
  if (planned > 0) {
    metrics["checks"] = {{"passes", passes}, {"fails", planned - passes}, {"value", share(passes)}};
    metrics["http_req_failed"] = {
        {"passes", planned - passes}, {"fails", passes}, {"value", share(planned - passes)}};
  }
  if (seconds > 0) {
    metrics["http_reqs"] = {{"count", all.Answered()},
                            {"rate", static_cast<double>(all.Answered()) / seconds}};
  }
  const LatencyView response = MergedLatency(all, LatencyKind::kResponse);
  if (!response.histogram.empty()) {
    metrics["http_req_duration"] = TrendOf(response.histogram);
  }
  const Histogram waiting = PartHistogram(all, LatencyPart::kFirstByte);
  if (!waiting.empty()) {
    metrics["http_req_waiting"] = TrendOf(waiting);
  }
  return JsonText({{"metrics", std::move(metrics)}, {"root_group", {{"name", ""}}}},
                  JsonLayout::kPretty);
}

std::string GitLabMetrics(const GateResult& result, std::string_view scenario) {
  std::string out = fmt::format(
      "# TYPE weir_gate_verdict stateset\n# HELP weir_gate_verdict Verdict of the "
      "gate.\n");
  for (const Verdict each :
       {Verdict::kPass, Verdict::kWarn, Verdict::kInconclusive, Verdict::kFail}) {
    out += fmt::format("weir_gate_verdict{{scenario=\"{}\",weir_gate_verdict=\"{}\"}} {}\n",
                       LabelText(scenario), VerdictName(each), each == result.verdict ? 1 : 0);
  }
  // One family must stand together: the checks of a name in one group.
  std::vector<const GateCheck*> checks;
  for (const GateCheck& check : result.checks) {
    if (check.candidate && std::isfinite(*check.candidate)) {
      checks.push_back(&check);
    }
  }
  std::stable_sort(checks.begin(), checks.end(), [](const GateCheck* a, const GateCheck* b) {
    return SampleName(*a) < SampleName(*b);
  });
  std::string last;
  std::string last_labels;
  for (const GateCheck* check : checks) {
    const std::string name = SampleName(*check);
    const std::string labels =
        fmt::format("{{scenario=\"{}\",step=\"{}\"}}", LabelText(scenario), LabelText(check->step));
    if (name == last && labels == last_labels) {
      continue;
    }
    out += name == last ? "" : fmt::format("# TYPE {} gauge\n", name);
    const double scale = check->unit == "ns" ? 1e-9 : 1;
    out += fmt::format("{}{} {:.3g}\n", name, labels, *check->candidate * scale);
    last = name;
    last_labels = labels;
  }
  return out + "# EOF\n";
}

}  // namespace weir::reports
