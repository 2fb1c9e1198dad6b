#include "monitor/alert_desk.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/rng.h"
#include "base/text.h"
#include "monitor/state_codec.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kStart{1'700'000'000s};

constexpr const char* kConfig = R"(
sources: [ { name: shop, scrape: 'http://127.0.0.1:1/metrics', down_after: never } ]
rules:
  - { alert: Down, source: shop, metric: down, at_least: 1, labels: { severity: page },
      annotations: { summary: '{{ labels.host }} is down' } }
  - { alert: Slow, source: shop, metric: slow, at_least: 1, labels: { severity: warning } }
channels: [ { name: pager, file: pages }, { name: chat, file: chat, send_resolved: false } ]
receivers: [ { name: team, channels: [ pager, chat ] } ]
route: { receiver: team, group_by: [ cause ], group_interval: 5m }
inhibit_rules:
  - { source_matchers: [ severity=page ], target_matchers: [ severity=warning ], equal: [ cause ] }
)";

MonitorConfig Config(const char* text = kConfig) {
  Result<MonitorConfig> config = ReadMonitorConfig(text, "monitor.yaml", {});
  EXPECT_TRUE(config) << config.error().message;
  return std::move(*config);
}

// A desk with one source, and a store that is a map.
class DeskTest : public testing::Test {
 protected:
  void Put(const std::string& metric, Labels labels, double value = 1) {
    auto& name = names_[{metric, labels}];
    if (name == nullptr) {
      name = std::make_shared<const SeriesName>(SeriesName{metric, std::move(labels)});
    }
    reading_.samples.push_back({name, value});
  }

  /// The messages of the step.
  std::vector<store::OutboxMessage> Step(Nanos at) {
    const Reading own;
    const SourceView views[] = {{.reading = &reading_, .at = kStart + at, .stale = false},
                                {.reading = &own, .at = kStart + at, .stale = false}};
    store::MonitorChange change = desk_->Step(kStart + at, views);
    for (const store::MonitorStateRow& row : change.rows) {
      auto& rows = row.kind == store::MonitorStateKind::kEnded ? ended_ : stored_;
      if (row.value.empty()) {
        rows.erase({row.kind, row.key});
      } else {
        rows[{row.kind, row.key}] = row.value;
      }
    }
    reading_ = {};
    return change.messages;
  }

  /// Another process takes over from what was stored.
  void Restart() {
    StoredMonitor stored;
    for (const auto& [key, value] : stored_) {
      auto& rows = key.first == store::MonitorStateKind::kAlert   ? stored.alerts
                   : key.first == store::MonitorStateKind::kGroup ? stored.groups
                                                                  : stored.rest;
      rows.push_back({key.first, key.second, value});
    }
    for (const auto& [key, value] : ended_) {
      stored.rest.push_back({key.first, key.second, value});
    }
    desk_ = std::make_unique<AlertDesk>(config_);
    desk_->Restore(stored);
  }

  MonitorConfig config_ = Config();
  std::unique_ptr<AlertDesk> desk_ = std::make_unique<AlertDesk>(config_);
  Reading reading_;
  std::map<std::pair<std::string, Labels>, std::shared_ptr<const SeriesName>> names_;
  std::map<std::pair<store::MonitorStateKind, std::string>, std::string> stored_;
  std::map<std::pair<store::MonitorStateKind, std::string>, std::string> ended_;  // Of kEnded.
};

TEST_F(DeskTest, AnAlertBecomesAMessageForEachChannelOfItsReceiver) {
  Put("down", {{"host", "a"}, {"cause", "disk"}});
  const auto messages = Step(0s);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].channel, "pager");
  EXPECT_EQ(messages[1].channel, "chat");
  EXPECT_EQ(messages[0].event_id, messages[1].event_id);
  const auto json = nlohmann::json::parse(messages[0].payload);
  EXPECT_EQ(json["status"], "firing");
  EXPECT_EQ(json["alerts"][0]["annotations"]["summary"], "a is down");
  EXPECT_EQ(json["groupKey"], "{}:{cause=\"disk\"}");
}

TEST_F(DeskTest, AnAlertHasAStoryAlsoWhenItIsOver) {
  const Labels labels = {
      {"alertname", "Down"}, {"cause", "disk"}, {"host", "a"}, {"severity", "page"}};
  const std::string key = AlertKey(labels);
  Put("down", {{"host", "a"}, {"cause", "disk"}}, 0);
  Step(0s);
  EXPECT_FALSE(desk_->EvidenceOf(kStart, key));  // It never was one.
  Put("down", {{"host", "a"}, {"cause", "disk"}});
  const auto messages = Step(1s);
  auto story = desk_->EvidenceOf(kStart + 1s, key);
  ASSERT_TRUE(story);
  EXPECT_EQ(story->view.alert.labels, labels);
  EXPECT_EQ(story->view.muted, MuteReason::kNotMuted);
  EXPECT_FALSE(story->view.acknowledged);
  ASSERT_EQ(story->groups.size(), 1U);
  EXPECT_EQ(story->groups[0].receiver, "team");
  EXPECT_TRUE(story->groups[0].told);
  EXPECT_EQ(story->groups[0].dedup_key, messages[0].dedup_key);
  AlertBook said;
  said.silences = {*MakeSilence({.matchers = {"host=a"},
                                 .starts_at = kStart,
                                 .ends_at = kStart + 1h,
                                 .speaker = {.by = "me", .comment = ""}})};
  said.acknowledgements = {{labels, kStart + 1s, kStart + 2s, {.by = "you", .comment = ""}}};
  desk_->Hear(said);
  Put("down", {{"host", "a"}, {"cause", "disk"}});
  Step(2s);
  story = desk_->EvidenceOf(kStart + 2s, key);
  ASSERT_TRUE(story);
  EXPECT_EQ(story->view.muted, MuteReason::kSilenced);
  ASSERT_TRUE(story->silence);
  EXPECT_EQ(story->silence->speaker.by, "me");
  ASSERT_TRUE(story->view.acknowledged);
  EXPECT_EQ(story->view.acknowledged->speaker.by, "you");
  Put("down", {{"host", "a"}, {"cause", "disk"}}, 0);
  Step(300s);
  story = desk_->EvidenceOf(kStart + 300s, key);
  ASSERT_TRUE(story);
  EXPECT_EQ(story->view.alert.state.phase, AlertPhase::kInactive);
  EXPECT_EQ(story->view.alert.state.resolved_at, kStart + 300s);
  EXPECT_FALSE(desk_->EvidenceOf(kStart, "0"));
}

