#include "store/monitor_book.h"

#include <gtest/gtest.h>

#include "tests/store/store_fixture.h"

namespace weir::store {
namespace {

OutboxMessage Message(const std::string& event, const std::string& dedup, std::int64_t due_ns) {
  OutboxMessage message;
  message.event_id = event;
  message.dedup_key = dedup;
  message.channel = "chat";
  message.payload = "{}";
  message.created_at = WallTime(Nanos(1));
  message.due_at = WallTime(Nanos(due_ns));
  return message;
}

class MonitorBookTest : public testing::Test {
 protected:
  std::unique_ptr<MonitorBook> Open() const {
    auto book = MonitorBook::OpenForWriting(path_);
    EXPECT_TRUE(book) << book.error().message;
    return std::move(*book);
  }

  std::string Next(MonitorBook& book) const {
    const auto next = book.NextFor("chat");
    EXPECT_TRUE(next) << next.error().message;
    return *next ? (*next)->event_id : "none";
  }

  TempDir directory_;
  std::string path_ = directory_.File("weir.db");
};

TEST_F(MonitorBookTest, StateIsPutReplacedAndTakenAway) {
  ASSERT_TRUE(Open()->Commit({.rows = {{MonitorStateKind::kAlert, "a", "1"},
                                       {MonitorStateKind::kAlert, "b", "2"},
                                       {MonitorStateKind::kGroup, "a", "3"}},
                              .messages = {}}));
  ASSERT_TRUE(Open()->Commit(
      {.rows = {{MonitorStateKind::kAlert, "a", "4"}, {MonitorStateKind::kAlert, "b", ""}},
       .messages = {}}));
  const auto alerts = Open()->LoadState(MonitorStateKind::kAlert);
  ASSERT_TRUE(alerts);
  ASSERT_EQ(alerts->size(), 1U);
  EXPECT_EQ(alerts->front().value, "4");
  EXPECT_EQ(Open()->LoadState(MonitorStateKind::kGroup)->size(), 1U);
}

TEST_F(MonitorBookTest, AWholeStateReplacesAlertsAndGroupsAndNothingElse) {
  ASSERT_TRUE(Open()->Commit({.rows = {{MonitorStateKind::kAlert, "a", "1"},
                                       {MonitorStateKind::kGroup, "a", "2"},
                                       {MonitorStateKind::kSilence, "a", "3"}},
                              .messages = {}}));
  ASSERT_TRUE(Open()->Commit(
      {.rows = {{MonitorStateKind::kAlert, "b", "4"}}, .messages = {}, .replaces_state = true}));
  const auto alerts = Open()->LoadState(MonitorStateKind::kAlert);
  ASSERT_TRUE(alerts);
  ASSERT_EQ(alerts->size(), 1U);
  EXPECT_EQ(alerts->front().key, "b");
  EXPECT_TRUE(Open()->LoadState(MonitorStateKind::kGroup)->empty());
  EXPECT_EQ(Open()->LoadState(MonitorStateKind::kSilence)->size(), 1U);
}

TEST_F(MonitorBookTest, MessagesOfAChannelThatIsGoneAreGivenUpWhenTheyAreOld) {
  const auto book = Open();
  OutboxMessage young = Message("e2", "k", 5);
  young.created_at = WallTime(Nanos(100));
  OutboxMessage other = Message("e3", "k", 5);
  other.channel = "pager";
  ASSERT_TRUE(book->Commit({.rows = {}, .messages = {Message("e1", "k", 5), young, other}}));
  const std::vector<std::string> channels = {"pager"};
  const auto given_up = book->GiveUpStrays(
      channels, {.created_before = WallTime(Nanos(50)), .at = WallTime(Nanos(200))});
  ASSERT_TRUE(given_up) << given_up.error().message;
  EXPECT_EQ(*given_up, 1U);
  EXPECT_EQ(book->Counts()->waiting, 2U);
  EXPECT_EQ(book->Counts()->given_up, 1U);
  EXPECT_EQ(book->ListMessages(9)->back().error, "the channel is no longer in the file");
}

// A trigger that overtakes the resolve before it would open a second incident.
TEST_F(MonitorBookTest, MessagesOfOneKeyKeepTheirOrderAndOthersOvertake) {
  const auto book = Open();
  ASSERT_TRUE(book->Commit(
      {.rows = {},
       .messages = {Message("e1", "k", 5), Message("e2", "k", 1), Message("e3", "other", 3)}}));
  EXPECT_EQ(Next(*book), "e3");
  ASSERT_TRUE(book->Record({.id = 3, .state = DeliveryState::kDelivered, .at = {}, .due_at = {}}));
  EXPECT_EQ(Next(*book), "e1");
  ASSERT_TRUE(book->Record({.id = 1, .state = DeliveryState::kGivenUp, .error = "gone"}));
  EXPECT_EQ(Next(*book), "e2");
}

TEST_F(MonitorBookTest, AnEventThatIsThereAlreadyIsNotDoubled) {
  const auto book = Open();
  ASSERT_TRUE(book->Commit({.rows = {}, .messages = {Message("e1", "k", 5)}}));
  ASSERT_TRUE(book->Commit({.rows = {}, .messages = {Message("e1", "k", 5)}}));
  EXPECT_EQ(book->Counts()->waiting, 1U);
}

TEST_F(MonitorBookTest, AnAttemptThatFailsIsDueLaterAndSaysWhy) {
  const auto book = Open();
  ASSERT_TRUE(book->Commit({.rows = {}, .messages = {Message("e1", "k", 5)}}));
  ASSERT_TRUE(book->Record({.id = 1,
                            .state = DeliveryState::kWaiting,
                            .at = WallTime(Nanos(6)),
                            .due_at = WallTime(Nanos(90)),
                            .error = "it answers 503"}));
  const auto next = book->NextFor("chat");
  ASSERT_TRUE(next && *next);
  EXPECT_EQ((*next)->attempts, 1U);
  EXPECT_EQ((*next)->due_at, WallTime(Nanos(90)));
  EXPECT_EQ((*next)->error, "it answers 503");
  EXPECT_FALSE((*next)->ended_at);
  EXPECT_EQ(book->Counts()->oldest_waiting, WallTime(Nanos(1)));
}

}  // namespace
}  // namespace weir::store
