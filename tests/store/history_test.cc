#include "store/history.h"

#include <numeric>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/store/store_fixture.h"

namespace weir::store {
namespace {

class HistoryTest : public testing::Test {
 protected:
  std::unique_ptr<Store> Open() {
    auto store = Store::OpenForReading(path_);
    EXPECT_TRUE(store) << store.error().message;
    return store ? std::move(*store) : nullptr;
  }

  RunId Record(const std::string& build, const std::string& branch) {
    RunPlan plan = SamplePlan();
    plan.build = build;
    plan.branch = branch;
    return RecordSampleRun(path_, 2, plan);
  }

  std::vector<RunId> List(const RunFilter& filter) {
    const auto heads = Open()->ListRuns(filter);
    EXPECT_TRUE(heads) << heads.error().message;
    std::vector<RunId> ids;
    for (const RunHead& head : *heads) {
      ids.push_back(head.id);
    }
    return ids;
  }

  TempDir directory_;
  std::string path_ = directory_.File("weir.db");
};

TEST_F(HistoryTest, LoadsARunAsItWasFinished) {
  const RunId id = RecordSampleRun(path_, 3);
  const auto run = Open()->LoadRun(id);
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(run->id, id);
  ExpectSameRun(*run, SampleRun(3));
}

TEST_F(HistoryTest, SharesTheTextOfAScenarioAmongItsRuns) {
  RecordSampleRun(path_, 1);
  RecordSampleRun(path_, 1);
  EXPECT_EQ(QuerySql(path_, "SELECT count(*) FROM scenario"), "1\n");
}

TEST_F(HistoryTest, LoadsSecondsSummedOverSteps) {
  const RunId id = RecordSampleRun(path_, 3);
  const auto points = Open()->LoadSeconds(id);
  ASSERT_TRUE(points) << points.error().message;
  ASSERT_EQ(points->size(), 3U);
  for (std::uint32_t second = 0; second < 3; ++second) {
    const SecondPoint& point = (*points)[second];
    StepRecord expected;
    for (const StepRecord& step : SampleSecond(second).steps) {
      expected.Merge(step);
    }
    EXPECT_EQ(point.second, second);
    EXPECT_EQ(point.phase, second == 0 ? Phase::kWarmUp : Phase::kMeasure);
    EXPECT_EQ(point.counts, expected.counts);
    EXPECT_TRUE(point.response == MergedLatency(expected, LatencyKind::kResponse).histogram);
  }
}

TEST_F(HistoryTest, AddsUpASecondThatCameTwice) {
  auto writer = RunWriter::Begin(path_, SamplePlan(), WallTime{}, kTestOptions);
  ASSERT_TRUE(writer);
  (*writer)->OnSecond(SampleSecond(1));
  ASSERT_TRUE((*writer)->Flush());
  (*writer)->OnSecond(SampleSecond(1));
  ASSERT_TRUE((*writer)->Flush());
  const auto points = Open()->LoadSeconds((*writer)->id());
  ASSERT_TRUE(points);
  ASSERT_EQ(points->size(), 1U);
  EXPECT_EQ(points->front().counts.planned, 28U);
}

TEST_F(HistoryTest, LoadsResourceSamplesInOrder) {
  const RunId id = RecordSampleRun(path_, 3);
  const auto samples = Open()->LoadResources(id);
  ASSERT_TRUE(samples);
  ASSERT_EQ(samples->size(), 3U);
  EXPECT_EQ((*samples)[2].second, 2U);
  EXPECT_EQ((*samples)[2].cpu_s, 0.75);
  EXPECT_EQ((*samples)[2].rss_bytes, 10'000'002U);
  EXPECT_EQ((*samples)[2].in_flight, 3U);
  EXPECT_EQ((*samples)[2].connections, 4U);
}

TEST_F(HistoryTest, ListsHeadsWithWhatAPersonComparesRunsBy) {
  const RunId id = RecordSampleRun(path_, 3);
  const auto heads = Open()->ListRuns();
  ASSERT_TRUE(heads) << heads.error().message;
  ASSERT_EQ(heads->size(), 1U);
  const RunHead& head = heads->front();
  const StepRecord total = SampleRun(3).Total(Phase::kMeasure);
  EXPECT_EQ(head.id, id);
  EXPECT_EQ(head.scenario, "checkout");
  EXPECT_EQ(head.target, "http://localhost:8080");
  EXPECT_EQ(head.build, "b7");
  EXPECT_EQ(head.branch, "main");
  EXPECT_EQ(head.tag, "nightly");
  EXPECT_EQ(head.load, "500/s uniform for 3 s");
  EXPECT_EQ(head.started_at, SampleRun(3).started_at);
  EXPECT_EQ(StateWord(head), "complete");
  EXPECT_EQ(head.duration, std::chrono::seconds(3));
  EXPECT_EQ(head.measured, std::chrono::seconds(2));
  EXPECT_EQ(head.counts, total.counts);
  EXPECT_EQ(head.rate_per_s, 4.0);  // 2 seconds * 2 steps * 2 in the window / 2 s
  const Histogram response = MergedLatency(total, LatencyKind::kResponse).histogram;
  EXPECT_EQ(head.response_p50_ns, response.QuantileNs(0.5));
  EXPECT_EQ(head.response_p99_ns, response.QuantileNs(0.99));
}

TEST_F(HistoryTest, FiltersAndListsTheNewestFirst) {
  const RunId first = Record("b1", "main");
  const RunId second = Record("b2", "topic");
  const RunId third = Record("b3", "main");
  EXPECT_EQ(List({}), (std::vector<RunId>{third, second, first}));
  EXPECT_EQ(List({.branch = "main"}), (std::vector<RunId>{third, first}));
  EXPECT_EQ(List({.branch = "main", .last = 1}), (std::vector<RunId>{third}));
  EXPECT_EQ(List({.build = "b2"}), (std::vector<RunId>{second}));
  EXPECT_EQ(List({.ids = {first, second, 99}}), (std::vector<RunId>{second, first}));
  EXPECT_EQ(List({.scenario = "other"}), std::vector<RunId>{});
  EXPECT_EQ(List({.tag = "nightly", .target = "http://localhost:8080", .last = 2}),
            (std::vector<RunId>{third, second}));
  EXPECT_EQ(List({.build = "' OR 1=1 --"}), std::vector<RunId>{});
}

TEST_F(HistoryTest, FiltersByState) {
  const RunId killed = RecordKilledRun(path_, 1);
  const RunId whole = Record("b1", "main");
  EXPECT_EQ(List({.state = RunState::kComplete}), std::vector<RunId>{whole});
  EXPECT_EQ(List({.state = RunState::kRunning}), std::vector<RunId>{killed});
}

TEST_F(HistoryTest, LoadsTheMatchingRunsWhole) {
  Record("b1", "main");
  const RunId second = Record("b2", "main");
  const auto runs = Open()->LoadRuns({.last = 1});
  ASSERT_TRUE(runs) << runs.error().message;
  ASSERT_EQ(runs->size(), 1U);
  EXPECT_EQ(runs->front().id, second);
  EXPECT_EQ(runs->front().plan.build, "b2");
}

TEST_F(HistoryTest, SaysRunningWhileAWriterLivesAndIncompleteAfterwards) {
  auto writer = RunWriter::Begin(path_, SamplePlan(), WallTime{}, kTestOptions);
  ASSERT_TRUE(writer);
  const RunId id = (*writer)->id();
  EXPECT_EQ(StateWord(Open()->ListRuns()->front()), "running");
  EXPECT_EQ(Open()->LoadRun(id)->state_reason,
            "it is still being recorded; 0 s of it are in the history");
  writer->reset();
  const RunHead head = Open()->ListRuns()->front();
  EXPECT_EQ(StateWord(head), "incomplete");
  EXPECT_FALSE(head.duration);
  EXPECT_FALSE(head.counts);
  EXPECT_FALSE(head.rate_per_s);
  EXPECT_FALSE(head.response_p50_ns);
}

// Two writers at once, one of which ends: its lock must not go with, nor keep, the other's.
TEST_F(HistoryTest, TellsRunningRunsApart) {
  auto one = RunWriter::Begin(path_, SamplePlan(), WallTime{}, kTestOptions);
  auto two = RunWriter::Begin(path_, SamplePlan(), WallTime{}, kTestOptions);
  ASSERT_TRUE(one && two);
  const RunId first = (*one)->id();
  one->reset();
  const auto heads = Open()->ListRuns();
  ASSERT_TRUE(heads);
  for (const RunHead& head : *heads) {
    EXPECT_EQ(head.in_progress, head.id != first) << head.id;
  }
}

TEST_F(HistoryTest, SumsUpAKilledRunFromItsSeconds) {
  const RunId id = RecordKilledRun(path_, 3);
  const auto run = Open()->LoadRun(id);
  ASSERT_TRUE(run) << run.error().message;
  weir::Run expected = SampleRun(3);
  expected.state = RunState::kRunning;
  expected.state_reason =
      "the process that recorded it ended before the run did; 3 s of it are in the history";
  // What is written at the end only.
  expected.thresholds.clear();
  expected.measurements.clear();
  expected.unknown_usage.clear();
  ExpectSameRun(*run, expected);
}

TEST_F(HistoryTest, ARunThatIsNotThereIsAUsageError) {
  RecordSampleRun(path_, 1);
  const auto store = Open();
  const std::string expected =
      fmt::format("there is no run 17 in the history '{}'; `weir history` lists them", path_);
  EXPECT_EQ(store->LoadRun(17).error().message, expected);
  EXPECT_EQ(store->LoadRun(17).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(store->LoadSeconds(17).error().message, expected);
  EXPECT_EQ(store->LoadResources(17).error().message, expected);
}

// A transaction that reads keeps its moment of the file and does not hold the writer up.
TEST_F(HistoryTest, AReaderNeitherBlocksTheWriterNorSeesIt) {
  RecordSampleRun(path_, 2);
  const auto reader = Open();
  std::vector<std::uint32_t> seen;
  const Status read = reader->VisitSeconds(1, [&](const SecondPoint& point) {
    seen.push_back(point.second);
    EXPECT_NE(RecordSampleRun(path_, 1), 0);
  });
  EXPECT_TRUE(read) << read.error().message;
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(reader->ListRuns()->size(), 3U);
}

TEST_F(HistoryTest, ABlobThatDoesNotDecodeIsNamedByRunSecondAndStep) {
  const RunId id = RecordSampleRun(path_, 3);
  RunSql(path_,
         "UPDATE latency SET response_hdr = x'0102' WHERE outcome = 0 AND record_id ="
         " (SELECT record_id FROM step_record WHERE second = 2 AND step = 1)");
  const auto store = Open();
  const auto points = store->LoadSeconds(id);
  ASSERT_FALSE(points);
  EXPECT_EQ(points.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(points.error().message,
            fmt::format("cannot read run {} in the history '{}': second 2, step 1: response time "
                        "of completed requests: histogram bytes are not readable: 2 bytes are "
                        "fewer than the 8 of a header; restore the file from a copy, or leave this "
                        "run out",
                        id, path_));
  EXPECT_TRUE(store->LoadRun(id));  // Totals are whole.
  EXPECT_TRUE(store->ListRuns());
}

// Everything that a STRICT table still lets through must come back as an error, never as a number.
TEST_F(HistoryTest, ValuesOutOfRangeAreErrors) {
  constexpr const char* kDamages[] = {
      "UPDATE run SET state = 9",
      "UPDATE run SET duration_ns = NULL",
      "UPDATE run SET seconds_merged = -1",
      "UPDATE step SET step = step + 5",
      "UPDATE threshold SET metric = 77",
      "UPDATE threshold SET op = -1",
      "UPDATE threshold SET state = 4",
      "UPDATE step_record SET phase = 2",
      "UPDATE step_record SET step = 2",
      "UPDATE step_record SET planned = -5",
      "UPDATE step_record_error SET error = error + 1000",
      "UPDATE step_record_error SET requests = -1",
      "UPDATE latency SET outcome = outcome + 5",
      "UPDATE latency SET response_hdr = zeroblob(100)",
      "UPDATE latency SET service_hdr = x''",
      "UPDATE latency SET send_lag_min_ns = NULL",
  };
  const std::string whole = path_;
  const RunId id = RecordSampleRun(whole, 2);
  path_ = directory_.File("damaged.db");
  for (const char* damage : kDamages) {
    SCOPED_TRACE(damage);
    std::filesystem::copy_file(whole, path_, std::filesystem::copy_options::overwrite_existing);
    RunSql(path_, damage);
    const auto store = Open();
    const auto run = store->LoadRun(id);
    const auto heads = store->ListRuns();
    EXPECT_TRUE(!run || !heads);
    EXPECT_EQ(run ? heads.error().kind : run.error().kind, ErrorKind::kUnavailable);
  }
}

TEST_F(HistoryTest, TextsComeBackByteByByte) {
  RunPlan plan = SamplePlan();
  plan.tag = std::string("nul\0quote'\x80\xff", 13);
  plan.scenario = "";
  const RunId id = RecordSampleRun(path_, 1, plan);
  EXPECT_EQ(Open()->LoadRun(id)->plan.tag, plan.tag);
  EXPECT_EQ(Open()->LoadRun(id)->plan.scenario, "");
}

TEST_F(HistoryTest, VerdictsLoadBackEqual) {
  auto store = Store::OpenForWriting(path_, kTestOptions);
  ASSERT_TRUE(store);
  const GateResult first = SampleVerdict();
  ASSERT_TRUE((*store)->AppendVerdict(first, WallTime(Nanos(5))));
  const auto id = (*store)->AppendVerdict(GateResult{}, WallTime(Nanos(6)));
  ASSERT_TRUE(id) << id.error().message;

  const auto verdicts = Open()->ListVerdicts(10);
  ASSERT_TRUE(verdicts) << verdicts.error().message;
  ASSERT_EQ(verdicts->size(), 2U);
  EXPECT_EQ(verdicts->front().id, *id);
  const StoredVerdict& stored = verdicts->back();
  EXPECT_EQ(stored.decided_at, WallTime(Nanos(5)));
  EXPECT_EQ(stored.result.verdict, first.verdict);
  EXPECT_EQ(stored.result.reason, first.reason);
  EXPECT_EQ(stored.result.candidate, first.candidate);
  EXPECT_EQ(stored.result.baseline, first.baseline);
  EXPECT_EQ(stored.result.candidate_runs, first.candidate_runs);
  EXPECT_EQ(stored.result.baseline_runs, first.baseline_runs);
  EXPECT_EQ(stored.result.design, first.design);
  EXPECT_EQ(stored.result.warnings, first.warnings);
  ASSERT_EQ(stored.result.checks.size(), first.checks.size());
  for (std::size_t i = 0; i < first.checks.size(); ++i) {
    const GateCheck& actual = stored.result.checks[i];
    const GateCheck& expected = first.checks[i];
    EXPECT_EQ(actual.metric, expected.metric);
    EXPECT_EQ(actual.step, expected.step);
    EXPECT_EQ(actual.unit, expected.unit);
    EXPECT_EQ(actual.baseline, expected.baseline);
    EXPECT_EQ(actual.candidate, expected.candidate);
    EXPECT_EQ(actual.change_ratio, expected.change_ratio);
    EXPECT_EQ(actual.interval, expected.interval);
    EXPECT_EQ(actual.tolerance, expected.tolerance);
    EXPECT_EQ(actual.p_value, expected.p_value);
    EXPECT_EQ(actual.detectable, expected.detectable);
    EXPECT_EQ(actual.verdict, expected.verdict);
    EXPECT_EQ(actual.reason, expected.reason);
    EXPECT_EQ(actual.runs_needed, expected.runs_needed);
    EXPECT_EQ(actual.alpha, expected.alpha);
    EXPECT_EQ(actual.demand, expected.demand);
    EXPECT_EQ(actual.flip, expected.flip);
    EXPECT_EQ(actual.weight, expected.weight);
    EXPECT_EQ(actual.key, expected.key);
    EXPECT_EQ(actual.waiver, expected.waiver);
  }
  EXPECT_EQ(stored.result.action, first.action);
  EXPECT_EQ(stored.result.action_reason, first.action_reason);
  EXPECT_EQ(stored.result.score, first.score);
  EXPECT_FALSE(stored.record);
}

TEST_F(HistoryTest, ListsTheNewestVerdictsOnly) {
  auto store = Store::OpenForWriting(path_, kTestOptions);
  ASSERT_TRUE(store);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE((*store)->AppendVerdict(SampleVerdict(), WallTime(Nanos(i))));
  }
  const auto verdicts = (*store)->ListVerdicts(2);
  ASSERT_TRUE(verdicts);
  ASSERT_EQ(verdicts->size(), 2U);
  EXPECT_EQ((*verdicts)[0].decided_at, WallTime(Nanos(2)));
  EXPECT_EQ((*verdicts)[1].decided_at, WallTime(Nanos(1)));
}

// A hash that can be read: what was hashed, in brackets.
VerdictSeal SealOf(const std::string& inputs) {
  return {.inputs = inputs, .answer = "answer", .sha256 = [](std::string_view text) {
            return "[" + std::string(text) + "]";
          }};
}

TEST_F(HistoryTest, EachRecordFollowsTheOneBefore) {
  auto store = Store::OpenForWriting(path_, kTestOptions);
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->AppendVerdict(SampleVerdict(), WallTime{}, SealOf("one")));
  const auto second = (*store)->AppendVerdict(SampleVerdict(), WallTime{}, SealOf("two"));
  ASSERT_TRUE(second);

  std::vector<std::string> hashes;
  ASSERT_TRUE((*store)->VisitVerdicts(
      [&](const StoredVerdict& verdict) { hashes.push_back(verdict.record.value().sha256); }));
  EXPECT_EQ(hashes,
            (std::vector<std::string>{"[\none\nanswer]", "[[\none\nanswer]\ntwo\nanswer]"}));
  const auto loaded = (*store)->LoadVerdict(*second);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->record->previous_sha256, hashes[0]);
  EXPECT_EQ(loaded->record->inputs, "two");
  EXPECT_EQ((*store)->LoadVerdict(9).error().kind, ErrorKind::kUsage);
}

TEST_F(HistoryTest, JudgedRunsAreThoseOfTheNewestVerdictsThatAreGoodEnough) {
  const RunId first = RecordSampleRun(path_, 1);
  const RunId second = RecordSampleRun(path_, 1);
  auto store = Store::OpenForWriting(path_, kTestOptions);
  ASSERT_TRUE(store);
  const auto judge = [&](Verdict verdict, RunId run) {
    GateResult result;
    result.verdict = verdict;
    result.candidate_runs = {run};
    ASSERT_TRUE((*store)->AppendVerdict(result, WallTime{}));
  };
  judge(Verdict::kPass, first);
  judge(Verdict::kFail, second);
  judge(Verdict::kPass, 99);  // Gone from the history.
  EXPECT_EQ(*(*store)->JudgedRuns({}), std::vector<RunId>{first});
  EXPECT_EQ(*(*store)->JudgedRuns({.worst = Verdict::kFail}), std::vector<RunId>{second});
  EXPECT_EQ(*(*store)->JudgedRuns({.worst = Verdict::kFail, .verdicts = 2}),
            (std::vector<RunId>{first, second}));
  EXPECT_EQ(*(*store)->JudgedRuns({.scenario = "another"}), std::vector<RunId>{});
  EXPECT_EQ(*(*store)->JudgedRuns({.except = {first}}), std::vector<RunId>{});
}

TEST_F(HistoryTest, TheFileItselfRefusesToChangeAVerdict) {
  auto store = Store::OpenForWriting(path_, kTestOptions);
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->AppendVerdict(SampleVerdict(), WallTime{}, SealOf("x")));
  for (const std::string table :
       {"verdict", "verdict_run", "verdict_check", "verdict_warning", "verdict_record"}) {
    EXPECT_NE(TrySql(path_, "DELETE FROM " + table), "") << table;
    EXPECT_NE(TrySql(path_, "UPDATE " + table + " SET verdict_id = 7"), "") << table;
  }
}

TEST_F(HistoryTest, AReadOnlyStoreTakesNoVerdict) {
  RecordSampleRun(path_, 1);
  const auto id = Open()->AppendVerdict(SampleVerdict(), WallTime{});
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().kind, ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace weir::store
