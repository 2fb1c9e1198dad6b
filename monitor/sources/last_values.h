#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "monitor/sources/sample.h"

namespace weir::monitor {

/// The newest value of each series of a source that is told of changes, not asked for a state. A
/// value holds for kLooksKept looks, as a Prometheus has it for some minutes. One thread at a time.
class LastValues {
 public:
  static constexpr std::uint64_t kLooksKept = 60;

  /// Keeps it, and counts it in the ledger; one of too many series is dropped ("too_many_samples").
  void Put(const Sample& sample);

  void Reject(const std::string& reason) { ledger_.Reject(reason); }

  /// All that holds. The ledger is of what came since the last look.
  Reading Look();

 private:
  struct Value {
    double value = 0;
    std::uint64_t look = 0;
  };

  std::map<std::shared_ptr<const SeriesName>, Value> values_;
  std::uint64_t look_ = 0;
  SourceLedger ledger_;
};

}  // namespace weir::monitor
