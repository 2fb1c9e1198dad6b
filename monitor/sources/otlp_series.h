#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "monitor/sources/otlp_metrics.h"
#include "monitor/sources/sample.h"

namespace weir::monitor {

/// The newest of each series that is pushed as OTLP. A value stays as it is, and one that is a
/// difference is summed, from 0 on where its series was not known. A distribution becomes
/// `NAME_count`, `NAME_sum` and `NAME{quantile}` 0.5, 0.9 and 0.99 of what its newest point added
/// (of a summary: as it is told). A series holds for kKept after its newest point, as in
/// Prometheus.
///
/// Its ledger is of points. Dropped: "late" (not newer than what is known, by the clock of who
/// sends) and "too_many_samples" (a series for which there is no room). One thread at a time.
class OtlpSeries {
 public:
  static constexpr Nanos kKept = std::chrono::minutes(5);
  static constexpr std::array<double, 3> kQuantiles = {0.5, 0.9, 0.99};

  /// Why it was dropped, if it was. `now` never goes back.
  std::optional<std::string_view> Take(const OtlpPoint& point, Instant now);

  SourceLedger& ledger() { return ledger_; }

  /// All that holds. The ledger is of what came since the last look.
  Reading Look(Instant now);

 private:
  struct ByName {
    using is_transparent = void;

    static const SeriesName& NameOf(const SeriesName& name) { return name; }

    static const SeriesName& NameOf(const std::shared_ptr<const SeriesName>& name) { return *name; }

    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      const SeriesName& left = NameOf(a);
      const SeriesName& right = NameOf(b);
      const int metrics = left.metric.compare(right.metric);
      return metrics != 0 ? metrics < 0 : left.labels < right.labels;
    }
  };

  struct Series {
    OtlpPoint::Kind kind = OtlpPoint::Kind::kValue;
    Instant seen{};
    std::uint64_t at = 0;
    std::uint64_t begin = 0;
    Distribution whole = {};           ///< Of the newest cumulative point.
    std::vector<Sample> samples = {};  ///< What a look brings; of values one.
    std::size_t room = 1;              ///< Samples that it may come to.
  };

  void TakeDistribution(const OtlpPoint& point, Series& series);
  void TakeSummary(const OtlpPoint& point, Series& series);
  void Forget(Instant now);

  std::map<std::shared_ptr<const SeriesName>, Series, ByName> series_;
  std::size_t room_ = 0;  // Of all series.
  SourceLedger ledger_;
};

}  // namespace weir::monitor
