#include "scenarios/reader.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace weir::scenarios {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kLoad = "load: { stages: [ { rate: 5/s, for: 10s } ] }\n";

Scenario Read(const std::string& text) {
  Result<Scenario> scenario = ReadScenario(text, "dir/shop.v2.yaml");
  EXPECT_TRUE(scenario) << scenario.error().message;
  return scenario ? *std::move(scenario) : Scenario();
}

Scenario ReadSteps(const std::string& steps) {
  return Read("steps:\n" + steps + std::string(kLoad));
}

Request FirstRequest(const Scenario& scenario) {
  return scenario.flows.empty() ? Request() : std::get<Request>(scenario.flows[0].actions[0]);
}

Load ReadLoadOf(const std::string& load) {
  return Read("steps: [ { get: / } ]\nload:\n" + load).load;
}

TEST(ReadScenarioTest, ReadsTheSmallestScenario) {
  const std::string text = "steps: [ { get: / } ]\n" + std::string(kLoad);
  const Scenario scenario = Read(text);
  EXPECT_EQ(scenario.name, "shop.v2");
  EXPECT_FALSE(scenario.target);
  EXPECT_EQ(scenario.source_text, text);
  const std::vector<StepName> steps = {{"main", "GET /"}};
  EXPECT_EQ(scenario.StepNames(), steps);
  EXPECT_EQ(scenario.LoadInWords(), "5.00/s uniform for 10 s");
  EXPECT_EQ(FirstRequest(scenario).timeout, 5s);
}

TEST(ReadScenarioTest, IgnoresAByteOrderMarkAndWindowsLineEnds) {
  EXPECT_EQ(Read("\xef\xbb\xbfname: a\r\nsteps: [ { get: / } ]\r\n" + std::string(kLoad)).name,
            "a");
}

TEST(ReadScenarioTest, ReadsFlowsWithTheirWeights) {
  const Scenario scenario = Read(
      "name: shop\ntarget: https://shop:8443/api\n"
      "flows:\n"
      "  - { name: buy, weight: 2.5, steps: [ { get: /a } ] }\n"
      "  - { steps: [ { get: /b }, { think: 1s } ] }\n" +
      std::string(kLoad));
  ASSERT_EQ(scenario.flows.size(), 2U);
  EXPECT_EQ(scenario.flows[0].weight, 2.5);
  EXPECT_EQ(scenario.flows[1].name, "flow 2");
  EXPECT_EQ(scenario.flows[1].weight, 1);
  EXPECT_EQ(scenario.target->Url(), "https://shop:8443/api");
}

TEST(ReadScenarioTest, ReadsEveryMethod) {
  const Scenario scenario = ReadSteps(
      "  - get: /1\n  - post: /2\n  - put: /3\n  - patch: /4\n  - delete: /5\n"
      "  - head: /6\n  - options: /7\n  - request: PURGE /8?a=b\n");
  std::string methods;
  for (const Action& action : scenario.flows[0].actions) {
    methods += std::get<Request>(action).method + " " + std::get<Request>(action).path + ",";
  }
  EXPECT_EQ(methods, "GET /1,POST /2,PUT /3,PATCH /4,DELETE /5,HEAD /6,OPTIONS /7,PURGE /8?a=b,");
}

TEST(ReadScenarioTest, StepHeadersReplaceDefaultsOfAnyCase) {
  const Scenario scenario = Read(
      "defaults: { timeout: 2s, headers: { Accept: text/html, X-Run: a } }\n"
      "steps: [ { get: /, headers: { accept: '*/*' }, timeout: 250ms } ]\n" +
      std::string(kLoad));
  const std::vector<Header> expected = {{"accept", "*/*"}, {"X-Run", "a"}};
  EXPECT_EQ(FirstRequest(scenario).headers, expected);
  EXPECT_EQ(FirstRequest(scenario).timeout, 250ms);
}

TEST(ReadScenarioTest, StepsHaveTheirOwnApdexTargetOrTheDefault) {
  const Scenario scenario = Read(
      "defaults: { apdex: 500ms }\n"
      "steps: [ { get: /, apdex: 2s }, { get: /list } ]\n" +
      std::string(kLoad));
  EXPECT_EQ(FirstRequest(scenario).apdex, 2s);
  EXPECT_EQ(std::get<Request>(scenario.flows[0].actions[1]).apdex, 500ms);
  EXPECT_EQ(FirstRequest(Read("steps: [ { get: / } ]\n" + std::string(kLoad))).apdex, std::nullopt);
}

