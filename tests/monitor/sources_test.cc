#include <chrono>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "monitor/sources/exposition.h"
#include "monitor/sources/host_reader.h"
#include "monitor/sources/poll_schedule.h"
#include "monitor/sources/prometheus_answer.h"
#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

std::optional<double> ValueOf(const Reading& reading, std::string_view metric) {
  for (const Sample& sample : reading.samples) {
    if (sample.series->metric == metric) {
      return sample.value;
    }
  }
  return std::nullopt;
}

TEST(ExpositionReaderTest, KeepsTheNamesOfSeriesFromPageToPage) {
  ExpositionReader reader;
  const Reading first = reader.Read("# TYPE jobs gauge\njobs{queue=\"a} b\",x=\"\"} 1 123\nup 1\n");
  const Reading second = reader.Read("jobs{queue=\"a} b\",x=\"\"} 2.5 124\nup NaN\n");
  ASSERT_EQ(first.samples.size(), 2U);
  ASSERT_EQ(second.samples.size(), 2U);
  EXPECT_EQ(first.samples[0].series, second.samples[0].series);
  EXPECT_EQ(first.samples[0].series->labels, (Labels{{"queue", "a} b"}}));
  EXPECT_EQ(second.samples[0].value, 2.5);
}

TEST(ExpositionReaderTest, AccountsForEveryLine) {
  ExpositionReader reader;
  // Twice, as the second time the names are known.
  for (int round = 0; round < 2; ++round) {
    const Reading reading = reader.Read(
        "good 1\nbad\nworse{a=\"b} 2\nwordy 1 2 3\ntext one\n"
        "with_example{le=\"1\"} 5 # {trace=\"x}\"} 0.3\n\n  \n");
    EXPECT_EQ(reading.ledger.ingested, 3U) << round;  // A word after the time is left unread.
    EXPECT_EQ(reading.ledger.offered, 6U);
    EXPECT_TRUE(reading.ledger.Balanced());
  }
}

TEST(PrometheusAnswerTest, ReadsVectorsAndScalarsAndCountsWhatIsWrong) {
  const auto reading = ReadPrometheusAnswer(
      R"({"status":"success","warnings":["slow"],"data":{"resultType":"vector","result":[
        {"metric":{"__name__":"up","job":"a"},"value":[1,"+Inf"]},
        {"metric":{"job":"b"},"value":[1,"x"]},
        {"metric":{"job":7},"value":[1,"1"]}]}})",
      4);
  ASSERT_TRUE(reading) << reading.error().message;
  ASSERT_EQ(reading->samples.size(), 1U);
  EXPECT_EQ(reading->samples[0].series->metric, "up");
  EXPECT_EQ(reading->samples[0].query, 4U);
  EXPECT_EQ(reading->ledger.rejected.at("malformed"), 2U);
  EXPECT_TRUE(reading->ledger.Balanced());
  EXPECT_EQ(reading->warnings, std::vector<std::string>{"slow"});
  const auto scalar = ReadPrometheusAnswer(
      R"({"status":"success","data":{"resultType":"scalar","result":[1,"2"]}})", 0);
  ASSERT_TRUE(scalar);
  EXPECT_EQ(scalar->samples.at(0).value, 2);
}

TEST(PrometheusAnswerTest, SaysWhatTheServerSays) {
  const auto message = [](const char* json) {
    return ReadPrometheusAnswer(json, 0).error().message;
  };
  EXPECT_EQ(message(R"({"status":"error","errorType":"bad_data","error":"parse error"})"),
            "it says bad_data: parse error");
  EXPECT_EQ(message("<html>"), "its answer is not that of a Prometheus server");
  EXPECT_EQ(message(R"({"status":"success","data":{"resultType":"matrix","result":[]}})"),
            "the query gives a matrix; write one that gives an instant vector, for example without "
            "[5m] at its end");
}

// Alerts about series that are only missing from such an answer would end.
TEST(PrometheusAnswerTest, APartialAnswerIsNone) {
  const auto answer = [](const char* partial) {
    return ReadPrometheusAnswer(
        fmt::format(R"({{"status":"success","isPartial":{},"data":{{"resultType":"vector",)"
                    R"("result":[]}}}})",
                    partial),
        0);
  };
  EXPECT_TRUE(answer("false"));
  ASSERT_FALSE(answer("true"));
  EXPECT_EQ(answer("true").error().message,
            "its answer is partial: some of its storage nodes do not answer");
}

