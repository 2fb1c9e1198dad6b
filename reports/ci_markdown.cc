#include <fmt/format.h>

#include "reports/ci_outputs.h"
#include "reports/internal/number_text.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

constexpr std::size_t kProseBytesMax = 2000;

// Foreign text may neither begin markup nor end a cell.
std::string Escaped(std::string_view text, std::size_t length_max = kProseBytesMax) {
  std::string out;
  for (const char c : Clean(text, length_max)) {
    if (c == '<') {
      out += "&lt;";
      continue;
    }
    if (std::string_view("\\`*_[]|#@").find(c) != std::string_view::npos) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::string_view Sign(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "✅";
    case Verdict::kWarn:
      return "⚠️";
    case Verdict::kInconclusive:
      return "❔";
    case Verdict::kFail:
      break;
  }
  return "❌";
}

std::string Row(const GateCheck& check) {
  const std::string metric =
      (check.step.empty() ? "" : Escaped(check.step) + ": ") + Escaped(MetricInWords(check.metric));
  return fmt::format("| {} {}{} | {} | {} | {} | {} | {} | {} |\n", Sign(check.verdict),
                     VerdictName(check.verdict), check.waiver.empty() ? "" : " (waived)", metric,
                     ValueInWords(check.baseline, check.unit, Charset::kUnicode),
                     ValueInWords(check.candidate, check.unit, Charset::kUnicode),
                     ChangeInWords(check.change_ratio, check.unit),
                     IntervalInWords(check.interval, check.unit, Charset::kUnicode),
                     AllowedInWords(check));
}

std::string Details(const GateResult& result) {
  std::string out;
  for (const GateCheck& check : result.checks) {
    if (check.verdict == Verdict::kPass || check.reason == result.reason) {
      continue;
    }
    out += fmt::format("- {}{}\n", Escaped(check.reason),
                       check.flip.empty() ? "" : "; " + Escaped(check.flip));
    if (!check.waiver.empty()) {
      out += fmt::format("  (waived by {})\n", Escaped(check.waiver));
    }
  }
  for (const std::string& warning : result.warnings) {
    out += fmt::format("- ⚠️ {}\n", Escaped(warning));
  }
  return out.empty() ? out : "\n" + out;
}

}  // namespace

std::string VerdictMarkdown(const GateResult& result, std::string_view scenario) {
  // "--" would end the comment.
  std::string name = Clean(scenario);
  for (std::size_t at = name.find("--"); at != std::string::npos; at = name.find("--")) {
    name.replace(at, 2, "-");
  }
  std::string out =
      fmt::format("<!-- weir gate: {} -->\n### {} weir gate: {}\n\n{}\n", name,
                  Sign(result.verdict), VerdictName(result.verdict), Escaped(result.reason));
  if (!result.action_reason.empty()) {
    out += fmt::format("\nAction: **{}** ({})\n", GateActionName(result.action),
                       Escaped(result.action_reason));
  }
  out += fmt::format("\n{}\n",
                     SidesInWords(result, Escaped(result.candidate), Escaped(result.baseline)));
  if (!result.checks.empty()) {
    out +=
        "\n| verdict | metric | baseline | candidate | change | interval | allowed |\n"
        "|---|---|---:|---:|---:|---:|---:|\n";
  }
  for (const GateCheck& check : result.checks) {
    out += Row(check);
  }
  return out + Details(result);
}

}  // namespace weir::reports
