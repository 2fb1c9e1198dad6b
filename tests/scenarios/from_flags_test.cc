#include "scenarios/from_flags.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "scenarios/reader.h"

namespace weir::scenarios {
namespace {

using namespace std::chrono_literals;

FlagLoad Flags() {
  FlagLoad flags;
  flags.url = "http://localhost:8080/list?page=1";
  return flags;
}

Scenario Made(const FlagLoad& flags) {
  Result<Scenario> scenario = ScenarioFromFlags(flags);
  EXPECT_TRUE(scenario) << scenario.error().message;
  return scenario ? *std::move(scenario) : Scenario();
}

const Request& RequestOf(const Scenario& scenario) {
  return std::get<Request>(scenario.flows.at(0).actions.at(0));
}

TEST(ScenarioFromFlagsTest, WithoutARateIsAClosedLoop) {
  const Scenario scenario = Made(Flags());
  EXPECT_EQ(scenario.name, "http://localhost:8080/list?page=1");
  EXPECT_EQ(scenario.target->Url(), "http://localhost:8080");
  EXPECT_EQ(scenario.LoadInWords(), "10 users for 10 s");
  EXPECT_EQ(scenario.load.connections_max, 10U);
  EXPECT_EQ(RequestOf(scenario).method, "GET");
  EXPECT_EQ(RequestOf(scenario).path, "/list?page=1");
}

TEST(ScenarioFromFlagsTest, WithARateIsAnOpenLoopOverTheConnections) {
  FlagLoad flags = Flags();
  flags.rate = Rate::PerSecond(5000);
  flags.connections = 64;
  flags.duration = 30s;
  flags.arrivals = Arrivals::kPoisson;
  flags.warm_up = 1500ms;
  flags.in_flight_max = 500;
  const Scenario scenario = Made(flags);
  EXPECT_EQ(scenario.LoadInWords(), "5,000/s poisson for 30 s");
  EXPECT_EQ(scenario.load.connections_max, 64U);
  EXPECT_EQ(scenario.load.warm_up, 1500ms);
  EXPECT_EQ(scenario.load.in_flight_max, 500U);
}

TEST(ScenarioFromFlagsTest, ACommandIsAStepInsteadOfAUrl) {
  FlagLoad flags;
  flags.command = "prog --name 'a b'";
  flags.connections = 1;
  flags.rounds = 200;
  flags.duration = 1h;
  flags.timeout = 3s;
  const Scenario scenario = Made(flags);
  EXPECT_FALSE(scenario.target);
  EXPECT_EQ(scenario.name, flags.command);
  EXPECT_EQ(scenario.load.rounds_max, 200U);
  EXPECT_EQ(scenario.LoadInWords(), "200 rounds by 1 user for 1 h");
  const auto& command = std::get<Command>(scenario.flows.at(0).actions.at(0));
  EXPECT_EQ(command.argv, (std::vector<std::string>{"prog", "--name", "a b"}));
  EXPECT_EQ(command.timeout, 3s);
}

TEST(ScenarioFromFlagsTest, OnlyAShellIsGivenWhatOnlyAShellCanDo) {
  FlagLoad flags;
  flags.command = "sort x | uniq";
  EXPECT_TRUE(ScenarioFromFlags(flags).error().message.starts_with(
      "--command: '|' means something to a shell only"));
  flags.by_shell = true;
  EXPECT_EQ(std::get<Command>(Made(flags).flows.at(0).actions.at(0)).argv,
            (std::vector<std::string>{"/bin/sh", "-c", "sort x | uniq"}));
}

TEST(ScenarioFromFlagsTest, ACommandRefusesWhatIsForRequests) {
  FlagLoad flags;
  flags.command = "prog";
  flags.url = "http://localhost/";
  flags.body = "x";
  flags.rounds = 5;
  flags.rate = Rate::PerSecond(5);
  EXPECT_EQ(ScenarioFromFlags(flags).error().message,
            "--command: it does not go with a URL\n  hint: give one of the two\n"
            "--command: a program has no headers, method, body, connections or TLS\n"
            "  hint: leave those flags out\n"
            "-n: with a rate, the duration says how many there are\n"
            "  hint: leave out -n or -R");
}

TEST(ScenarioFromFlagsTest, APipelineHasAUserForEachOfItsPlaces) {
  FlagLoad flags = Flags();
  flags.connections = 5;
  flags.connection.pipeline = 4;
  const Scenario scenario = Made(flags);
  EXPECT_EQ(scenario.LoadInWords(), "20 users for 10 s");
  EXPECT_EQ(scenario.load.connections_max, 5U);
  EXPECT_EQ(scenario.connection.pipeline, 4U);
  flags.connection.protocol = Protocol::kHttp2;
  EXPECT_EQ(ScenarioFromFlags(flags).error().message,
            "URL: a pipeline is a thing of HTTP/1.1, and not of libcurl\n"
            "  hint: leave out 'pipeline' (--pipeline); HTTP/2 has 'streams' (--streams)");
}

TEST(ScenarioFromFlagsTest, KeepsOddRatesAndDurationsExactly) {
  FlagLoad flags = Flags();
  flags.rate = Rate::PerSecond(1.0 / 3);
  flags.duration = 1234567891ns;
  const auto stage = std::get<OpenStage>(Made(flags).load.stages.at(0));
  EXPECT_EQ(stage.from, *flags.rate);
  EXPECT_EQ(stage.duration, flags.duration);
}

TEST(ScenarioFromFlagsTest, MakesRoomForMoreUsersThanUsual) {
  FlagLoad flags = Flags();
  flags.connections = 20'000;
  EXPECT_EQ(Made(flags).load.in_flight_max, 20'000U);
}

TEST(ScenarioFromFlagsTest, SendsABodyAsAFormUnlessToldOtherwise) {
  FlagLoad flags = Flags();
  flags.body = "a=b";
  const Scenario form = Made(flags);
  EXPECT_EQ(RequestOf(form).method, "POST");
  EXPECT_EQ(RequestOf(form).headers.at(0).value, "application/x-www-form-urlencoded");
  flags.method = "PUT";
  flags.headers = {"Content-Type: application/json"};
  const Scenario json = Made(flags);
  EXPECT_EQ(RequestOf(json).method, "PUT");
  EXPECT_EQ(RequestOf(json).headers.size(), 1U);
}

TEST(ScenarioFromFlagsTest, SourceTextIsTheScenarioAsAFile) {
  FlagLoad flags = Flags();
  flags.url = "https://[::1]:8443/a";
  flags.rate = Rate::PerSecond(500);
  flags.headers = {"X-Quote: say \"hi\" \\ back", "Host: shop", "X-Empty:"};
  flags.body = std::string("line\n\ttab \0 \x1b \xc3\xa9 '{'", 20);
  flags.timeout = 250ms;
  flags.thresholds = {"p(95) < 200ms", "error_rate < 1%"};
  const Scenario made = Made(flags);
  EXPECT_EQ(made.source_text,
            "name: \"https://[::1]:8443/a\"\n"
            "target: \"https://[::1]:8443\"\n"
            "steps:\n"
            "  - request: \"POST /a\"\n"
            "    headers:\n"
            "      \"X-Quote\": \"say \\\"hi\\\" \\\\ back\"\n"
            "      \"Host\": \"shop\"\n"
            "      \"X-Empty\": \"\"\n"
            "      \"content-type\": \"application/x-www-form-urlencoded\"\n"
            "    body: \"line\\n\\x09tab \\x00 \\x1b \xc3\xa9 '{'\"\n"
            "    timeout: 250ms\n"
            "load:\n"
            "  arrivals: uniform\n"
            "  stages:\n"
            "    - { rate: 500/s, for: 10s }\n"
            "  connections: 10\n"
            "thresholds:\n"
            "  - \"p(95) < 200ms\"\n"
            "  - \"error_rate < 1%\"\n");
  const Result<Scenario> read = ReadScenario(made.source_text, "saved.yaml");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(RequestOf(*read).body, flags.body);
  EXPECT_EQ(RequestOf(*read).headers, RequestOf(made).headers);
  EXPECT_EQ(read->name, made.name);
  EXPECT_EQ(read->target, made.target);
  EXPECT_EQ(read->LoadInWords(), made.LoadInWords());
  EXPECT_EQ(read->thresholds.size(), 2U);
  EXPECT_EQ(read->source_text, made.source_text);
}

TEST(ScenarioFromFlagsTest, NamesEveryWrongFlag) {
  FlagLoad flags;
  flags.url = "localhost:8080";
  flags.connections = 0;
  flags.duration = 5s;
  flags.warm_up = 5s;
  flags.arrivals = Arrivals::kPoisson;
  flags.method = "get";
  flags.headers = {"Accept", "Evil: a\r\nb: c", "A: 1", "a: 2"};
  flags.timeout = 0ns;
  flags.in_flight_max = 0;
  flags.thresholds = {"p(95) < 200"};
  const Result<Scenario> scenario = ScenarioFromFlags(flags);
  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(scenario.error().message,
            "URL: address 'localhost:8080' has no scheme\n"
            "  hint: did you mean 'http://localhost:8080'?\n"
            "-X: 'get' is not an HTTP method\n"
            "  hint: write it in capital letters without spaces, for example GET, POST or PURGE\n"
            "-H: 'Accept' is not a header\n"
            "  hint: write 'Name: value', for example 'Accept: text/html'\n"
            "-H: value of header 'Evil' has a line break or control character\n"
            "  hint: write it on one line; a header per line is a header per key\n"
            "-H: header 'a' is given twice\n"
            "  hint: remove one\n"
            "-c: 0 connections send nothing\n"
            "  hint: write a number above 0, for example -c 10\n"
            "--warm-up: 5.00 s leaves nothing to measure of a run of 5.00 s\n"
            "  hint: shorten it, or lengthen -d: the warm-up is its first part\n"
            "--timeout: it must be above 0\n"
            "  hint: write, for example, --timeout 5s\n"
            "--arrivals: without a rate each connection sends as fast as it is answered\n"
            "  hint: add a rate, for example -R 500\n"
            "--in-flight-max: 0 requests in flight send nothing\n"
            "  hint: write a number above 0\n"
            "--threshold: limit '200' of a response time has no unit\n"
            "  hint: for milliseconds write '200ms'");
}

TEST(ScenarioFromFlagsTest, RefusesBodiesThatAreNoText) {
  FlagLoad flags = Flags();
  flags.body = "\xff\xfe";
  EXPECT_EQ(ScenarioFromFlags(flags).error().message,
            "--data: the body is not UTF-8 text\n  hint: this version sends text bodies only");
}

TEST(ScenarioFromFlagsTest, SlotsMayNameNothingThatIsNotThere) {
  FlagLoad flags = Flags();
  flags.body = "{{ uuid() }}";
  EXPECT_TRUE(ScenarioFromFlags(flags));
  flags.body = "{{ user }}";
  const Result<Scenario> scenario = ScenarioFromFlags(flags);
  ASSERT_FALSE(scenario);
  EXPECT_NE(scenario.error().message.find("no earlier step of this flow extracts 'user'"),
            std::string::npos);
}

// The text is what is recorded: saved and read again it must give the same load.
TEST(ScenarioFromFlagsTest, TheTextSaysHowConnectionsAreKept) {
  FlagLoad flags;
  flags.url = "http://localhost/";
  flags.pool.requests_max = 1;
  flags.pool.lifetime = std::chrono::seconds(30);
  flags.pool.keep_alive = false;
  flags.pool.open_rate = Rate::PerSecond(500);
  flags.pool.sources = {"127.0.0.2", "::1"};
  flags.pool.dns = DnsPolicy::kEach;
  flags.pool.connect_to = {"::1", 8080};
  const Result<Scenario> scenario = ScenarioFromFlags(flags);
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->load.pool, flags.pool);
}

}  // namespace
}  // namespace weir::scenarios
