#pragma once

#include "base/gate_policy.h"
#include "base/result.h"
#include "cli/gate_case.h"
#include "store/history.h"

namespace weir::cli {

/// Finds the newest `policy.earlier_gates` verdicts from which the noise between the runs of the
/// case is better known (analysis/gate_earlier.h), and adds their runs to the case, with a note
/// that names them. None of them shares a run with the case or with another one, so that no run
/// counts twice. Among the newest kVerdictsLookedAt verdicts; a run that is gone leaves its verdict
/// out. The runs of the case must be there. Errors: kUnavailable.
Status FindEarlier(store::Store& store, const GatePolicy& policy, GateCase& gate_case);

inline constexpr std::size_t kVerdictsLookedAt = 100;

}  // namespace weir::cli
