#pragma once

#include <vector>

#include "analysis/history_changes.h"
#include "cli/command.h"
#include "store/triage.h"

namespace weir::cli {

int TriageMain(const Arguments& arguments);

/// What was said last of a change point; none if nobody has said anything. As runs are added, its
/// first run may turn out to be a neighbour of the one that a note names: a note counts for the
/// change point whose range of possible first runs it names one of.
/// @param notes  newest first; owns what is returned.
const store::TriageNote* NoteOn(const analysis::HistoryChange& change,
                                const std::vector<store::TriageNote>& notes);

}  // namespace weir::cli
