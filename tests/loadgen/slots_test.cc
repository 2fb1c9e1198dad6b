#include "loadgen/slots.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "loadgen/schedule.h"
#include "loadgen/slot_filler.h"
#include "tests/loadgen/models.h"
#include "tests/support/temp_dir.h"

namespace weir::loadgen {
namespace {

using scenarios::DataSource;
using scenarios::Request;

constexpr WallTime kNow{std::chrono::seconds(1'700'000'000) + std::chrono::milliseconds(7)};

Request With(std::string path, std::string body = "") {
  Request request;
  request.path = std::move(path);
  request.headers = {{"x-sig", "{{ value }}"}};
  request.body = std::move(body);
  request.has_slots = true;
  return request;
}

class SlotsTest : public testing::Test {
 protected:
  /// `request` filled in with this value of the variable `value`.
  Request Fill(const Request& request, const std::string& value = "") {
    SlotNames names(data_, tables_);
    values_.variables.assign(1, value);
    EXPECT_EQ(names.IndexOfVariable("value"), 0U);
    const Result<RequestSlots> slots = names.Resolve(request);
    if (!slots) {
      ADD_FAILURE() << slots.error().message;
      return {};
    }
    Request filled = slots->request;
    FillRequest(*slots, tables_, kNow, values_, filled);
    return filled;
  }

  std::string Body(const std::string& body, const std::string& value = "") {
    return Fill(With("/", body), value).body;
  }

  std::vector<DataSource> data_;
  std::vector<DataTable> tables_;
  RoundValues values_;
};

TEST_F(SlotsTest, FunctionsGiveWhatTheirSourcesSay) {
  EXPECT_EQ(Body("{{ timestamp() }} {{ timestamp_ms() }}"), "1700000000 1700000000007");
  // RFC 4648, section 10.
  EXPECT_EQ(Body("{{ base64('fooba') }}|{{ base64('') }}"), "Zm9vYmE=|");
  // RFC 4231, test case 2.
  EXPECT_EQ(Body("{{ hmac('Jefe', 'what do ya want for nothing?') }}"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Body("{{ base64(concat(value, ':', 1)) }}", "a"), "YTox");
  EXPECT_EQ(Body("{{ urlencode(value) }}", "a b/\xC3\xA9~"), "a%20b%2F%C3%A9~");
  EXPECT_EQ(Body("{{ json(value) }}", "a\"b\\\n"), "a\\\"b\\\\\\u000a");
}

TEST_F(SlotsTest, ACounterCountsRounds) {
  EXPECT_EQ(Body("{{ counter() }}"), "1");
  values_.number = 41;
  EXPECT_EQ(Body("{{ counter() }} {{ counter() }}"), "42 42");
}

TEST_F(SlotsTest, RandomReachesBothEndsAndNothingElse) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    seen.insert(Body("{{ random(-1, 2) }}"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"-1", "0", "1", "2"}));
}

TEST_F(SlotsTest, ChoicesAreAllTaken) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    seen.insert(Body("{{ choice('a', value, 3) }}", "v"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"a", "v", "3"}));
}

TEST_F(SlotsTest, UuidsAreOfVersionFourAndDiffer) {
  const std::string two = Body("{{ uuid() }}{{ uuid() }}");
  ASSERT_EQ(two.size(), 72U);
  EXPECT_NE(two.substr(0, 36), two.substr(36));
  for (const std::size_t at : {0U, 36U}) {
    EXPECT_EQ(two[at + 14], '4');
    EXPECT_NE(std::string("89ab").find(two[at + 19]), std::string::npos);
  }
}

TEST_F(SlotsTest, AValueCannotChangeTheShapeOfARequest) {
  const std::string hostile = "x y\r\nHost: evil\r\n\r\n#%41";
  const Request filled = Fill(With("/p?q={{ value }}"), hostile);
  EXPECT_EQ(filled.path, "/p?q=x%20y%0D%0AHost:%20evil%0D%0A%0D%0A%23%41");
  EXPECT_EQ(filled.headers[0].value, "x y  Host: evil    #%41");
}

TEST_F(SlotsTest, ColumnsComeFromTheRowOfTheRound) {
  const tests::TempDir dir;
  data_ = {{.name = "users", .file = dir.Write("u.csv", "id,name\n1,ann\n2,bob\n")}};
  Result<DataTable> table = DataTable::Open(data_[0]);
  ASSERT_TRUE(table);
  tables_.push_back(*std::move(table));
  values_.rows = {1};
  EXPECT_EQ(Body("{{ users.name }}-{{ users.id }}"), "bob-2");

  SlotNames names(data_, tables_);
  const Result<RequestSlots> slots = names.Resolve(With("/{{ users.nick }}"));
  ASSERT_FALSE(slots);
  EXPECT_NE(slots.error().message.find("nick"), std::string::npos);
}

/// Which rows rounds have.
class RowsTest : public testing::Test {
 protected:
  PreparedScenario With(DataSource::Order order, bool loops) {
    DataSource source{.name = "users", .file = dir_.Write("u.csv", "id\na\nb\nc\n")};
    source.order = order;
    source.loops = loops;
    PreparedScenario scenario;
    Result<DataTable> table = DataTable::Open(source);
    EXPECT_TRUE(table);
    scenario.tables.push_back(*std::move(table));
    scenario.fills_slots = true;
    scenario.parts.emplace_back().tables = {0};
    Wire wire;
    scenario.wires.push_back(wire);
    auto slots = std::make_shared<RequestSlots>();
    slots->path = {{.filler = scenarios::Filler::kText, .text = "/"},
                   {.filler = scenarios::Filler::kColumn, .index = 0, .column = 0}};
    slots->request.path = "/";
    request_.slots = slots;
    return scenario;
  }

