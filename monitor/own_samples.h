#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "monitor/rules/rule_engine.h"
#include "monitor/sources/sample.h"
#include "monitor/sources/source.h"

/// What weir knows about its own sources, as a source that rules can be about.
namespace weir::monitor {

/// The name under which rules refer to it.
inline constexpr std::string_view kOwnSource = "weir";

/// The name of the rule that SourceDownRule makes.
inline constexpr std::string_view kSourceDownRule = "WeirSourceDown";

/// For how long a source has not had a good look.
struct SourceAge {
  std::string_view source;
  Nanos age{0};
};

/// `weir_source_age_seconds{source}`.
Reading OwnSamples(std::span<const SourceAge> ages);

/// The rule WeirSourceDown for a source whose `down_after` is not 0. `own_source` is the number of
/// weir's own source.
AlertRule SourceDownRule(const SourceSpec& spec, std::size_t own_source);

}  // namespace weir::monitor
