#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "monitor/sources/access_log.h"
#include "monitor/sources/beacon.h"
#include "monitor/sources/exposition.h"
#include "monitor/sources/last_values.h"
#include "monitor/sources/prometheus_answer.h"
#include "monitor/sources/rum_views.h"
#include "monitor/sources/sample_lines.h"

// Whatever a source answers: every sample is accounted for, and a page that is read again, now with
// names that are known, gives the same.
namespace {

void CheckSamples(const weir::monitor::Reading& reading) {
  WEIR_CHECK(reading.ledger.Balanced());
  WEIR_CHECK(reading.samples.size() == reading.ledger.ingested);
  for (const weir::monitor::Sample& sample : reading.samples) {
    WEIR_CHECK(sample.series != nullptr);
  }
}

// The same text as lines that were added to a file.
void CheckLines(std::string_view text) {
  weir::monitor::SampleLines lines;
  weir::monitor::LastValues values;
  weir::monitor::AccessLogMeter meter;
  weir::monitor::RumViews views({});
  std::uint64_t offered = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
    meter.Take(line);
    if (const auto beacon = weir::monitor::ReadBeacon(line)) {
      views.Take(*beacon, weir::Instant{});
    } else {
      views.Reject(std::string(beacon.error()));
    }
    const auto read = lines.Read(line);
    if (!read) {
      values.Reject(std::string(read.error()));
      ++offered;
    } else if (*read) {
      WEIR_CHECK((*read)->sample.series != nullptr);
      values.Put((*read)->sample);
      ++offered;
    }
  }
  const weir::monitor::Reading look = values.Look();
  WEIR_CHECK(look.ledger.Balanced());
  WEIR_CHECK(look.ledger.offered == offered);
  WEIR_CHECK(meter.Look().ledger.Balanced());
  WEIR_CHECK(views.Look(weir::Instant{}).ledger.Balanced());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  weir::monitor::ExpositionReader reader;
  const weir::monitor::Reading first = reader.Read(text);
  const weir::monitor::Reading second = reader.Read(text);
  CheckSamples(first);
  CheckSamples(second);
  WEIR_CHECK(first.ledger.offered == second.ledger.offered);
  WEIR_CHECK(first.samples.size() == second.samples.size());
  for (std::size_t i = 0; i < first.samples.size(); ++i) {
    WEIR_CHECK(first.samples[i].series->metric == second.samples[i].series->metric);
    WEIR_CHECK(first.samples[i].series->labels == second.samples[i].series->labels);
  }
  CheckLines(text);
  if (const auto answer = weir::monitor::ReadPrometheusAnswer(text, 0)) {
    CheckSamples(*answer);
  } else {
    WEIR_CHECK(!answer.error().message.empty());
  }
  return 0;
}
