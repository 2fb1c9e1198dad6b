#include "store/figures.h"

#include <gtest/gtest.h>

#include "store/history.h"
#include "tests/store/store_fixture.h"

namespace weir::store {
namespace {

RunFigures Sample(RunId run, double p99) {
  return {.run = run,
          .edition = 3,
          .figures = {{.step = "", .name = "apdex"},
                      {.step = "", .name = "p99", .value = p99, .error = 0.5, .lower_bound = true},
                      {.step = "cart", .name = "p99", .value = 7}}};
}

class FiguresTest : public testing::Test {
 protected:
  void Save(const std::vector<RunFigures>& figures) const {
    const Status saved = (*Store::OpenForWriting(path_))->SaveFigures(figures);
    ASSERT_TRUE(saved) << saved.error().message;
  }

  std::vector<RunFigures> Kept(RunId first = 0, int edition = 3) const {
    std::vector<RunFigures> kept;
    const Status read = (*Store::OpenForReading(path_))
                            ->VisitFigures(first, edition, [&kept](const RunFigures& figures) {
                              kept.push_back(figures);
                            });
    EXPECT_TRUE(read) << read.error().message;
    return kept;
  }

  TempDir directory_;
  std::string path_ = directory_.File("weir.db");
  RunId first_ = RecordSampleRun(path_, 1);
  RunId second_ = RecordSampleRun(path_, 1);
};

TEST_F(FiguresTest, ComeBackByRunAsTheyWereKept) {
  Save({Sample(second_, 2), Sample(first_, 1)});
  const std::vector<RunFigures> kept = Kept();
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].run, first_);
  EXPECT_EQ(kept[0].edition, 3);
  EXPECT_EQ(kept[0].figures, Sample(first_, 1).figures);
  EXPECT_EQ(kept[1].figures, Sample(second_, 2).figures);
  EXPECT_EQ(Kept(second_).size(), 1U);
}

TEST_F(FiguresTest, OfAnotherEditionAreNotSeen) {
  Save({Sample(first_, 1)});
  EXPECT_TRUE(Kept(0, 4).empty());
}

TEST_F(FiguresTest, NewOnesReplaceOldOnes) {
  Save({Sample(first_, 1)});
  Save({{.run = first_, .edition = 3, .figures = {{.step = "", .name = "p50", .value = 4}}}});
  ASSERT_EQ(Kept().size(), 1U);
  EXPECT_EQ(Kept()[0].figures.size(), 1U);
}

TEST_F(FiguresTest, ARunOfWhichNothingCouldBeReadOffIsKnownAsSuch) {
  Save({{.run = first_, .edition = 3, .figures = {}}});
  ASSERT_EQ(Kept().size(), 1U);
  EXPECT_TRUE(Kept()[0].figures.empty());
}

TEST_F(FiguresTest, OfARunThatIsGoneAreIgnoredAndGoWithIt) {
  Save({Sample(99, 1), Sample(first_, 1)});
  EXPECT_EQ(Kept().size(), 1U);
  RunSql(path_,
         "PRAGMA foreign_keys = ON; DELETE FROM run WHERE run_id = " + std::to_string(first_));
  EXPECT_TRUE(Kept().empty());
  EXPECT_EQ(QuerySql(path_, "SELECT count(*) FROM figure"), "0\n");
}

TEST_F(FiguresTest, AreWrittenWithTheEndOfTheRun) {
  const weir::Run run = SampleRun(1);
  auto writer = RunWriter::Begin(path_, run.plan, run.started_at, kTestOptions);
  ASSERT_TRUE(writer);
  const RunId id = (*writer)->id();
  ASSERT_TRUE((*writer)->Finish(run, Sample(0, 5)));
  ASSERT_EQ(Kept().size(), 1U);
  EXPECT_EQ(Kept()[0].run, id);
}

TEST_F(FiguresTest, DamageIsToldWithTheWayOut) {
  Save({Sample(first_, 1)});
  RunSql(path_, "UPDATE figure SET lower_bound = 7");
  const Status read = (*Store::OpenForReading(path_))->VisitFigures(0, 3, [](const RunFigures&) {});
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("delete its row in run_figures"), std::string::npos);
}

}  // namespace
}  // namespace weir::store
