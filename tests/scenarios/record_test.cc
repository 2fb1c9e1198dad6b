#include "scenarios/record.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/golden.h"
#include "tests/support/temp_dir.h"

namespace weir::scenarios {
namespace {

std::string Recorded(RecordKind kind, std::string_view text, const RecordOptions& options = {}) {
  const Result<std::string> scenario = RecordScenario(kind, text, options);
  return scenario ? *scenario : "error: " + scenario.error().message;
}

constexpr std::string_view kHar = R"({"log": {"entries": [
 {"startedDateTime": "2026-01-01T10:00:00.000Z", "time": 100,
  "request": {"method": "POST", "url": "https://shop.example/login?a=1#x", "headers": [
    {"name": ":authority", "value": "shop.example"}, {"name": "Host", "value": "shop.example"},
    {"name": "Cookie", "value": "sid=1"}, {"name": "Content-Type", "value": "text/plain"},
    {"name": "X-Bad", "value": "a\nb"}],
   "postData": {"text": "user={{ name }}\n"}}, "response": {"status": 201}},
 {"startedDateTime": "2026-01-01T10:00:01.600Z", "time": 20,
  "request": {"method": "GET", "url": "https://cdn.example/logo.png"}, "response": {"status": 200}},
 {"startedDateTime": "2026-01-01T10:00:02.100Z", "time": 20,
  "request": {"method": "GET", "url": "https://shop.example/list items"}, "response": {"status": 304}},
 {"request": {}}]}})";

TEST(RecordTest, WritesAnArchiveAsAFlowWithItsPauses) {
  EXPECT_TRUE(tests::MatchesGolden(Recorded(RecordKind::kHar, kHar), "record/har.yaml"));
}

TEST(RecordTest, WritesACommandLineOfCurl) {
  EXPECT_TRUE(tests::MatchesGolden(
      Recorded(RecordKind::kCurl,
               "curl -sS -X PUT 'http://localhost:8080/a?b=c' \\\n  -H 'Accept: */*' \\\n"
               "  -H 'Authorization: Bearer t' --data-raw '{\"a\": \"it''s\"}' -L --foo\n"),
      "record/curl.yaml"));
}

TEST(RecordTest, WritesTargetsOfVegetaInBothForms) {
  EXPECT_TRUE(tests::MatchesGolden(
      Recorded(
          RecordKind::kVegeta,
          "# targets\nGET http://localhost/a\nX-Id: 1\n\nPOST http://localhost/b\n@body.json\n\n"
          "GET http://other/c\n"
          "{\"method\": \"POST\", \"url\": \"http://localhost/d\", \"body\": \"aGk=\", "
          "\"header\": {\"A\": [\"b\"]}}\n"),
      "record/vegeta.yaml"));
}

TEST(RecordTest, WritesADescriptionInOpenApi) {
  EXPECT_TRUE(tests::MatchesGolden(Recorded(RecordKind::kOpenApi, R"(
openapi: 3.0.0
info: { title: Pets }
servers: [ { url: https://pets.example/v1 } ]
security: [ { key: [] } ]
paths:
  /pets/{id}:
    parameters: [ { $ref: '#/components/parameters/Id' } ]
    get: { operationId: getPet, summary: One pet }
    delete: {}
  /pets:
    get:
      parameters:
        - { name: limit, in: query, required: true, schema: { type: integer, default: 20 } }
        - { name: tag, in: query }
    post:
      requestBody: { content: { application/json: { example: { name: Rex } } } }
components: { parameters: { Id: { name: id, in: path, required: true, example: 7 } } }
)"),
                                   "record/openapi.yaml"));
}

TEST(RecordTest, WritesTheLoadOfK6Options) {
  EXPECT_TRUE(tests::MatchesGolden(Recorded(RecordKind::kK6Options, R"({"scenarios": {
    "ramp": {"executor": "ramping-arrival-rate", "startRate": 60, "timeUnit": "1m",
             "stages": [{"target": 600, "duration": "1m30s"}, {"target": 600, "duration": "2m"}]},
    "other": {"executor": "externally-controlled", "vus": 5, "duration": "1m"}},
    "thresholds": {"http_req_duration": ["p(95)<500", {"threshold": "avg<200",
                   "abortOnFail": true, "delayAbortEval": "10s"}], "http_reqs": ["rate > 5"],
                   "http_req_duration{kind:api}": ["max<900"], "http_req_failed": ["rate<0.01"], "checks": ["rate>0.9"]}})"),
                                   "record/k6.yaml"));
}