TEST_F(DeskTest, TheEndIsToldWithTheSameDedupKeyToWhoWantsIt) {
  Put("down", {{"host", "a"}, {"cause", "disk"}});
  const auto first = Step(0s);
  EXPECT_TRUE(Step(1s).empty());
  const auto last = Step(300s);
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].channel, "pager");
  EXPECT_EQ(last[0].dedup_key, first[0].dedup_key);
  EXPECT_NE(last[0].event_id, first[0].event_id);
  const auto json = nlohmann::json::parse(last[0].payload);
  EXPECT_EQ(json["status"], "resolved");
  EXPECT_EQ(json["alerts"][0]["annotations"]["summary"], "a is down");
}

TEST_F(DeskTest, WhatHasEndedIsRememberedForAWeekAndOfManyTheLast) {
  for (int host = 0; host < 250; ++host) {
    Put("down", {{"host", fmt::format("{:03}", host)}});
    Step(std::chrono::minutes(host));  // The one before ends.
    if (host == 100) {
      Restart();
      EXPECT_EQ(ended_.size(), 100U);
    }
  }
  ASSERT_EQ(ended_.size(), AlertDesk::kEndedMax);
  std::set<std::string> hosts;
  for (const auto& [key, value] : ended_) {
    const auto alert = DecodeAlert(value);
    hosts.insert(std::string(LabelValue(alert->labels, "host")));
    EXPECT_EQ(*alert->state.resolved_at - *alert->state.fired_at, 1min);
  }
  EXPECT_EQ(*hosts.begin(), "049");
  EXPECT_EQ(*hosts.rbegin(), "248");
  Step(249min + AlertDesk::kEndedKept);
  EXPECT_EQ(ended_.size(), 2U);
}

constexpr const char* kDigestConfig = R"(
sources: [ { name: shop, scrape: 'http://127.0.0.1:1/metrics', down_after: never } ]
rules:
  - { alert: Down, source: shop, metric: down, at_least: 1,
      annotations: { summary: '{{ labels.host }} is down' } }
  - { alert: Slow, source: shop, metric: slow, at_least: 1 }
  - { alert: Breach, source: shop, metric: breach, at_least: 1, demote: false }
channels:
  - { name: chat, file: chat }
  - { name: pager, pagerduty: 'http://127.0.0.1:1/', secret_file: key }
receivers: [ { name: team, channels: [ chat, pager ] } ]
route:
  receiver: team
  group_by: [ alertname ]
  routes: [ { matchers: [ alertname=Slow ], digest: true } ]
digest: { every: 1h }
)";

MonitorConfig DigestConfig() {
  Result<MonitorConfig> config = ReadMonitorConfig(
      kDigestConfig, "monitor.yaml",
      {.read_secret = [](const std::string&) { return Result<std::string>("key"); }});
  EXPECT_TRUE(config) << config.error().message;
  return std::move(*config);
}

class DigestDeskTest : public DeskTest {
 protected:
  DigestDeskTest() {
    config_ = DigestConfig();
    desk_ = std::make_unique<AlertDesk>(config_);
  }

  // People mark so many episodes of a rule.
  void Mark(const std::string& rule, int useful, int noise) {
    AlertBook said;
    for (int i = 0; i < useful + noise; ++i) {
      AlertMark mark;
      mark.labels = {{"alertname", rule}};
      mark.fired_at = kStart - std::chrono::hours(i + 1);
      mark.at = kStart;
      mark.useful = i < useful;
      said.marks.push_back(mark);
    }
    desk_->Hear(std::move(said));
  }

  // The channels of the messages of the step; their payloads are in last_.
  std::vector<std::string> Told(Nanos at) {
    std::vector<std::string> channels;
    for (const store::OutboxMessage& message : Step(at)) {
      channels.push_back(message.channel);
      last_ = nlohmann::json::parse(message.payload);
    }
    return channels;
  }

  using Channels = std::vector<std::string>;
  nlohmann::json last_;
};

// Another process goes on at every step.
TEST_F(DigestDeskTest, ARouteCollectsAndTellsOnceInAPeriodOverRestartsAndPagesNobody) {
  std::vector<std::string> told;
  for (int minute = 0; minute < 300; ++minute) {
    if (minute >= 10 && minute < 50 && minute % 10 < 5) {
      Put("slow", {{"host", "a"}});
    }
    for (const std::string& channel : Told(std::chrono::minutes(minute))) {
      told.push_back(fmt::format("{} {}", minute, channel));
    }
    Restart();
  }
  ASSERT_EQ(told, Channels{"70 chat"});
  EXPECT_EQ(last_["kind"], "digest");
  EXPECT_EQ(last_["version"], "4");
  EXPECT_EQ(last_["status"], "resolved");
  EXPECT_EQ(last_["alerts"][0]["labels"]["host"], "a");
  EXPECT_EQ(last_["alerts"][0]["began"], 4);
  EXPECT_EQ(last_["alerts"][0]["firedSeconds"], 1200);
  EXPECT_TRUE(stored_.empty()) << stored_.begin()->second;
}

TEST_F(DigestDeskTest, ARuleThatIsMarkedNoiseGoesToTheDigestAndItsOpenIncidentIsClosed) {
  Put("down", {{"host", "a"}});
  EXPECT_EQ(Told(0s), (Channels{"chat", "pager"}));
  Mark("Down", 4, 5);
  Put("down", {{"host", "a"}});
  Put("down", {{"host", "b"}});
  EXPECT_EQ(Told(10min), Channels{});
  EXPECT_TRUE(desk_->List(kStart + 10min, 2)[0].digested);
  EXPECT_EQ(desk_->demoted().at("Down").noise, 5U);
  Restart();
  Mark("Down", 4, 5);
  Put("down", {{"host", "b"}});
  EXPECT_EQ(Told(20min), (Channels{"chat", "pager"}));
  EXPECT_EQ(last_["event_action"], "resolve");
  EXPECT_EQ(Told(30min), Channels{});
  EXPECT_EQ(Told(70min), Channels{"chat"});
  EXPECT_EQ(last_["digest"]["notes"][0], "rule Down: 5 of 9 marked noise, told in the digest");
  ASSERT_EQ(last_["alerts"].size(), 2U);
  EXPECT_EQ(last_["alerts"][0]["annotations"]["summary"], "b is down");
}

