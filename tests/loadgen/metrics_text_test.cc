#include "loadgen/metrics_text.h"

#include <gtest/gtest.h>

namespace weir::loadgen {
namespace {

// Of a real node_exporter, shortened, and of a process that exports itself.
constexpr std::string_view kPage =
    "# HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.\n"
    "# TYPE node_cpu_seconds_total counter\n"
    "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 3829.34\n"
    "node_cpu_seconds_total{cpu=\"0\",mode=\"iowait\"} 28.7\n"
    "node_cpu_seconds_total{cpu=\"0\",mode=\"system\"} 100.5\n"
    "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 200\n"
    "node_cpu_seconds_total{cpu=\"1\",mode=\"user\"} 50 1767225600000\n"
    "node_memory_MemAvailable_bytes 1.2585385984e+10\n"
    "node_network_receive_bytes_total{device=\"eth0\"} 1000\n"
    "node_network_receive_bytes_total{device=\"lo\"} 99999\n"
    "http_requests_total{code=\"200\",path=\"/a,b} \\\"x\\\" \\\\\"} 7\n"
    "http_requests_total{code=\"500\",path=\"/\"} 2 # {trace_id=\"abc\"} 1.0\n"
    "http_requests_total_created 5\n"
    "queue_depth NaN\n"
    "rpc_seconds_bucket{le=\"+Inf\"} 144320\n"
    "# EOF\n";

std::vector<TargetValue> Select(const std::vector<std::string>& texts,
                                std::string_view page = kPage) {
  std::vector<MetricSelector> selectors;
  for (const std::string& text : texts) {
    selectors.push_back(*ParseMetricSelector(text));
  }
  return SelectMetrics(page, selectors);
}

TEST(SelectMetricsTest, DefaultsSumWhatAMachineAndAProcessUse) {
  EXPECT_EQ(SelectMetrics(kPage, DefaultMetricSelectors()),
            (std::vector<TargetValue>{{"node_cpu_seconds_total", 350.5},
                                      {"node_memory_MemAvailable_bytes", 1.2585385984e10},
                                      {"node_network_receive_bytes_total", 1000}}));
  EXPECT_EQ(SelectMetrics("process_cpu_seconds_total 1.5\nprocess_resident_memory_bytes 9\n",
                          DefaultMetricSelectors()),
            (std::vector<TargetValue>{{"process_cpu_seconds_total", 1.5},
                                      {"process_resident_memory_bytes", 9}}));
}

TEST(SelectMetricsTest, ANameIsTheSumOfItsSeries) {
  EXPECT_EQ(Select({"http_requests_total"}),
            (std::vector<TargetValue>{{"http_requests_total", 9}}));
}

TEST(SelectMetricsTest, LabelsChooseAndExclude) {
  EXPECT_EQ(Select({"http_requests_total{code=\"500\"}"}),
            (std::vector<TargetValue>{{"http_requests_total{code=\"500\"}", 2}}));
  EXPECT_EQ(Select({"http_requests_total{code!=\"500\"}"})[0].value, 7);
  EXPECT_EQ(Select({"http_requests_total{path=\"/a,b} \\\"x\\\" \\\\\"}"})[0].value, 7);
  EXPECT_EQ(Select({"rpc_seconds_bucket{le=\"+Inf\"}"})[0].value, 144'320);
  EXPECT_EQ(Select({"http_requests_total{zone=\"\"}"})[0].value, 9) << "no label is an empty one";
}

TEST(SelectMetricsTest, WhatIsNotThereOrNoNumberIsLeftOut) {
  EXPECT_TRUE(Select({"nothing"}).empty());
  EXPECT_TRUE(Select({"queue_depth"}).empty());
  EXPECT_TRUE(Select({"http_requests_total{code=\"404\"}"}).empty());
}

TEST(SelectMetricsTest, LinesThatMakeNoSenseAreLeftOut) {
  for (const char* page :
       {"", "\n\n", "a", "a ", "a{", "a{x", "a{x=", "a{x=\"", "a{x=\"1\"", "a{x=\"1\"}", "a{} x",
        "a 1e999", "a 1x", "{x=\"1\"} 1", "a{x=\"\\", "<html>a 1</html>"}) {
    EXPECT_TRUE(Select({"a"}, page).empty()) << page;
  }
  EXPECT_EQ(Select({"a"}, "garbage {\na{} 1\na{x=\"1\",} +2\r").size(), 1U);
}

TEST(ParseMetricSelectorTest, RefusesWhatIsNoSelector) {
  for (const char* text : {"", " a", "a b", "a{", "a{x}", "a{x=}", "a{x=1}", "a{x=\"1\"", "a{}x",
                           "a{x=~\"1\"}", "-"}) {
    const auto selector = ParseMetricSelector(text);
    ASSERT_FALSE(selector) << text;
    EXPECT_EQ(selector.error().kind, ErrorKind::kUsage);
    EXPECT_NE(selector.error().message.find("names no metric"), std::string::npos);
  }
}

}  // namespace
}  // namespace weir::loadgen
