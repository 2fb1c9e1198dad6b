#include <chrono>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "monitor/channels/mail.h"
#include "monitor/channels/render.h"
#include "monitor/channels/retry_policy.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

AlertNotice Notice() {
  AlertNotice notice;
  notice.event_id = "msg_1";
  notice.group_key = "{}:{alertname=\"High\"}";
  notice.dedup_key = "abc";
  notice.receiver = "team";
  notice.group = {{"alertname", "High"}};
  notice.at = WallTime(1'700'000'000s);
  notice.alerts.push_back({.firing = true,
                           .labels = {{"alertname", "High"}, {"host", "a"}, {"severity", "page"}},
                           .annotations = {{"summary", "<!here> & more"}},
                           .starts_at = WallTime(1'699'999'990s + 250ms),
                           .ends_at = {}});
  return notice;
}

nlohmann::json Rendered(ChannelKind kind, const AlertNotice& notice) {
  ChannelSpec channel;
  channel.kind = kind;
  return nlohmann::json::parse(RenderMessage(channel, notice));
}

TEST(RenderMessageTest, WebhookIsWhatAlertmanagerPosts) {
  const nlohmann::json json = Rendered(ChannelKind::kWebhook, Notice());
  EXPECT_EQ(json["version"], "4");
  EXPECT_EQ(json["status"], "firing");
  EXPECT_EQ(json["alerts"][0]["startsAt"], "2023-11-14T22:13:10.250Z");
  EXPECT_EQ(json["alerts"][0]["endsAt"], "0001-01-01T00:00:00Z");
  EXPECT_EQ(json["commonLabels"]["host"], "a");
}

TEST(RenderMessageTest, TextsCannotMentionPeopleInSlack) {
  const nlohmann::json json = Rendered(ChannelKind::kSlack, Notice());
  EXPECT_EQ(json["attachments"][0]["text"], "&lt;!here&gt; &amp; more");
  EXPECT_EQ(json["attachments"][0]["title"], "[FIRING:1] High (a page)");
  EXPECT_EQ(json["attachments"][0]["color"], "danger");
}

TEST(RenderMessageTest, EachChannelThatPeopleReadTellsADigest) {
  AlertNotice notice = Notice();
  notice.alerts[0].firing = false;
  notice.alerts[0].digest = DigestFacts{.began = 3, .fired = 12min};
  notice.digest = DigestSpan{.from = notice.at - 24h,
                             .to = notice.at,
                             .left_out = 2,
                             .notes = {"rule High: 5 of 9 marked noise, told in the digest"}};
  const nlohmann::json webhook = Rendered(ChannelKind::kWebhook, notice);
  EXPECT_EQ(webhook["kind"], "digest");
  EXPECT_EQ(webhook["status"], "resolved");
  EXPECT_EQ(webhook["alerts"][0]["began"], 3);
  EXPECT_EQ(webhook["alerts"][0]["firedSeconds"], 720);
  EXPECT_EQ(webhook["digest"]["from"], "2023-11-13T22:13:20.000Z");
  EXPECT_EQ(webhook["digest"]["leftOut"], 2);
  const nlohmann::json slack = Rendered(ChannelKind::kSlack, notice)["attachments"][0];
  EXPECT_EQ(slack["title"], "[DIGEST] 1 alert, 0 still fire");
  EXPECT_EQ(slack["color"], "warning");
  EXPECT_EQ(slack["text"],
            "alertname=High, host=a, severity=page: &lt;!here&gt; &amp; more (began 3 times, 12.0 "
            "min in all)\n"
            "rule High: 5 of 9 marked noise, told in the digest\n"
            "2 beginnings of more alerts were only counted\n"
            "from 2023-11-13T22:13:20Z to 2023-11-14T22:13:20Z");
  ChannelSpec mail{.kind = ChannelKind::kEmail, .from = "w@example.org", .to = {"a@example.org"}};
  EXPECT_NE(RenderMessage(mail, notice).find("Subject: [DIGEST] 1 alert, 0 still fire\r\n"),
            std::string::npos);
  EXPECT_FALSE(TakesDigests(ChannelKind::kPagerDuty));
  EXPECT_FALSE(TakesDigests(ChannelKind::kAlertmanager));
  EXPECT_TRUE(TakesDigests(ChannelKind::kExec));
}

TEST(RenderMessageTest, EachChannelThatPeopleReadHasTheLinkToAcknowledge) {
  AlertNotice notice = Notice();
  const std::string link = "https://weir.example/acknowledge?group=a&signature=b";
  notice.acknowledge_link = link;
  EXPECT_EQ(Rendered(ChannelKind::kWebhook, notice)["acknowledgeURL"], link);
  EXPECT_EQ(Rendered(ChannelKind::kSlack, notice)["attachments"][0]["text"],
            "&lt;!here&gt; &amp; more\n"
            "<https://weir.example/acknowledge?group=a&amp;signature=b|I look after it>");
  const nlohmann::json links = Rendered(ChannelKind::kPagerDuty, notice)["links"];
  EXPECT_EQ(links.back()["href"], link);
  ChannelSpec mail;
  mail.kind = ChannelKind::kEmail;
  std::string text = RenderMessage(mail, notice);
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  EXPECT_NE(text.find(Base64("[FIRING:1] High (a page)\n\nFiring:\n<!here> & more\n\n"
                             "I look after it: " +
                             link + "\n")),
            std::string::npos)
      << text;
}

TEST(RenderMessageTest, PagerDutyTriggersAndResolvesByOneKey) {
  AlertNotice notice = Notice();
  nlohmann::json json = Rendered(ChannelKind::kPagerDuty, notice);
  EXPECT_EQ(json["event_action"], "trigger");
  EXPECT_EQ(json["payload"]["severity"], "critical");
  EXPECT_EQ(json["routing_key"], kSecretMark);
  notice.alerts[0].firing = false;
  json = Rendered(ChannelKind::kPagerDuty, notice);
  EXPECT_EQ(json["event_action"], "resolve");
  EXPECT_EQ(json["dedup_key"], "abc");
}

TEST(RenderMailTest, IsAsciiWithLinesOfTheirLengthAndATextThatDecodes) {
  const std::string mail = RenderMail({.from = "weir@example.org",
                                       .to = {"a@example.org", "b@example.org"},
                                       .subject = "[FIRING:1] Gr\u00f6\u00dfe\r\nBcc: x@y",
                                       .text = "text",
                                       .id = "msg_1",
                                       .thread = "abc",
                                       .at = WallTime(1'700'000'000s)});
  EXPECT_NE(mail.find("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"), std::string::npos);
  EXPECT_EQ(mail.find("\r\nBcc:"), std::string::npos);
  EXPECT_NE(mail.find("\r\n\r\ndGV4dA==\r\n"), std::string::npos);
  for (const char c : mail) {
    EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  }
}

TEST(RetryPolicyTest, ClassesOfAnswers) {
  const auto judged = [](ChannelKind kind, long status) {
    ChannelSpec channel;
    channel.kind = kind;
    channel.url = "https://user:secret@hook.example/secret";
    return JudgeReply(channel, {.status = status, .body = "no", .trouble = "", .retry_after = {}});
  };
  const auto result = [&](ChannelKind kind, long status) { return judged(kind, status).result; };
  EXPECT_EQ(result(ChannelKind::kWebhook, 204), DeliveryResult::kDelivered);
  EXPECT_EQ(result(ChannelKind::kPagerDuty, 202), DeliveryResult::kDelivered);
  for (const long status : {0L, 408L, 429L, 500L, 503L}) {
    EXPECT_EQ(result(ChannelKind::kWebhook, status), DeliveryResult::kTryAgain) << status;
  }
  for (const long status : {301L, 400L, 404L, 410L}) {
    EXPECT_EQ(result(ChannelKind::kWebhook, status), DeliveryResult::kFinal) << status;
  }
  EXPECT_EQ(result(ChannelKind::kEmail, 250), DeliveryResult::kDelivered);
  EXPECT_EQ(result(ChannelKind::kEmail, 451), DeliveryResult::kTryAgain);
  EXPECT_EQ(result(ChannelKind::kEmail, 550), DeliveryResult::kFinal);
  EXPECT_EQ(judged(ChannelKind::kWebhook, 400).error, "https://hook.example: it answers 400: no");
}

TEST(RetryPolicyTest, PausesDoubleUpToFiveMinutesAndObeyTheService) {
  Rng rng(3);
  for (std::uint32_t attempt = 1; attempt < 40; ++attempt) {
    const Nanos pause = RetryPause(attempt, std::nullopt, rng);
    EXPECT_GE(pause, attempt > 9 ? Nanos(150s) : Nanos(500ms));
    EXPECT_LE(pause, Nanos(300s));
  }
  EXPECT_EQ(RetryPause(1, 30s, rng), Nanos(30s));
  EXPECT_EQ(RetryPause(1, 24h, rng), Nanos(1h));
}

}  // namespace
}  // namespace weir::monitor
