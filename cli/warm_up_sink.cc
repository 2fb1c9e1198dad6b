#include "cli/warm_up_sink.h"

#include "analysis/warm_up.h"
#include "base/whole_seconds.h"
#include "cli/certificate.h"

namespace weir::cli {

WarmUpSink::WarmUpSink(RecordSink& next, const scenarios::Scenario& scenario)
    : next_(next),
      scenario_(scenario),
      end_s_(WholeSeconds(scenario.Duration())),
      split_(scenario.load.warm_up_auto ? end_s_ : 0) {}

void WarmUpSink::OnSecond(const SecondRecord& record) {
  if (scenario_.load.warm_up_auto) {
    split_.Add(record);
  }
  next_.OnSecond(record);
}

void WarmUpSink::LeaveOut(const CertificateKeeper& keeper, Run& run) const {
  if (!scenario_.load.warm_up_auto) {
    return;
  }
  const Nanos steady = scenario_.SteadyFrom().value_or(Nanos(0));
  const std::uint32_t from_s = NextWholeSecond(steady);
  const auto found = analysis::FindWarmUpEnd(keeper.seconds(), {.from_s = from_s, .to_s = end_s_});
  split_.Apply(found.value_or(from_s), run);
}

}  // namespace weir::cli
