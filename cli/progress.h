#pragma once

#include <cstdint>

#include "base/record_sink.h"
#include "base/time.h"

namespace weir::cli {

/// Passes a run's records on to the store and, on a terminal, keeps one line of progress on
/// standard error. Same thread rule as RecordSink.
class Progress final : public RecordSink {
 public:
  enum class Display : bool { kOff, kOn };

  /// `next` may be null; it must outlive this. `planned` is the length of the load.
  Progress(RecordSink* next, Nanos planned, Display display);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void OnSecond(const SecondRecord& record) override;
  void OnResources(const ResourceSample& sample) override;
  void OnTarget(const TargetSample& sample) override;

  /// Takes the line off the screen.
  void Clear();

 private:
  RecordSink* next_;
  const Nanos planned_;
  const Display display_;
  StepRecord last_second_;
  std::uint64_t failed_ = 0;
  bool drawn_ = false;
};

}  // namespace weir::cli
