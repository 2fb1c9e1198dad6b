#include "analysis/validity_prose.h"

#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::analysis {
namespace {

// From here on a cause is worth naming.
constexpr double kBusy = 0.85;
constexpr double kIdle = 0.15;
constexpr double kWaiting = 0.10;
constexpr double kTaken = 0.05;

std::string MoreThreads(const GeneratorEvidence& generator) {
  if (generator.workers < generator.cores) {
    return fmt::format("use more threads (--threads {}) or a lower rate", generator.cores);
  }
  return fmt::format("use a lower rate, a larger machine, or several ({} {} for {} {})",
                     generator.workers, generator.workers == 1 ? "thread" : "threads",
                     generator.cores, generator.cores == 1 ? "core" : "cores");
}

}  // namespace

std::string PercentText(double ratio) {
  const double percent = ratio * 100;
  return percent >= 99.95 ? fmt::format("{:.0f} %", percent)
                          : fmt::format("{:.{}g} %", percent, percent >= 10 ? 3 : 2);
}

std::string SpanText(double ns) {
  return FormatDuration(Nanos(std::llround(ns)));
}

std::string CauseAndCure(const GeneratorEvidence& generator) {
  if (generator.steal.value_or(0) >= kTaken) {
    return fmt::format(
        "the hypervisor took {} of the machine's processor time; use a machine of its own",
        PercentText(*generator.steal));
  }
  if (generator.throttled.value_or(0) >= kTaken) {
    return fmt::format(
        "its control group was throttled for {} of the time; raise its processor quota",
        PercentText(*generator.throttled));
  }
  if (generator.worker_wait.value_or(0) >= kWaiting) {
    return fmt::format(
        "its threads waited up to {} of a second for a processor that others used; stop other "
        "programs, or use fewer --threads than cores, or another machine than the target's",
        PercentText(*generator.worker_wait));
  }
  if (generator.worker_busy.value_or(0) >= kBusy && generator.worker_idle.value_or(0) < kIdle) {
    return fmt::format("its busiest thread was busy {} of the time; {}",
                       PercentText(*generator.worker_busy), MoreThreads(generator));
  }
  return fmt::format("its {} could not do more; {}", generator.workers == 1 ? "thread" : "threads",
                     MoreThreads(generator));
}

}  // namespace weir::analysis
