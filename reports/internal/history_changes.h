#pragma once

#include <span>
#include <string>

#include "analysis/history_changes.h"
#include "reports/history.h"
#include "reports/internal/json.h"
#include "reports/internal/text_layout.h"

/// How change points of a history are told.
namespace weir::reports {

/// {"runs", "series" (how many were looked at), "small" (left out), "warnings", "changepoints": [
/// {"scenario", "load", "step" ("" = all), "metric", "unit", "run", "build", "low_run", "high_run",
/// "suspects" (builds of the runs from low to high), "same_build", "worse" and PutStep}]}.
Json HistoryChangesToJson(const analysis::HistoryChanges& changes);

/// "▲" or "▼", painted as better or worse; "^" and "v" in ASCII.
Mark ChangeMark(const analysis::HistoryChange& change, Charset charset);

/// "response p99 of list +12.3 % (+10.1…+14.2 %), 12.1ms to 13.5ms": what moved.
std::string WhatMoved(const analysis::HistoryChange& change, Charset charset);

/// "99.2 % sure; began with run 43, build b7": how sure, and who may have caused it.
std::string WhoMovedIt(const analysis::HistoryChange& change);

/// A paragraph for each change point that may have begun with one of `rows`, and a line with how
/// much was looked at.
std::string RenderHistoryChanges(std::span<const HistoryRow> rows,
                                 const analysis::HistoryChanges& changes,
                                 const TextOptions& options);

}  // namespace weir::reports
