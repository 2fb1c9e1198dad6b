#include "store/deployments.h"

#include <gtest/gtest.h>

#include "store/history.h"
#include "tests/store/store_fixture.h"

namespace weir::store {
namespace {

class DeploymentsTest : public testing::Test {
 protected:
  void Add(const std::string& service, const std::string& phase) const {
    const auto store = Deployments::OpenForWriting(path_);
    ASSERT_TRUE(store) << store.error().message;
    const Deployment mark{0, WallTime(Nanos(7)), service, "b7", phase, "api", "m"};
    ASSERT_TRUE((*store)->Append(mark));
  }

  std::vector<Deployment> List(const DeploymentFilter& filter) const {
    const auto found = (*Deployments::OpenForReading(path_))->List(filter);
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(std::vector<Deployment>());
  }

  TempDir directory_;
  std::string path_ = directory_.File("weir.db");
};

TEST_F(DeploymentsTest, AreListedNewestFirstAndByServiceAndPhase) {
  Add("shop", "Progressing");
  Add("cart", "Progressing");
  Add("shop", "Succeeded");

  const std::vector<Deployment> all = List({});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all.front().phase, "Succeeded");
  EXPECT_EQ(all.front().at, WallTime(Nanos(7)));
  EXPECT_EQ(all.front().build, "b7");
  EXPECT_EQ(all.front().source, "api");
  EXPECT_EQ(all.front().message, "m");
  DeploymentFilter filter;
  filter.service = "shop";
  filter.phase = "Progressing";
  ASSERT_EQ(List(filter).size(), 1U);
  EXPECT_EQ(List(filter).front().id, 1);
  filter = {};
  filter.count = 2;
  EXPECT_EQ(List(filter).size(), 2U);
}

TEST_F(DeploymentsTest, AHistoryThatIsNotThereIsSaid) {
  EXPECT_FALSE(Deployments::OpenForReading(path_));
}

TEST_F(DeploymentsTest, TheChangeCountMovesWithWritesOfOthersOnly) {
  RecordSampleRun(path_, 1);
  const auto reader = Deployments::OpenForReading(path_);
  ASSERT_TRUE(reader);
  const auto before = (*reader)->ChangeCount();
  ASSERT_TRUE(before);
  EXPECT_EQ(*(*reader)->ChangeCount(), *before);
  Add("shop", "Progressing");
  EXPECT_NE(*(*reader)->ChangeCount(), *before);
}

}  // namespace
}  // namespace weir::store
