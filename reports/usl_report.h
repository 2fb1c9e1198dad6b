#pragma once

#include <span>
#include <string>

#include "analysis/usl.h"
#include "base/series.h"
#include "reports/text_options.h"

/// What `weir analyze usl` prints.
namespace weir::reports {

/// The measured points with the fitted curve, the coefficients, knee and peak with 95 % intervals.
std::string RenderUsl(const SeriesTable& table, std::span<const analysis::LoadPoint> points,
                      const analysis::UslFit& fit, const TextOptions& given);

/// What --explain adds: every load beside the curve (the first hundred), and why a peak is named or
/// not.
std::string ExplainUsl(std::span<const analysis::LoadPoint> points, const analysis::UslFit& fit,
                       const TextOptions& given);

/// One line, schema "weir.analyze/1". What the data do not identify is null with a reason.
std::string UslJson(const SeriesTable& table, const analysis::UslFit& fit);

}  // namespace weir::reports
