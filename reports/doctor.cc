#include "reports/doctor.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "analysis/quantile_interval.h"
#include "base/text.h"
#include "reports/internal/json.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

using analysis::HostCheck;
using analysis::HostState;
using analysis::QuantileError;

constexpr int kIndent = 2;
constexpr int kSubjectWidth = 12;

Mark MarkOf(HostState state, Charset charset) {
  switch (state) {
    case HostState::kGood:
      return PassMark(charset);
    case HostState::kDoubtful:
      return WarnMark(charset);
    case HostState::kBad:
      return FailMark(charset);
    case HostState::kUnknown:
      break;
  }
  return UnknownMark(charset);
}

std::string SubjectInWords(analysis::HostSubject subject) {
  std::string words(analysis::HostSubjectName(subject));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string Spaces(int count) {
  return std::string(static_cast<std::size_t>(std::max(count, 0)), ' ');
}

// "  ✓ files       20,000 open files ...", and the cure below.
std::string RenderCheck(const HostCheck& check, const TextOptions& options) {
  const Mark mark = MarkOf(check.state, options.charset);
  const int mark_width = options.charset == Charset::kUnicode ? 1 : 4;
  const int text_at = kIndent + mark_width + 1 + kSubjectWidth;
  const std::string subject = SubjectInWords(check.subject);
  std::string found = Wrapped(Clean(check.found, 2000), text_at, options);
  found.erase(0, static_cast<std::size_t>(text_at));
  std::string line = Spaces(kIndent) + Painted(mark.text, mark.style, options) +
                     Spaces(mark_width - DisplayWidth(mark.text) + 1) + subject +
                     Spaces(kSubjectWidth - DisplayWidth(subject)) + found;
  if (!check.cure.empty()) {
    const std::string_view arrow = options.charset == Charset::kUnicode ? "→ " : "-> ";
    line += Wrapped(std::string(arrow) + Clean(check.cure, 2000), text_at, options);
  }
  return line;
}

std::string_view StateInWords(HostState state) {
  switch (state) {
    case HostState::kDoubtful:
      return "fit to measure, with the reservations marked above";
    case HostState::kBad:
      return "not fit to measure";
    default:
      return "fit to measure";
  }
}

std::string SignedCell(std::optional<double> ns, Charset charset) {
  if (!ns) {
    return "n/a";
  }
  return (*ns < 0 ? "-" : "+") + CellDuration(std::fabs(*ns), charset);
}

std::string ShareOfTruth(const QuantileError& error) {
  if (!error.error_ns || *error.truth_ns <= 0) {
    return "n/a";
  }
  return fmt::format("{:+.1f} %", *error.error_ns / *error.truth_ns * 100);
}

std::string RenderErrors(const CalibrationReport& report, const TextOptions& options) {
  std::vector<TextColumn> columns = {{"", Align::kLeft}};
  std::vector<Cell> truth = {{"truth"}};
  std::vector<Cell> reported = {{"reported"}};
  std::vector<Cell> error = {{"error"}};
  std::vector<Cell> share = {{"", Style::kFaint}};
  for (const QuantileError& at : report.errors) {
    columns.push_back({analysis::QuantileName(at.q), Align::kRight});
    const auto cell = [&](std::optional<double> ns) {
      return Cell{ns ? CellDuration(*ns, options.charset) : "n/a", Style::kPlain};
    };
    truth.push_back(cell(at.truth_ns));
    reported.push_back(cell(at.reported_ns));
    error.push_back({SignedCell(at.error_ns, options.charset), Style::kTitle});
    share.push_back({ShareOfTruth(at), Style::kFaint});
  }
  TextTable table(std::move(columns));
  table.AddRow(std::move(truth));
  table.AddRow(std::move(reported));
  table.AddRow(std::move(error));
  table.AddRow(std::move(share));
  return table.Render(kIndent, options);
}

std::string RenderCalibration(const CalibrationReport& report, const TextOptions& options) {
  const Calibration& made = report.calibration;
  std::string out = "\n" +
                    Wrapped(fmt::format("instrument error: {} pacing, {} requests at {}, target {}",
                                        Clean(made.pacing), FormatCount(made.samples),
                                        FormatRate(made.rate_per_s), Clean(report.latency)),
                            0, options) +
                    RenderErrors(report, options);
  for (const QuantileError& error : report.errors) {
    if (!error.error_ns) {
      out +=
          Wrapped(fmt::format("{}: {}", analysis::QuantileName(error.q), Clean(error.reason, 2000)),
                  kIndent, options);
    }
  }
  for (const ValidityReason& reason : report.validity.reasons) {
    out += Wrapped(fmt::format("{}: {}", GradeName(reason.grade), Clean(reason.text, 2000)),
                   kIndent, options);
  }
  if (report.validity.grade == Grade::kInvalid) {
    out += Wrapped("The calibrating run is invalid, so it was not kept.", kIndent, options);
  }
  return out;
}

Json CheckToJson(const HostCheck& check) {
  return {{"check", HostSubjectName(check.subject)},
          {"state", HostStateName(check.state)},
          {"found", check.found},
          {"cure", check.cure}};
}

Json ErrorToJson(const QuantileError& error) {
  Json json = {{"quantile", error.q}};
  PutKnown(json, "truth_ns", error.truth_ns, error.reason);
  PutKnown(json, "reported_ns", error.reported_ns, error.reason);
  PutKnown(json, "error_ns", error.error_ns, error.reason);
  return json;
}

Json CalibrationToJson(const CalibrationReport& report) {
  Json quantiles = Json::array();
  for (const QuantileError& error : report.errors) {
    quantiles.push_back(ErrorToJson(error));
  }
  Json reasons = Json::array();
  for (const ValidityReason& reason : report.validity.reasons) {
    reasons.push_back({{"check", ValidityCheckName(reason.check)},
                       {"grade", GradeName(reason.grade)},
                       {"text", reason.text}});
  }
  return {
      {"pacing", report.calibration.pacing},
      {"rate_per_s", report.calibration.rate_per_s},
      {"samples", report.calibration.samples},
      {"latency", report.latency},
      {"made_at", FormatWallTime(report.calibration.made_at)},
      {"stored", report.stored},
      {"validity", {{"grade", GradeName(report.validity.grade)}, {"reasons", std::move(reasons)}}},
      {"quantiles", std::move(quantiles)}};
}

}  // namespace

