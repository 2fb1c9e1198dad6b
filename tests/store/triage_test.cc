#include "store/triage.h"

#include <gtest/gtest.h>

#include "tests/store/store_fixture.h"

namespace weir::store {
namespace {

TriageNote NoteOf(RunId run, TriageState state) {
  return {0, WallTime(Nanos(7)), "shop", "400/s", "pay", "throughput", run, state, "ops", "why"};
}

TEST(TriageBookTest, NotesAreListedNewestFirstWithAllThatWasSaid) {
  const TempDir directory;
  const std::string path = directory.File("weir.db");
  ASSERT_TRUE((*TriageBook::OpenForWriting(path))->Append({NoteOf(3, TriageState::kAcknowledged)}));
  ASSERT_TRUE((*TriageBook::OpenForWriting(path))
                  ->Append({NoteOf(3, TriageState::kFixed), NoteOf(4, TriageState::kExpected)}));

  const auto notes = (*TriageBook::OpenForReading(path))->List();
  ASSERT_TRUE(notes) << notes.error().message;
  ASSERT_EQ(notes->size(), 3U);
  EXPECT_EQ(notes->front().run, 4);
  EXPECT_EQ((*notes)[1].state, TriageState::kFixed);
  const TriageNote& oldest = notes->back();
  EXPECT_EQ(oldest.id, 1);
  EXPECT_EQ(oldest.at, WallTime(Nanos(7)));
  EXPECT_EQ(oldest.scenario, "shop");
  EXPECT_EQ(oldest.load, "400/s");
  EXPECT_EQ(oldest.step, "pay");
  EXPECT_EQ(oldest.metric, "throughput");
  EXPECT_EQ(oldest.state, TriageState::kAcknowledged);
  EXPECT_EQ(oldest.by, "ops");
  EXPECT_EQ(oldest.why, "why");
}

TEST(TriageBookTest, EveryStateHasANameThatLeadsBackToIt) {
  for (std::size_t i = 0; i < kTriageStateCount; ++i) {
    const auto state = static_cast<TriageState>(i);
    EXPECT_EQ(TriageStateOf(TriageStateName(state)), state);
  }
  EXPECT_EQ(TriageStateOf("solved"), std::nullopt);
}

TEST(TriageBookTest, AStateThatNoVersionKnowsIsSaidToBeDamage) {
  const TempDir directory;
  const std::string path = directory.File("weir.db");
  ASSERT_TRUE((*TriageBook::OpenForWriting(path))->Append({NoteOf(3, TriageState::kFixed)}));
  RunSql(path, "UPDATE triage SET state = 9");
  const auto notes = (*TriageBook::OpenForReading(path))->List();
  ASSERT_FALSE(notes);
  EXPECT_EQ(notes.error().message,
            "cannot read what was said of regressions in the history '" + path +
                "': a value is missing or out of range; restore the file from a copy");
}

}  // namespace
}  // namespace weir::store
