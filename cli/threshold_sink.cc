#include "cli/threshold_sink.h"

namespace weir::cli {

void ThresholdSink::OnSecond(const SecondRecord& record) {
  next_.OnSecond(record);
  watch_.Add(record);
  if (watch_.broken() && !ended_) {
    ended_ = true;
    end_(*watch_.broken());
  }
}

void ThresholdSink::Judge(Run& run) {
  watch_.Finish(run.duration);
  if (ended_ && run.state == RunState::kInterrupted) {
    run.state = RunState::kAborted;
    run.state_reason = *watch_.broken();
  }
  run.thresholds = watch_.Judge(run);
}

}  // namespace weir::cli
