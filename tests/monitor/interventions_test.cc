#include "monitor/interventions.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "monitor/alert_marks.h"
#include "monitor/state_codec.h"
#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{1'700'000'000s};

// A history with alerts in it, as a monitor leaves them.
class InterventionsTest : public testing::Test {
 protected:
  InterventionsTest() {
    auto book = store::MonitorBook::OpenForWriting(folder_.File("weir.db"));
    EXPECT_TRUE(book) << book.error().message;
    book_ = std::move(*book);
  }

  void Fire(const Labels& labels, WallTime at, AlertPhase phase = AlertPhase::kFiring) {
    AlertInstance alert{.labels = labels};
    alert.state = {.phase = phase, .active_since = at, .fired_at = at};
    const Status put = book_->Commit(
        {.rows = {{store::MonitorStateKind::kAlert, AlertKey(labels), EncodeAlert(alert)}},
         .messages = {}});
    EXPECT_TRUE(put);
  }

  AlertBook Load() {
    Result<AlertBook> loaded = LoadAlertBook(*book_);
    EXPECT_TRUE(loaded);
    return std::move(*loaded);
  }

  std::string Silence(std::vector<std::string> matchers, Nanos from, Nanos until) {
    const auto silence = MakeSilence({.matchers = std::move(matchers),
                                      .starts_at = kNow + from,
                                      .ends_at = kNow + until,
                                      .speaker = {"ann", "moves"}});
    EXPECT_TRUE(silence) << silence.error().message;
    EXPECT_TRUE(AddSilence(*book_, *silence));
    return silence->id;
  }

  tests::TempDir folder_;
  std::unique_ptr<store::MonitorBook> book_;
  const Labels shop_{{"alertname", "Slow"}, {"service", "shop"}};
  const Labels cart_{{"alertname", "Slow"}, {"service", "cart"}};
};

TEST_F(InterventionsTest, ASilenceHoldsToTheInstant) {
  const std::string id = Silence({"service=\"shop\""}, 1s, 10s);
  const AlertBook book = Load();
  EXPECT_EQ(book.SilenceOf(shop_, kNow + 1s - 1ns), nullptr);
  ASSERT_NE(book.SilenceOf(shop_, kNow + 1s), nullptr);
  EXPECT_EQ(book.SilenceOf(shop_, kNow + 1s)->id, id);
  EXPECT_EQ(book.SilenceOf(shop_, kNow + 1s)->speaker.comment, "moves");
  EXPECT_NE(book.SilenceOf(shop_, kNow + 10s - 1ns), nullptr);
  EXPECT_EQ(book.SilenceOf(shop_, kNow + 10s), nullptr);
  EXPECT_EQ(book.SilenceOf(cart_, kNow + 5s), nullptr);
}

TEST_F(InterventionsTest, ASilenceIsRemovedByTheBeginningOfItsId) {
  const std::string id = Silence({"service=shop"}, 0s, 10s);
  EXPECT_FALSE(RemoveSilence(*book_, "zzzz"));
  EXPECT_FALSE(RemoveSilence(*book_, id.substr(0, 3)));
  ASSERT_TRUE(RemoveSilence(*book_, id.substr(0, 6)));
  EXPECT_TRUE(Load().silences.empty());
}

TEST_F(InterventionsTest, WhatIsNoSilenceIsRefused) {
  const auto refused = [](std::vector<std::string> matchers, Nanos until) {
    return !MakeSilence({std::move(matchers), kNow, kNow + until, {}});
  };
  EXPECT_TRUE(refused({}, 1h));
  EXPECT_TRUE(refused({"service"}, 1h));
  EXPECT_TRUE(refused({"service=~\"(\""}, 1h));
  EXPECT_TRUE(refused({"service=shop"}, 0s));
  // Both match an alert without any label: that would be all of them.
  EXPECT_TRUE(refused({"service!=shop"}, 1h));
  EXPECT_TRUE(refused({"service=~\".*\""}, 1h));
  EXPECT_FALSE(refused({"service=~\".+\""}, 1h));
}