TEST(RecordTest, WritesEachScenarioOfK6Options) {
  EXPECT_TRUE(tests::MatchesGolden(Recorded(RecordKind::kK6Options, R"({"scenarios": {
    "browse all": {"executor": "constant-arrival-rate", "rate": 100, "duration": "10m", "exec": "browse"},
    "checkout": {"executor": "constant-vus", "vus": 20, "duration": "8m", "startTime": "2m"},
    "import": {"executor": "shared-iterations", "vus": 4, "iterations": 500, "startTime": "1m30s",
               "maxDuration": "5m"},
    "each": {"executor": "per-vu-iterations", "vus": 4, "iterations": 5}},
    "thresholds": {"http_req_duration{scenario:checkout}": ["p(95)<500"],
                   "http_req_duration{scenario:nobody}": ["p(95)<500"]}})"),
                                   "record/k6_scenarios.yaml"));
}

TEST(RecordTest, WritesHowManyIterationsK6Makes) {
  const std::string text = Recorded(RecordKind::kK6Options, R"({"vus": 3, "iterations": 60})");
  EXPECT_NE(text.find("load:\n  rounds: 60\n  stages:\n    - { users: 3, for: 10m }\n"),
            std::string::npos)
      << text;
}

TEST(RecordTest, WritesAScriptOfArtillery) {
  EXPECT_TRUE(tests::MatchesGolden(Recorded(RecordKind::kArtillery, R"(
config:
  target: http://localhost:3000
  phases: [ { duration: 60, arrivalRate: 5 }, { duration: 2m, arrivalRate: 5, rampTo: 50 } ]
  plugins: {}
scenarios:
  - name: buy
    weight: 3
    flow:
      - get: { url: /products, capture: [ { json: $.id, as: id } ] }
      - think: 2
      - post: { url: "/cart/{{ id }}", json: { id: 1 } }
      - loop: []
  - flow: [ { get: { url: / } } ]
)"),
                                   "record/artillery.yaml"));
}

TEST(RecordTest, KeepsSecretsOnlyWhenAsked) {
  EXPECT_EQ(Recorded(RecordKind::kHar, kHar).find("sid=1"), std::string::npos);
  EXPECT_NE(Recorded(RecordKind::kHar, kHar, {.keeps_secrets = true}).find("sid=1"),
            std::string::npos);
}

TEST(RecordTest, LeavesOutWhatTheFilterDoesNotFind) {
  const std::string text = Recorded(RecordKind::kHar, kHar, {.filter = "^/list"});
  EXPECT_EQ(text.find("/login"), std::string::npos);
  EXPECT_NE(text.find("/list%20items"), std::string::npos);
}

TEST(RecordTest, WhatIsBrokenIsAnErrorWithItsReason) {
  EXPECT_EQ(Recorded(RecordKind::kHar, kHar.substr(0, 500)),
            "error: this is no HTTP archive: its JSON is broken or cut off");
  EXPECT_EQ(Recorded(RecordKind::kHar, "{}"),
            "error: this is no HTTP archive: it has no log.entries");
  EXPECT_EQ(Recorded(RecordKind::kCurl, "wget x"),
            "error: this is no command line of curl: it does not begin with 'curl'");
  EXPECT_TRUE(Recorded(RecordKind::kVegeta, "hello\n").starts_with("error: line 1: 'hello'"));
  EXPECT_EQ(Recorded(RecordKind::kK6Options, "{}"),
            "error: the options say no load: neither 'scenarios' nor 'stages' nor 'vus'");
  EXPECT_TRUE(Recorded(RecordKind::kOpenApi, "a: [").starts_with("error: "));
  EXPECT_TRUE(Recorded(RecordKind::kArtillery, "\x01\xFF").starts_with("error: "));
}

