#include "scenarios/replay.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "scenarios/reader.h"
#include "scenarios/scenario.h"
#include "tests/support/temp_dir.h"

namespace weir::scenarios {
namespace {

using namespace std::chrono_literals;

/// A line of nginx: when its answer was out, how long it took.
std::string Line(int ended_ms, int taken_ms, const std::string& request) {
  return fmt::format(
      "10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] \"{} HTTP/1.1\" 200 1 \"http://a/\" \"curl/8\" "
      "{}.{:03} 971211336.{:03}\n",
      request, taken_ms / 1000, taken_ms % 1000, ended_ms);
}

class ReplayTest : public testing::Test {
 protected:
  Replay Of(const std::string& text, Replay::Format format = Replay::Format::kAccessLog) {
    Replay replay;
    replay.file = folder_.Write("file", text);
    replay.format = format;
    return replay;
  }

  static std::shared_ptr<const ReplaySource> Open(Replay replay) {
    auto source = ReplaySource::Open(std::move(replay));
    EXPECT_TRUE(source) << (source ? "" : source.error().message);
    return source ? *source : nullptr;
  }

  static std::string WhyNot(Replay replay) {
    const auto source = ReplaySource::Open(std::move(replay));
    return source ? "" : source.error().message;
  }

  /// "0 GET /a, 5000000 GET /b": nanoseconds since the first.
  static std::string Played(const ReplaySource& source, ReplayTape& tape) {
    std::string out;
    while (const auto recorded = tape.Next()) {
      Request request;
      EXPECT_TRUE(source.Read(*recorded, request));
      out += fmt::format("{}{} {} {}", out.empty() ? "" : ", ", recorded->at.count() / 1'000'000,
                         request.method, request.path);
    }
    return out;
  }

  static std::string Played(const ReplaySource& source) { return Played(source, *source.Play()); }