TEST_F(InterventionsTest, AlertsAreChosenByIdOrByMatchers) {
  Fire(shop_, kNow);
  Fire(cart_, kNow);
  Fire({{"alertname", "Soon"}}, kNow, AlertPhase::kPending);
  const std::vector<AlertInstance> alerts = Load().alerts;
  ASSERT_EQ(alerts.size(), 3U);
  EXPECT_EQ(alerts.back().state.phase, AlertPhase::kPending);
  const std::string id = AlertKey(shop_);
  const auto by_id = ChooseFiring(alerts, {.ids = {id.substr(0, 8)}, .matchers = {}});
  ASSERT_TRUE(by_id) << by_id.error().message;
  ASSERT_EQ(by_id->size(), 1U);
  EXPECT_EQ(by_id->front().labels, shop_);
  EXPECT_EQ(ChooseFiring(alerts, {.ids = {}, .matchers = {"alertname=Slow"}})->size(), 2U);
  EXPECT_FALSE(ChooseFiring(alerts, {.ids = {}, .matchers = {"alertname=Soon"}}));
  EXPECT_FALSE(ChooseFiring(alerts, {.ids = {id.substr(0, 3)}, .matchers = {}}));
  EXPECT_FALSE(ChooseFiring(alerts, {}));
}

TEST_F(InterventionsTest, AnAcknowledgementIsOfOneEpisode) {
  Fire(shop_, kNow);
  Fire(cart_, kNow);
  const auto chosen = ChooseFiring(Load().alerts, {.ids = {}, .matchers = {"service=shop"}});
  ASSERT_TRUE(chosen);
  ASSERT_TRUE(Acknowledge(*book_, *chosen, {"ann\x1b", ""}, kNow + 1s));
  AlertBook book = Load();
  for (const AlertInstance& alert : book.alerts) {
    EXPECT_EQ(book.Of(alert) != nullptr, alert.labels == shop_);
  }
  EXPECT_EQ(book.acknowledgements.front().speaker.by, "ann\\x1b");
  // It ended, and fires again.
  Fire(shop_, kNow + 1h);
  book = Load();
  for (const AlertInstance& alert : book.alerts) {
    EXPECT_EQ(book.Of(alert), nullptr);
  }
  ASSERT_TRUE(TakeBack(*book_, *chosen));
  EXPECT_TRUE(Load().acknowledgements.empty());
}

TEST_F(InterventionsTest, AnAlertThatFlapsIsKnownToFlapWhereItBeganMostOften) {
  const auto store_group = [this](const std::string& route, std::size_t count, bool flapping) {
    StoredGroup group;
    group.route_id = route;
    FlapRecord record;
    record.count = count;
    record.flapping = flapping;
    group.state.flaps.emplace(shop_, record);
    const Status put = book_->Commit(
        {.rows = {{store::MonitorStateKind::kGroup, StoredGroupKey(route, {}), EncodeGroup(group)}},
         .messages = {}});
    EXPECT_TRUE(put);
  };
  Fire(shop_, kNow);
  store_group("{}", 7, false);
  EXPECT_TRUE(Load().flaps.empty());
  store_group("{}/{a}", 9, true);
  store_group("{}/{b}", 8, true);
  EXPECT_EQ(Load().flaps, (std::map<Labels, std::size_t>{{shop_, 9}}));
}

