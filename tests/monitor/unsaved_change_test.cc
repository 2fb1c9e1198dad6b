#include "monitor/unsaved_change.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::monitor {
namespace {

using store::MonitorChange;
using store::MonitorStateKind;
using store::MonitorStateRow;

MonitorChange Row(const std::string& key, const std::string& value) {
  MonitorChange change;
  change.rows.push_back({MonitorStateKind::kAlert, key, value});
  return change;
}

MonitorChange Message(const std::string& event_id) {
  MonitorChange change;
  change.messages.emplace_back();
  change.messages.back().event_id = event_id;
  return change;
}

std::vector<MonitorStateRow> NotAsked() {
  ADD_FAILURE() << "the whole is not needed";
  return {};
}

TEST(UnsavedChangeTest, KeepsOfEachPieceOfStateTheNewest) {
  UnsavedChange unsaved;
  EXPECT_TRUE(unsaved.empty());
  for (int step = 0; step < 100'000; ++step) {
    EXPECT_EQ(unsaved.Add(Row("a", std::to_string(step))), 0U);
    EXPECT_EQ(unsaved.Add(Row("b", step % 2 == 0 ? "here" : "")), 0U);
  }
  const MonitorChange& all = unsaved.Get(&NotAsked);
  ASSERT_EQ(all.rows.size(), 2U);
  EXPECT_EQ(all.rows[0].value, "99999");
  EXPECT_EQ(all.rows[1].value, "");
  EXPECT_FALSE(all.replaces_state);
  unsaved.Clear();
  EXPECT_TRUE(unsaved.empty());
}

TEST(UnsavedChangeTest, TellsApartPiecesOfDifferentKindsWithOneKey) {
  UnsavedChange unsaved;
  unsaved.Add(Row("a", "alert"));
  MonitorChange group;
  group.rows.push_back({MonitorStateKind::kGroup, "a", "group"});
  unsaved.Add(std::move(group));
  EXPECT_EQ(unsaved.Get(&NotAsked).rows.size(), 2U);
}

TEST(UnsavedChangeTest, AsksForTheWholeStateWhenTooMuchOfItHasChanged) {
  UnsavedChange unsaved;
  for (std::size_t i = 0; i < UnsavedChange::kRowsMax; ++i) {
    unsaved.Add(Row(std::to_string(i), "x"));
  }
  EXPECT_FALSE(unsaved.Get(&NotAsked).replaces_state);
  for (std::size_t i = 0; i < 3 * UnsavedChange::kRowsMax; ++i) {
    unsaved.Add(Row("more " + std::to_string(i), "x"));
    ASSERT_LE(unsaved.rows(), UnsavedChange::kRowsMax);
  }
  EXPECT_FALSE(unsaved.empty());
  for (const char* value : {"first try", "second try"}) {
    const MonitorChange& all = unsaved.Get([value] {
      return std::vector<MonitorStateRow>{{MonitorStateKind::kAlert, "a", value}};
    });
    EXPECT_TRUE(all.replaces_state);
    ASSERT_EQ(all.rows.size(), 1U);
    EXPECT_EQ(all.rows[0].value, value);
  }
  unsaved.Clear();
  unsaved.Add(Row("a", "x"));
  EXPECT_FALSE(unsaved.Get(&NotAsked).replaces_state);
}

TEST(UnsavedChangeTest, LosesTheOldestOfTooManyMessagesAndSaysHowMany) {
  UnsavedChange unsaved;
  for (std::size_t i = 0; i < UnsavedChange::kMessagesMax; ++i) {
    ASSERT_EQ(unsaved.Add(Message(std::to_string(i))), 0U);
  }
  EXPECT_EQ(unsaved.Add(Message("last")), 1U);
  const MonitorChange& all = unsaved.Get(&NotAsked);
  ASSERT_EQ(all.messages.size(), UnsavedChange::kMessagesMax);
  EXPECT_EQ(all.messages.front().event_id, "1");
  EXPECT_EQ(all.messages.back().event_id, "last");
}

}  // namespace
}  // namespace weir::monitor
