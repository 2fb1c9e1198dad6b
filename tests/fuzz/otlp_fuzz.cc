#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "monitor/sources/otlp_json.h"
#include "monitor/sources/otlp_metrics.h"
#include "monitor/sources/otlp_protobuf.h"
#include "monitor/sources/otlp_series.h"

// Whatever is pushed, in each encoding: every point is accounted for, also when it is taken twice,
// as by who did not hear the answer, and nothing takes more memory than is said.
namespace {

using weir::monitor::OtlpMessage;

void CheckPushed(const OtlpMessage& message) {
  WEIR_CHECK(message.Fits());
  weir::monitor::OtlpSeries series;
  std::uint64_t taken = 0;
  std::uint64_t rejected = 0;
  for (int time = 0; time < 2; ++time) {
    const auto refused =
        weir::monitor::ReadOtlpMetrics(message, [&](const weir::monitor::OtlpPoint& point) {
          ++taken;
          series.Take(point, weir::Instant{});
        });
    for (const auto& each : refused) {
      rejected += each.second;
    }
  }
  std::uint64_t offered = 0;
  for (const weir::monitor::OtlpRawMetric& metric : message.metrics) {
    offered += 2 * message.Points(metric.points).size();
  }
  WEIR_CHECK(offered == taken + rejected);
  const weir::monitor::Reading look = series.Look(weir::Instant{});
  WEIR_CHECK(look.ledger.Balanced());
  WEIR_CHECK(look.ledger.offered == taken);
  WEIR_CHECK(look.samples.size() <= weir::monitor::Reading::kSamplesMax);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  OtlpMessage message;
  if (!weir::monitor::ReadOtlpJson(body, message)) {
    CheckPushed(message);
  }
  if (!weir::monitor::ReadOtlpProtobuf(body, message)) {
    CheckPushed(message);
  }
  return 0;
}
