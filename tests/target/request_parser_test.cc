#include "target/request_parser.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::target {
namespace {

using Event = RequestParser::Event;

/// Every event of `text` fed whole, or in pieces of `piece` bytes; stops at kBad.
std::vector<Event> Events(const std::string& text, std::size_t piece = std::string::npos) {
  RequestParser parser;
  std::vector<Event> events;
  for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size())) {
    std::string_view input = std::string_view(text).substr(at, piece);
    while (!input.empty()) {
      const Event event = parser.Feed(input);
      if (event != Event::kNeedMore) {
        events.push_back(event);
      }
      if (event == Event::kBad) {
        return events;
      }
    }
  }
  return events;
}

/// 0 = every byte was read as part of whole requests.
int BadStatus(const std::string& text) {
  RequestParser parser;
  std::string_view input = text;
  while (!input.empty()) {
    if (parser.Feed(input) == Event::kBad) {
      return parser.bad_status();
    }
  }
  return 0;
}

Request ParseOne(const std::string& text) {
  RequestParser parser;
  std::string_view input = text;
  EXPECT_EQ(parser.Feed(input), Event::kRequest) << text;
  EXPECT_TRUE(input.empty());
  return parser.request();
}

std::string Get(const std::string& headers, const std::string& path = "/") {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
}

std::string Post(const std::string& headers, const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body;
}

TEST(RequestParserTest, ReadsARequestHoweverItIsSplit) {
  const std::string text = Get("") + Post("Content-Length: 5\r\n", "hello") +
                           Post("Transfer-Encoding: chunked\r\n",
                                "5;name=value\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\n") +
                           "\r\n" + Get("X: y\r\n");
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    ASSERT_EQ(Events(text, piece), std::vector<Event>(4, Event::kRequest)) << piece;
  }
}

TEST(RequestParserTest, DecidesWhetherTheConnectionStays) {
  EXPECT_EQ(ParseOne(Get("")).persistence, Persistence::kKeep);
  EXPECT_EQ(ParseOne(Get("Connection: close\r\n")).persistence, Persistence::kClose);
  EXPECT_EQ(ParseOne(Get("connection:Upgrade , CLOSE\r\n")).persistence, Persistence::kClose);
  EXPECT_EQ(ParseOne("GET / HTTP/1.0\r\n\r\n").persistence, Persistence::kClose);
  EXPECT_EQ(ParseOne("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").persistence,
            Persistence::kKeepSaid);
}

TEST(RequestParserTest, SeesWhatTheAnswerDependsOn) {
  EXPECT_EQ(ParseOne("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").answer_body, AnswerBody::kHeadOnly);
  EXPECT_EQ(ParseOne(Get("")).answer_body, AnswerBody::kWith);
  EXPECT_EQ(ParseOne(Get("", "/status/404")).status_override, 404);
  EXPECT_EQ(ParseOne(Get("", "/status/503?x=1")).status_override, 503);
  EXPECT_EQ(ParseOne(Get("", "http://a:80/status/404")).status_override, 404);
  for (const char* path : {"/", "/status/", "/status/99", "/status/199", "/status/600",
                           "/status/4040", "/status/404/", "http://a", "*"}) {
    EXPECT_EQ(ParseOne(Get("", path)).status_override, 0) << path;
  }
}

TEST(RequestParserTest, AsksForTheContinuationThatTheClientWaitsFor) {
  EXPECT_EQ(Events(Post("Content-Length: 2\r\nExpect: 100-continue\r\n", "ok")),
            (std::vector<Event>{Event::kWantsContinue, Event::kRequest}));
  EXPECT_EQ(Events(Post("Content-Length: 0\r\nExpect: 100-continue\r\n", "")),
            std::vector<Event>{Event::kRequest});
}

