#include <array>
#include <vector>

#include <fmt/format.h>

#include "reports/ci_outputs.h"
#include "reports/internal/number_text.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

constexpr std::size_t kShownPerKind = 10;
constexpr std::size_t kMessageBytesMax = 2000;

enum class Where { kData, kProperty };

// Data end at the line; a property also at a comma, and its name at a colon.
std::string Escaped(std::string_view text, Where where) {
  std::string out;
  for (const char c : Clean(text, kMessageBytesMax)) {
    const bool special =
        c == '%' || c == '\r' || c == '\n' || (where == Where::kProperty && (c == ':' || c == ','));
    out += special ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return out;
}

std::string_view KindOf(Verdict verdict, bool let_through) {
  if (verdict == Verdict::kPass) {
    return "notice";
  }
  return verdict == Verdict::kFail && !let_through ? "error" : "warning";
}

std::string Line(std::string_view kind, std::string_view title, std::string_view message) {
  return fmt::format("::{} title={}::{}\n", kind, Escaped(title, Where::kProperty),
                     Escaped(message, Where::kData));
}

struct Annotation {
  std::string_view kind;
  std::string title;
  std::string message;
};

std::string Shown(const std::vector<Annotation>& all, std::string_view kind) {
  std::vector<const Annotation*> of_kind;
  for (const Annotation& each : all) {
    if (each.kind == kind) {
      of_kind.push_back(&each);
    }
  }
  const bool too_many = of_kind.size() > kShownPerKind;
  const std::size_t shown = too_many ? kShownPerKind - 1 : of_kind.size();
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) {
    out += Line(kind, of_kind[i]->title, of_kind[i]->message);
  }
  if (too_many) {
    out += Line(kind, "weir gate",
                fmt::format("{} more are in the step summary", of_kind.size() - shown));
  }
  return out;
}

}  // namespace

std::string GitHubAnnotations(const GateResult& result) {
  std::vector<Annotation> all = {
      {.kind = KindOf(result.verdict, result.action == GateAction::kProceed),
       .title = fmt::format("weir gate: {}", VerdictName(result.verdict)),
       .message = result.reason}};
  for (const GateCheck& check : result.checks) {
    if (check.verdict == Verdict::kPass || check.reason == result.reason) {
      continue;
    }
    all.push_back({.kind = KindOf(check.verdict, !check.waiver.empty()),
                   .title = fmt::format("{}{}: {}", check.step.empty() ? "" : check.step + ", ",
                                        check.metric, VerdictName(check.verdict)),
                   .message = check.waiver.empty() ? check.reason
                                                   : check.reason + "; waived by " + check.waiver});
  }
  return Shown(all, "error") + Shown(all, "warning") + Shown(all, "notice");
}

}  // namespace weir::reports