  tests::TempDir folder_;
};

// A line is written when its answer is out: the slow one came first and stands last.
TEST_F(ReplayTest, PutsALogIntoTheOrderOfItsArrivals) {
  const auto source =
      Open(Of(Line(120, 10, "GET /b") + Line(130, 5, "POST /c?x=1") + Line(400, 300, "GET /a")));
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(Played(*source), "0 GET /a, 10 GET /b, 25 POST /c?x=1");
  EXPECT_EQ(source->facts().requests, 3U);
  EXPECT_EQ(source->facts().span, 25ms);
  EXPECT_EQ(source->facts().disorder, 25ms);
  EXPECT_EQ(source->facts().moved, 0U);
}

TEST_F(ReplayTest, PlaysTheSameAgainAfterRewinding) {
  std::string text;
  for (int i = 0; i < 900; ++i) {
    text += Line(i, (i * 7) % 90, fmt::format("GET /{}", i));
  }
  const auto source = Open(Of(text));
  ASSERT_NE(source, nullptr);
  const std::unique_ptr<ReplayTape> tape = source->Play();
  const std::string first = Played(*source, *tape);
  tape->Rewind();
  EXPECT_EQ(Played(*source, *tape), first);
}

TEST_F(ReplayTest, SpreadsWholeSecondsWithoutChangingTheirOrder) {
  const std::string line = "1.1.1.1 - - [10/Oct/2000:13:55:3{} -0700] \"GET /{} HTTP/1.1\" 200 1\n";
  std::string text;
  for (int i = 0; i < 40; ++i) {
    text += fmt::format(fmt::runtime(line), i / 20, i);
  }
  const auto source = Open(Of(text));
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->facts().whole_seconds, 40U);
  const std::unique_ptr<ReplayTape> tape = source->Play();
  Nanos last{-1};
  int second_half = 0;
  for (int i = 0; i < 40; ++i) {
    const auto recorded = tape->Next();
    ASSERT_TRUE(recorded);
    EXPECT_GT(recorded->at, last);
    last = recorded->at;
    Request request;
    ASSERT_TRUE(source->Read(*recorded, request));
    EXPECT_EQ(request.path, fmt::format("/{}", i));
    second_half += recorded->at > 500ms && recorded->at < 1s ? 1 : 0;
  }
  EXPECT_FALSE(tape->Next());
  EXPECT_LT(last, 2s);
  EXPECT_GT(second_half, 2);
}

TEST_F(ReplayTest, SubtractsNothingFromAnArrival) {
  const std::string apache =
      "1.1.1.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 200 1 \"-\" \"-\" 5000000\n";
  Replay replay = Of(apache + apache);
  const std::int64_t by_end = Open(replay)->facts().first_ns;
  replay.stamped_on_arrival = true;
  EXPECT_EQ(Nanos(Open(replay)->facts().first_ns - by_end), 5s);
}

TEST_F(ReplayTest, SendsAgentAndRefererAndHost) {
  Replay replay =
      Of("1.1.1.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /\\x22{{x}} HTTP/1.1\" 200 1 "
         "\"-\" \"a \\\"b\\\"\"\n");
  replay.host = "shop.example";
  const auto source = Open(replay);
  ASSERT_NE(source, nullptr);
  Request request;
  request.headers = {{"X-Own", "1"}};
  ASSERT_TRUE(source->Read(*source->Play()->Next(), request));
  EXPECT_EQ(request.path, "/%22%7B%7Bx%7D%7D");
  EXPECT_EQ(
      request.headers,
      (std::vector<Header>{{"X-Own", "1"}, {"host", "shop.example"}, {"user-agent", "a \"b\""}}));
}

TEST_F(ReplayTest, FiltersByMethodAndPathAndGroups) {
  Replay replay = Of(Line(1, 0, "GET /a.png") + Line(2, 0, "POST /cart") + Line(3, 0, "GET /b") +
                     Line(4, 0, "DELETE /a.png"));
  replay.filter = "^(GET|POST) ";
  replay.groups = {{"images", "\\.png$"}, {"cart", "^POST /cart"}};
  const auto source = Open(replay);
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(Played(*source), "0 GET /a.png, 1 POST /cart, 2 GET /b");
  EXPECT_EQ(source->facts().filtered, 1U);
  EXPECT_EQ(source->GroupNames(), (std::vector<std::string>{"images", "cart", "other"}));
  EXPECT_EQ(source->GroupOf("GET /a.png"), 0U);
  EXPECT_EQ(source->GroupOf("POST /cart"), 1U);
  EXPECT_EQ(source->GroupOf("GET /b"), 2U);
}

TEST_F(ReplayTest, CountsBadLinesAndStopsAtTheLimit) {
  Replay replay = Of("junk\n" + Line(1, 0, "GET /") + std::string("\x16\x03\x00\n", 4) +
                     std::string(100'000, 'x') + "\n" + Line(2, 0, "GET /b"));
  replay.bad_lines_max = 3;
  const auto source = Open(replay);
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->facts().bad, 3U);
  EXPECT_EQ(source->InWords(),
            "replay of file: 2 requests, 2 ms long; 3 lines of another form left out (lines 1, 3, "
            "4)");
  replay.bad_lines_max = 2;
  EXPECT_EQ(WhyNot(replay),
            fmt::format("'{}': 3 of the first 4 lines are of another form (lines 1, 3, 4)\n  hint: "
                        "is it an access log, in the common or combined format? 'format' says what "
                        "it is; 'bad_lines' sets the limit",
                        replay.file));
}

TEST_F(ReplayTest, ReadsARequestLogWithoutItsSecrets) {
  const std::string text =
      "{\"at_ns\": 2000000000, \"method\": \"POST\", \"path\": \"/b\", \"headers\": {\"X-A\": "
      "\"1\", \"Cookie\": \"s=1\", \"Host\": \"h\"}, \"body\": \"{{ hi }}\"}\n"
      "{\"at_ns\": 1000000000, \"path\": \"/a\"}\n";
  Replay replay = Of(text, Replay::Format::kRequests);
  auto source = Open(replay);
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(Played(*source), "0 GET /a, 1000 POST /b");
  const auto last = [&source] {
    const std::unique_ptr<ReplayTape> tape = source->Play();
    tape->Next();
    Request request;
    EXPECT_TRUE(source->Read(*tape->Next(), request));
    return request;
  };
  EXPECT_EQ(last().body, "{{ hi }}");
  EXPECT_EQ(last().headers, (std::vector<Header>{{"x-a", "1"}}));
  replay.keeps_secrets = true;
  source = Open(replay);
  EXPECT_EQ(last().headers, (std::vector<Header>{{"x-a", "1"}, {"cookie", "s=1"}}));
}

TEST_F(ReplayTest, ReadsAnArchiveInTheOrderOfItsTimes) {
  const auto entry = [](const char* at, const char* url) {
    return fmt::format(
        "{{\"startedDateTime\": \"2026-01-01T00:00:0{}Z\", \"request\": {{\"method\": \"GET\", "
        "\"url\": \"{}\", \"headers\": []}}}}",
        at, url);
  };
  const std::string text =
      fmt::format("{{\"log\": {{\"entries\": [{}, {}, {}]}}}}", entry("1.500", "http://a/late"),
                  entry("0.250", "http://a/early"), entry("0.300", "http://elsewhere/x"));
  const auto source = Open(Of(text, Replay::Format::kHar));
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(Played(*source), "0 GET /early, 1250 GET /late");
  EXPECT_EQ(source->facts().elsewhere, 1U);
}

TEST_F(ReplayTest, TakesTargetsOfVegetaInTurnWithTheirBodies) {
  folder_.Write("body.bin", std::string("\0\x01", 2));
  const auto source =
      Open(Of("GET http://a/1\n\nPOST http://a/2\nX-A: b\n@body.bin\n", Replay::Format::kVegeta));
  ASSERT_NE(source, nullptr);
  EXPECT_FALSE(source->facts().is_timed);
  Request request;
  ASSERT_TRUE(source->Read(source->At(3), request));
  EXPECT_EQ(request.path, "/2");
  EXPECT_EQ(request.body, std::string("\0\x01", 2));
}

// Years of which no difference fits into nanoseconds, and stretched beyond all measure.
TEST_F(ReplayTest, TimesOfOtherCenturiesDoNotOverflow) {
  std::string text;
  for (const char* year : {"1700", "1970", "2199", "2260"}) {
    text += fmt::format(
        "{}{{\"startedDateTime\": \"{}-01-01T00:00:00Z\", \"request\": {{\"method\": \"GET\", "
        "\"url\": \"http://a/{}\"}}}}",
        text.empty() ? "" : ", ", year, year);
  }
  Replay replay = Of("{\"log\": {\"entries\": [" + text + "]}}", Replay::Format::kHar);
  replay.speed = 0.001;
  replay.passes = 1'000'000;
  const auto source = Open(replay);
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->facts().requests, 2U);
  EXPECT_EQ(source->facts().bad, 2U);
  EXPECT_GT(source->Duration(), std::chrono::hours(24 * 1000));
}

TEST_F(ReplayTest, RefusesWhatIsNotThatKindOfFile) {
  EXPECT_NE(WhyNot(Of("")).find("holds no request that is wanted"), std::string::npos);
  EXPECT_NE(WhyNot(Of("{\"log\": {", Replay::Format::kHar)).find("broken or cut off"),
            std::string::npos);
  Replay replay = Of(Line(1, 0, "GET /"));
  replay.filter = "(";
  EXPECT_NE(WhyNot(replay).find("filter: missing )"), std::string::npos);
  replay.filter = "";
  replay.file = folder_.path().string();
  EXPECT_NE(WhyNot(replay).find("Is a directory"), std::string::npos);
  replay.file = "/dev/null";
  EXPECT_NE(WhyNot(replay).find("read more than once"), std::string::npos);
}

TEST_F(ReplayTest, AFileThatWasMadeShorterHasNoMoreToRead) {
  const auto source = Open(Of(Line(1, 0, "GET /a") + Line(2, 0, "GET /b")));
  const std::unique_ptr<ReplayTape> tape = source->Play();
  const auto recorded = tape->Next();
  folder_.Write("file", "");
  Request request;
  EXPECT_FALSE(source->Read(*recorded, request));
}

class ReplayScenarioTest : public ReplayTest {
 protected:
  Result<Scenario> Read(const std::string& yaml) {
    return ReadScenario("target: http://localhost\n" + yaml, folder_.File("s.yaml"));
  }
};

TEST_F(ReplayScenarioTest, HasStagesThatAddUpToItsRequests) {
  std::string text;
  for (int i = 0; i < 900; ++i) {
    text += Line(i, 0, "GET /");
  }
  folder_.Write("access.log", text);
  const Result<Scenario> scenario =
      Read("replay: { file: access.log, speed: 2, passes: 3, jitter: 100ms }");
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->Duration(), scenario->replay->Duration());
  EXPECT_EQ(scenario->Duration(), 3 * 450ms + 2 * 100ms);
  double planned = 0;
  for (const Stage& stage : scenario->load.stages) {
    const auto& open = std::get<OpenStage>(stage);
    planned += open.from.Over(open.duration);
  }
  EXPECT_NEAR(planned, 2700, 1e-6);
  EXPECT_EQ(scenario->LoadInWords(),
            "replay of access.log: 2,700 requests in 3 passes, 2 times as fast, 1550 ms long");
}

