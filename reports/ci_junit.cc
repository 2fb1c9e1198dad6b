#include <set>

#include <fmt/format.h>

#include "reports/ci_outputs.h"
#include "reports/internal/markup.h"
#include "reports/internal/number_text.h"

namespace weir::reports {
namespace {

constexpr std::size_t kMessageBytesMax = 2000;

std::string Escaped(std::string_view text) {
  return InMarkup(text, kMessageBytesMax);
}

struct Case {
  std::string name;
  Verdict verdict = Verdict::kPass;
  std::string message;
  bool waived = false;
};

std::string CaseXml(const Case& each, const std::string& class_name) {
  const std::string head =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\"", class_name, Escaped(each.name));
  const std::string message = Escaped(each.message);
  if (each.verdict == Verdict::kFail && !each.waived) {
    return fmt::format(
        "{}>\n      <failure type=\"regression\" message=\"{}\">{}</failure>\n"
        "    </testcase>\n",
        head, message, message);
  }
  if (each.verdict == Verdict::kInconclusive && !each.waived) {
    return fmt::format("{}>\n      <skipped message=\"inconclusive: {}\"/>\n    </testcase>\n",
                       head, message);
  }
  if (each.verdict == Verdict::kPass) {
    return head + "/>\n";
  }
  return fmt::format("{}>\n      <system-out>{}: {}</system-out>\n    </testcase>\n", head,
                     VerdictName(each.verdict), message);
}

std::string ClassName(std::string_view scenario) {
  return scenario.empty() ? "weir.gate" : "weir.gate." + Escaped(scenario);
}

std::string CaseName(const GateCheck& check, std::set<std::string>& taken) {
  const std::string base = check.step.empty() ? check.metric : check.step + ": " + check.metric;
  std::string name = base;
  for (int copy = 2; !taken.insert(name).second; ++copy) {
    name = fmt::format("{} ({})", base, copy);
  }
  return name;
}

std::string Property(std::string_view name, std::string_view value) {
  return value.empty()
             ? std::string()
             : fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, Escaped(value));
}

}  // namespace

std::string JUnitXml(const GateResult& result, std::string_view scenario) {
  std::set<std::string> taken;
  std::vector<Case> cases = {{.name = "verdict",
                              .verdict = result.verdict,
                              .message = result.reason,
                              .waived = result.action == GateAction::kProceed}};
  taken.insert("verdict");
  for (const GateCheck& check : result.checks) {
    cases.push_back({.name = CaseName(check, taken),
                     .verdict = check.verdict,
                     .message = check.waiver.empty() ? check.reason
                                                     : check.reason + "; waived by " + check.waiver,
                     .waived = !check.waiver.empty()});
  }
  int failures = 0;
  int skipped = 0;
  std::string body;
  for (const Case& each : cases) {
    failures += each.verdict == Verdict::kFail && !each.waived ? 1 : 0;
    skipped += each.verdict == Verdict::kInconclusive && !each.waived ? 1 : 0;
    body += CaseXml(each, ClassName(scenario));
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"weir gate\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">\n"
      "    <properties>\n{}{}{}{}{}    </properties>\n{}  </testsuite>\n</testsuites>\n",
      cases.size(), failures, skipped, Property("verdict", VerdictName(result.verdict)),
      Property("action", GateActionName(result.action)), Property("candidate", result.candidate),
      Property("baseline", result.baseline), Property("design", result.design), body);
}

std::string JUnitErrorXml(std::string_view message, std::string_view scenario) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"weir gate\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n"
      "    <testcase classname=\"{}\" name=\"verdict\">\n"
      "      <error type=\"operational\" message=\"{}\"/>\n    </testcase>\n"
      "  </testsuite>\n</testsuites>\n",
      ClassName(scenario), Escaped(message));
}

}  // namespace weir::reports