TEST(ReadScenarioTest, SendsJsonDigitForDigit) {
  const Scenario scenario = ReadSteps(
      "  - post: /\n"
      "    json:\n"
      "      id: 12345678901234567890\n"
      "      price: 1.50\n"
      "      text: \"7\"\n"
      "      date: 2026-11-24\n"
      "      yes: true\n"
      "      none: ~\n"
      "      quote: 'say \"hi\"'\n"
      "      list: [ 1, -2e3, 0x10, 01 ]\n");
  EXPECT_EQ(FirstRequest(scenario).body,
            R"({"id":12345678901234567890,"price":1.50,"text":"7","date":"2026-11-24",)"
            R"("yes":true,"none":null,"quote":"say \"hi\"","list":[1,-2e3,"0x10","01"]})");
  const std::vector<Header> expected = {{"content-type", "application/json"}};
  EXPECT_EQ(FirstRequest(scenario).headers, expected);
}

TEST(ReadScenarioTest, KeepsTheContentTypeOfAJsonBody) {
  const Scenario scenario = ReadSteps(
      "  - { post: /, json: [ 1 ], headers: { Content-Type: application/vnd.api+json } }\n");
  const std::vector<Header> expected = {{"Content-Type", "application/vnd.api+json"}};
  EXPECT_EQ(FirstRequest(scenario).headers, expected);
}

TEST(ReadScenarioTest, TakesBodiesAsTheyAre) {
  EXPECT_EQ(FirstRequest(ReadSteps("  - get: /\n    body: |\n      {\"a\": [1]}\n")).body,
            "{\"a\": [1]}\n");
  EXPECT_EQ(FirstRequest(ReadSteps("  - { post: /, body: \"a\\0b\\r\\n\" }\n")).body,
            std::string("a\0b\r\n", 5));
}

TEST(ReadScenarioTest, ReadsChecks) {
  const Scenario scenario = ReadSteps(
      "  - get: /\n"
      "    check:\n"
      "      status: [200, 3xx, 400..404]\n"
      "      header.content-type: /json/\n"
      "      header.x-a: [ b, /c+/ ]\n"
      "      body: [ items, '/^\\{/', /usr/bin ]\n");
  Check expected;
  expected.status = {{200, 200}, {300, 399}, {400, 404}};
  expected.headers = {{"content-type", {Matcher::Kind::kRegex, "json"}},
                      {"x-a", {Matcher::Kind::kContains, "b"}},
                      {"x-a", {Matcher::Kind::kRegex, "c+"}}};
  expected.body = {{Matcher::Kind::kContains, "items"},
                   {Matcher::Kind::kRegex, "^\\{"},
                   {Matcher::Kind::kContains, "/usr/bin"}};
  EXPECT_EQ(FirstRequest(scenario).check, expected);
}

TEST(ReadScenarioTest, ReadsThinkTimesAloneAndBehindARequest) {
  const Scenario scenario = ReadSteps(
      "  - { get: /, think: 800ms }\n"
      "  - think: exponential( 1.5s )\n"
      "  - think: uniform(1s, 3s)\n");
  using Distribution = Think::Distribution;
  const auto& actions = scenario.flows[0].actions;
  ASSERT_EQ(actions.size(), 4U);
  EXPECT_EQ(std::get<Think>(actions[1]), (Think{Distribution::kFixed, 800ms, 0ns, 0ns}));
  EXPECT_EQ(std::get<Think>(actions[2]), (Think{Distribution::kExponential, 1500ms, 0ns, 0ns}));
  EXPECT_EQ(std::get<Think>(actions[3]), (Think{Distribution::kUniform, 0ns, 1s, 3s}));
}

TEST(ReadScenarioTest, ReadsOpenStages) {
  const Load load = ReadLoadOf(
      "  arrivals: poisson\n  warm_up: 5s\n  drain: 0s\n  in_flight_max: 2k\n  connections: 64\n"
      "  stages:\n"
      "    - { rate: 0..500/s, for: 1m30s }\n"
      "    - { rate: 600..1.2k/m, for: 1s }\n"
      "    - { rate: 250, for: 1s }\n");
  EXPECT_EQ(load.arrivals, Arrivals::kPoisson);
  EXPECT_EQ(load.warm_up, 5s);
  EXPECT_EQ(load.drain, 0s);
  EXPECT_EQ(load.in_flight_max, 2000U);
  EXPECT_EQ(load.connections_max, 64U);
  const auto& ramp = std::get<OpenStage>(load.stages[0]);
  EXPECT_EQ(ramp.from, Rate());
  EXPECT_EQ(ramp.to, Rate::PerSecond(500));
  EXPECT_EQ(ramp.duration, 90s);
  // A unit at the end counts for both ends.
  EXPECT_EQ(std::get<OpenStage>(load.stages[1]).from, Rate::PerSecond(10));
  EXPECT_EQ(std::get<OpenStage>(load.stages[1]).to, Rate::PerSecond(20));
  EXPECT_EQ(std::get<OpenStage>(load.stages[2]).from, std::get<OpenStage>(load.stages[2]).to);
}