TEST_F(InterventionsTest, AnEpisodeHasOneMarkAndALaterOneReplacesIt) {
  Fire(shop_, kNow);
  const std::string id = AlertKey(shop_).substr(0, 8);
  const auto choose = [&] { return ChooseMarkable(Load(), {.ids = {id}, .matchers = {}}); };
  const auto said = [&] { return PrecisionOf(Load().marks, kNow)["Slow"]; };
  ASSERT_TRUE(MarkAlerts(*book_, *choose(), {false, {"ann\x1b", "by itself"}, kNow}));
  EXPECT_EQ(said(), (RulePrecision{.useful = 0, .noise = 1}));
  EXPECT_EQ(Load().MarkOf(Load().alerts[0])->speaker.by, "ann\\x1b");
  ASSERT_TRUE(MarkAlerts(*book_, *choose(), {true, {"bob", ""}, kNow + 1s}));
  EXPECT_EQ(said(), (RulePrecision{.useful = 1, .noise = 0}));
  Fire(shop_, kNow + 1h);  // Another episode.
  EXPECT_EQ(Load().MarkOf(Load().alerts[0]), nullptr);
  ASSERT_TRUE(MarkAlerts(*book_, *choose(), {false, {"ann", ""}, kNow + 1h}));
  EXPECT_EQ(said(), (RulePrecision{.useful = 1, .noise = 1}));
  ASSERT_TRUE(UnmarkAlerts(*book_, *choose()));
  EXPECT_EQ(said(), (RulePrecision{.useful = 1, .noise = 0}));
  EXPECT_EQ(*ForgetMarks(*book_, "Slow"), 1U);
  EXPECT_TRUE(Load().marks.empty());
  EXPECT_FALSE(ForgetMarks(*book_, "Slow"));
}

TEST_F(InterventionsTest, AnAlertThatHasEndedIsMarkedUnlessItFiresAgain) {
  AlertInstance over{.labels = shop_};
  over.state = {.fired_at = kNow - 1h, .resolved_at = kNow - 30min};
  ASSERT_TRUE(book_->Commit(
      {.rows = {{store::MonitorStateKind::kEnded, AlertKey(shop_), EncodeAlert(over)}},
       .messages = {}}));
  const auto fired_at = [&] {
    const auto chosen = ChooseMarkable(Load(), {.ids = {}, .matchers = {"service=shop"}});
    return chosen && chosen->size() == 1 ? chosen->front().state.fired_at : std::nullopt;
  };
  EXPECT_EQ(fired_at(), kNow - 1h);
  Fire(shop_, kNow);
  EXPECT_EQ(fired_at(), kNow);
  const auto none = ChooseMarkable(Load(), {.ids = {}, .matchers = {"service=cart"}});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("has ended lately"), std::string::npos);
}

TEST_F(InterventionsTest, OfARuleTheNewestMarksAreKeptWithinNinetyDays) {
  const auto mark = [&](int minute) {
    AlertInstance alert{.labels = shop_};
    alert.state = {.phase = AlertPhase::kFiring, .fired_at = kNow + std::chrono::minutes(minute)};
    ASSERT_TRUE(MarkAlerts(*book_, {alert}, {false, {}, *alert.state.fired_at}));
  };
  for (int minute = 0; minute < 60; ++minute) {
    mark(minute);
  }
  const std::vector<AlertMark> kept = Load().marks;
  EXPECT_EQ(kept.size(), kMarksOfRuleMax);
  EXPECT_TRUE(std::all_of(kept.begin(), kept.end(),
                          [](const AlertMark& one) { return one.at >= kNow + 10min; }));
  EXPECT_TRUE(PrecisionOf(kept, kNow + kMarkKept + 1h).empty());
  mark(60 * 24 * 91);
  EXPECT_EQ(Load().marks.size(), 1U);
}

TEST_F(InterventionsTest, SilencesAreLimited) {
  store::MonitorChange many;
  for (std::size_t i = 0; i < kSilencesMax; ++i) {
    const auto silence = MakeSilence({{fmt::format("a={}", i)}, kNow, kNow + 1h, {}});
    many.rows.push_back({store::MonitorStateKind::kSilence, silence->id, EncodeSilence(*silence)});
  }
  ASSERT_TRUE(book_->Commit(many));
  const auto one_more = MakeSilence({{"b=1"}, kNow, kNow + 1h, {}});
  const Status added = AddSilence(*book_, *one_more);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace weir::monitor
