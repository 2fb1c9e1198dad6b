#include "reports/capacity.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/internal/json.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

using analysis::CapacityEnd;
using analysis::CapacityProbe;
using analysis::ProbeState;

constexpr int kIndent = 2;

std::string_view KindName(CapacityProbe::Kind kind) {
  switch (kind) {
    case CapacityProbe::Kind::kGrow:
      return "grow";
    case CapacityProbe::Kind::kNarrow:
      return "narrow";
    case CapacityProbe::Kind::kConfirm:
      return "confirm";
  }
  return "";
}

std::string_view StateName(ProbeState state) {
  switch (state) {
    case ProbeState::kKept:
      return "kept";
    case ProbeState::kBroken:
      return "broken";
    case ProbeState::kUnknown:
      return "unknown";
  }
  return "";
}

std::string_view EndName(const CapacityReport& report) {
  if (report.interrupted) {
    return "interrupted";
  }
  switch (report.end) {
    case CapacityEnd::kFound:
      return "found";
    case CapacityEnd::kNeverKept:
      return "never_kept";
    case CapacityEnd::kAtMax:
      return "at_max";
    case CapacityEnd::kUnknown:
      return "unknown";
    case CapacityEnd::kTooMany:
      return "undecided";
  }
  return "";
}

std::string Verdict(const CapacityReport& report) {
  const std::string kept = report.kept_per_s ? FormatRate(*report.kept_per_s) : "nothing";
  if (report.interrupted) {
    return fmt::format("interrupted; so far {} was kept", kept);
  }
  switch (report.end) {
    case CapacityEnd::kFound:
      return fmt::format("capacity {}: confirmed, and {} is too much", kept,
                         FormatRate(*report.broken_per_s));
    case CapacityEnd::kNeverKept:
      return "no rate keeps the demands, however low";
    case CapacityEnd::kAtMax:
      return fmt::format("capacity of at least {}, the highest rate that was to be tried", kept);
    case CapacityEnd::kUnknown:
      return fmt::format("cannot be told beyond {}: {}", kept,
                         report.rows.empty() ? "" : report.rows.back().reason);
    case CapacityEnd::kTooMany:
      return fmt::format("undecided after {} runs: the target does not answer the same way twice",
                         report.rows.size());
  }
  return "";
}

Mark MarkOf(ProbeState state, Charset charset) {
  return state == ProbeState::kKept     ? PassMark(charset)
         : state == ProbeState::kBroken ? FailMark(charset)
                                        : UnknownMark(charset);
}

// Lowest rate first: the curve of latency against rate.
std::vector<CapacityRow> ByRate(const CapacityReport& report) {
  std::vector<CapacityRow> rows = report.rows;
  std::stable_sort(rows.begin(), rows.end(), [](const CapacityRow& a, const CapacityRow& b) {
    return a.probe.rate < b.probe.rate;
  });
  return rows;
}

std::string RenderRows(const CapacityReport& report, const TextOptions& options) {
  TextTable table({{"rate"},
                   {"run", Align::kLeft},
                   {"completed"},
                   {"p50"},
                   {"p99"},
                   {"errors"},
                   {"", Align::kLeft, 12}});
  const auto duration = [&options](const std::optional<double>& ns) {
    return ns ? CellDuration(*ns, options.charset) : std::string("-");
  };
  for (const CapacityRow& row : ByRate(report)) {
    const Mark mark = MarkOf(row.state, options.charset);
    table.AddRow({{FormatRate(row.probe.rate)},
                  {std::string(KindName(row.probe.kind)), Style::kFaint},
                  {FormatRate(row.achieved_per_s)},
                  {duration(row.p50_ns)},
                  {duration(row.p99_ns)},
                  {row.error_ratio ? fmt::format("{:.2f} %", 100 * *row.error_ratio) : "-"},
                  {fmt::format("{} {}", mark.text, Clean(row.reason)), mark.style}});
  }
  return table.Render(kIndent, options);
}

std::string RenderUslLine(const CapacityReport& report, const TextOptions& options) {
  if (!report.usl) {
    return Wrapped("scalability: " + Clean(report.usl_reason), kIndent, options);
  }
  const analysis::UslFit& fit = *report.usl;
  std::string text =
      fmt::format("scalability (USL on requests in flight): contention {:.4f}, coherency {:.2g}",
                  fit.contention.value, fit.coherency.value);
  if (fit.peak_throughput) {
    text += fmt::format("; throughput would peak at {}", FormatRate(fit.peak_throughput->value));
  }
  return Wrapped(text, kIndent, options);
}

}  // namespace

std::string RenderCapacity(const CapacityReport& report, const TextOptions& options) {
  const TextOptions checked = Checked(options);
  const bool found = !report.interrupted && report.end == CapacityEnd::kFound;
  std::string out =
      Painted(Verdict(report), found ? Style::kGood : Style::kDoubtful, checked) + "\n";
  std::string demands;
  for (const std::string& demand : report.demands) {
    demands += (demands.empty() ? "" : ", ") + Clean(demand);
  }
  out += Wrapped(
      fmt::format("{} on {}; demands: {}", Clean(report.scenario), Clean(report.target), demands),
      kIndent, checked);
  return out + "\n" + RenderRows(report, checked) + "\n" + RenderUslLine(report, checked);
}

std::string CapacityJson(const CapacityReport& report) {
  Json json = {{"schema", "weir.capacity/1"}, {"scenario", report.scenario},
               {"target", report.target},     {"demands", report.demands},
               {"end", EndName(report)},      {"verdict", Verdict(report)}};
  PutKnown(json, "kept_per_s", report.kept_per_s, "no rate was kept");
  PutKnown(json, "broken_per_s", report.broken_per_s, "no rate broke a demand");
  json["requests_per_arrival"] = report.requests_per_arrival;
  json["runs"] = Json::array();
  for (const CapacityRow& row : report.rows) {
    Json one = {{"rate_per_s", row.probe.rate},
                {"kind", KindName(row.probe.kind)},
                {"state", StateName(row.state)},
                {"achieved_per_s", row.achieved_per_s}};
    constexpr std::string_view kFew = "too few requests";
    PutKnown(one, "p50_ns", row.p50_ns, kFew);
    PutKnown(one, "p99_ns", row.p99_ns, kFew);
    PutKnown(one, "error_ratio", row.error_ratio, kFew);
    one["reason"] = row.reason;
    json["runs"].push_back(std::move(one));
  }
  if (report.usl) {
    json["usl"] = {{"rate_per_s", report.usl->rate.value},
                   {"contention", report.usl->contention.value},
                   {"coherency", report.usl->coherency.value}};
    PutKnown(json["usl"], "peak_per_s",
             report.usl->peak_throughput ? std::optional(report.usl->peak_throughput->value)
                                         : std::nullopt,
             "the data do not identify a peak");
  } else {
    PutUnknown(json, "usl", report.usl_reason);
  }
  return JsonText(json, JsonLayout::kPretty);
}

}  // namespace weir::reports
