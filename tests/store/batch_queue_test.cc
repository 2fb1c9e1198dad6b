#include "store/internal/batch_queue.h"

#include <numeric>

#include <gtest/gtest.h>

#include "tests/store/store_fixture.h"

namespace weir::store::internal {
namespace {

std::uint64_t Planned(const Batch& batch) {
  std::uint64_t planned = 0;
  for (const SecondRecord& second : batch.seconds) {
    for (const StepRecord& step : second.steps) {
      planned += step.counts.planned;
    }
  }
  return planned;
}

TEST(BatchQueueTest, HandsOverWhatWasPushedInOrder) {
  BatchQueue queue(4);
  queue.Push(SampleSecond(0));
  queue.Push(SampleSecond(1));
  queue.Push(SampleResources(1));
  const Batch batch = queue.Take();
  ASSERT_EQ(batch.seconds.size(), 2U);
  ExpectSameRecord(batch.seconds[1].steps[1], SampleSecond(1).steps[1]);
  EXPECT_EQ(batch.resources.size(), 1U);
  EXPECT_EQ(batch.seconds_merged, 0U);
  EXPECT_TRUE(queue.empty());
}

TEST(BatchQueueTest, MergesAndCountsWhatDoesNotFit) {
  BatchQueue queue(2);
  for (std::uint32_t second = 0; second < 5; ++second) {
    queue.Push(SampleSecond(second));
  }
  const Batch batch = queue.Take();
  EXPECT_EQ(batch.seconds.size(), 2U);
  EXPECT_EQ(batch.seconds[1].second, 1U);
  EXPECT_EQ(batch.seconds_merged, 3U);
  EXPECT_EQ(Planned(batch), 5U * 14U);
}

TEST(BatchQueueTest, KeepsPhasesApartWhenItMerges) {
  BatchQueue queue(1);
  queue.Push(SampleSecond(0));  // Warm-up.
  queue.Push(SampleSecond(1));
  const Batch batch = queue.Take();
  ASSERT_EQ(batch.seconds.size(), 1U);
  ASSERT_EQ(batch.seconds[0].steps.size(), 4U);
  ExpectSameRecord(batch.seconds[0].steps[0], SampleSecond(0).steps[0]);
  ExpectSameRecord(batch.seconds[0].steps[2], SampleSecond(1).steps[0]);
}

TEST(BatchQueueTest, AddsUpASecondThatComesTwiceWithoutCountingAMerge) {
  BatchQueue queue(2);
  queue.Push(SampleSecond(7));
  queue.Push(SampleSecond(7));
  const Batch batch = queue.Take();
  ASSERT_EQ(batch.seconds.size(), 1U);
  EXPECT_EQ(batch.seconds[0].steps[0].counts.planned, 14U);
  EXPECT_EQ(batch.seconds_merged, 0U);
}

TEST(BatchQueueTest, CountsMergesOverTheWholeRun) {
  BatchQueue queue(1);
  queue.Push(SampleSecond(0));
  queue.Push(SampleSecond(1));
  EXPECT_EQ(queue.Take().seconds_merged, 1U);
  queue.Push(SampleSecond(2));
  queue.Push(SampleSecond(3));
  EXPECT_EQ(queue.Take().seconds_merged, 2U);
}

TEST(BatchQueueTest, FoldsSurplusResourceSamplesIntoTheLast) {
  BatchQueue queue(1);
  for (std::uint32_t second = 0; second < BatchQueue::kResourcesMax; ++second) {
    queue.Push(SampleResources(second));
  }
  queue.Push(ResourceSample{
      .second = 900, .cpu_s = 99, .rss_bytes = 1, .in_flight = 50, .connections = 1});
  const Batch batch = queue.Take();
  ASSERT_EQ(batch.resources.size(), BatchQueue::kResourcesMax);
  const ResourceSample& last = batch.resources.back();
  EXPECT_EQ(last.second, 900U);
  EXPECT_EQ(last.cpu_s, 99);
  EXPECT_EQ(last.rss_bytes, 10'000'063U);
  EXPECT_EQ(last.in_flight, 50U);
  EXPECT_EQ(last.connections, 4U);
}

}  // namespace
}  // namespace weir::store::internal
