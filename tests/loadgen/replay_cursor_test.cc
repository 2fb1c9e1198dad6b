#include "loadgen/replay_cursor.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "loadgen/prepared.h"
#include "loadgen/preview.h"
#include "scenarios/reader.h"
#include "tests/loadgen/models.h"
#include "tests/support/temp_dir.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

class ReplayCursorTest : public testing::Test {
 protected:
  /// `count` requests, 10 ms apart.
  scenarios::Replay Of(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      text +=
          fmt::format("{{\"at_ns\": {}, \"path\": \"/{}\"}}\n", 1'000'000'000 + i * 10'000'000, i);
    }
    scenarios::Replay replay;
    replay.file = folder_.Write("requests.jsonl", text);
    replay.format = scenarios::Replay::Format::kRequests;
    return replay;
  }

  static std::shared_ptr<const scenarios::ReplaySource> Open(const scenarios::Replay& replay) {
    auto source = scenarios::ReplaySource::Open(replay);
    WEIR_CHECK(source.has_value());
    return *source;
  }

  struct Sent {
    std::uint64_t number = 0;
    Nanos due{0};
    std::string path;

    bool operator==(const Sent&) const = default;
  };

  static std::vector<Sent> SentBy(const scenarios::ReplaySource& source, WorkerSlice slice) {
    std::vector<Sent> sent;
    for (ReplayCursor cursor(source, 7, slice); cursor.Peek(); cursor.Pop()) {
      EXPECT_TRUE(cursor.Load(cursor.Peek()->number));
      scenarios::Request request;
      cursor.Fill(request);
      sent.push_back({cursor.Peek()->number, cursor.Peek()->due, request.path});
    }
    return sent;
  }

  tests::TempDir folder_;
};

TEST_F(ReplayCursorTest, SendsEachRequestWhenItCame) {
  scenarios::Replay replay = Of(3);
  replay.speed = 4;
  EXPECT_EQ(SentBy(*Open(replay), {}),
            (std::vector<Sent>{{0, 0ms, "/0"}, {1, 2500us, "/1"}, {2, 5ms, "/2"}}));
}

TEST_F(ReplayCursorTest, WorkersTogetherSendExactlyWhatOneWould) {
  scenarios::Replay replay = Of(100);
  replay.passes = 3;
  replay.jitter = 30ms;
  const auto source = Open(replay);
  const std::vector<Sent> whole = SentBy(*source, {});
  ASSERT_EQ(whole.size(), 300U);
  for (const std::uint32_t count : {2U, 3U, 7U, 150U, 400U}) {
    std::vector<Sent> parts;
    for (std::uint32_t index = 0; index < count; ++index) {
      const std::vector<Sent> part = SentBy(*source, {index, count});
      parts.insert(parts.end(), part.begin(), part.end());
    }
    std::sort(parts.begin(), parts.end(),
              [](const Sent& a, const Sent& b) { return a.number < b.number; });
    EXPECT_EQ(parts, whole) << count << " workers";
  }
}

TEST_F(ReplayCursorTest, FurtherPassesBeginAfterAPauseOfTheirOwnAndEndInTime) {
  scenarios::Replay replay = Of(2);  // A pass takes 20 ms.
  replay.passes = 50;
  replay.jitter = 5ms;
  const auto source = Open(replay);
  const std::vector<Sent> sent = SentBy(*source, {});
  ASSERT_EQ(sent.size(), 100U);
  Nanos shortest = 1s;
  Nanos longest{0};
  for (std::size_t pass = 1; pass < 50; ++pass) {
    const Nanos begin = sent[2 * pass].due - static_cast<std::int64_t>(pass) * 20ms -
                        static_cast<std::int64_t>(pass - 1) * 5ms;
    shortest = std::min(shortest, begin);
    longest = std::max(longest, begin);
    EXPECT_EQ(sent[2 * pass + 1].due - sent[2 * pass].due, 10ms);
  }
  EXPECT_GE(shortest, 0ms);
  EXPECT_LT(shortest, 1ms);
  EXPECT_GT(longest, 4ms);
  EXPECT_LT(sent.back().due, source->Duration());
}

TEST_F(ReplayCursorTest, KeepsTheHeadersThatARequestHas) {
  scenarios::Replay replay;
  replay.format = scenarios::Replay::Format::kRequests;
  replay.file = folder_.Write(
      "one.jsonl", "{\"at_ns\": 1, \"path\": \"/\", \"headers\": {\"a\": \"1\", \"B\": \"2\"}}\n");
  const auto source = Open(replay);
  ReplayCursor cursor(*source, 1, {});
  ASSERT_TRUE(cursor.Load(0));
  scenarios::Request request;
  request.headers = {{"b", "mine"}};
  cursor.Fill(request);
  EXPECT_EQ(request.headers, (std::vector<scenarios::Header>{{"b", "mine"}, {"a", "1"}}));
}

TEST_F(ReplayCursorTest, APreviewShowsTheFirstRequestsAsTheyWillBeSent) {
  Of(3);
  const Result<scenarios::Scenario> scenario = scenarios::ReadScenario(
      "replay: requests.jsonl\ndefaults: { headers: { x-seed: '{{ counter() }}' } }",
      folder_.File("s.yaml"));
  ASSERT_TRUE(scenario) << scenario.error().message;
  const PreparedScenario prepared = tests::PreparedOf(*scenario);
  const std::vector<PreviewedRequest> first = PreviewRequests(prepared, 1, WallTime(), 2);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[1].due, 10ms);
  EXPECT_EQ(first[1].bytes,
            "GET /1 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nx-seed: 2\r\nUser-Agent: weir\r\n"
            "Accept: */*\r\n\r\n");
}

}  // namespace
}  // namespace weir::loadgen
