#pragma once

#include <string>

#include "analysis/anomaly_group.h"
#include "base/series.h"
#include "reports/text_options.h"

/// What `weir analyze anomalies` prints of one file, whose series are judged together.
namespace weir::reports {

/// How much is said: what began where, or also what was expected at every row, and why each alert
/// was given.
enum class AnomalyDetail { kAlerts, kExplained };

/// The series with their alerts marked, a table of the alerts, and the warnings of both.
std::string RenderAnomalies(const SeriesTable& table, const analysis::AnomalyReport& report,
                            AnomalyDetail detail, const TextOptions& asked);

/// One line, schema "weir.analyze/1": "scores" (null = no value; 0 while warming up, which is the
/// first "warm_up_rows"), "alerts" (rows) and "incidents", what is known of each of them.
/// Explained: also "tail_probabilities", "expected_low" and "expected_high", one per row.
std::string AnomaliesJson(const SeriesTable& table, const analysis::AnomalyReport& report,
                          AnomalyDetail detail);

}  // namespace weir::reports
