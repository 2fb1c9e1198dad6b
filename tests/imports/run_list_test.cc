#include "imports/run_list.h"

#include <gtest/gtest.h>

namespace weir::imports {
namespace {

constexpr const char* kPath = "case.json";

std::string ErrorOf(std::string_view json) {
  const auto runs = ReadRunList(json, kPath);
  return runs ? "no error" : runs.error().message;
}

TEST(RunListTest, ReadsLatenciesAndHistogramsAlike) {
  const auto runs = ReadRunList(
      R"({"case": "c1", "design": "duet", "runs": [
           {"build": "A", "slot": 0, "latencies_us": [1000, 2000, 2000]},
           {"build": "B", "slot": 0, "histogram_us": [[1000, 1], [2000, 2]]}]})",
      kPath);
  ASSERT_TRUE(runs) << runs.error().message;
  ASSERT_EQ(runs->size(), 2U);
  const weir::Run& a = runs->front();
  const weir::Run& b = runs->back();
  EXPECT_EQ(a.plan.scenario, "case:c1");
  EXPECT_EQ(a.plan.build, "A");
  EXPECT_EQ(b.plan.build, "B");
  EXPECT_EQ(a.started_at, b.started_at);
  EXPECT_EQ(a.state, RunState::kComplete);
  EXPECT_EQ(a.Total(Phase::kMeasure).counts.planned, 3U);
  EXPECT_TRUE(a.Total(Phase::kMeasure).counts.Balanced());
  EXPECT_EQ(a.totals[0].latency.at(Outcome::kCompleted).response,
            b.totals[0].latency.at(Outcome::kCompleted).response);
}

TEST(RunListTest, SlotsFollowEachOtherWithoutOverlap) {
  const auto runs = ReadRunList(R"({"case": "c", "runs": [
           {"build": "A", "slot": 4, "latencies_us": [1]},
           {"build": "B", "slot": 5, "latencies_us": [1]}]})",
                                kPath);
  ASSERT_TRUE(runs);
  EXPECT_GE(runs->back().started_at - runs->front().started_at, runs->front().duration);
}

TEST(RunListTest, ErrorsNameRunFieldAndFix) {
  EXPECT_EQ(
      ErrorOf("{"),
      "case.json: it is not JSON\n"
      R"(  hint: a list of runs is {"case": "NAME", "runs": [{"build": "A", "slot": 0, ...}, )"
      "...]}");
  EXPECT_EQ(ErrorOf(R"({"runs": []})"),
            "case.json: it has no list 'runs' of 1 to 100000 runs\n"
            R"(  hint: {"case": "NAME", "runs": [{"build": "A", "slot": 0, ...}, ...]})");
  EXPECT_EQ(ErrorOf(R"({"runs": [{"slot": 0, "latencies_us": [1]}]})"),
            "case.json: run 1 of the list: its build is null\n"
            R"(  hint: for example "build": "A")");
  EXPECT_EQ(ErrorOf(R"({"runs": [{"build": "A", "slot": -1, "latencies_us": [1]}]})"),
            "case.json: run 1 of the list: its slot is -1\n"
            "  hint: a slot is a whole number from 0; runs of one slot took place side by side");
  EXPECT_EQ(ErrorOf(R"({"runs": [{"build": "A", "slot": 0}]})"),
            "case.json: run 1 of the list: it has neither latencies_us nor histogram_us\n"
            "  hint: give each run one of the two");
  EXPECT_EQ(ErrorOf(R"({"runs": [{"build": "A", "slot": 0, "latencies_us": [1, -2]}]})"),
            "case.json: run 1 of the list: latencies_us holds -2\n"
            "  hint: a latency is a whole number of microseconds, at most 3600000000 (1 h)");
  EXPECT_EQ(ErrorOf(R"({"runs": [{"build": "A", "slot": 0, "histogram_us": [[5]]}]})"),
            "case.json: run 1 of the list: histogram_us holds [5]\n"
            "  hint: each entry is [latency in whole microseconds, count]");
}

TEST(RunListTest, HostileTextIsAnErrorAndNothingElse) {
  for (const std::string_view text :
       {"", "null", "[]", "{\"runs\": 3}", "{\"runs\": [null]}", "{\"runs\": [{\"build\": 7}]}",
        "{\"runs\": [{\"build\": \"A\", \"slot\": 1e300, \"latencies_us\": [1]}]}",
        "{\"runs\": [{\"build\": \"A\", \"slot\": 0, \"latencies_us\": {}}]}", "\xff\xfe\x00"}) {
    EXPECT_NE(ErrorOf(text), "no error") << text;
  }
  const std::string deep(100'000, '[');
  EXPECT_NE(ErrorOf(deep), "no error");
}

}  // namespace
}  // namespace weir::imports