TEST_F(DigestDeskTest, ARuleComesBackWhenItsMarksSaySoAndWhatFiresIsToldThen) {
  Mark("Down", 0, 5);
  Put("down", {{"host", "a"}});
  EXPECT_EQ(Told(0s), Channels{});
  EXPECT_TRUE(stored_.contains({store::MonitorStateKind::kDemoted, "Down"}));
  Restart();
  Mark("Down", 0, 0);
  Put("down", {{"host", "a"}});
  EXPECT_EQ(Told(1min), (Channels{"chat", "pager"}));
  EXPECT_FALSE(stored_.contains({store::MonitorStateKind::kDemoted, "Down"}));
  EXPECT_TRUE(desk_->demoted().empty());
}

TEST_F(DigestDeskTest, ARuleThatMayNotBeDemotedIsToldAsEver) {
  Mark("Breach", 0, 50);
  Put("breach", {{"host", "a"}});
  EXPECT_EQ(Told(0s), (Channels{"chat", "pager"}));
}

// It would be told to nobody.
TEST_F(DigestDeskTest, AReceiverThatOnlyPagesIsToldAsEver) {
  config_.receivers[0].channels = {1};
  config_.policy.without_digest = {"team"};
  desk_ = std::make_unique<AlertDesk>(config_);
  Mark("Down", 0, 5);
  Put("down", {{"host", "a"}});
  EXPECT_EQ(Told(0s), Channels{"pager"});
}

TEST_F(DigestDeskTest, WhenTheClockIsSetBackADigestKeepsItsDistance) {
  Put("slow", {{"host", "a"}});
  EXPECT_EQ(Told(0s), Channels{});
  desk_->ClockSetBack(10h);
  EXPECT_EQ(Told(30min - 10h), Channels{});
  EXPECT_EQ(Told(60min - 10h), Channels{"chat"});
  EXPECT_EQ(last_["alerts"][0]["firedSeconds"], 1800);
}

constexpr const char* kSlowConfig = R"(
sources: [ { name: shop, scrape: 'http://127.0.0.1:1/metrics', down_after: never } ]
rules: [ { alert: Down, source: shop, metric: down, at_least: 1, for: 1m, keep_firing_for: 1m } ]
channels: [ { name: chat, file: chat }, { name: boss, file: boss } ]
receivers: [ { name: team, channels: [ chat ], escalate: [ { wait: 5m, channels: [ boss ] } ] } ]
route: { receiver: team, group_interval: 5m, repeat_interval: 4h }
)";

// The same story, with a clock that is set back by an hour in the middle, makes the same messages.
TEST_F(DeskTest, AClockThatIsSetBackChangesNoSpan) {
  const auto tell = [this](Nanos set_back_after) {
    config_ = Config(kSlowConfig);
    desk_ = std::make_unique<AlertDesk>(config_);
    std::vector<std::pair<Nanos, std::string>> told;
    Nanos back{0};
    for (Nanos at{0}; at <= 20min; at += 10s) {
      if (at == set_back_after) {
        back = 1h;
        desk_->ClockSetBack(back);
      }
      Put("down", {{"host", "a"}}, at < 8min ? 1 : 0);
      for (const store::OutboxMessage& message : Step(at - back)) {
        told.emplace_back(
            at, message.channel + " " + nlohmann::json::parse(message.payload)["status"].dump());
      }
    }
    return told;
  };
  const auto steady = tell(2h);
  const std::vector<std::pair<Nanos, std::string>> expected = {{60s, "chat \"firing\""},
                                                               {6min, "boss \"firing\""},
                                                               {9min, "chat \"resolved\""},
                                                               {9min, "boss \"resolved\""}};
  EXPECT_EQ(steady, expected);
  for (const Nanos after : std::initializer_list<Nanos>{30s, 3min, 490s, 10min}) {
    EXPECT_EQ(tell(after), steady) << after / 1s << " s";
  }
}

TEST_F(DeskTest, AnAcknowledgementOutlivesAClockThatIsSetBack) {
  config_ = Config(kSlowConfig);
  desk_ = std::make_unique<AlertDesk>(config_);
  for (const Nanos at : {0s, 60s}) {
    Put("down", {});
    Step(at);
  }
  ASSERT_EQ(desk_->List(kStart + 60s, 9).size(), 1U);
  const AlertInstance alert = desk_->List(kStart + 60s, 9)[0].alert;
  AlertBook said;
  said.acknowledgements.push_back(
      {.labels = alert.labels, .fired_at = *alert.state.fired_at, .at = kStart, .speaker = {}});
  desk_->Hear(said);
  EXPECT_EQ(desk_->Latest(), kStart + 60s);
  desk_->ClockSetBack(1h);
  EXPECT_EQ(desk_->Latest(), kStart + 60s - 1h);
  Put("down", {});
  Step(70s - 1h);
  EXPECT_TRUE(desk_->List(kStart + 70s - 1h, 9)[0].acknowledged);
  // And so it is written down.
  bool found = false;
  for (const auto& [key, value] : stored_) {
    found = found || (key.first == store::MonitorStateKind::kAcknowledgement &&
                      DecodeAcknowledgement(value)->fired_at == kStart + 60s - 1h);
  }
  EXPECT_TRUE(found);
}

// A desk whose configuration is changed on the way.
class ReloadedDeskTest : public DeskTest {
 protected:
  void Reload(const std::string& text) {
    auto config = std::make_unique<MonitorConfig>(Config(text.c_str()));
    auto desk = std::make_unique<AlertDesk>(*config);
    desk->TakeOver(std::move(*desk_));
    desk_ = std::move(desk);
    configs_.push_back(std::move(config));
  }

