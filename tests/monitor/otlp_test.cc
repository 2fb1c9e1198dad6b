// What OpenTelemetry pushes: reading it, what becomes of series, and the service that takes it.

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "monitor/http_exchange.h"
#include "monitor/monitor_service.h"
#include "monitor/otlp_intake.h"
#include "monitor/sources/otlp_json.h"
#include "monitor/sources/otlp_metrics.h"
#include "monitor/sources/otlp_series.h"
#include "tests/monitor/otlp_wire.h"
#include "tests/support/manual_clock.h"

namespace weir::monitor {
namespace {

constexpr Instant kNow{};

std::string Request(const std::string& metric) {
  return R"({"resourceMetrics": [{"resource": {"attributes": [
      {"key": "service.name", "value": {"stringValue": "shop"}},
      {"key": "process.pid", "value": {"intValue": "7"}}]},
    "scopeMetrics": [{"scope": {"name": "x"}, "metrics": [)" +
         metric + "]}]}]}";
}

std::string Metric(const std::string& name, const std::string& kind, const std::string& points,
                   const std::string& more = "") {
  return fmt::format(R"({{"name": "{}", "unit": "s", "{}": {{{}"dataPoints": [{}]}}}})", name, kind,
                     more, points);
}

/// By metric and labels, as PromQL writes them.
std::map<std::string, double> Values(const Reading& reading) {
  std::map<std::string, double> values;
  for (const Sample& sample : reading.samples) {
    std::string name = sample.series->metric;
    for (const auto& [label, value] : sample.series->labels) {
      name += fmt::format(" {}={}", label, value);
    }
    values[name] = sample.value;
  }
  return values;
}

struct Batch {
  std::optional<std::string_view> wrong;
  std::vector<OtlpPoint> points;
  OtlpRejected rejected;
};

Batch Read(const std::string& body) {
  OtlpMessage message;
  Batch batch{.wrong = ReadOtlpJson(body, message)};
  if (!batch.wrong) {
    batch.rejected = ReadOtlpMetrics(
        message, [&batch](const OtlpPoint& point) { batch.points.push_back(point); });
  }
  return batch;
}

std::string WhyRejected(const std::string& metric) {
  const Batch batch = Read(Request(metric));
  if (batch.wrong) {
    return std::string(*batch.wrong);
  }
  return batch.rejected.size() == 1 ? batch.rejected.begin()->first : "none";
}

class OtlpSeriesTest : public testing::Test {
 protected:
  void Push(const std::string& metric) {
    const Batch batch = Read(Request(metric));
    ASSERT_FALSE(batch.wrong) << *batch.wrong;
    EXPECT_TRUE(batch.rejected.empty()) << metric;
    for (const OtlpPoint& point : batch.points) {
      series_.Take(point, now_);
    }
  }

  std::map<std::string, double> Look() {
    const Reading reading = series_.Look(now_);
    EXPECT_TRUE(reading.ledger.Balanced());
    ledger_ = reading.ledger;
    return Values(reading);
  }

  Instant now_ = kNow;
  OtlpSeries series_;
  SourceLedger ledger_;
};

TEST_F(OtlpSeriesTest, NamesAndLabelsAreThoseOfPrometheus) {
  Push(R"({"name": "process.cpu.utilization", "unit": "1", "new": [], "gauge": {"dataPoints": [
      {"asDouble": 0.25, "timeUnixNano": "1700000000000000000", "attributes": [
        {"key": "http.route", "value": {"stringValue": "/a"}},
        {"key": "ok", "value": {"boolValue": true}}]}]}})");
  Push(R"({"name": "net.io", "unit": "By/s", "gauge": {"dataPoints": [{"asInt": "12"}]}})");
  Push(R"({"name": "jobs", "unit": "{job}", "sum": {"aggregationTemporality": 2,
      "isMonotonic": true, "dataPoints": [{"asInt": 9007199254740993}]}})");
  EXPECT_EQ(Look(), (std::map<std::string, double>{
                        {"process_cpu_utilization_ratio http_route=/a ok=true service=shop", 0.25},
                        {"net_io_bytes_per_second service=shop", 12},
                        {"jobs_total service=shop", 9007199254740992.0}}));
  EXPECT_EQ(ledger_.ingested, 3U);
}