TEST(ReadScenarioTest, ReadsClosedStages) {
  const Load load =
      ReadLoadOf("  stages: [ { users: 0..50, for: 10s }, { users: 1k, for: 1h } ]\n");
  EXPECT_EQ(std::get<ClosedStage>(load.stages[0]).to, 50U);
  EXPECT_EQ(std::get<ClosedStage>(load.stages[1]).from, 1000U);
  EXPECT_EQ(std::get<ClosedStage>(load.stages[1]).duration, 1h);
}

TEST(ReadScenarioTest, TakesAThresholdOfAStepWithAndWithoutQuotes) {
  const Scenario scenario =
      Read("steps: [ { get: /, name: list } ]\n" + std::string(kLoad) +
           "thresholds:\n  - list: p(99) < 400ms\n  - 'list: p(99) < 400ms'\n  - p(95) < 200ms\n");
  ASSERT_EQ(scenario.thresholds.size(), 3U);
  EXPECT_EQ(scenario.thresholds[0].text, scenario.thresholds[1].text);
  EXPECT_EQ(scenario.thresholds[0].step, "list");
  EXPECT_EQ(scenario.thresholds[2].step, "");
}

TEST(ReadScenarioTest, ResolvesAliases) {
  const Scenario scenario = ReadSteps(
      "  - { get: /a, headers: &common { accept: text/html } }\n"
      "  - { get: /b, headers: *common }\n");
  EXPECT_EQ(std::get<Request>(scenario.flows[0].actions[1]).headers,
            FirstRequest(scenario).headers);
}

TEST(ReadScenarioTest, ReadsProgramsAsSteps) {
  const Scenario scenario = Read(
      "defaults: { timeout: 2s }\n"
      "steps:\n"
      "  - command: sort -n 'my file'\n"
      "    check: { exit: [0, 2..3], stdout: [items, /total=.+/] }\n"
      "  - think: 1s\n"
      "  - { command: [gzip, \"-kc\", \"a b\"], name: pack, timeout: 1m }\n"
      "  - shell: sort x | uniq\n" +
      std::string(kLoad));
  EXPECT_TRUE(scenario.RunsPrograms());
  EXPECT_EQ(scenario.ProgramInWords(), "sort -n 'my file' (and 2 more)");
  const auto& sort = std::get<Command>(scenario.flows[0].actions[0]);
  EXPECT_EQ(sort.argv, (std::vector<std::string>{"sort", "-n", "my file"}));
  EXPECT_EQ(sort.exits, (std::vector<StatusRange>{{0, 0}, {2, 3}}));
  EXPECT_EQ(sort.output.size(), 2U);
  EXPECT_EQ(sort.timeout, 2s);
  const auto& pack = std::get<Command>(scenario.flows[0].actions[2]);
  EXPECT_EQ(pack.argv, (std::vector<std::string>{"gzip", "-kc", "a b"}));
  EXPECT_EQ(pack.timeout, 1min);
  const auto& shell = std::get<Command>(scenario.flows[0].actions[3]);
  EXPECT_EQ(shell.argv, (std::vector<std::string>{"/bin/sh", "-c", "sort x | uniq"}));
  const std::vector<StepName> names = {
      {"main", "sort -n 'my file'"}, {"main", "pack"}, {"main", "sort x | uniq"}};
  EXPECT_EQ(scenario.StepNames(), names);
}