  static std::string Changed(std::string text, const std::string& was, const std::string& is) {
    const std::size_t at = text.find(was);
    EXPECT_NE(at, std::string::npos) << was;
    return text.replace(at, was.size(), is);
  }

  std::vector<std::unique_ptr<MonitorConfig>> configs_;
};

TEST_F(ReloadedDeskTest, NothingIsToldTwiceOrForgottenByReadingTheSameFileAgain) {
  config_ = Config(kSlowConfig);
  desk_ = std::make_unique<AlertDesk>(config_);
  std::vector<std::pair<Nanos, std::string>> told;
  for (Nanos at{0}; at <= 20min; at += 10s) {
    if (at % 30s == 0s) {
      Reload(kSlowConfig);
    }
    Put("down", {{"host", "a"}}, at < 8min ? 1 : 0);
    for (const store::OutboxMessage& message : Step(at)) {
      told.emplace_back(at, message.channel);
    }
  }
  const std::vector<std::pair<Nanos, std::string>> expected = {
      {60s, "chat"}, {6min, "boss"}, {9min, "chat"}, {9min, "boss"}};
  EXPECT_EQ(told, expected);
}

TEST_F(ReloadedDeskTest, AWindowGoesOnWhereItWas) {
  const std::string text =
      Changed(kSlowConfig, "at_least: 1, for: 1m", "window: { rate: 5m }, above: 0.5");
  config_ = Config(text.c_str());
  desk_ = std::make_unique<AlertDesk>(config_);
  Put("down", {}, 100);
  Step(0s);
  Reload(text + "link: https://weir.example\n");
  Put("down", {}, 200);
  // A rate of two samples, of which the first came before.
  EXPECT_EQ(Step(10s).size(), 1U);
}

TEST_F(ReloadedDeskTest, AnAlertWhoseRuleIsGoneEnds) {
  Put("down", {{"cause", "disk"}});
  ASSERT_EQ(Step(0s).size(), 2U);
  Reload(Changed(kConfig, "alert: Down", "alert: Other"));
  Put("down", {{"cause", "disk"}});
  const auto messages = Step(300s);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_NE(messages[0].payload.find("\"resolved\""), std::string::npos);
  for (const auto& [key, value] : stored_) {
    EXPECT_TRUE(key.first != store::MonitorStateKind::kAlert ||
                value.find("\"Down\"") == std::string::npos)
        << value;
  }
}

// A pager would go on with an incident that nobody closes.
TEST_F(ReloadedDeskTest, ARouteThatIsGoneClosesWhatItOpened) {
  const std::string with_route =
      Changed(kConfig, "group_interval: 5m }",
              "group_interval: 5m, routes: [ { matchers: [ severity=page ], receiver: chat } ] }");
  config_ = Config(Changed(with_route, ", send_resolved: false", "").c_str());
  desk_ = std::make_unique<AlertDesk>(config_);
  Put("down", {{"cause", "disk"}});
  const auto opened = Step(0s);
  ASSERT_EQ(opened.size(), 1U);
  Reload(Changed(kConfig, ", send_resolved: false", ""));
  Put("down", {{"cause", "disk"}});
  const auto after = Step(10s);
  ASSERT_EQ(after.size(), 3U);
  EXPECT_NE(after[0].dedup_key, opened[0].dedup_key);
  EXPECT_EQ(after[2].channel, "chat");
  EXPECT_EQ(after[2].dedup_key, opened[0].dedup_key);
  EXPECT_EQ(nlohmann::json::parse(after[2].payload)["status"], "resolved");
  Put("down", {{"cause", "disk"}});
  EXPECT_TRUE(Step(20s).empty());
}

TEST_F(ReloadedDeskTest, ARouteWithAnotherReceiverClosesWhatItOpenedAlsoAfterARestart) {
  Put("down", {{"cause", "disk"}});
  const auto opened = Step(0s);
  ASSERT_EQ(opened.size(), 2U);
  config_ = Config(Changed(kConfig, "route: { receiver: team", "route: { receiver: pager").c_str());
  Restart();
  Put("down", {{"cause", "disk"}});
  const auto after = Step(10s);
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(after[0].channel, "pager");
  EXPECT_EQ(nlohmann::json::parse(after[0].payload)["status"], "firing");
  EXPECT_EQ(after[1].channel, "pager");
  EXPECT_EQ(after[1].dedup_key, opened[0].dedup_key);
  EXPECT_EQ(nlohmann::json::parse(after[1].payload)["status"], "resolved");
  Restart();
  Put("down", {{"cause", "disk"}});
  EXPECT_TRUE(Step(20s).empty());
}

TEST_F(DeskTest, WhatFiresIsToldWithALinkToAcknowledgeItAndWhatIsOverWithout) {
  config_.service.emplace();
  config_.service->link_key = "0123456789abcdef";
  config_.link = "https://weir.example";
  desk_ = std::make_unique<AlertDesk>(config_);
  Put("down", {{"cause", "disk"}});
  const auto told = Step(0s);
  const std::string link = nlohmann::json::parse(told.at(0).payload).value("acknowledgeURL", "");
  EXPECT_TRUE(link.starts_with("https://weir.example/acknowledge?group=")) << link;
  // It names the group by its key in the store.
  const std::string group = link.substr(link.find('=') + 1, link.find('&') - link.find('=') - 1);
  EXPECT_TRUE(stored_.contains({store::MonitorStateKind::kGroup, group})) << group;
  EXPECT_FALSE(nlohmann::json::parse(Step(300s).at(0).payload).contains("acknowledgeURL"));
}