TEST_F(OtlpSeriesTest, DifferencesAreSummedOnceEach) {
  const auto delta = [](int value, int at) {
    return Metric("waits", "sum",
                  fmt::format(R"({{"asInt": {}, "timeUnixNano": "{}"}})", value, at),
                  R"("aggregationTemporality": 1, "isMonotonic": true, )");
  };
  Push(delta(5, 10));
  Push(delta(7, 20));
  Push(delta(7, 20));  // Sent again, as its answer was lost.
  EXPECT_EQ(Look().at("waits_seconds_total service=shop"), 12);
  EXPECT_EQ(ledger_.offered, 3U);
  EXPECT_EQ(ledger_.dropped.at("late"), 1U);
}

TEST_F(OtlpSeriesTest, AHistogramTellsTheQuantilesOfWhatCameLast) {
  const auto histogram = [](const char* counts, int count) {
    return Metric("took", "histogram",
                  fmt::format(R"({{"startTimeUnixNano": "1", "count": "{}", "sum": 4.5,
                      "explicitBounds": [0.1, 0.2], "bucketCounts": [{}]}})",
                              count, counts),
                  R"("aggregationTemporality": 2, )");
  };
  Push(histogram(R"("100", "0", "0")", 100));
  EXPECT_NEAR(Look().at("took_seconds quantile=0.5 service=shop"), 0.05, 1e-12);
  Push(histogram(R"(100, 10, 0)", 110));
  auto values = Look();
  EXPECT_NEAR(values.at("took_seconds quantile=0.5 service=shop"), 0.15, 1e-12);
  EXPECT_NEAR(values.at("took_seconds quantile=0.99 service=shop"), 0.199, 1e-12);
  EXPECT_EQ(values.at("took_seconds_count service=shop"), 110);
  EXPECT_EQ(values.at("took_seconds_sum service=shop"), 4.5);
  Push(histogram(R"(100, 10, 0)", 110));
  EXPECT_EQ(Look().size(), 2U) << "nothing came: there is no quantile";
  // Begun anew without saying so: all of it came since.
  Push(histogram(R"(4, 0, 0)", 4));
  EXPECT_NEAR(Look().at("took_seconds quantile=0.5 service=shop"), 0.05, 1e-12);
}

// Exact: base 2 at scale 0, and buckets made coarser by half from one point to the next.
TEST_F(OtlpSeriesTest, AnExponentialHistogramMayBecomeCoarser) {
  const auto push = [this](int scale, const char* counts, int offset, int count) {
    Push(Metric("took", "exponentialHistogram",
                fmt::format(R"({{"scale": {}, "count": {}, "zeroCount": "1", "sum": 1,
                    "positive": {{"offset": {}, "bucketCounts": [{}]}}}})",
                            scale, count, offset, counts),
                R"("aggregationTemporality": 2, )"));
  };
  push(1, "3, 3", 0, 7);  // (1, 1.41], (1.41, 2].
  EXPECT_EQ(Look().at("took_seconds_count service=shop"), 7);
  push(0, "6, 4", 0, 11);  // (1, 2], (2, 4]: four came, all in the second.
  EXPECT_NEAR(Look().at("took_seconds quantile=0.5 service=shop"), 3, 1e-12);
}

TEST_F(OtlpSeriesTest, ASeriesEndsWhenItSaysSoOrIsQuiet) {
  Push(Metric("a", "gauge", R"({"asInt": 1}, {"asInt": 2, "attributes": [
      {"key": "k", "value": {"stringValue": "v"}}]})"));
  EXPECT_EQ(Look().size(), 2U);
  Push(Metric("a", "gauge", R"({"flags": 1})"));
  EXPECT_EQ(Look().size(), 1U);
  now_ += OtlpSeries::kKept;
  EXPECT_EQ(Look().size(), 0U);
}