class RecordLogTest : public testing::Test {
 protected:
  std::string File(const std::string& text) { return folder_.Write("access.log", text); }

  static std::string Line(int second, const std::string& path,
                          const std::string& client = "10.0.0.1") {
    return fmt::format(
        "{} - - [10/Oct/2000:13:{:02}:{:02} +0000] \"GET {} HTTP/1.1\" 200 1 \"-\" \"curl\" "
        "0.010\n",
        client, second / 60, second % 60, path);
  }

  tests::TempDir folder_;
};

// Two clients in three come, look at a product three seconds later, and go.
TEST_F(RecordLogTest, MakesFlowsOfSessionsThatAreAlike) {
  std::string log = "not a line\n";
  for (int i = 0; i < 30; ++i) {
    const std::string client = fmt::format("10.0.0.{}", i);
    log += Line(10 * i, "/", client);
    log += i % 3 == 0 ? "" : Line(10 * i + 3, fmt::format("/products/{}?page=1", i), client);
  }
  const Result<std::string> scenario =
      RecordLog(File(log), {.name = "shop", .target = "http://localhost"});
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_TRUE(tests::MatchesGolden(*scenario, "record/log.yaml"));
}

TEST_F(RecordLogTest, MakesFlowsOfRoutesWhenNoTwoSessionsAreAlike) {
  std::string log;
  for (int i = 0; i < 2000; ++i) {
    log += Line(i / 2, fmt::format("/r{}/{}", (i * i) % 7, i), fmt::format("c{}", i % 40));
  }
  const Result<std::string> scenario = RecordLog(File(log), {});
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_NE(scenario->find("each flow is a route"), std::string::npos) << *scenario;
  EXPECT_NE(scenario->find("rate: 2/s"), std::string::npos) << *scenario;
}

TEST_F(RecordLogTest, TooManyLinesOfAnotherFormAreNamed) {
  const Result<std::string> scenario =
      RecordLog(File(Line(1, "/") + "a\nb\n" + Line(2, "/") + "c\n"), {.bad_lines_max = 2});
  ASSERT_FALSE(scenario);
  EXPECT_NE(scenario.error().message.find("3 of the first 5 lines"), std::string::npos);
  EXPECT_NE(scenario.error().message.find("(lines 2, 3, 5)"), std::string::npos)
      << scenario.error().message;
}

TEST_F(RecordLogTest, AnEndlessLineIsOneBadLine) {
  const std::string junk(5'000'000, 'x');
  const Result<std::string> scenario = RecordLog(File(junk + "\n" + Line(1, "/")), {});
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_NE(scenario->find("1 lines of another form"), std::string::npos);
}

// Each look for idle clients goes through all of them: not for each line beyond the limit.
TEST_F(RecordLogTest, ClientsBeyondTheLimitAreCountedAndCostNothing) {
  std::string log;
  for (int i = 0; i < 205'000; ++i) {
    log += Line(i % 1000, "/", fmt::format("c{}", i));
  }
  const Result<std::string> scenario = RecordLog(File(log), {});
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_NE(scenario->find("5,000 of further clients"), std::string::npos) << *scenario;
}

TEST_F(RecordLogTest, AFileWithoutRequestsIsAnError) {
  EXPECT_FALSE(RecordLog(File(""), {}));
  EXPECT_FALSE(RecordLog(folder_.File("none"), {}));
  EXPECT_FALSE(RecordLog(File(Line(1, "/")), {.filter = "/nothing"}));
}

}  // namespace
}  // namespace weir::scenarios
