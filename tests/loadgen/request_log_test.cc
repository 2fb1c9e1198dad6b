#include "loadgen/request_log.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "scenarios/request_log.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

std::string LineOf(std::string_view wire, bool keeps_secrets = false) {
  std::string out;
  return scenarios::AppendRequestLine(WallTime(7ns), wire, keeps_secrets, out) ? out
                                                                               : "unsaid" + out;
}

TEST(RequestLineTest, SaysWhatTheScenarioGave) {
  EXPECT_EQ(LineOf("POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-A: say \"\\\"\r\nUser-Agent: weir\r\n"
                   "Accept: */*\r\nCookie: s=1\r\nContent-Length: 3\r\n\r\n\n\x01z"),
            "{\"at_ns\": 7, \"method\": \"POST\", \"path\": \"/a?b=c\", "
            "\"headers\": {\"X-A\": \"say \\\"\\\\\\\"\"}, \"body\": \"\\u000a\\u0001z\"}\n");
  EXPECT_EQ(LineOf("GET / HTTP/1.1\r\n\r\n"),
            "{\"at_ns\": 7, \"method\": \"GET\", \"path\": \"/\"}\n");
}

TEST(RequestLineTest, KeepsSecretsOnlyWhenAsked) {
  const std::string wire =
      "GET / HTTP/1.1\r\ncookie: a=1\r\nCookie: b=2\r\nX-Api-Key: k\r\nAuthorization: t\r\n\r\n";
  EXPECT_EQ(LineOf(wire), "{\"at_ns\": 7, \"method\": \"GET\", \"path\": \"/\"}\n");
  EXPECT_EQ(LineOf(wire, true),
            "{\"at_ns\": 7, \"method\": \"GET\", \"path\": \"/\", \"headers\": {\"cookie\": "
            "\"a=1; b=2\", \"X-Api-Key\": \"k\", \"Authorization\": \"t\"}}\n");
}

TEST(RequestLineTest, BytesThatAreNoTextAreBase64) {
  const std::string head = "PUT / HTTP/1.1\r\n\r\n";
  const std::string line = "{\"at_ns\": 7, \"method\": \"PUT\", \"path\": \"/\", \"body_base64\": ";
  EXPECT_EQ(LineOf(head + "\xff"), line + "\"/w==\"}\n");
  EXPECT_EQ(LineOf(head + "\xff\xfe"), line + "\"//4=\"}\n");
  EXPECT_EQ(LineOf(head + "\xff\xfe\xfd"), line + "\"//79\"}\n");
}

TEST(RequestLineTest, WhatALineCannotSayIsNotSaid) {
  for (const std::string wire :
       {"", "GET /", "GET x HTTP/1.1\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\na: b",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\na: \xff\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    EXPECT_EQ(LineOf(wire), "unsaid") << wire;
  }
  EXPECT_EQ(LineOf("PUT / HTTP/1.1\r\n\r\n" + std::string(std::size_t{1} << 20U, 'x')), "unsaid");
}

std::string TextOf(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

class RequestLogTest : public testing::Test {
 protected:
  std::unique_ptr<RequestLog> Create() {
    auto log = RequestLog::Create(path_, false, clock_);
    EXPECT_TRUE(log) << (log ? "" : log.error().message);
    return *std::move(log);
  }

  tests::TempDir folder_;
  tests::ManualClock clock_;
  std::string path_ = folder_.Write("log.jsonl", "what was there before");
  std::string part_ = path_ + ".part";
};

TEST_F(RequestLogTest, TakesItsNameWhenItIsWhole) {
  const std::unique_ptr<RequestLog> log = Create();
  RequestNotes& first = log->AddWorker();
  RequestNotes& second = log->AddWorker();
  const Instant due = clock_.Now() + 5ns;
  first.Note(due, "GET /1 HTTP/1.1\r\n\r\n");
  second.Note(due, "GET /2 HTTP/1.1\r\n\r\n");
  EXPECT_EQ(TextOf(path_), "what was there before");
  const Status whole = log->Finish();
  ASSERT_TRUE(whole) << whole.error().message;
  const auto at = std::to_string(CountNs(clock_.WallNow()) + 5);
  EXPECT_EQ(TextOf(path_), "{\"at_ns\": " + at + ", \"method\": \"GET\", \"path\": \"/1\"}\n" +
                               "{\"at_ns\": " + at + ", \"method\": \"GET\", \"path\": \"/2\"}\n");
  EXPECT_FALSE(std::filesystem::exists(part_));
}

TEST_F(RequestLogTest, KeepsAllOfALongRun) {
  const std::unique_ptr<RequestLog> log = Create();
  RequestNotes& notes = log->AddWorker();
  const std::string wire = "PUT / HTTP/1.1\r\n\r\n" + std::string(20'000, 'x');
  constexpr int kCount = 1'000;  // Of which the buffers hold all, should the writer be slow.
  for (int i = 0; i < kCount; ++i) {
    notes.Note(clock_.Now(), wire);
  }
  ASSERT_TRUE(log->Finish());
  const std::string text = TextOf(path_);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), kCount);
}

TEST_F(RequestLogTest, AnIncompleteLogDoesNotTakeItsName) {
  const std::unique_ptr<RequestLog> log = Create();
  RequestNotes& notes = log->AddWorker();
  notes.Note(clock_.Now(), "GET / HTTP/1.1\r\n\r\n");
  notes.Note(clock_.Now(), "no HTTP");
  notes.Note(clock_.Now(), std::string(std::size_t{2} << 20U, 'x'));
  const Status whole = log->Finish();
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(whole.error().message.find("missing are 1 that came faster"), std::string::npos)
      << whole.error().message;
  EXPECT_NE(whole.error().message.find("and 1 that a line cannot say"), std::string::npos);
  EXPECT_EQ(TextOf(path_), "what was there before");
  EXPECT_TRUE(std::filesystem::exists(part_));
}

TEST_F(RequestLogTest, LeavesNothingBehindWhenNothingWasSent) {
  EXPECT_FALSE(Create()->Finish());
  Create().reset();
  EXPECT_FALSE(std::filesystem::exists(part_));
  EXPECT_EQ(TextOf(path_), "what was there before");
}

}  // namespace
}  // namespace weir::loadgen