TEST_F(OtlpSeriesTest, SeriesBeyondTheRoomAreDroppedAndCounted) {
  OtlpPoint point{.series = {"a", {}}};
  for (std::size_t i = 0; i < Reading::kSamplesMax; ++i) {
    point.series.labels["n"] = std::to_string(i);
    ASSERT_EQ(series_.Take(point, now_), std::nullopt);
  }
  point.series.labels["n"] = "more";
  EXPECT_EQ(series_.Take(point, now_), "too_many_samples");
  EXPECT_EQ(Look().size(), Reading::kSamplesMax);
  EXPECT_EQ(ledger_.dropped.at("too_many_samples"), 1U);
  now_ += OtlpSeries::kKept;
  EXPECT_EQ(series_.Take(point, now_), std::nullopt) << "there is room again";
}

TEST(OtlpReadTest, WhatIsRefusedHasAReason) {
  for (const char* body : {"", "{", "[]", "1", R"({"resourceMetrics": 1})",
                           R"({"resourceMetrics": {}})", R"({"resourceMetrics": []} x)"}) {
    EXPECT_EQ(Read(body).wrong, "malformed") << body;
  }
  EXPECT_EQ(Read("{}").wrong, std::nullopt);
  EXPECT_EQ(Read(R"({"resourceMetrics": null})").wrong, std::nullopt);
  const std::string cumulative = R"("aggregationTemporality": 2, )";
  EXPECT_EQ(WhyRejected(Metric("a", "gauge", "{}")), "no_value");
  EXPECT_EQ(WhyRejected(Metric("a", "gauge", "1")), "bad_value");
  EXPECT_EQ(WhyRejected(Metric("a", "gauge", "[]")), "bad_value");
  EXPECT_EQ(WhyRejected(Metric("a", "gauge", "null")), "bad_value");
  EXPECT_EQ(WhyRejected(Metric("a", "gauge", R"({"asInt": 1, "attributes": 1})")), "bad_labels");
  EXPECT_EQ(WhyRejected(Metric("a", "gauge", R"({"asInt": 1, "attributes": [{"key": "k",
      "value": {"kvlistValue": {}}}]})")),
            "bad_labels");
  EXPECT_EQ(WhyRejected(Metric("a", "gauge", R"({"asInt": "x"})")), "bad_value");
  EXPECT_EQ(WhyRejected(Metric("a", "gauge", R"({"asInt": 1, "timeUnixNano": -1})")), "bad_value");
  EXPECT_EQ(WhyRejected(Metric("", "gauge", R"({"asInt": 1})")), "no_name");
  EXPECT_EQ(WhyRejected(Metric("a", "sum", R"({"asInt": 1})")), "bad_temporality");
  EXPECT_EQ(WhyRejected(Metric("a", "gauge",
                               fmt::format(R"({{"asInt": 1, "attributes": [{{"key": "k",
                                   "value": {{"stringValue": "{}"}}}}]}})",
                                           std::string(kLabelBytesMax + 1, 'x')))),
            "bad_labels");
  for (const char* point : {R"({"count": 1, "bucketCounts": [1, 1], "explicitBounds": [1]})",
                            R"({"count": 2, "bucketCounts": [1, 1], "explicitBounds": [1, 2]})",
                            R"({"count": 3, "bucketCounts": [1, 1, 1], "explicitBounds": [2, 1]})",
                            R"({"count": 2, "bucketCounts": [2, {}], "explicitBounds": [1]})",
                            R"({"count": 2, "bucketCounts": [2, []], "explicitBounds": [1]})",
                            R"({"count": 2, "bucketCounts": 2, "explicitBounds": []})",
                            R"({"count": -1})", R"({"count": 1, "sum": "NaN"})"}) {
    EXPECT_EQ(WhyRejected(Metric("a", "histogram", point, cumulative)), "bad_value") << point;
  }
  for (const char* point :
       {R"({"count": 1, "scale": 40})", R"({"count": 1, "zeroCount": 2})",
        R"({"count": 1, "positive": {"offset": 99999, "bucketCounts": [1]}})"}) {
    EXPECT_EQ(WhyRejected(Metric("a", "exponentialHistogram", point, cumulative)), "bad_value")
        << point;
  }
}

std::string Gzip(const std::string& plain) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, static_cast<uLong>(plain.size())), '\0');
  // zlib does not write to what it reads.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

MonitorReport TroubledReport() {
  MonitorReport report;
  report.sources = {{.name = "shop"}};
  report.sources[0].status.health = SourceHealth::kFailed;
  return report;
}

