#include "imports/import.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/support/temp_dir.h"

namespace weir::imports {
namespace {

std::string Golden(const std::string& name) {
  return tests::ReadFile(std::string(WEIR_GOLDEN_DIR) + "/imports/" + name);
}

ImportSource SourceOf(const std::string& text) {
  return {.path = "results", .text = text, .file_time = WallTime(std::chrono::hours(1))};
}

std::vector<Run> Read(const std::string& text, std::optional<ImportFormat> format = {}) {
  Result<std::vector<Run>> runs = ReadImport(SourceOf(text), format);
  EXPECT_TRUE(runs) << runs.error().message;
  return runs ? std::move(*runs) : std::vector<Run>{};
}

std::string Refused(const std::string& text, std::optional<ImportFormat> format = {}) {
  const Result<std::vector<Run>> runs = ReadImport(SourceOf(text), format);
  return runs ? "no error" : runs.error().message;
}

std::optional<double> MetricOf(const Run& run, const std::string& name) {
  for (const TargetMetric& metric : run.target_metrics) {
    if (metric.name == name) {
      return metric.last;
    }
  }
  return std::nullopt;
}

Histogram ResponseOf(const Run& run) {
  return MergedLatency(run.Total(Phase::kMeasure), LatencyKind::kResponse).histogram;
}

TEST(ImportHyperfineTest, EachTimingIsARun) {
  const auto runs = Read(Golden("hyperfine_1.15.json"));
  ASSERT_EQ(runs.size(), 10U);
  EXPECT_EQ(runs[0].plan.scenario, "hyperfine");
  EXPECT_EQ(runs[0].plan.build, "true");
  EXPECT_EQ(runs[9].plan.build, "false");
  EXPECT_EQ(ResponseOf(runs[0]).count(), 1U);
  EXPECT_NEAR(ResponseOf(runs[0]).mean_ns(), 735'379, 1);
  EXPECT_EQ(runs[0].Total(Phase::kMeasure).counts.of(Outcome::kCompleted), 1U);
  EXPECT_EQ(runs[9].Total(Phase::kMeasure).counts.of(Outcome::kFailed), 1U);
  EXPECT_LT(runs[0].started_at, runs[1].started_at);
}

TEST(ImportHyperfineTest, WithABuildTheCommandNamesTheScenario) {
  const std::string text = Golden("hyperfine_1.15.json");
  ImportSource source = SourceOf(text);
  source.build = "b7";
  const auto runs = ReadImport(source);
  ASSERT_TRUE(runs) << runs.error().message;
  EXPECT_EQ((*runs)[0].plan.scenario, "hyperfine:true");
  EXPECT_EQ((*runs)[0].plan.build, "b7");
}

TEST(ImportGoogleBenchmarkTest, EachRepetitionIsARunAndItsMeanStaysAMean) {
  const auto runs = Read(Golden("google_benchmark_1.7.json"));
  ASSERT_EQ(runs.size() % 3, 0U);
  EXPECT_EQ(runs[0].plan.scenario, "google-benchmark:BM_HistogramRecord");
  EXPECT_NEAR(*MetricOf(runs[0], "summary.response_time.mean"), 13.0653, 1e-3);
  EXPECT_NEAR(*MetricOf(runs[0], "cpu_time_ns"), 3.4504, 1e-3);
  EXPECT_EQ(runs[0].Total(Phase::kMeasure).counts.planned, 5'869'067U);
  EXPECT_TRUE(ResponseOf(runs[0]).empty());
  EXPECT_EQ(FormatWallTime(runs[0].started_at), "2026-11-24T22:47:31Z");
}

TEST(ImportVegetaTest, AFileWithoutResultsIsNoRun) {
  EXPECT_NE(Refused(" \n\n", ImportFormat::kVegeta).find("there are no results"),
            std::string::npos);
}

TEST(ImportVegetaTest, ResultsFromTheEndsOfTimeAreRefused) {
  EXPECT_NE(Refused(R"({"code":200,"timestamp":"1678-01-02T00:00:00Z","latency":1}
{"code":200,"timestamp":"2261-01-02T00:00:00Z","latency":1})",
                    ImportFormat::kVegeta)
                .find("more than 10 years apart"),
            std::string::npos);
}

// The shape of Maven Surefire with rerunFailingTestsCount=2: one case passes at its third attempt,
// one never does, one passes at once.
TEST(ImportJUnitTest, AttemptsThatWereRunAgainAreCountedAsFailed) {
  const auto runs = Read(R"(<testsuite name="Shop" tests="3" failures="1">
  <testcase name="flaky" classname="Shop" time="0.5">
    <flakyFailure message="no" type="E"><stackTrace>at &lt;failure&gt;</stackTrace></flakyFailure>
    <flakyError message="no" type="E"/>
  </testcase>
  <testcase name="broken" classname="Shop" time="0.25">
    <failure message="no" type="E"><![CDATA[<failure/>]]></failure>
    <rerunFailure message="no" type="E"><system-out>again</system-out></rerunFailure>
    <rerunError message="no" type="E"></rerunError>
  </testcase>
  <testcase name="sound" classname="Shop" time="0.125"/>
</testsuite>)");
  ASSERT_EQ(runs.size(), 1U);
  const auto counts = [&](int step) { return runs[0].Total(Phase::kMeasure, step).counts; };
  EXPECT_EQ(counts(0).planned, 3U);
  EXPECT_EQ(counts(0).of(Outcome::kCompleted), 1U);
  EXPECT_EQ(counts(0).of(Outcome::kFailed), 2U);
  EXPECT_EQ(counts(1).planned, 3U);
  EXPECT_EQ(counts(1).of(Outcome::kFailed), 3U);
  EXPECT_EQ(counts(2).planned, 1U);
  EXPECT_EQ(counts(2).of(Outcome::kCompleted), 1U);
  // Only times that the file tells are times.
  EXPECT_EQ(ResponseOf(runs[0]).count(), 3U);
}

TEST(ImportHlogTest, IntervalsAreMergedWithoutLossAndTagsAreSteps) {
  const auto runs = Read(Golden("java_2.1.11.hlog"));
  ASSERT_EQ(runs.size(), 1U);
  ASSERT_EQ(runs[0].plan.steps.size(), 2U);
  EXPECT_EQ(runs[0].plan.steps[1].step, "checkout");
  EXPECT_EQ(runs[0].Total(Phase::kMeasure, 0).counts.planned, 400U);
  EXPECT_EQ(FormatWallTime(runs[0].started_at), "2023-11-14T22:13:20Z");
  EXPECT_EQ(runs[0].duration, std::chrono::seconds(4));
  // The fourth interval of the tag ends at 4 ms + 100 x 20 us.
  EXPECT_NEAR(static_cast<double>(ResponseOf(runs[0]).max_ns()), 6e6, 6e3);
}

constexpr const char* kTrend =
    R"k6({"avg": 12.5, "min": 1, "med": 10, "max": 90.5, "p(90)": 20, "p(95)": 30})k6";

std::string LegacyK6() {
  return std::string(R"({"metrics": {"http_reqs": {"count": 1000, "rate": 50},
    "http_req_failed": {"passes": 20, "fails": 980, "value": 0.02, "thresholds": {"rate<0.01": true}},
    "checks": {"passes": 5, "fails": 0, "value": 1},
    "http_req_duration": )") +
         kTrend + "}, \"root_group\": {}}";
}

TEST(ImportK6Test, AllThreeSummariesGiveTheSameRun) {
  const std::string values =
      std::string("\"type\": \"trend\", \"contains\": \"time\", \"values\": ") + kTrend;
  const std::string handle =
      R"({"root_group": {}, "options": {}, "state": {"testRunDurationMs": 20000}, "metrics": {
      "http_reqs": {"type": "counter", "values": {"count": 1000, "rate": 50}},
      "http_req_failed": {"type": "rate", "values": {"rate": 0.02, "passes": 20, "fails": 980}},
      "http_req_duration": {)" +
      values + "}}}";
  const std::string machine =
      R"({"version": "1.0.0", "metadata": {"k6Version": "2.2.0"}, "config": {"duration": 20},
      "results": {"checks": {}, "metrics": [
      {"name": "http_reqs", "type": "counter", "values": {"count": 1000, "rate": 50}},
      {"name": "http_req_failed", "type": "rate", "values": {"rate": 0.02, "matches": 20, "total": 1000}},
      {"name": "http_req_duration", )" +
      values + "}]}}";
  for (const std::string& text : {LegacyK6(), handle, machine}) {
    const auto runs = Read(text);
    ASSERT_EQ(runs.size(), 1U) << text;
    const RequestCounts counts = runs[0].Total(Phase::kMeasure).counts;
    EXPECT_EQ(counts.planned, 1000U);
    EXPECT_EQ(counts.of(Outcome::kFailed), 20U);
    EXPECT_EQ(runs[0].duration, std::chrono::seconds(20));
    EXPECT_EQ(MetricOf(runs[0], "summary.response_time.p95"), 30e6);
    EXPECT_EQ(MetricOf(runs[0], "summary.response_time.p50"), 10e6);
    EXPECT_EQ(MetricOf(runs[0], "summary.response_time.mean"), 12.5e6);
    EXPECT_FALSE(MetricOf(runs[0], "summary.response_time.p99"));
    EXPECT_TRUE(ResponseOf(runs[0]).empty());
  }
}

constexpr const char* kJtlHead =
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes,Latency\n";

TEST(ImportJMeterTest, LabelsAreStepsAndQuotedFieldsMayHoldAnything) {
  const auto runs =
      Read(std::string(kJtlHead) +
           "1700000000000,12,list,200,OK,t 1-1,true,10,11\n"
           "1700000001000,40,\"buy, \"\"now\"\"\nhere\",500,\"a,b\",t 1-1,false,10,11\n"
           "1700000002000,8,list,200,OK,t 1-1,true,10,11\n");
  ASSERT_EQ(runs.size(), 1U);
  ASSERT_EQ(runs[0].plan.steps.size(), 2U);
  EXPECT_EQ(runs[0].plan.steps[0].step, "list");
  const StepRecord list = runs[0].Total(Phase::kMeasure, 0);
  EXPECT_EQ(list.counts.of(Outcome::kCompleted), 2U);
  EXPECT_EQ(runs[0].Total(Phase::kMeasure, 1).counts.of(Outcome::kFailed), 1U);
  EXPECT_EQ(ResponseOf(runs[0]).max_ns(), 40'000'000U);
  EXPECT_EQ(runs[0].duration, std::chrono::milliseconds(2008));
}

TEST(ImportJMeterTest, TabsAndDatesAreReadToo) {
  const auto runs =
      Read("timeStamp\telapsed\tlabel\tsuccess\n2023/11/14 22:13:20.500\t12\tlist\ttrue\n");
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(FormatWallTime(runs[0].started_at), "2023-11-14T22:13:20Z");
}

TEST(ImportJMeterTest, OfNestedXmlSamplesTheOuterOneCounts) {
  const auto runs = Read(
      "<?xml version=\"1.0\"?>\n<testResults version=\"1.2\">\n"
      "<httpSample t=\"30\" lt=\"9\" ts=\"1700000000000\" s=\"true\" lb=\"a &amp; b\" rc=\"200\">\n"
      "  <httpSample t=\"10\" ts=\"1700000000000\" s=\"true\" lb=\"part\"/>\n"
      "  <java.net.URL>http://x/?a=1&gt;0</java.net.URL>\n</httpSample>\n"
      "<sample t=\"5\" ts=\"1700000000100\" s=\"false\" lb=\"c\"/>\n</testResults>\n");
  ASSERT_EQ(runs.size(), 1U);
  ASSERT_EQ(runs[0].plan.steps.size(), 2U);
  EXPECT_EQ(runs[0].plan.steps[0].step, "a & b");
  EXPECT_EQ(runs[0].Total(Phase::kMeasure).counts.planned, 2U);
}

TEST(ImportJMeterTest, ErrorsNameTheLineAndTheFix) {
  EXPECT_EQ(Refused(std::string(kJtlHead) + "1700000000000,soon,list,200,OK,t,true,1,1\n"),
            "results:2: elapsed is 'soon'\n  hint: elapsed times are milliseconds");
  EXPECT_EQ(Refused(std::string(kJtlHead) + "1700000000000,5,list,200\n"),
            "results:2: 4 fields, but the head line has 9\n"
            "  hint: the row is cut short, or a quote is not closed");
  EXPECT_EQ(Refused("timeStamp,elapsed,label\n1,2,a\n"),
            "results:1: the head line lacks timeStamp, elapsed or success\n"
            "  hint: a .jtl in CSV begins with a line of column names, among them timeStamp, "
            "elapsed and success");
  EXPECT_EQ(Refused("timeStamp,elapsed,label,success,SampleCount\n1700000000000,5,a,true,3\n"),
            "results:2: this row stands for 3 samples\n"
            "  hint: a mean of samples is no sample: save every one");
  EXPECT_EQ(Refused("<testResults>\n<httpSample t=\"1\""),
            "results:2: a tag is not closed\n"
            "  hint: the file is cut short: JMeter may still have been writing it");
}

TEST(ImportVegetaTest, ResultsAreReadLineByLine) {
  const auto runs = Read(
      R"({"attack":"","seq":0,"code":200,"timestamp":"2023-11-14T22:13:20.5Z","latency":1500000,"bytes_out":0,"bytes_in":9,"error":"","body":null,"method":"GET","url":"http://h:1/a?x=1","headers":null})"
      "\n"
      R"({"attack":"","seq":1,"code":500,"timestamp":"2023-11-14T22:13:21.5Z","latency":2500000,"error":"500","method":"GET","url":"http://h:1/a?x=2"})"
      "\n"
      R"({"attack":"","seq":2,"code":0,"timestamp":"2023-11-14T22:13:22.5Z","latency":500000,"error":"refused","method":"GET","url":"http://h:1/a"})"
      "\n");
  ASSERT_EQ(runs.size(), 1U);
  ASSERT_EQ(runs[0].plan.steps.size(), 1U);
  EXPECT_EQ(runs[0].plan.steps[0].step, "GET /a");
  EXPECT_EQ(runs[0].Total(Phase::kMeasure).counts.of(Outcome::kFailed), 2U);
  EXPECT_EQ(ResponseOf(runs[0]).count(), 2U);
  EXPECT_EQ(ResponseOf(runs[0]).max_ns(), 2'500'000U);
}

TEST(ImportVegetaTest, AReportKeepsItsPercentilesAsSuch) {
  const auto runs = Read(
      R"({"latencies":{"total":2000,"mean":10,"50th":9,"90th":20,"95th":30,"99th":40,"max":50,"min":1},
          "buckets":{"0":90,"1000000":10},"earliest":"2023-11-14T22:13:20Z","duration":10000000000,
          "requests":100,"rate":10,"throughput":9.9,"success":0.97,"status_codes":{"200":97,"500":3}})");
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(MetricOf(runs[0], "summary.response_time.p99"), 40);
  EXPECT_EQ(MetricOf(runs[0], "vegeta.bucket_1000000"), 10);
  EXPECT_EQ(runs[0].Total(Phase::kMeasure).counts.of(Outcome::kFailed), 3U);
  EXPECT_TRUE(ResponseOf(runs[0]).empty());
}

TEST(ImportJUnitTest, CasesAreStepsWithTheirTimes) {
  const auto runs = Read(
      "<testsuites><testsuite name=\"s\" timestamp=\"2023-11-14T22:13:20\">\n"
      "<testcase classname=\"A\" name=\"fast\" time=\"0.25\"/>\n"
      "<testcase classname=\"A\" name=\"slow\" time=\"1,000.5\"><failure "
      "message=\"x\"/></testcase>\n"
      "<testcase classname=\"A\" name=\"off\" time=\"0\"><skipped/></testcase>\n"
      "</testsuite></testsuites>");
  ASSERT_EQ(runs.size(), 1U);
  ASSERT_EQ(runs[0].plan.steps.size(), 2U);
  EXPECT_EQ(runs[0].plan.steps[1].step, "A.slow");
  EXPECT_EQ(runs[0].Total(Phase::kMeasure, 0).counts.of(Outcome::kCompleted), 1U);
  EXPECT_EQ(runs[0].Total(Phase::kMeasure, 1).counts.of(Outcome::kFailed), 1U);
}

TEST(ImportTest, WhatIsNothingKnownIsRefusedWithTheFormats) {
  EXPECT_EQ(Refused("hello\n"),
            "results: none of the formats that weir reads is recognised in it\n"
            "  hint: name it with --format; formats are run-list, google-benchmark, hyperfine, k6, "
            "jmeter, vegeta, hlog, junit. Of vegeta's binary results, pipe them through 'vegeta "
            "encode'");
  EXPECT_EQ(Refused("{\"metrics\": {\n oops", ImportFormat::kK6),
            "results:2: it is not JSON from here on\n"
            "  hint: give what k6 writes with --summary-export, handleSummary or "
            "--new-machine-readable-summary");
  EXPECT_EQ(ParseImportFormat("jmetr").error().message,
            "'jmetr' is not a format\n  hint: did you mean 'jmeter'? formats are run-list, "
            "google-benchmark, hyperfine, k6, jmeter, vegeta, hlog, junit");
}

// Every prefix and every damaged byte of every format is answered, never with a crash.
TEST(ImportTest, DamagedFilesAreRefusedOrRead) {
  const std::vector<std::pair<ImportFormat, std::string>> files = {
      {ImportFormat::kHyperfine, Golden("hyperfine_1.15.json")},
      {ImportFormat::kGoogleBenchmark, Golden("google_benchmark_1.7.json").substr(0, 3000)},
      {ImportFormat::kHlog, Golden("java_2.1.11.hlog")},
      {ImportFormat::kK6, LegacyK6()},
      {ImportFormat::kJMeter, std::string(kJtlHead) + "1700000000000,12,\"l\",200,OK,t,true,1,1\n"},
      {ImportFormat::kJUnit, "<a><testcase name='&#x41;' time='1'><failure/></testcase></a>"}};
  for (const auto& [format, text] : files) {
    const std::size_t step = 1 + text.size() / 200;
    for (std::size_t at = 0; at < text.size(); at += step) {
      static_cast<void>(ReadImport(SourceOf(text.substr(0, at)), format));
      std::string damaged = text;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x15);
      static_cast<void>(ReadImport(SourceOf(damaged), format));
    }
  }
}

TEST(ImportTest, TooManyLabelsAreRefused) {
  std::string text = kJtlHead;
  for (std::size_t i = 0; i <= kStepsMax; ++i) {
    text += "1700000000000,1,id" + std::to_string(i) + ",200,OK,t,true,1,1\n";
  }
  EXPECT_NE(Refused(text).find("more than 2000 labels"), std::string::npos);
}

}  // namespace
}  // namespace weir::imports