TEST_F(DeskTest, ItsWholeStateIsWhatItsStepsHaveStored) {
  Rng rng(23);
  for (int step = 0; step < 400; ++step) {
    for (int host = 0; host < 6; ++host) {
      if (rng.Uniform() < 0.6) {
        Put(host % 2 == 0 ? "down" : "slow",
            {{"host", std::to_string(host)}, {"cause", host < 3 ? "disk" : "net"}},
            rng.Uniform() < 0.5 ? 1 : 0);
      }
    }
    Step(step * 40s);
    // Of an alert but the value of its last evaluation, which is not written down each time.
    std::map<std::pair<store::MonitorStateKind, std::string>, nlohmann::json> whole;
    for (const store::MonitorStateRow& row : desk_->Whole()) {
      whole[{row.kind, row.key}] = nlohmann::json::parse(row.value);
      whole[{row.kind, row.key}].erase("value");
    }
    decltype(whole) stored;
    for (const auto* rows : {&stored_, &ended_}) {
      for (const auto& [key, value] : *rows) {
        stored[key] = nlohmann::json::parse(value);
        stored[key].erase("value");
      }
    }
    ASSERT_EQ(whole, stored) << "step " << step;
  }
  EXPECT_FALSE(stored_.empty());
}

TEST_F(DeskTest, FiveHundredAlertsOfOneCauseAreOneNotification) {
  for (int host = 0; host < 500; ++host) {
    Put("down", {{"host", std::to_string(host)}, {"cause", "disk"}});
  }
  const auto messages = Step(0s);
  ASSERT_EQ(messages.size(), 2U);  // One for each channel.
  EXPECT_EQ(nlohmann::json::parse(messages[0].payload)["truncatedAlerts"], 400);
}

TEST_F(DeskTest, TheCauseInhibitsItsSymptomsInTheSameStep) {
  Put("slow", {{"host", "a"}, {"cause", "disk"}});
  Put("down", {{"host", "b"}, {"cause", "disk"}});
  const auto messages = Step(0s);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(messages[0].payload)["alerts"].size(), 1U);
}

// 10,000 alerts that come and go, of three causes, within a group_interval: three pages.
TEST_F(DeskTest, AFlapStormOfThreeCausesIsThreePages) {
  Rng rng(11);
  std::set<std::string> causes;
  std::size_t pages = 0;
  std::size_t fired = 0;
  for (int second = 0; second < 100; ++second) {
    for (int i = 0; i < 100; ++i) {
      const std::uint64_t host = rng.Below(2000);
      Put("down", {{"host", std::to_string(host)}, {"cause", fmt::format("c{}", host % 3)}});
      ++fired;
    }
    for (const store::OutboxMessage& message : Step(second * 1s)) {
      pages += message.channel == "pager" ? 1U : 0U;
      causes.insert(nlohmann::json::parse(message.payload)["groupLabels"]["cause"]);
    }
  }
  EXPECT_EQ(fired, 10'000U);
  EXPECT_EQ(pages, 3U);
  EXPECT_EQ(causes.size(), 3U);
}

// Whatever the process knew, the next one knows: no alert is told twice, and no end is missed.
TEST_F(DeskTest, NothingIsToldTwiceOrMissedOverRestartsAtEveryStep) {
  std::size_t messages = 0;
  for (const Nanos at : {Nanos(0s), Nanos(10s), Nanos(20s)}) {
    Put("down", {{"host", "a"}, {"cause", "disk"}});
    messages += Step(at).size();
    Restart();
  }
  EXPECT_EQ(messages, 2U);
  EXPECT_EQ(Step(400s).size(), 1U);
  Restart();
  EXPECT_TRUE(Step(401s).empty());
  EXPECT_TRUE(Step(1000s).empty());
  EXPECT_TRUE(Step(2h).empty());  // When it began is remembered for an hour.
  EXPECT_TRUE(stored_.empty()) << stored_.begin()->second;
}

// It fires for five minutes in ten: five beginnings and five ends are told, then that it flaps,
// then nothing until it is calm. Another process goes on at every step.
TEST_F(DeskTest, AnAlertThatFlapsIsHeldBackOverRestartsAndToldWhenItIsCalm) {
  std::vector<std::string> told;
  for (int minute = 0; minute < 360; ++minute) {
    if (minute < 180 && minute % 10 < 5) {
      Put("down", {{"host", "a"}, {"cause", "disk"}});
    }
    for (const store::OutboxMessage& message : Step(std::chrono::minutes(minute))) {
      if (message.channel == "pager") {
        const auto json = nlohmann::json::parse(message.payload);
        told.push_back(fmt::format("{} {} {}", minute, json["status"].get<std::string>(),
                                   json["alerts"][0].value("flapping", "")));
      }
    }
    if (minute == 180) {
      EXPECT_EQ(nlohmann::json::parse(stored_.rbegin()->second)["flaps"][0]["count"], 18);
    }
    Restart();
  }
  ASSERT_EQ(told.size(), 12U) << fmt::format("{}", fmt::join(told, "\n"));
  EXPECT_EQ(told[9], "45 resolved ");
  EXPECT_EQ(told[10], "50 firing flapping: began 6 times; told again once it is calm for 60.0 min");
  EXPECT_EQ(told[11], "235 resolved calm for 60.0 min after it began 18 times");
}

TEST_F(DeskTest, TheSameStepsMakeTheSameMessagesByteForByte) {
  std::string runs[2];
  for (std::string& run : runs) {
    desk_ = std::make_unique<AlertDesk>(config_);
    Rng rng(5);
    for (int second = 0; second < 900; second += 30) {
      Put(rng.Below(2) == 0 ? "down" : "slow",
          {{"host", std::to_string(rng.Below(5))}, {"cause", std::to_string(rng.Below(3))}});
      for (const store::OutboxMessage& message : Step(second * 1s)) {
        run += message.event_id + message.channel + message.payload + "\n";
      }
    }
  }
  EXPECT_FALSE(runs[0].empty());
  EXPECT_EQ(runs[0], runs[1]);
}

TEST_F(DeskTest, ASilenceKeepsAnAlertFromBeingToldUntilItEnds) {
  const auto silence = MakeSilence({{"host=a"}, kStart, kStart + 10s, {"ann", ""}});
  ASSERT_TRUE(silence);
  desk_->Hear({.alerts = {}, .silences = {*silence}, .acknowledgements = {}});
  for (const Nanos at : {Nanos(0s), Nanos(9999ms), Nanos(10s)}) {
    Put("down", {{"host", "a"}, {"cause", "disk"}});
    EXPECT_EQ(Step(at).empty(), at < 10s) << CountNs(kStart + at);
    EXPECT_EQ(desk_->List(kStart + at, 10)[0].muted,
              at < 10s ? MuteReason::kSilenced : MuteReason::kNotMuted);
  }
}

// Nobody wants to be told for ever of silences that were once, and of alerts that have ended.
TEST_F(DeskTest, WhatPeopleSaidGoesWhenItIsOver) {
  const auto silence = MakeSilence({{"host=b"}, kStart, kStart + 10s, {}});
  ASSERT_TRUE(silence);
  const std::pair silence_row(store::MonitorStateKind::kSilence, silence->id);
  stored_[silence_row] = EncodeSilence(*silence);
  Put("down", {{"host", "a"}, {"cause", "disk"}});
  Step(0s);
  const AlertInstance alert = desk_->List(kStart, 1)[0].alert;
  const Acknowledgement said{alert.labels, *alert.state.fired_at, kStart, {"ann", ""}};
  const std::pair said_row(store::MonitorStateKind::kAcknowledgement, AlertKey(alert.labels));
  stored_[said_row] = EncodeAcknowledgement(said);
  desk_->Hear({.alerts = {}, .silences = {*silence}, .acknowledgements = {said}});
  Put("down", {{"host", "a"}, {"cause", "disk"}});
  Step(1s);
  EXPECT_TRUE(stored_.contains(said_row));
  EXPECT_EQ(desk_->List(kStart + 1s, 1)[0].acknowledged->speaker.by, "ann");
  Step(2s);
  EXPECT_FALSE(stored_.contains(said_row));
  EXPECT_TRUE(stored_.contains(silence_row));
  Step(24h + 11s);
  EXPECT_FALSE(stored_.contains(silence_row));
}

constexpr const char* kOnCall = R"(
sources: [ { name: shop, scrape: 'http://127.0.0.1:1/metrics', down_after: never } ]
rules: [ { alert: Down, source: shop, metric: down, at_least: 1 } ]
channels:
  - { name: chat, file: chat }
  - { name: anna, file: anna }
  - { name: ben, file: ben }
  - { name: boss, file: boss }
time_intervals:
  - name: day
    time_intervals: [ { times: [ { start_time: '06:00', end_time: '22:20' } ] } ]
receivers:
  - name: team
    channels: [ chat ]
    escalate:
      - { wait: 10m, channels: [ anna ], active_time_intervals: [ day ] }
      - { wait: 10m, channels: [ ben ], mute_time_intervals: [ day ] }
      - { wait: 20m, channels: [ boss ] }
route: { receiver: team }
)";

