#include "reports/verdict_text.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "reports/internal/number_text.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

constexpr int kIndent = 2;

// Every column is worth its place on 80 columns: units close up to their numbers.
std::string Closed(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  return text;
}

std::string MetricOf(const GateCheck& check) {
  const std::string step = check.step.empty() ? std::string() : Clean(check.step) + ": ";
  return step + MetricInWords(check.metric);
}

std::string RenderChecks(const GateResult& result, const TextOptions& options) {
  TextTable table({{"verdict", Align::kLeft},
                   {"metric", Align::kLeft, 14},
                   {"baseline"},
                   {"candidate"},
                   {"change"},
                   {"interval"},
                   {"allowed", Align::kRight, 7}});
  for (const GateCheck& check : result.checks) {
    const Mark mark = VerdictMark(check.verdict, options.charset);
    const std::string word(VerdictName(check.verdict));
    const bool marked = options.charset == Charset::kUnicode;
    table.AddRow({{marked ? std::string(mark.text) + " " + word : word, mark.style},
                  {MetricOf(check)},
                  {ValueInWords(check.baseline, check.unit, options.charset)},
                  {ValueInWords(check.candidate, check.unit, options.charset)},
                  {Closed(ChangeInWords(check.change_ratio, check.unit))},
                  {Closed(IntervalInWords(check.interval, check.unit, options.charset))},
                  {check.demand.empty() ? Closed(AllowedInWords(check)) : AllowedInWords(check)}});
  }
  return table.Render(kIndent, options);
}

// The checks that did not pass say why, each in its sentence; how many runs would decide is in it.
std::string RenderReasons(const GateResult& result, const TextOptions& options) {
  std::string out;
  for (const GateCheck& check : result.checks) {
    if (check.verdict == Verdict::kPass || check.reason == result.reason) {
      continue;
    }
    out += Wrapped(MetricOf(check) + ": " + Clean(check.reason, 2000), kIndent, options);
    if (!check.waiver.empty()) {
      out += Wrapped("waived by " + Clean(check.waiver, 2000), 2 * kIndent, options);
    }
  }
  return out.empty() ? out : "\n" + out;
}

std::string Upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

}  // namespace

std::string RenderVerdictText(const GateResult& result, const TextOptions& given) {
  const TextOptions options = Checked(given);
  const Mark mark = VerdictMark(result.verdict, options.charset);
  const std::string verdict =
      options.charset == Charset::kUnicode
          ? fmt::format("{} {}", mark.text, Upper(VerdictName(result.verdict)))
          : Upper(VerdictName(result.verdict));
  const std::string sides = SidesInWords(result, Clean(result.candidate), Clean(result.baseline));
  const int room = options.width - DisplayWidth(verdict) - 2;
  std::string out = Painted(verdict, mark.style, options) + "  " +
                    CutToWidth(sides, room, options.charset) + "\n";
  out += Wrapped(Clean(result.reason, 2000), kIndent, options);
  if (!result.action_reason.empty()) {
    out += Wrapped(fmt::format("Action: {}, for {}", GateActionName(result.action),
                               Clean(result.action_reason, 2000)),
                   kIndent, options);
  }
  if (!result.checks.empty()) {
    out += "\n" + RenderChecks(result, options);
  }
  out += RenderReasons(result, options);
  for (const std::string& warning : result.warnings) {
    out += "\n" + Painted(Wrapped("Warning: " + Clean(warning, 2000), kIndent, options),
                          Style::kDoubtful, options);
  }
  return out;
}

}  // namespace weir::reports
