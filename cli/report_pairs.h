#pragma once

#include <vector>

#include "reports/html_report.h"

namespace weir::cli {

/// Compares the builds of each scenario that have two runs or more in `pages`, the newest builds
/// and the nearest first, in all a bounded number of pairs. The pages are as before.
/// Cost: a few milliseconds for a pair of ten steps.
std::vector<reports::BuildPair> CompareBuilds(std::vector<reports::RunPage>& pages);

}  // namespace weir::cli