TEST(ReadScenarioTest, ReadsSeveralScenariosOfOneRun) {
  const Scenario scenario = Read(
      "data: { users: { file: users.csv, order: unique }, other: { file: other.csv } }\n"
      "scenarios:\n"
      "  - name: browse\n"
      "    steps: [ { get: \"/{{ users.id }}\", name: home, tags: { team: a, zone: b } } ]\n"
      "    load: { arrivals: poisson, stages: [ { rate: 100/s, for: 10m } ] }\n"
      "  - name: checkout\n"
      "    start: 2m\n"
      "    flows:\n"
      "      - { name: buy, weight: 3, steps: [ { get: /a } ] }\n"
      "      - { steps: [ { get: /b, redirects: 1 } ] }\n"
      "    load: { rounds: 7, stages: [ { users: 20, for: 8m } ] }\n"
      "load: { warm_up: 30s, in_flight_max: 50, connections: 9, drain: 1s }\n"
      "thresholds: [ \"p(95){scenario:checkout} < 1s\" ]\n");
  ASSERT_EQ(scenario.parts.size(), 2U);
  const Part& browse = scenario.parts[0];
  EXPECT_EQ(browse.name, "browse");
  EXPECT_EQ(browse.start, 0s);
  EXPECT_EQ(browse.load.arrivals, Arrivals::kPoisson);
  EXPECT_EQ(browse.flow_first, 0U);
  EXPECT_EQ(browse.flow_count, 1U);
  EXPECT_EQ(browse.data, std::vector<std::string>{"users"});
  const Part& checkout = scenario.parts[1];
  EXPECT_EQ(checkout.start, 2min);
  EXPECT_EQ(checkout.load.rounds_max, 7U);
  EXPECT_EQ(checkout.flow_first, 1U);
  EXPECT_EQ(checkout.flow_count, 2U);
  EXPECT_TRUE(checkout.data.empty());
  EXPECT_EQ(scenario.Duration(), 10min);
  EXPECT_EQ(scenario.load.warm_up, 30s);
  EXPECT_EQ(scenario.load.in_flight_max, 50U);
  EXPECT_EQ(scenario.load.connections_max, 9U);
  EXPECT_EQ(scenario.load.drain, 1s);
  EXPECT_TRUE(scenario.load.stages.empty());
  const std::vector<StepName> steps = {
      {"browse", "home", {{"scenario", "browse"}, {"team", "a"}, {"zone", "b"}}},
      {"buy", "GET /a", {{"scenario", "checkout"}}},
      {"flow 3", "GET /b", {{"scenario", "checkout"}}},
      {"flow 3", "GET /b (redirected)", {{"scenario", "checkout"}}}};
  EXPECT_EQ(scenario.StepNames(), steps);
}

TEST(ReadScenarioTest, ReadsHowManyRoundsThereAre) {
  const Scenario scenario = Read(
      "steps: [ { command: date } ]\nload: { rounds: 200, stages: [ { users: 2, for: 1h } ] }\n");
  EXPECT_EQ(scenario.load.rounds_max, 200U);
  EXPECT_EQ(scenario.LoadInWords(), "200 rounds by 2 users for 1 h");
}

TEST(ReadScenarioFileTest, ReadsEveryScenarioOfTheLibrary) {
  int read = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(WEIR_SOURCE_DIR "/scenarios/library")) {
    if (entry.path().extension() == ".yaml") {
      const Result<Scenario> scenario = ReadScenarioFile(entry.path());
      ASSERT_TRUE(scenario) << scenario.error().message;
      EXPECT_EQ(scenario->name, entry.path().stem());
      ++read;
    }
  }
  EXPECT_EQ(read, 15);
}

TEST(ReadScenarioFileTest, SaysWhatIsWrongWithAPath) {
  EXPECT_EQ(ReadScenarioFile("/nowhere/shop.yaml").error().message,
            "/nowhere/shop.yaml: there is no such scenario file; check the path");
  EXPECT_EQ(ReadScenarioFile("/").error().message,
            "/: this is a directory; give the path of a scenario file in it");
  EXPECT_EQ(ReadScenarioFile("/nowhere").error().kind, ErrorKind::kUsage);
  EXPECT_EQ(ReadScenarioFile("/dev/zero").error().message,
            "/dev/zero: the scenario file is larger than 4.19 MB; split it into several files");
  EXPECT_EQ(ReadScenarioFile("/proc/self/mem").error().message,
            "/proc/self/mem: the scenario file cannot be read (Input/output error)");
}

TEST(ReadScenarioTest, ReadsHowConnectionsAreKept) {
  const Load load = ReadLoadOf(
      "  stages: [ { users: 2, for: 1s } ]\n"
      "  connections:\n"
      "    max: 64\n    requests: 100\n    lifetime: 30s\n    open_rate: 500/s\n"
      "    source: [ 127.0.0.2, '::1' ]\n    dns: round_robin\n    connect_to: '[::1]:8080'\n");
  EXPECT_EQ(load.connections_max, 64U);
  const Pool& pool = load.pool;
  EXPECT_EQ(pool.requests_max, 100U);
  EXPECT_EQ(pool.lifetime, 30s);
  EXPECT_TRUE(pool.keep_alive);
  EXPECT_EQ(pool.open_rate.per_second(), 500);
  EXPECT_EQ(pool.sources, (std::vector<std::string>{"127.0.0.2", "::1"}));
  EXPECT_EQ(pool.dns, DnsPolicy::kRoundRobin);
  EXPECT_EQ(pool.connect_to, (ConnectTo{"::1", 8080}));
  EXPECT_FALSE(ReadLoadOf("  stages: [ { users: 2, for: 1s } ]\n"
                          "  connections: { keep_alive: false }\n")
                   .pool.keep_alive);
}

}  // namespace
}  // namespace weir::scenarios
