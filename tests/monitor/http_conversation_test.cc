#include "monitor/internal/http_conversation.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "monitor/internal/wire.h"

namespace weir::monitor {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// What a client sends, all at once or byte by byte, and what it gets.
class HttpConversationTest : public testing::Test {
 protected:
  std::string Ask(std::string_view sent, std::size_t piece = 1 << 20) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    const int stop = ::eventfd(0, EFD_NONBLOCK);
    std::thread client([&] {
      for (std::size_t at = 0; at < sent.size(); at += piece) {
        const std::string_view part = sent.substr(at, piece);
        if (::send(ends[1], part.data(), part.size(), MSG_NOSIGNAL) < 0) {
          break;
        }
      }
      ::shutdown(ends[1], SHUT_WR);
    });
    {
      const auto wire = MakeWire(ends[0], nullptr);
      BoundedStream stream(
          *wire, stop,
          {.read_within = limits_.request_within, .write_within = limits_.answer_within}, clock_);
      Converse(stream, "192.0.2.1", limits_,
               {.admit = [this](const HttpRequest& head) { return Admit(head); },
                .answer =
                    [this](const HttpRequest& request) {
                      asked_.push_back(request);
                      return answer_.value();  // Fails without one.
                    }});
    }
    client.join();
    std::string got(1 << 16, '\0');
    const ssize_t size = ::recv(ends[1], got.data(), got.size(), MSG_DONTWAIT);
    got.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    for (const int fd : {ends[0], ends[1], stop}) {
      ::close(fd);
    }
    return got;
  }

  std::optional<HttpResponse> Admit(const HttpRequest& head) {
    admitted_.push_back(head);
    return refusal_;
  }

  HttpLimits limits_ = {.body_bytes_max = 1000};
  std::optional<HttpResponse> answer_ = HttpResponse{.body = "fine\n"};
  std::optional<HttpResponse> refusal_;
  std::vector<HttpRequest> admitted_;
  std::vector<HttpRequest> asked_;

 private:
  const SystemClock clock_;
};

constexpr std::string_view kPost =
    "POST /a%20b/%7Ec?x=1+2&y=%26&x=3&z HTTP/1.1\r\nHost: here:1\r\nOrigin: http://there\r\n"
    "Authorization: Bearer t\r\nContent-Type: text/plain\r\nLast-Event-ID: 7\r\n";

TEST_F(HttpConversationTest, ARequestIsTheSameHoweverItIsCutIntoPieces) {
  for (const std::string& body :
       {std::string("Content-Length: 5\r\n\r\nhello"),
        std::string(
            "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nT: 1\r\n\r\n")}) {
    limits_.plain_bodies_only = false;
    for (const std::size_t piece : {1U, 2U, 7U, 100'000U}) {
      asked_.clear();
      EXPECT_EQ(
          Ask(std::string(kPost) + body, piece),
          "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
          "Content-Length: 5\r\n\r\nfine\n");
      ASSERT_EQ(asked_.size(), 1U);
      const HttpRequest& got = asked_.front();
      EXPECT_EQ(got.method, "POST");
      EXPECT_EQ(got.path, "/a b/~c");
      EXPECT_EQ(got.query,
                (std::map<std::string, std::string>{{"x", "1 2"}, {"y", "&"}, {"z", ""}}));
      EXPECT_EQ(got.host, "here:1");
      EXPECT_EQ(got.origin, "http://there");
      EXPECT_EQ(got.authorization, "Bearer t");
      EXPECT_EQ(got.content_type, "text/plain");
      EXPECT_EQ(got.last_event_id, "7");
      EXPECT_EQ(got.peer, "192.0.2.1");
      EXPECT_EQ(got.body, "hello");
    }
  }
}

TEST_F(HttpConversationTest, WhoMayNotAskIsToldBeforeTheBodyIsRead) {
  refusal_ = HttpResponse{.status = 401, .headers = {{"WWW-Authenticate", "Bearer"}}};
  const std::string got = Ask("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_THAT(got, StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
  EXPECT_THAT(got, HasSubstr("WWW-Authenticate: Bearer\r\n"));
  EXPECT_THAT(got, EndsWith("\r\n\r\nrefused: 401\n"));
  ASSERT_EQ(admitted_.size(), 1U);
  EXPECT_EQ(admitted_.front().body_bytes, 99'999'999U);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(HttpConversationTest, WhatIsTooLongIsRefused) {
  limits_.plain_bodies_only = false;
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                  std::string(1001, 'x') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nA: " + std::string(20'000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Ask("GET /" + std::string(1100, 'x') + " HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 414 "));
  limits_.body_bytes_max = 10'000;
  // Chunks of a byte each, whose frames are longer than what they carry.
  std::string frames;
  for (int i = 0; i < 6000; ++i) {
    frames += "1\r\nx\r\n";
  }
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + frames + "0\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_TRUE(asked_.empty());
}

TEST_F(HttpConversationTest, WhatIsNoRequestIsRefused) {
  for (const std::string_view sent :
       {"nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET nowhere HTTP/1.1\r\n\r\n", "GET http://other/ HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
        "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe"}) {
    EXPECT_THAT(Ask(sent), StartsWith("HTTP/1.1 400 ")) << sent;
  }
  EXPECT_TRUE(asked_.empty());
}

TEST_F(HttpConversationTest, WhoSendsNoWholeHeadGetsNoAnswer) {
  EXPECT_EQ(Ask(""), "");
  EXPECT_EQ(Ask("GET / HTTP/1.1\r\nHost: x\r\n"), "");
}

TEST_F(HttpConversationTest, BodiesThatAreNotPlainAreRefusedWhereTheyAreNotWanted) {
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 411 "));
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"),
              StartsWith("HTTP/1.1 415 "));
  limits_.plain_bodies_only = false;
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 411 "));
  // What it is encoded with is for the handler, and the body is as it came.
  Ask("POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx");
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_.front().content_encoding, "gzip");
  EXPECT_EQ(asked_.front().body, "x");
}

TEST_F(HttpConversationTest, AnAnswerToHeadHasItsLengthAndNoBody) {
  const std::string got = Ask("HEAD / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(got, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(got, EndsWith("\r\n\r\n"));
}

TEST_F(HttpConversationTest, WhoWaitsForPermissionToSendGetsIt) {
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx"),
              StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpConversationTest, AHandlerThatFailsIsAnError) {
  answer_.reset();
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
}

TEST(DecodeUrlTest, WhatIsNoEscapeStaysAsItIs) {
  EXPECT_EQ(DecodeUrl("a%2Fb%2fc", false), "a/b/c");
  EXPECT_EQ(DecodeUrl("%", false), "%");
  EXPECT_EQ(DecodeUrl("%4", false), "%4");
  EXPECT_EQ(DecodeUrl("%zz%41", false), "%zzA");
  EXPECT_EQ(DecodeUrl("a+b", false), "a+b");
  EXPECT_EQ(DecodeUrl("a+b", true), "a b");
}

}  // namespace
}  // namespace weir::monitor