/// Through a real server.
class OtlpServiceTest : public testing::Test {
 protected:
  void Serve(const Roles& roles) {
    auto service = MonitorService::Start({.listen = {.port = 0}, .roles = roles},
                                         {.report = [] { return TroubledReport(); },
                                          .clock = clock_,
                                          .otlp = [this] { return intake_; }});
    ASSERT_TRUE(service) << service.error().message;
    service_ = std::move(*service);
  }

  HttpReply Push(const std::string& body, std::vector<std::string> headers = {},
                 const std::string& path = "/v1/metrics") {
    headers.emplace_back("Expect:");
    return HttpClient().Exchange(
        {.url = fmt::format("http://127.0.0.1:{}{}", service_->port(), path),
         .headers = headers,
         .body = body});
  }

  const SystemClock clock_{};
  std::shared_ptr<OtlpIntake> intake_ = std::make_shared<OtlpIntake>(clock_);
  std::unique_ptr<MonitorService> service_;
};

const std::string kJsonType = "Content-Type: application/json";
const std::string kProtobufType = "Content-Type: application/x-protobuf";
const std::string kGzip = "Content-Encoding: gzip";

TEST_F(OtlpServiceTest, TakesPlainAndGzipAndSaysWhatItLeftOut) {
  Serve({});
  const std::string good = Request(Metric("a", "gauge", R"({"asInt": 1})"));
  const HttpReply plain = Push(good, {kJsonType + "; charset=utf-8"});
  EXPECT_EQ(plain.status, 200);
  EXPECT_EQ(plain.body, "{}");
  EXPECT_EQ(Push(Gzip(good), {kJsonType, kGzip}).status, 200);
  const HttpReply partial =
      Push(Request(Metric("a", "gauge", R"({"asInt": 2}, {"asInt": "x"}, {})")), {kJsonType});
  EXPECT_EQ(partial.status, 200);
  EXPECT_EQ(nlohmann::json::parse(partial.body),
            nlohmann::json::parse(R"({"partialSuccess": {"rejectedDataPoints": "2",
                "errorMessage": "bad_value: 1, no_value: 1"}})"));
  const auto look = intake_->Look();
  ASSERT_TRUE(look);
  EXPECT_EQ(Values(*look).at("a_seconds service=shop"), 2);
  EXPECT_EQ(look->ledger.offered, 5U);
  EXPECT_EQ(look->ledger.ingested, 3U);
  EXPECT_TRUE(look->ledger.Balanced());
}

TEST_F(OtlpServiceTest, ProtobufIsAnsweredAsProtobuf) {
  Serve({});
  const auto bytes = [](const std::string& points) {
    return tests::OtlpProtobuf(nlohmann::json::parse(Request(Metric("a", "gauge", points))));
  };
  const HttpReply plain = Push(bytes(R"({"asInt": 1})"), {kProtobufType});
  EXPECT_EQ(plain.status, 200);
  EXPECT_EQ(plain.body, "");
  EXPECT_EQ(Push(Gzip(bytes(R"({"asInt": 2})")), {kProtobufType, kGzip}).status, 200);
  const HttpReply partial = Push(bytes(R"({"asInt": 3}, {}, {})"), {kProtobufType});
  EXPECT_EQ(partial.status, 200);
  // partial_success = 1 {rejected_data_points = 1: 2, error_message = 2: 11 characters}.
  EXPECT_EQ(partial.body, "\x0a\x0f\x08\x02\x12\x0bno_value: 2");
  const HttpReply refused = Push("x", {kProtobufType});
  EXPECT_EQ(refused.status, 400);
  const std::string why = "malformed: this is no OTLP metrics request as protobuf";
  // Code 3 is INVALID_ARGUMENT.
  EXPECT_EQ(refused.body, std::string("\x08\x03\x12") + static_cast<char>(why.size()) + why);
  const auto look = intake_->Look();
  ASSERT_TRUE(look);
  EXPECT_EQ(Values(*look).at("a_seconds service=shop"), 3);
  EXPECT_EQ(look->ledger.ingested, 3U);
  EXPECT_EQ(look->ledger.rejected,
            (std::map<std::string, std::uint64_t>{{"malformed", 1}, {"no_value", 2}}));
}