// It begins at 22:13:20. Another process goes on at every step.
TEST_F(DeskTest, AnEscalationTellsWhoIsOnCallAtThatTimeAndNobodyElseOfTheEnd) {
  config_ = Config(kOnCall);
  desk_ = std::make_unique<AlertDesk>(config_);
  std::vector<std::string> told;
  for (int minute = 0; minute < 60; ++minute) {
    if (minute < 50) {
      Put("down", {{"host", "a"}});
    }
    for (const store::OutboxMessage& message : Step(std::chrono::minutes(minute))) {
      told.push_back(fmt::format("{} {}", minute, message.channel));
    }
    Restart();
  }
  EXPECT_EQ(told, (std::vector<std::string>{"0 chat", "10 ben", "30 boss", "50 chat", "50 ben",
                                            "50 boss"}));
}

// A receiver with channels that are told by day (06:00 to 22:20). It begins at 22:13:20, and goes
// on by the minute; another process takes over at every step.
class ChannelHoursTest : public DeskTest {
 protected:
  void Use(const std::string& channels, const std::string& route = "receiver: team") {
    config_ = Config((R"(
sources: [ { name: shop, scrape: 'http://127.0.0.1:1/metrics', down_after: never } ]
rules: [ { alert: Down, source: shop, metric: down, at_least: 1 } ]
channels: [ { name: chat, file: chat }, { name: pager, file: pager }, { name: boss, file: boss } ]
flapping: { times: 0 }
time_intervals:
  - name: day
    time_intervals: [ { times: [ { start_time: '06:00', end_time: '22:20' } ] } ]
receivers: [ { name: team, channels: )" +
                      channels + " } ]\nroute: { group_interval: 1s, " + route + " }\n")
                         .c_str());
    stored_.clear();
    ended_.clear();
    desk_ = std::make_unique<AlertDesk>(config_);
  }

  /// What is told, as "467 pager: a fires, b ended"; `fires` says who does at a minute.
  template <typename Fires>
  std::vector<std::string> Told(int minutes, Fires fires) {
    std::vector<std::string> told;
    for (int minute = 0; minute < minutes; ++minute) {
      for (const char* host : {"a", "b", "c"}) {
        if (fires(minute, host)) {
          Put("down", {{"host", host}});
        }
      }
      for (const store::OutboxMessage& message : Step(std::chrono::minutes(minute))) {
        std::string line = fmt::format("{} {}:", minute, message.channel);
        const auto payload = nlohmann::json::parse(message.payload);
        for (const auto& alert : payload["alerts"]) {
          line += fmt::format("{}{} {}", line.ends_with(':') ? " " : ", ",
                              alert["labels"]["host"].get<std::string>(),
                              alert["status"] == "firing" ? "fires" : "ended");
        }
        told.push_back(line);
      }
      Restart();
    }
    return told;
  }
};

// An alert that a channel was told of, from the minute of its beginning to that of its end.
struct Heard {
  std::string host;
  int from = 0;
  int to = 0;
};

// In what ChannelHoursTest::Told returns. No end is told of what was not, and each is told.
std::vector<Heard> HeardOf(const std::string& channel, const std::vector<std::string>& told) {
  std::map<std::string, int> open;
  std::vector<Heard> heard;
  for (const std::string& line : told) {
    if (line.find(channel) == std::string::npos) {
      continue;
    }
    const int minute = static_cast<int>(*ParseCount(line.substr(0, line.find(' '))));
    for (const std::string host : {"a", "b", "c"}) {
      if (line.find(host + " fires") != std::string::npos) {
        open.emplace(host, minute);
      }
      if (line.find(host + " ended") != std::string::npos) {
        EXPECT_TRUE(open.contains(host)) << line;
        heard.push_back({host, open[host], minute});
        open.erase(host);
      }
    }
  }
  EXPECT_TRUE(open.empty());
  return heard;
}

constexpr const char* kChatAndPagerByDay =
    "[ chat, { name: pager, active_time_intervals: [ day ] } ]";

TEST_F(ChannelHoursTest, AChannelThatIsQuietIsToldWhenItOpensWhatStillFires) {
  Use(kChatAndPagerByDay, "receiver: team, repeat_interval: 700h");
  const auto told = Told(520, [](int minute, std::string_view host) {
    return host == "a" ? minute >= 10 && minute < 500 : host == "b" && minute < 20 && minute >= 15;
  });
  EXPECT_EQ(told, (std::vector<std::string>{"10 chat: a fires", "15 chat: a fires, b fires",
                                            "20 chat: a fires, b ended", "467 pager: a fires",
                                            "500 chat: a ended", "500 pager: a ended"}));
}

TEST_F(ChannelHoursTest, AQuietChannelIsToldTheEndOfAllThatItWasToldAndOfNothingElse) {
  Use(kChatAndPagerByDay, "receiver: team, repeat_interval: 700h");
  const auto told = Told(60, [](int minute, std::string_view host) {
    return host == "a" ? minute < 20 : host == "b" ? minute < 30 : minute >= 10 && minute < 40;
  });
  EXPECT_EQ(told,
            (std::vector<std::string>{
                "0 chat: a fires, b fires", "0 pager: a fires, b fires",
                "10 chat: a fires, b fires, c fires", "20 chat: b fires, c fires, a ended",
                "30 chat: c fires, b ended", "30 pager: a ended, b ended", "40 chat: c ended"}));
}

TEST_F(ChannelHoursTest, AnEndThatAChannelHasMissedIsToldWhenItOpens) {
  Use(kChatAndPagerByDay, "receiver: team, repeat_interval: 700h");
  const auto told = Told(470, [](int minute, std::string_view host) {
    return host == "a" ? minute < 20 : host == "b";
  });
  EXPECT_EQ(told.back(), "467 pager: b fires, a ended");
}

TEST_F(ChannelHoursTest, AReceiverWithNoOpenChannelIsMutedAsARouteIs) {
  Use("[ { name: pager, active_time_intervals: [ day ] } ], "
      "escalate: [ { wait: 5m, channels: [ boss ] } ]");
  const auto fires = [](int minute, std::string_view host) { return host == "a" && minute >= 10; };
  EXPECT_EQ(Told(480, fires),
            (std::vector<std::string>{"467 pager: a fires", "472 boss: a fires"}));
  Use("[ { name: pager, mute_time_intervals: [ day ] } ]");
  EXPECT_EQ(Told(1, [](int, std::string_view host) { return host == "a"; }),
            std::vector<std::string>());
  const std::vector<AlertView> views = desk_->List(kStart, 1);
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].muted, MuteReason::kTimeInterval);
  const auto story = desk_->EvidenceOf(kStart, AlertKey(views[0].alert.labels));
  ASSERT_TRUE(story);
  EXPECT_EQ(story->view.muted, MuteReason::kTimeInterval);
  EXPECT_EQ(story->groups[0].quiet, std::vector<std::string>{"pager"});
}

