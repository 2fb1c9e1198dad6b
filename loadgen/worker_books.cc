#include <algorithm>

#include "loadgen/worker_loop.h"

// What a worker writes down of a request that has ended.
namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

bool HasAnswer(RequestError error) {
  return error == RequestError::kStatus || error == RequestError::kCheckHeader ||
         error == RequestError::kCheckBody || error == RequestError::kExitCode;
}

}  // namespace

void WorkerLoop::Settle(std::uint32_t id, Outcome outcome, RequestError error, Instant ended) {
  Round& round = rounds_[id];
  StepRecord& record = records_->At(round.phase, RequestOf(round).step);
  ++record.counts.by_outcome[static_cast<std::size_t>(outcome)];
  if (error != RequestError::kNone) {
    ++record.errors[static_cast<std::size_t>(error)];
  } else if (ended < load_end_) {
    ++record.completed_in_window;
  }
  if (outcome != Outcome::kDropped) {
    RecordLatency(round, outcome, error, ended);
  }
  --in_flight_;
  round.state = Round::State::kFree;
  // Answers are not told of in the order in which they came.
  finished_at_ = std::max(finished_at_, ended);
}

void WorkerLoop::RecordLatency(const Round& round, Outcome outcome, RequestError error,
                               Instant ended) {
  if (__builtin_expect(counts_only_, 0)) {
    return;
  }
  LatencySet& set = records_->LatencyAt(round.phase, RequestOf(round).step, outcome);
  set.send_lag.Record(round.attempted - round.due);
  // A broken exchange has no response time, but our own lateness is known for it too.
  if (outcome == Outcome::kFailed && !HasAnswer(error)) {
    return;
  }
  set.response.Record(ended - round.due);
  if (round.state == Round::State::kSent) {
    set.service.Record(ended - round.sent);
  }
}

void WorkerLoop::RecordParts(const Round& round, const ExchangeTimes& times, Instant ended) {
  if (__builtin_expect(counts_only_, 0)) {
    return;
  }
  StepRecord& record = records_->At(round.phase, RequestOf(round).step);
  records_->RecordPart(record, LatencyPart::kWait, round.started - round.attempted);
  if (const Nanos opening = round.sent - round.started; opening > 0ns) {
    const OpeningTimes known = times.opening == nullptr ? OpeningTimes() : *times.opening;
    const Nanos dns = std::min(known.dns, opening);
    const Nanos tls = std::min(known.tls, opening - dns);
    records_->RecordPart(record, LatencyPart::kDns, dns);
    records_->RecordPart(record, LatencyPart::kConnect, opening - dns - tls);
    records_->RecordPart(record, LatencyPart::kTls, tls);
  }
  // An answer may come before the request is written.
  const Instant first_byte = std::clamp(times.first_byte, round.sent, ended);
  const Instant written = std::clamp(times.written, round.sent, first_byte);
  records_->RecordPart(record, LatencyPart::kSend, written - round.sent);
  records_->RecordPart(record, LatencyPart::kFirstByte, first_byte - written);
  records_->RecordPart(record, LatencyPart::kBody, ended - first_byte);
}

}  // namespace weir::loadgen