TEST(OtlpIntakeTest, AnAnswerIsOfTheTypeThatWasAskedWith) {
  const tests::ManualClock clock;
  OtlpIntake intake(clock);
  for (const char* type : {"application/json", "application/x-protobuf"}) {
    EXPECT_EQ(intake.Answer({.content_type = type, .body = "{}"}).content_type, type);
    EXPECT_EQ(intake.Answer({.content_type = type, .body = "\x01"}).content_type, type);
    const auto refused = intake.Admit(
        {.method = "POST", .path = "/v1/metrics", .content_type = type, .content_encoding = "br"});
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->content_type, type);
  }
}

TEST_F(OtlpServiceTest, WhatItDoesNotTakeItRefusesAndCounts) {
  Serve({});
  const HttpReply words = Push("x", {"Content-Type: text/plain"});
  EXPECT_EQ(words.status, 415);
  EXPECT_NE(words.body.find("OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"), std::string::npos);
  EXPECT_EQ(Push("{}", {kJsonType, "Content-Encoding: br"}).status, 415);
  EXPECT_EQ(Push("{}", {kJsonType, kGzip}).status, 400);
  EXPECT_EQ(Push("{", {kJsonType}).status, 400);
  // 32 kB that would be 32 MB.
  const std::string bomb = Gzip(std::string(32U << 20U, ' '));
  EXPECT_LT(bomb.size(), 64U * 1024U);
  EXPECT_EQ(Push(bomb, {kJsonType, kGzip}).status, 413);
  EXPECT_EQ(Push(std::string(OtlpIntake::kBodyBytesMax + 1, ' '), {kJsonType}).status, 413);
  const auto look = intake_->Look();
  ASSERT_TRUE(look);
  EXPECT_EQ(look->ledger.rejected,
            (std::map<std::string, std::uint64_t>{
                {"content_type", 1}, {"encoding", 1}, {"malformed", 2}, {"too_long", 2}}));
}

TEST_F(OtlpServiceTest, OnlyMetricsComeCompressedOrLong) {
  Serve({});
  const std::string act = "/api/v1/acknowledge";
  EXPECT_EQ(Push(Gzip("{}"), {kJsonType, kGzip}, act).status, 415);
  for (const std::string& path : {act, std::string("/acknowledge"), std::string("/rum")}) {
    EXPECT_EQ(Push(std::string(64U * 1024U + 1, ' '), {kJsonType}, path).status, 413) << path;
  }
  EXPECT_EQ(Push("{}", {kJsonType, "Weir-Content-Encoding: gzip"}).status, 200)
      << "a name of ours means nothing from outside";
}

// As the exporter of OpenTelemetry for JavaScript sends it.
TEST_F(OtlpServiceTest, TakesChunksUpToTheLengthOfABody) {
  Serve({});
  const std::string chunked = "Transfer-Encoding: chunked";
  const std::string good = Request(Metric("a", "gauge", R"({"asInt": 1})"));
  EXPECT_EQ(Push(good, {kJsonType, chunked}).body, "{}");
  EXPECT_EQ(Push(Gzip(good), {kJsonType, kGzip, chunked}).body, "{}");
  EXPECT_EQ(Push("{}", {kJsonType, chunked}, "/api/v1/acknowledge").status, 411);
  EXPECT_EQ(Push("{}", {kJsonType, chunked}, "/rum").status, 411);
  EXPECT_NE(Push(std::string(2 * OtlpIntake::kBodyBytesMax, ' '), {kJsonType, chunked}).status,
            200);
  const auto look = intake_->Look();
  ASSERT_TRUE(look);
  EXPECT_EQ(look->ledger.offered, 2U);
}

TEST_F(OtlpServiceTest, WhereTokensAreOneThatActsIsNeeded) {
  Serve({*Access::Parse("the-token-that-reads"), *Access::Parse("the-token-that-acts")});
  const auto push = [this](const std::string& token) {
    return Push("{}", {kJsonType, "Authorization: Bearer " + token}).status;
  };
  EXPECT_EQ(Push("{}", {kJsonType}).status, 401);
  EXPECT_EQ(push("the-token-that-reads"), 403);
  EXPECT_EQ(push("the-token-that-acts"), 200);
}

