#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "scenarios/diagnostic.h"
#include "scenarios/internal/values.h"
#include "scenarios/scenario.h"
#include "scenarios/template.h"

namespace weir::scenarios::internal {

/// What slots of a step may name.
struct SlotScope {
  std::span<const DataSource> data;
  std::set<std::string, std::less<>> variables;        ///< Extracted by earlier steps of the flow.
  std::set<std::string, std::less<>>* used = nullptr;  ///< Gets the names of the data; may be null.
};

/// ReadText, slots allowed. They must be expressions; what they name is looked at by
/// CheckSlotNames, when it is known where the text will stand.
std::optional<std::string> ReadSlottedText(Named value, Diagnostics& diagnostics);

/// Adds an error for each name in the slots of `text` that is not in `scope`, at the place of
/// `value`. Slots that are no expressions are passed over.
void CheckSlotNames(Named value, std::string_view text, const SlotScope& scope,
                    Diagnostics& diagnostics);

/// The same for an expression.
void CheckNames(Named value, const Expression& expression, const SlotScope& scope,
                Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