// What the two servers answer to `time()`.
TEST(PrometheusAnswerTest, FindsWhatAServerHides) {
  EXPECT_EQ(ReadHiddenSpan(R"({"status":"success","data":{"resultType":"vector","result":[)"
                           R"({"metric":{},"value":[1795720034,"1795720004.25"]}]}})"),
            29'750ms);
  EXPECT_EQ(ReadHiddenSpan(R"({"status":"success","data":{"resultType":"scalar","result":)"
                           R"([1795720034.5,"1795720034.5"]}})"),
            0ms);
  for (const char* text : {"", "[]", R"({"data":{"result":[]}})", R"({"data":{"result":{}}})",
                           R"({"data":{"result":[1,"x"]}})", R"({"data":{"result":[1,"NaN"]}})",
                           R"({"data":{"result":[1,"5"]}})", R"({"data":{"result":[1e9,"-Inf"]}})",
                           R"({"data":7})", R"({"data":{"result":[{"value":7}]}})"}) {
    EXPECT_EQ(ReadHiddenSpan(text), std::nullopt) << text;
  }
}

TEST(ReadingTest, WarningsAreToldOnceShortAndFew) {
  Reading reading;
  reading.Warn("slow\n  and \x1b[31mred");
  reading.Warn("slow\n  and \x1b[31mred");
  ASSERT_EQ(reading.warnings.size(), 1U);
  EXPECT_EQ(reading.warnings[0], "slow; and \\x1b[31mred");
  EXPECT_EQ(reading.warnings[0].find('\x1b'), std::string::npos);
  for (int i = 0; i < 100; ++i) {
    reading.Warn(std::to_string(i) + std::string(1000, 'x'));
  }
  EXPECT_EQ(reading.warnings.size(), Reading::kWarningsMax);
  EXPECT_EQ(reading.warnings.back().size(), Reading::kWarningBytesMax + 3);
  EXPECT_TRUE(reading.warnings.back().ends_with("x..."));
}

TEST(HostReaderTest, ReadsWhatTheKernelTells) {
  const tests::TempDir root;
  root.Write("proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\n");
  root.Write("proc/loadavg", "1.50 1.00 0.50 1/100 1234\n");
  root.Write("proc/meminfo", "MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:   250 kB\n");
  root.Write("proc/pressure/io",
             "some avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\n"
             "full avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n");
  root.Write("proc/net/dev",
             "Inter-| Receive | Transmit\n face |bytes packets\n"
             "    lo: 9 0 0 0 0 0 0 0 9 0 0\n  eth0: 1000 1 0 0 0 0 0 0 2000 1 0\n");
  HostReader host(root.path().string());
  ASSERT_TRUE(host.Read());
  root.Write("proc/stat", "cpu  150 0 150 900 0 0 0 0 0 0\n");
  const auto reading = host.Read();
  ASSERT_TRUE(reading);
  EXPECT_EQ(ValueOf(*reading, "weir_host_cpu_busy_ratio"), 0.5);
  EXPECT_EQ(ValueOf(*reading, "node_load1"), 1.5);
  EXPECT_EQ(ValueOf(*reading, "node_memory_MemAvailable_bytes"), 256'000.0);
  EXPECT_EQ(ValueOf(*reading, "node_pressure_io_waiting_seconds_total"), 2.0);
  EXPECT_EQ(ValueOf(*reading, "node_pressure_io_stalled_seconds_total"), 0.5);
  EXPECT_EQ(ValueOf(*reading, "node_network_transmit_bytes_total"), 2000.0);
  EXPECT_FALSE(HostReader("/nowhere").Read());
}

TEST(PollScheduleTest, StaysOnTheGridWhileTheSourceAnswers) {
  const PollTiming timing{.interval = 5s};
  const Instant began(100s);
  EXPECT_EQ(AfterSuccess(timing, began, began + 1s).next, Instant(105s));
  EXPECT_EQ(AfterSuccess(timing, began, began + 12s).next, Instant(115s));
}

TEST(PollScheduleTest, PausesGrowWithinTheirBoundsAndTheCircuitOpens) {
  const PollTiming timing{.interval = 5s, .failures_to_open = 3, .open_max = 60s};
  Rng rng(7);
  PollState state;
  Instant now(0s);
  for (int failure = 1; failure <= 12; ++failure) {
    state = AfterFailure(timing, state, now, rng, std::nullopt);
    const Nanos pause = state.next - now;
    EXPECT_GE(pause, 250ms) << failure;
    EXPECT_LE(pause, failure < 3 ? Nanos(1s) : Nanos(60s)) << failure;
    EXPECT_EQ(state.circuit(timing) == CircuitState::kOpen, failure >= 3);
    now = state.next;
  }
  EXPECT_EQ(AfterSuccess(timing, now, now).circuit(timing), CircuitState::kClosed);
}

TEST(PollScheduleTest, WaitsAsLongAsTheSourceAsksButNotForEver) {
  const PollTiming timing{.interval = 5s};
  Rng rng(7);
  const Instant now(0s);
  EXPECT_EQ(AfterFailure(timing, {}, now, rng, 90s).next, Instant(90s));
  EXPECT_EQ(AfterFailure(timing, {}, now, rng, 24h).next, Instant(10min));
}

}  // namespace
}  // namespace weir::monitor
