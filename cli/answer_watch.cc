#include "cli/answer_watch.h"

#include <algorithm>

namespace weir::cli {

void AnswerWatch::OnSecond(const SecondRecord& record) {
  std::uint64_t planned = 0;
  std::uint64_t answered = 0;
  for (const StepRecord& step : record.steps) {
    planned += step.counts.planned;
    answered += step.Answered();
  }
  if (planned > 0) {
    last_planned_s_ = std::max(last_planned_s_, record.second);
  }
  if (answered > 0 && (!answered_ || record.second >= since_.last_answer_s)) {
    answered_ = true;
    since_ = {.last_answer_s = record.second};
  } else if (record.second > since_.last_answer_s) {
    since_.planned += planned;
    for (const StepRecord& step : record.steps) {
      for (std::size_t i = 0; i < kRequestErrorCount; ++i) {
        since_.errors[i] += step.errors[i];
      }
    }
  }
  next_.OnSecond(record);
}

std::optional<AnswerWatch::Silence> AnswerWatch::silence() const {
  const bool silent = answered_ && since_.planned >= kSilentRequestsMin &&
                      last_planned_s_ >= since_.last_answer_s + kSilentSecondsMin;
  return silent ? std::optional(since_) : std::nullopt;
}

}  // namespace weir::cli