TEST_F(OtlpServiceTest, ATokenThatMayPushMayDoNothingElse) {
  Serve({*Access::Parse("the-token-that-reads"), *Access::Parse("the-token-that-acts"),
         *Access::Parse("the-token-that-pushes")});
  const auto ask = [this](const std::string& token, const std::string& path,
                          const std::optional<std::string>& body) {
    return HttpClient().Exchange(
        {.url = fmt::format("http://127.0.0.1:{}{}", service_->port(), path),
         .headers = {kJsonType, "Authorization: Bearer " + token},
         .body = body});
  };
  const std::string pushes = "the-token-that-pushes";
  EXPECT_EQ(ask(pushes, "/v1/metrics", "{}").status, 200);
  EXPECT_EQ(ask("the-token-that-acts", "/v1/metrics", "{}").status, 200);
  EXPECT_EQ(ask("the-token-that-reads", "/v1/metrics", "{}").status, 403);
  EXPECT_EQ(ask("the-token-that-is-not", "/v1/metrics", "{}").status, 401);
  for (const char* path : {"/", "/metrics", "/api/v1/status", "/api/v1/trends", "/api/v1/events",
                           "/api/v1/alerts/x", "/v1/metrics", "/nowhere"}) {
    const HttpReply refused = ask(pushes, path, std::nullopt);
    EXPECT_EQ(refused.status, 403) << path;
    EXPECT_EQ(refused.body, "this token may only push: POST /v1/metrics\n") << path;
  }
  for (const char* path : {"/api/v1/acknowledge", "/api/v1/mark", "/api/v1/silences",
                           "/api/v1/silences/remove", "/v1/metrics/x"}) {
    EXPECT_EQ(ask(pushes, path, "{}").status, 403) << path;
  }
  EXPECT_EQ(ask(pushes, "/healthz", std::nullopt).status, 200);
}

// What readiness says of troubles names hosts.
TEST_F(OtlpServiceTest, ATokenThatMayPushIsToldNoReasons) {
  Serve({{}, *Access::Parse("the-token-that-acts"), *Access::Parse("the-token-that-pushes")});
  const auto ready = [this](const std::string& token) {
    return HttpClient()
        .Exchange({.url = fmt::format("http://127.0.0.1:{}/readyz", service_->port()),
                   .headers = {"Authorization: Bearer " + token}})
        .body;
  };
  EXPECT_EQ(ready("the-token-that-pushes"), ready("none"));
  EXPECT_GT(ready("the-token-that-acts").size(), ready("none").size());
}

TEST_F(OtlpServiceTest, WithoutTheSourceThereIsNobody) {
  intake_ = nullptr;
  Serve({});
  EXPECT_EQ(Push("{}", {kJsonType}).status, 404);
}

TEST(OtlpIntakeTest, TooManyRequestsAreToldToComeBack) {
  const tests::ManualClock clock;
  OtlpIntake intake(clock);
  const HttpRequest head{
      .method = "POST", .path = "/v1/metrics", .content_type = "application/json"};
  for (int i = 0; i < static_cast<int>(OtlpIntake::kOverall.burst); ++i) {
    ASSERT_FALSE(intake.Admit(head));
  }
  const auto refused = intake.Admit(head);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->headers.at("Retry-After"), "1");
  EXPECT_EQ(intake.Look()->ledger.dropped.at("rate"), 1U);
}

TEST(OtlpIntakeTest, SilenceAfterPushesIsATroubleOfTheSource) {
  tests::ManualClock clock;
  OtlpIntake intake(clock);
  EXPECT_TRUE(intake.Look()) << "nobody has begun";
  EXPECT_EQ(intake.Answer({.body = "{}"}).status, 200);
  EXPECT_TRUE(intake.Look());
  clock.Advance(OtlpSeries::kKept);
  const auto silent = intake.Look();
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().message, "nothing was pushed for 5.00 min");
  EXPECT_EQ(intake.Answer({.body = "{}"}).status, 200);
  EXPECT_TRUE(intake.Look());
}

}  // namespace
}  // namespace weir::monitor