HostState StateOf(const DoctorReport& report) {
  HostState worst = analysis::WorstOf(report.checks);
  for (const CalibrationReport& calibration : report.calibrations) {
    const Grade grade = calibration.validity.grade;
    worst = std::max(worst, grade == Grade::kInvalid   ? HostState::kBad
                            : grade == Grade::kSuspect ? HostState::kDoubtful
                                                       : HostState::kGood);
  }
  return worst;
}

std::string RenderDoctorText(const DoctorReport& report, const TextOptions& given) {
  const TextOptions options = Checked(given);
  std::string out = Painted("weir doctor", Style::kTitle, options) + "\n" +
                    Wrapped(Clean(report.environment, 500), kIndent, options) + "\n";
  for (const HostCheck& check : report.checks) {
    out += RenderCheck(check, options);
  }
  for (const CalibrationReport& calibration : report.calibrations) {
    out += RenderCalibration(calibration, options);
  }
  const HostState state = StateOf(report);
  return out + "\n" + Painted("verdict", Style::kFaint, options) + "  " +
         Painted(StateInWords(state), MarkOf(state, options.charset).style, options) + "\n";
}

std::string DoctorJson(const DoctorReport& report) {
  Json json = {{"schema", "weir.doctor/1"}};
  json["made_at"] = FormatWallTime(report.made_at);
  json["environment"] = report.environment;
  json["weir_version"] = report.weir_version;
  json["state"] = HostStateName(StateOf(report));
  json["checks"] = Json::array();
  for (const HostCheck& check : report.checks) {
    json["checks"].push_back(CheckToJson(check));
  }
  json["calibrations"] = Json::array();
  for (const CalibrationReport& calibration : report.calibrations) {
    json["calibrations"].push_back(CalibrationToJson(calibration));
  }
  return JsonText(json, JsonLayout::kPretty);
}

}  // namespace weir::reports