TEST_F(ChannelHoursTest, ARepeatThatAChannelHasMissedComesWhenItOpens) {
  Use(kChatAndPagerByDay, "receiver: team, repeat_interval: 7h");
  EXPECT_EQ(Told(500, [](int, std::string_view host) { return host == "a"; }),
            (std::vector<std::string>{"0 chat: a fires", "0 pager: a fires", "420 chat: a fires",
                                      "467 pager: a fires"}));
}

// Alerts come and go at random, over three days.
TEST_F(ChannelHoursTest, AChannelIsToldOfEachAlertWhenARouteWithItsTimesWouldBeAndOfEachEnd) {
  Rng rng(20261126);
  for (int story = 0; story < 5; ++story) {
    std::map<std::string, std::vector<bool>> fires;
    for (const char* host : {"a", "b", "c"}) {
      bool now = false;
      for (int minute = 0; minute < 3 * 1440; ++minute) {
        now = minute < 3 * 1440 - 10 && (rng.Below(150) == 0) != now;
        fires[host].push_back(now);
      }
    }
    const auto at = [&fires](int minute, const std::string& host) {
      return fires[host][static_cast<std::size_t>(minute)];
    };
    Use(kChatAndPagerByDay, "receiver: team, repeat_interval: 700h");
    const std::vector<Heard> of_channel = HeardOf("pager", Told(3 * 1440, at));
    Use("[ chat ]",
        "receiver: chat, repeat_interval: 700h, routes: [ { receiver: pager, continue: true, "
        "active_time_intervals: [ day ] }, { receiver: chat } ]");
    const std::vector<Heard> of_route = HeardOf("pager", Told(3 * 1440, at));
    for (const Heard& route : of_route) {
      // What ended and began anew while it was quiet has gone on, as far as the channel knows.
      EXPECT_TRUE(std::any_of(of_channel.begin(), of_channel.end(),
                              [&route](const Heard& channel) {
                                return channel.host == route.host && channel.from <= route.from &&
                                       route.from < channel.to;
                              }))
          << story << ": " << route.host << " from " << route.from;
    }
    for (const Heard& channel : of_channel) {
      EXPECT_TRUE(std::any_of(of_route.begin(), of_route.end(),
                              [&channel](const Heard& route) {
                                return channel.host == route.host && channel.from == route.from;
                              }))
          << story << ": " << channel.host << " from " << channel.from;
    }
    EXPECT_GT(of_channel.size(), 5U);
  }
}

TEST_F(DeskTest, WhatChannelsWereToldIsReadAlsoWhereSomeOfItIsDamaged) {
  StoredGroup group;
  const Labels labels = {{"host", "a"}};
  group.state.told = {labels};
  group.state.channels = {{"pager", {.told = {labels}, .last_at = kStart}}, {"mail", {}}};
  auto json = nlohmann::json::parse(EncodeGroup(group));
  EXPECT_EQ(DecodeGroup(json.dump())->state, group.state);
  json["channels"][0] = 7;
  group.state.channels.erase("mail");
  EXPECT_EQ(DecodeGroup(json.dump())->state, group.state);
  json.erase("channels");
  EXPECT_TRUE(DecodeGroup(json.dump())->state.channels.empty());
}

