#include "scenarios/internal/slot_scope.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/template.h"

namespace weir::scenarios::internal {
namespace {

std::string Listed(const std::vector<std::string_view>& names) {
  std::string list;
  for (const std::string_view name : names) {
    list += list.empty() ? "" : ", ";
    list += name;
  }
  return Printable(list, 200);
}

std::string HintFor(std::string_view name, const std::vector<std::string_view>& known,
                    std::string_view none) {
  if (known.empty()) {
    return std::string(none);
  }
  const std::optional<std::string> near =
      name.size() > 40 ? std::nullopt : NearestWord(name, known);
  return near ? fmt::format("did you mean '{}'? known here: {}", *near, Listed(known))
              : fmt::format("known here: {}", Listed(known));
}

void CheckVariable(Named value, const std::string& name, const SlotScope& scope,
                   Diagnostics& diagnostics) {
  if (scope.variables.contains(name)) {
    return;
  }
  const std::vector<std::string_view> known(scope.variables.begin(), scope.variables.end());
  diagnostics.Add(value.node.span,
                  fmt::format("{}: no earlier step of this flow extracts '{}'", value.name,
                              Printable(name, 40)),
                  HintFor(name, known,
                          "give an earlier step 'extract: { NAME: json $.id }'; a text goes in "
                          "quotes, a function has brackets"));
}

void CheckData(Named value, const std::string& name, const SlotScope& scope,
               Diagnostics& diagnostics) {
  std::vector<std::string_view> known;
  for (const DataSource& source : scope.data) {
    known.emplace_back(source.name);
  }
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    diagnostics.Add(
        value.node.span, fmt::format("{}: there is no data '{}'", value.name, Printable(name, 40)),
        HintFor(name, known,
                fmt::format("add 'data: {{ {}: {{ file: FILE.csv }} }}'", Printable(name, 40))));
  }
}

}  // namespace

std::optional<std::string> ReadSlottedText(Named value, Diagnostics& diagnostics) {
  std::optional<std::string> text = ReadScalar(value, diagnostics);
  if (text && HasSlots(*text)) {
    if (const Result<Template> parsed = ParseTemplate(*text); !parsed) {
      diagnostics.Add(value.node.span, Explained(value.name, parsed.error()));
      return std::nullopt;
    }
  }
  return text;
}

void CheckSlotNames(Named value, std::string_view text, const SlotScope& scope,
                    Diagnostics& diagnostics) {
  if (!HasSlots(text)) {
    return;
  }
  const Result<Template> parsed = ParseTemplate(text);
  if (!parsed) {
    return;
  }
  for (const Expression& part : *parsed) {
    CheckNames(value, part, scope, diagnostics);
  }
}

void CheckNames(Named value, const Expression& expression, const SlotScope& scope,
                Diagnostics& diagnostics) {
  ForEachName(expression, [&](const Expression& name) {
    if (name.filler == Filler::kVariable) {
      CheckVariable(value, name.text, scope, diagnostics);
    } else {
      CheckData(value, name.text, scope, diagnostics);
      if (scope.used != nullptr) {
        scope.used->insert(name.text);
      }
    }
  });
}

}  // namespace weir::scenarios::internal
