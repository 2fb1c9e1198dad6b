#include "monitor/gate_news.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "store/history.h"
#include "tests/store/store_fixture.h"
#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

GateVerdict Judged(std::string subject, Verdict verdict, std::int64_t id) {
  return {.id = id, .subject = std::move(subject), .verdict = verdict};
}

std::int64_t Worst(const std::vector<GateVerdict>& verdicts) {
  const GateVerdict* worst = WorstStanding(verdicts);
  return worst == nullptr ? 0 : worst->id;
}

TEST(WorstStandingTest, ALaterVerdictOfTheSameSubjectReplacesTheOneBefore) {
  EXPECT_EQ(Worst({}), 0);
  EXPECT_EQ(Worst({Judged("shop", Verdict::kPass, 3), Judged("shop", Verdict::kFail, 2)}), 3);
}

TEST(WorstStandingTest, APassOfOneHidesNoFailOfAnother) {
  EXPECT_EQ(Worst({Judged("cart", Verdict::kPass, 4), Judged("shop", Verdict::kFail, 3),
                   Judged("mail", Verdict::kFail, 2), Judged("cart", Verdict::kFail, 1)}),
            3);
}

class GateReaderTest : public testing::Test {
 protected:
  std::int64_t Append(GateResult result, const store::VerdictSeal& seal = {}) {
    auto store = store::Store::OpenForWriting(path_);
    EXPECT_TRUE(store) << store.error().message;
    const auto id = (*store)->AppendVerdict(result, WallTime(std::chrono::seconds(7)), seal);
    EXPECT_TRUE(id) << id.error().message;
    return *id;
  }

  tests::TempDir directory_;
  std::string path_ = directory_.File("weir.db");
};

TEST_F(GateReaderTest, NamesTheScenarioOfARunAndTheServiceOfAWatch) {
  GateResult gate = store::SampleVerdict();
  gate.candidate_runs = {store::RecordSampleRun(path_, 3)};
  const std::int64_t of_gate = Append(gate);
  GateResult watch = store::SampleVerdict();
  watch.candidate_runs.clear();
  watch.design = "canary";
  Append(watch, {.inputs = R"({"service": "cart", "seconds": []})",
                 .answer = "{}",
                 .sha256 = [](std::string_view) { return std::string(64, 'a'); }});
  GateReader reader(path_);
  const std::optional<GateNews> news = reader.ReadIfChanged();
  ASSERT_TRUE(news);
  EXPECT_EQ(news->trouble, "");
  ASSERT_EQ(news->verdicts.size(), 2U);
  EXPECT_EQ(news->verdicts[0].subject, "cart");
  EXPECT_EQ(news->verdicts[1].subject, "checkout");
  EXPECT_EQ(news->verdicts[1].id, of_gate);
  EXPECT_EQ(news->verdicts[1].candidate, "build:b7");
  EXPECT_EQ(news->verdicts[1].verdict, Verdict::kFail);
  EXPECT_EQ(news->verdicts[1].at, WallTime(std::chrono::seconds(7)));
}

TEST_F(GateReaderTest, AScenarioStandsWithItsNewestVerdictHoweverManyOthersThereAre) {
  RunPlan plan = store::SamplePlan();
  plan.scenario = "cart";
  GateResult cart = store::SampleVerdict();
  cart.candidate_runs = {store::RecordSampleRun(path_, 1, plan)};
  Append(cart);
  GateResult other = store::SampleVerdict();
  other.candidate_runs = {store::RecordSampleRun(path_, 1)};
  GateReader reader(path_);
  for (int i = 0; i < 25; ++i) {
    Append(other);
    if (i % 5 == 0) {
      ASSERT_TRUE(reader.ReadIfChanged());
    }
  }
  other.verdict = Verdict::kPass;
  Append(other);
  for (int i = 0; i < 2; ++i) {
    // One that has read them as they came, and one that begins now.
    GateReader fresh(path_);
    const std::optional<GateNews> news = (i == 0 ? reader : fresh).ReadIfChanged();
    ASSERT_TRUE(news);
    EXPECT_EQ(news->verdicts.size(), GateNews::kListed);
    ASSERT_EQ(news->standing.size(), 2U);
    EXPECT_EQ(news->standing[0].scenario, "cart");
    EXPECT_EQ(news->standing[0].verdict, Verdict::kFail);
    EXPECT_EQ(news->standing[0].build, plan.build);
    EXPECT_EQ(news->standing[1].scenario, "checkout");
    EXPECT_EQ(news->standing[1].verdict, Verdict::kPass);
  }
}

TEST_F(GateReaderTest, ReadsAgainOnlyWhatSomebodyHasWritten) {
  Append(store::SampleVerdict());
  GateReader reader(path_);
  ASSERT_TRUE(reader.ReadIfChanged());
  EXPECT_FALSE(reader.ReadIfChanged());
  ASSERT_TRUE((*store::Deployments::OpenForWriting(path_))
                  ->Append({.at = WallTime(std::chrono::seconds(9)),
                            .service = "shop",
                            .build = "b8",
                            .phase = "Succeeded",
                            .source = "flagger"}));
  const std::optional<GateNews> news = reader.ReadIfChanged();
  ASSERT_TRUE(news);
  ASSERT_EQ(news->deployments.size(), 1U);
  EXPECT_EQ(news->deployments[0].build, "b8");
  EXPECT_FALSE(reader.ReadIfChanged());
}

TEST_F(GateReaderTest, SaysWhatItCannotReadAndTriesAgain) {
  GateReader reader(path_);
  const std::optional<GateNews> none = reader.ReadIfChanged();
  ASSERT_TRUE(none);
  EXPECT_NE(none->trouble, "");
  Append(store::SampleVerdict());
  const std::optional<GateNews> news = reader.ReadIfChanged();
  ASSERT_TRUE(news);
  EXPECT_EQ(news->trouble, "");
  EXPECT_EQ(news->verdicts.size(), 1U);
}

}  // namespace
}  // namespace weir::monitor
