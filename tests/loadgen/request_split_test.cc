#include "loadgen/script/request_split.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::loadgen {
namespace {

// Its requests, one by one; behind them what is wrong with the next.
std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const Result<SplitRequest> first = SplitFirst(text);
    if (!first) {
      found.push_back(first.error().message);
      break;
    }
    found.emplace_back(text.substr(0, first->bytes));
    text.remove_prefix(first->bytes);
  }
  return found;
}

using Texts = std::vector<std::string>;

TEST(RequestSplitTest, ARequestEndsWithItsHeadOrItsBody) {
  const std::string get = "GET /?a HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string post = "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nGET";
  EXPECT_EQ(Split(get + post + get), (Texts{get, post, get}));
}

TEST(RequestSplitTest, AChunkedBodyEndsWithItsTrailers) {
  const std::string chunked =
      "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "a;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
  EXPECT_EQ(Split(chunked + chunked), (Texts{chunked, chunked}));
}

TEST(RequestSplitTest, BareLineFeedsAndEmptyLinesAroundBelongToRequests) {
  EXPECT_EQ(Split("\r\n\nGET / HTTP/1.0\nA: b\n\nGET / HTTP/1.1\r\n\r\n\r\n"),
            (Texts{"\r\n\nGET / HTTP/1.0\nA: b\n\n", "GET / HTTP/1.1\r\n\r\n\r\n"}));
}

TEST(RequestSplitTest, HeadIsKnownByItsMethod) {
  EXPECT_TRUE(SplitFirst("HEAD / HTTP/1.1\r\n\r\n")->is_head);
  EXPECT_FALSE(SplitFirst("HEADER / HTTP/1.1\r\n\r\n")->is_head);
}

TEST(RequestSplitTest, SaysWhatIsWrong) {
  const auto error = [](std::string_view text) { return SplitFirst(text).error().message; };
  EXPECT_EQ(error(""), "it is empty");
  EXPECT_EQ(error("GET / HTTP/1.1"), "its first line does not end");
  EXPECT_EQ(error("hello\n\n"), "'hello' is not a request line such as 'GET / HTTP/1.1'");
  EXPECT_EQ(error("GET  HTTP/1.1\n\n"),
            "'GET  HTTP/1.1' is not a request line such as 'GET / HTTP/1.1'");
  EXPECT_EQ(error("GET / HTTP/1.1\r\nHost: x\r\n"), "its head does not end with an empty line");
  EXPECT_EQ(error("GET / HTTP/1.1\r\nno header\r\n\r\n"), "'no header' is not a header line");
  EXPECT_EQ(error("GET / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n"),
            "its Content-Length is '1x', not a number");
  EXPECT_EQ(error("GET / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\nab"),
            "its Content-Length is 18446744073709551615, and 2 bytes follow its head");
  const std::string chunked = "GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";
  EXPECT_EQ(error(chunked), "its chunked body ends before the chunk of size 0");
  EXPECT_EQ(error(chunked + "zz\r\n"), "'zz' is not the size of a chunk");
  EXPECT_EQ(error(chunked + "2\r\nabc\r\n"), "a chunk of its body is not 2 bytes long");
  EXPECT_EQ(error(chunked + "0\r\nA: b\r\n"), "its chunked body does not end with an empty line");
}

}  // namespace
}  // namespace weir::loadgen
