#include "monitor/events.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "monitor/deploy_answers.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::json;

const EventOrigin kOrigin = {
    .source = "/weir", .id = "verdict-12", .at = WallTime(Nanos(1'767'225'600'000'000'000))};
const EventSubject kSubject = {.service = "shop", .build = "b7", .environment = "prod"};

GateAnswer AnswerOf(GateState state) {
  GateAnswer answer;
  answer.state = state;
  answer.reason = "p99 is 12 % slower";
  answer.verdict = 12;
  return answer;
}

TEST(EventsTest, AJudgedGateIsATestSuiteRunThatFinished) {
  const CdEvent event = GateFinishedEvent(kOrigin, kSubject, AnswerOf(GateState::kFail));
  EXPECT_EQ(Json::parse(event.json), Json::parse(R"({
    "context": {"specversion": "0.5.0", "id": "verdict-12", "source": "/weir",
                "type": "dev.cdevents.testsuiterun.finished.0.3.0",
                "timestamp": "2026-01-01T00:00:00Z"},
    "subject": {"id": "verdict-12", "source": "/weir", "content": {
      "outcome": "failure", "severity": "high", "reason": "p99 is 12 % slower",
      "environment": {"id": "prod"}, "testSuite": {"id": "weir-gate", "name": "shop"}}},
    "customData": {"verdict": "fail", "service": "shop", "build": "b7"},
    "customDataContentType": "application/json"})"));
}

// CDEvents know success, failure, cancel and error only.
TEST(EventsTest, InconclusiveIsAnErrorThatSaysWhatItWas) {
  for (const auto& [state, outcome] :
       {std::pair{GateState::kPass, "success"}, std::pair{GateState::kWarn, "success"},
        std::pair{GateState::kInconclusive, "error"}}) {
    const Json json = Json::parse(GateFinishedEvent(kOrigin, kSubject, AnswerOf(state)).json);
    EXPECT_EQ(json["subject"]["content"]["outcome"], outcome);
    EXPECT_EQ(json["customData"]["verdict"], GateStateName(state));
  }
}

TEST(EventsTest, ARollbackNamesTheArtifactAsAPackageUrl) {
  const Json json =
      Json::parse(RolledBackEvent(kOrigin, {.service = "my shop", .build = "b/7"}).json);
  EXPECT_EQ(json["context"]["type"], "dev.cdevents.service.rolledback.0.3.0");
  EXPECT_EQ(json["subject"]["content"]["artifactId"], "pkg:generic/my%20shop@b%2F7");
}

// What comes from a build's name must not become a header or break the JSON.
TEST(EventsTest, ForeignTextsStayText) {
  EventOrigin origin = kOrigin;
  origin.source = "/weir\r\nx-evil: 1";
  const EventSubject subject = {.service = "a\"}\n\x1b", .build = "\xff"};
  const CdEvent event = IncidentEvent(origin, subject, "worse\nmuch\x1b worse");
  EXPECT_TRUE(Json::accept(event.json));
  const HttpMessage message = ToMessage("http://127.0.0.1/", event);
  for (const std::string& header : message.headers) {
    EXPECT_TRUE(std::none_of(header.begin(), header.end(), [](char c) { return c < ' '; }))
        << header;
  }
}

TEST(EventsTest, AnAlertHasNoValuesInItsLabels) {
  const HttpMessage message =
      AlertMessage("http://am:9093/", {.subject = kSubject,
                                       .name = "WeirDeploymentWorse",
                                       .description = "12 % slower",
                                       .starts_at = kOrigin.at,
                                       .ends_at = kOrigin.at + Nanos(60'000'000'000)});
  EXPECT_EQ(message.url, "http://am:9093/api/v2/alerts");
  EXPECT_EQ(message.headers, std::vector<std::string>{"content-type: application/json"});
  EXPECT_EQ(Json::parse(message.body), Json::parse(R"([{
    "labels": {"alertname": "WeirDeploymentWorse", "severity": "critical", "service": "shop",
               "environment": "prod", "build": "b7"},
    "annotations": {"summary": "shop is worse than the build before", "description": "12 % slower"},
    "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2026-01-01T00:01:00Z"}])"));
}

TEST(EventsTest, OnlySchemeAndHostOfAUrlAreShown) {
  EXPECT_EQ(OriginOf("https://user:secret@host:1/path?token=secret"), "https://host:1");
  EXPECT_TRUE(CheckUrl("http://host/x"));
  EXPECT_FALSE(CheckUrl("file:///etc/passwd"));
  EXPECT_FALSE(CheckUrl("http://"));
  EXPECT_FALSE(CheckUrl("http://host/\r\nx: y"));
}

TEST(DeployAnswersTest, AnErrorIsInconclusiveForArgo) {
  const Json json = Json::parse(
      DeployVerdictJson({.service = "shop", .rev = "b7"}, Unavailable("the history is locked")));
  EXPECT_EQ(json["verdict"], "inconclusive");
  EXPECT_EQ(json["reason"], "the history is locked");
  EXPECT_EQ(json["score"], nullptr);
  EXPECT_EQ(json["criteria"], Json::array());
}

TEST(DeployAnswersTest, TheScoreIsTheShareOfWeightThatPassed) {
  GateAnswer answer = AnswerOf(GateState::kFail);
  answer.result.emplace();
  answer.result->candidate_runs = {3, 7, 5};
  for (const Verdict verdict : {Verdict::kPass, Verdict::kWarn, Verdict::kFail, Verdict::kPass}) {
    GateCheck check;
    check.verdict = verdict;
    answer.result->checks.push_back(check);
  }
  const Json json = Json::parse(DeployVerdictJson({}, answer));
  EXPECT_EQ(json["verdict"], "fail");
  EXPECT_DOUBLE_EQ(json["score"].get<double>(), 62.5);
  EXPECT_EQ(json["run"], "7");
  EXPECT_EQ(json["criteria"].size(), 4U);
}

}  // namespace
}  // namespace weir::monitor