TEST_F(ReplayScenarioTest, SaysWhatDoesNotGoWithIt) {
  folder_.Write("access.log", Line(1, 0, "GET /"));
  const auto why = [this](const std::string& yaml) {
    const Result<Scenario> scenario = Read(yaml);
    return scenario ? "" : scenario.error().message.substr(folder_.File("s.yaml").size());
  };
  EXPECT_EQ(why("replay: access.log\nsteps: [ { get: / } ]"),
            ":3:1: error: scenario has both 'replay' and 'steps'\n  3 | steps: [ { get: / } ]\n    "
            "| ^~~~~\n"
            "  hint: remove one: a replay sends what its file holds");
  EXPECT_EQ(why("replay: access.log\nload: { stages: [ { rate: 1/s, for: 1s } ] }"),
            ":3:9: error: 'stages' does not go with a replay: the file says when\n"
            "  3 | load: { stages: [ { rate: 1/s, for: 1s } ] }\n    |         ^~~~~~\n"
            "  hint: remove it; 'speed' and 'passes' of the replay stretch and repeat it");
  EXPECT_NE(why("replay: { file: access.log, speed: 0 }").find("speed: '0' is not one"),
            std::string::npos);
  EXPECT_NE(why("replay: nowhere.log").find(":2:9: error: cannot read"), std::string::npos);
  EXPECT_NE(why("replay: { file: access.log, fliter: x }").find("did you mean 'filter'?"),
            std::string::npos);
  EXPECT_NE(why("replay: access.log\ndefaults: { headers: { a: '{{ token }}' } }").find("token"),
            std::string::npos);
  EXPECT_EQ(why("replay: access.log\nload: { drain: 1s, in_flight_max: 5 }"), "");
}

TEST_F(ReplayScenarioTest, WithoutTimesItNeedsStages) {
  folder_.Write("targets", "GET http://a/1\n");
  const std::string replay = "replay: { file: targets, format: vegeta }\n";
  EXPECT_FALSE(Read(replay));
  const Result<Scenario> scenario = Read(replay + "load: { stages: [ { rate: 5/s, for: 2s } ] }");
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->LoadInWords(), "replay of targets: 1 request; 5.00/s uniform for 2 s");
}

}  // namespace
}  // namespace weir::scenarios