  /// The row's letter; empty at the end of the data.
  std::string RowOf(SlotFiller& filler, std::uint64_t number) {
    if (!filler.BeginRound(0, {number, 0, is_user_})) {
      return "";
    }
    const std::string& bytes = filler.Fill(0, request_, kNow).bytes;
    return bytes.substr(bytes.find('/') + 1, 1);
  }

  std::string Rows(SlotFiller& filler, std::uint64_t count) {
    std::string rows;
    for (std::uint64_t number = 0; number < count; ++number) {
      rows += RowOf(filler, number);
    }
    return rows;
  }

  tests::TempDir dir_;
  PreparedRequest request_;
  bool is_user_ = false;
};

TEST_F(RowsTest, SequentialFollowsTheNumberOfTheRoundAndLoops) {
  const PreparedScenario scenario = With(DataSource::Order::kSequential, true);
  SlotFiller filler(scenario, 1);
  EXPECT_EQ(Rows(filler, 7), "abcabca");
}

TEST_F(RowsTest, SequentialEndsWhenItDoesNotLoop) {
  const PreparedScenario scenario = With(DataSource::Order::kSequential, false);
  SlotFiller filler(scenario, 1);
  EXPECT_EQ(Rows(filler, 7), "abc");
}

TEST_F(RowsTest, RandomDependsOnSeedAndRoundOnly) {
  const PreparedScenario scenario = With(DataSource::Order::kRandom, true);
  SlotFiller one(scenario, 1);
  SlotFiller same(scenario, 1);
  SlotFiller other(scenario, 2);
  const std::string rows = Rows(one, 40);
  EXPECT_EQ(std::set<char>(rows.begin(), rows.end()), (std::set<char>{'a', 'b', 'c'}));
  EXPECT_EQ(Rows(same, 40), rows);
  EXPECT_NE(Rows(other, 40), rows);
}

// What other parts of the run use up is not theirs.
TEST_F(RowsTest, PartsOfARunGoThroughTheirOwnDataWithTheirOwnDraws) {
  PreparedScenario scenario = With(DataSource::Order::kSequential, false);
  scenario.parts.emplace_back();
  scenario.parts.emplace_back().tables = {0};
  SlotFiller filler(scenario, 1);
  EXPECT_TRUE(filler.BeginRound(0, {1000, 1}));
  EXPECT_FALSE(filler.BeginRound(0, {1000, 2}));
  EXPECT_EQ(SeedOfPart(9, 0), 9U);
  EXPECT_NE(SeedOfPart(9, 1), SeedOfPart(9, 2));
  EXPECT_NE(SeedOfPart(9, 1), SeedOfPart(8, 1));
}

TEST_F(RowsTest, AUserKeepsAUniqueRow) {
  const PreparedScenario scenario = With(DataSource::Order::kUnique, false);
  SlotFiller filler(scenario, 1);
  ASSERT_TRUE(filler.BeginUser(0, 2, 0));
  is_user_ = true;
  EXPECT_EQ(Rows(filler, 3), "ccc");
  EXPECT_FALSE(filler.BeginUser(0, 3, 0));
}

}  // namespace
}  // namespace weir::loadgen
