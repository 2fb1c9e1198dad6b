#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "loadgen/metrics_text.h"
#include "loadgen/target_watch.h"

namespace weir::loadgen {

/// A page of metrics by its URL (http or https), through libcurl on a connection that is kept. A
/// read takes 2 s and 16 MiB at most; redirects are not followed, proxies of the environment are.
/// No selectors: DefaultMetricSelectors. Errors: kUsage for what is no URL.
Result<std::unique_ptr<WatchSource>> WatchMetricsPage(const std::string& url,
                                                      std::vector<MetricSelector> selectors);

}  // namespace weir::loadgen