TEST(RequestParserTest, RefusesGarbage) {
  for (const std::string& text :
       {std::string("garbage\r\n"), std::string("GET /\r\n"), std::string("GET  / HTTP/1.1\r\n"),
        std::string("GET / HTTP/1.1\n"), std::string("GET / http/1.1\r\n"),
        std::string("G@T / HTTP/1.1\r\n"), std::string("GET a HTTP/1.1\r\n"),
        std::string("GET /\x01 HTTP/1.1\r\n"), std::string("GET / HTTP/1.1\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\n", 7), Get("Host: b\r\n"), Get("no colon\r\n"),
        Get("Space : x\r\n"), Get(" folded\r\n"), Get(": x\r\n"), Get("A: x\ry\r\n"),
        Get(std::string("A: \0\r\n", 6))}) {
    EXPECT_EQ(BadStatus(text), 400) << text;
  }
}

// What two readers may understand differently is how requests are smuggled.
TEST(RequestParserTest, RefusesAmbiguousBodies) {
  EXPECT_EQ(BadStatus(Post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "")), 400);
  EXPECT_EQ(BadStatus(Post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "")), 400);
  EXPECT_EQ(BadStatus(Post("Content-Length: 5\r\nContent-Length: 6\r\n", "")), 400);
  EXPECT_EQ(BadStatus(Post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")), 0);
  for (const char* length : {"-1", "+1", "", "1x", "0x10", "99999999999999999999"}) {
    EXPECT_EQ(BadStatus(Post("Content-Length: " + std::string(length) + "\r\n", "")), 400);
  }
  EXPECT_EQ(BadStatus(Post("Transfer-Encoding: gzip, chunked\r\n", "")), 501);
  EXPECT_EQ(BadStatus("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  for (const char* chunks : {"x\r\n", "\r\n", "-1\r\n", "5\r\nhelloX\r\n", "0\r\nno colon\r\n",
                             "5\n", "fffffffffffffffff\r\n"}) {
    EXPECT_EQ(BadStatus(Post("Transfer-Encoding: chunked\r\n", chunks)), 400) << chunks;
  }
}

TEST(RequestParserTest, RefusesWhatItDoesNotSpeak) {
  EXPECT_EQ(BadStatus("GET / HTTP/2.0\r\n"), 505);
  EXPECT_EQ(BadStatus("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
  EXPECT_EQ(BadStatus("CONNECT a:1 HTTP/1.1\r\n"), 501);
}

TEST(RequestParserTest, BoundsHeadsBodiesAndChunkLines) {
  const std::string long_value(kHeadBytesMax, 'x');
  EXPECT_EQ(BadStatus(Get("A: " + long_value + "\r\n")), 431);
  EXPECT_EQ(BadStatus("GET /" + long_value), 431);
  EXPECT_EQ(BadStatus(Get("A: " + long_value.substr(0, 32'000) + "\r\n")), 0);
  std::string many;
  while (many.size() <= kHeadBytesMax) {
    many += "A: b\r\n";
  }
  EXPECT_EQ(BadStatus(Get(many)), 431);
  EXPECT_EQ(BadStatus(Post("Transfer-Encoding: chunked\r\n", "0\r\n" + many)), 431);
  EXPECT_EQ(BadStatus(Post("Content-Length: 1000000001\r\n", "")), 413);
  EXPECT_EQ(BadStatus(Post("Transfer-Encoding: chunked\r\n", "3b9aca01\r\n")), 413);
  EXPECT_EQ(BadStatus(Post("Transfer-Encoding: chunked\r\n", "1;" + long_value.substr(0, 300))),
            400);
  std::string blank_lines;
  while (blank_lines.size() <= kHeadBytesMax) {
    blank_lines += "\r\n";
  }
  EXPECT_EQ(BadStatus(blank_lines), 431);
}

TEST(RequestParserTest, SurvivesEveryTruncationAndFlippedByte) {
  const std::string text =
      Post("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", "5\r\nhello\r\n0\r\n\r\n");
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int flip = 1; flip < 256; ++flip) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      Events(changed);
    }
    Events(text.substr(0, i));
  }
}

}  // namespace
}  // namespace weir::target