TEST_F(DeskTest, AnEscalationThatAnOlderProgramHasWrittenIsRead) {
  StoredGroup group;
  group.state.escalation = EscalationState{.next = 2, .due_at = kStart, .told = {0, 1}};
  auto json = nlohmann::json::parse(EncodeGroup(group));
  EXPECT_EQ(DecodeGroup(json.dump())->state, group.state);
  json["escalation"]["told"] = 2;
  EXPECT_EQ(DecodeGroup(json.dump())->state, group.state);
}

// It begins each ten minutes.
TEST_F(DeskTest, ARouteHasALimitForFlappingOfItsOwn) {
  config_ = Config(R"(
sources: [ { name: shop, scrape: 'http://127.0.0.1:1/metrics', down_after: never } ]
rules: [ { alert: Down, source: shop, metric: down, at_least: 1 } ]
channels: [ { name: chat, file: chat } ]
flapping: { window: 2h }
route:
  receiver: chat
  group_by: [ host ]
  routes:
    - { matchers: [ host=b ], flapping: { times: 2 } }
    - { matchers: [ host=c ], flapping: { times: 0 } }
)");
  EXPECT_EQ(config_.policy.routes.options(1).flapping->window, Nanos(2h));
  desk_ = std::make_unique<AlertDesk>(config_);
  std::map<std::string, int> flaps_from;
  for (int minute = 0; minute < 100; ++minute) {
    for (const char* host : {"a", "b", "c"}) {
      if (minute % 10 < 5) {
        Put("down", {{"host", host}});
      }
    }
    Step(std::chrono::minutes(minute));
    for (const AlertView& view : desk_->List(kStart + std::chrono::minutes(minute), 3)) {
      if (view.flaps > 0) {
        flaps_from.emplace(LabelValue(view.alert.labels, "host"), minute);
      }
    }
  }
  EXPECT_EQ(flaps_from, (std::map<std::string, int>{{"a", 50}, {"b", 20}}));
}

constexpr const char* kEscalating = R"(
sources: [ { name: shop, scrape: 'http://127.0.0.1:1/metrics', down_after: never } ]
rules: [ { alert: Down, source: shop, metric: down, at_least: 1 } ]
channels: [ { name: chat, file: a }, { name: pager, file: b }, { name: boss, file: c } ]
receivers:
  - name: team
    channels: [ chat ]
    escalate: [ { wait: 5m, channels: [ pager ] }, { wait: 10m, channels: [ pager, boss ] } ]
route: { receiver: team, group_by: [ cause ] }
)";

class EscalatingDeskTest : public DeskTest {
 protected:
  EscalatingDeskTest() {
    config_ = Config(kEscalating);
    Restart();
  }

  /// The channels that are told at `at`, while the alert fires.
  std::vector<std::string> ToldAt(Nanos at, bool fires = true) {
    if (fires) {
      Put("down", {{"host", "a"}, {"cause", "disk"}});
    }
    std::vector<std::string> channels;
    for (const store::OutboxMessage& message : Step(at)) {
      channels.push_back(message.channel);
      events_.insert(message.event_id + message.channel);
      last_ = message.payload;
    }
    told_ += channels.size();
    return channels;
  }

  using Channels = std::vector<std::string>;

  std::set<std::string> events_;
  std::size_t told_ = 0;
  std::string last_;
};

// Another process takes over between any two steps: each step of the chain is told once.
TEST_F(EscalatingDeskTest, AChainSurvivesEveryRestartWithoutTellingAStepTwice) {
  EXPECT_EQ(ToldAt(0s), Channels{"chat"});
  for (int second = 1; second < 2000; ++second) {
    Restart();
    const Channels expected = second == 300   ? Channels{"pager"}
                              : second == 900 ? Channels{"pager", "boss"}
                                              : Channels{};
    EXPECT_EQ(ToldAt(std::chrono::seconds(second)), expected) << second;
  }
  EXPECT_EQ(events_.size(), told_);
  Restart();
  EXPECT_EQ(ToldAt(2000s, false), (Channels{"chat", "pager", "boss"}));
  EXPECT_EQ(nlohmann::json::parse(last_)["status"], "resolved");
}

TEST_F(EscalatingDeskTest, AnAcknowledgementStopsIt) {
  ToldAt(0s);
  EXPECT_EQ(ToldAt(300s), Channels{"pager"});
  EXPECT_EQ(nlohmann::json::parse(last_)["escalationStep"], 1);
  const AlertInstance alert = desk_->List(kStart, 1)[0].alert;
  desk_->Hear({.alerts = {},
               .silences = {},
               .acknowledgements = {{alert.labels, *alert.state.fired_at, kStart, {"ann", ""}}}});
  EXPECT_EQ(ToldAt(900s), Channels{});
  EXPECT_EQ(ToldAt(3600s), Channels{});
  EXPECT_EQ(ToldAt(3601s, false), (Channels{"chat", "pager"}));
}

// It fires in every other minute. From the tenth on it is told to flap, and the chain that begins
// there goes on though the alert does not fire just when the steps are due.
TEST_F(EscalatingDeskTest, AnAlertThatFlapsIsEscalatedLikeOneThatGoesOn) {
  const std::map<int, Channels> expected = {
      {0, {"chat"}}, {5, {"chat"}}, {10, {"chat"}}, {15, {"pager"}}, {25, {"pager", "boss"}}};
  for (int minute = 0; minute < 60; ++minute) {
    const auto due = expected.find(minute);
    EXPECT_EQ(ToldAt(std::chrono::minutes(minute), minute % 2 == 0),
              due == expected.end() ? Channels{} : due->second)
        << minute;
    if (minute == 30) {
      EXPECT_EQ(desk_->List(kStart + 30min, 1)[0].flaps, 16U);
    }
    Restart();
  }
}

}  // namespace
}  // namespace weir::monitor
