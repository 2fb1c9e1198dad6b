#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/run.h"
#include "base/time.h"
#include "loadgen/prepared.h"

namespace weir::loadgen {

/// What is kept of a request beside the counts. Without histograms nothing can be said of a run but
/// how many; it is there so that ci/bench can tell what they cost.
enum class Recording : std::uint8_t { kFull, kCountsOnly };

/// What one worker measured in one second: a record for each phase and step, made beforehand.
/// The hot path writes through it without looking anything up or allocating; what is rare
/// (failures, timeouts) makes its histograms at first need and keeps them.
class RecordSet {
 public:
  RecordSet(std::uint32_t step_count, bool with_warm_up);

  StepRecord& At(Phase phase, std::uint32_t step) { return cells_[CellOf(phase, step)].record; }

  /// Latencies of the outcome; `kCompleted` costs one indexed load.
  LatencySet& LatencyAt(Phase phase, std::uint32_t step, Outcome outcome) {
    LatencySet*& set = cells_[CellOf(phase, step)].latency[static_cast<std::size_t>(outcome)];
    if (__builtin_expect(set == nullptr, 0)) {
      set = &At(phase, step).latency[outcome];
    }
    return *set;
  }

  /// Adds `span` to a part of the response times; zeros are left out (see StepRecord::parts).
  void RecordPart(StepRecord& record, LatencyPart part, Nanos span) {
    if (span.count() == 0) {
      return;
    }
    Cell& cell = cells_[CellOf(record.phase, record.step)];
    Histogram*& histogram = cell.parts[static_cast<std::size_t>(part)];
    if (__builtin_expect(histogram == nullptr, 0)) {
      histogram = &record.parts[part];
    }
    histogram->Record(span);
  }

  /// Adds what a program used, as far as it is known. Not for the hot path.
  static void RecordUsage(StepRecord& record, const ProgramUsage& usage);

  /// Whole seconds since the start of the run.
  std::uint32_t second = 0;

  /// Adds everything that happened to `sum`, then is empty again, keeping its memory. Not for the
  /// hot path.
  void DrainInto(SecondRecord& sum);

 private:
  struct Cell {
    StepRecord record;
    std::array<LatencySet*, kOutcomeCount> latency{};
    std::array<Histogram*, kLatencyPartCount> parts{};
  };

  std::size_t CellOf(Phase phase, std::uint32_t step) const {
    return (with_warm_up_ && phase == Phase::kMeasure ? step_count_ : 0) + step;
  }

  std::uint32_t step_count_;
  bool with_warm_up_;
  std::vector<Cell> cells_;
};

/// True when the record says nothing at all.
bool IsEmpty(const StepRecord& record);

/// Adds `from` to the record of the same step and phase in `steps`, appending one if there is none.
void MergeInto(std::vector<StepRecord>& steps, const StepRecord& from);

}  // namespace weir::loadgen
