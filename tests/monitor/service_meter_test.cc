#include "monitor/service_meter.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "monitor/sources/access_log.h"

namespace weir::monitor {
namespace {

using std::chrono::seconds;

constexpr WallTime kStart{seconds(1'795'478'400)};

std::string Line(int status, double took_s) {
  return R"(10.0.0.1 - - [25/Nov/2026:12:00:00 +0000] "GET /a HTTP/1.1" )" +
         std::to_string(status) + R"( 12 "-" "curl" )" + fmt::format("{:.3f}", took_s);
}

TEST(ServiceMeterTest, AnAccessLogTellsRateErrorsAndTimesOfEachLook) {
  AccessLogMeter log;
  ServiceMeter meter;
  meter.Take(kStart, log.Look());
  for (int i = 0; i < 8; ++i) {
    log.Take(Line(i == 0 ? 503 : 200, 0.25));
  }
  meter.Take(kStart + seconds(4), log.Look());
  ASSERT_EQ(meter.trend().size(), 2U);
  EXPECT_EQ(meter.trend()[0].rate_per_s, std::nullopt) << "one look is no rate";
  const ServiceFigures& found = meter.trend()[1];
  EXPECT_EQ(found.rate_per_s, 2.0);
  EXPECT_EQ(found.error_ratio, 0.125);
  ASSERT_TRUE(found.p90_s);
  EXPECT_NEAR(*found.p90_s, 0.25, 0.001);

  // Nobody came: that is a rate of 0, and neither good nor bad.
  meter.Take(kStart + seconds(8), log.Look());
  EXPECT_EQ(meter.trend()[2].rate_per_s, 0.0);
  EXPECT_EQ(meter.trend()[2].error_ratio, std::nullopt);
  EXPECT_EQ(meter.trend()[2].p90_s, std::nullopt);
}

Reading Probed(double completed, double timed_out, double p90_s) {
  Reading reading;
  const auto put = [&reading](std::string metric, Labels labels, double value) {
    reading.Ingest(
        {std::make_shared<const SeriesName>(SeriesName{std::move(metric), std::move(labels)}),
         value});
  };
  put("weir_probe_requests_total", {{"outcome", "completed"}}, completed);
  put("weir_probe_requests_total", {{"outcome", "timed_out"}}, timed_out);
  put("weir_probe_response_seconds", {{"quantile", "0.9"}}, p90_s);
  return reading;
}

TEST(ServiceMeterTest, AProbeTellsErrorsAndCountersThatBeginAnewAreNoRate) {
  ServiceMeter meter;
  meter.Take(kStart, Probed(10, 0, 0.1));
  meter.Take(kStart + seconds(2), Probed(13, 1, 0.2));
  EXPECT_EQ(meter.trend().back().error_ratio, 0.25);
  EXPECT_EQ(meter.trend().back().p90_s, 0.2);
  meter.Take(kStart + seconds(4), Probed(2, 0, 0.1));
  EXPECT_EQ(meter.trend().back().rate_per_s, std::nullopt);
  meter.Take(kStart + seconds(6), Probed(4, 0, 0.1));
  EXPECT_EQ(meter.trend().back().rate_per_s, 1.0);
}

TEST(ServiceMeterTest, ALookIsTakenOnceAndTheTrendIsBounded) {
  ServiceMeter meter;
  for (int i = 0; i < 500; ++i) {
    meter.Take(kStart + seconds(i), Probed(i, 0, 0.1));
    meter.Take(kStart + seconds(i), Probed(i, 0, 0.1));
  }
  EXPECT_EQ(meter.trend().size(), ServiceMeter::kTrendMax);
  EXPECT_EQ(meter.trend().back().rate_per_s, 1.0);
}

}  // namespace
}  // namespace weir::monitor
