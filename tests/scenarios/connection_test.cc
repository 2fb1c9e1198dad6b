#include "scenarios/connection.h"

#include <string>

#include <gtest/gtest.h>

#include "scenarios/from_flags.h"
#include "scenarios/reader.h"

namespace weir::scenarios {
namespace {

Scenario Read(const std::string& lines) {
  Result<Scenario> scenario = ReadScenario(
      lines + "\nsteps: [ { get: / } ]\nload: { stages: [ { rate: 5/s, for: 10s } ] }\n", "f.yaml");
  EXPECT_TRUE(scenario) << scenario.error().message;
  return scenario ? *std::move(scenario) : Scenario();
}

TEST(ConnectionTest, IsHttp1WithVerifiedTlsUnlessSaid) {
  const Connection connection = Read("name: x").connection;
  EXPECT_EQ(connection, Connection());
  EXPECT_EQ(connection.protocol, Protocol::kHttp1);
  EXPECT_FALSE(connection.tls.insecure);
}

TEST(ConnectionTest, EveryKeyOfTlsIsRead) {
  const Tls tls = Read(
                      "tls: { insecure: true, resume: no, cacert: ca.pem, cert: c.pem, key: k.pem, "
                      "sni: shop.test, min: 1.1, max: 1.2, ciphers: 'A:B' }")
                      .connection.tls;
  EXPECT_EQ(tls, (Tls{true, false, "ca.pem", "c.pem", "k.pem", "shop.test", TlsVersion::kTls11,
                      TlsVersion::kTls12, "A:B"}));
}

TEST(ConnectionTest, EveryKeyOfCurlIsRead) {
  const Connection connection = Read(
                                    "engine: curl\ncurl: { proxy: 'socks5h://p:1080', proxy_user: "
                                    "'a:b', unix_socket: /run/s, user: 'c:d', auth: digest }")
                                    .connection;
  EXPECT_EQ(connection.client, Client::kCurl);
  EXPECT_EQ(connection.curl,
            (Curl{"socks5h://p:1080", "a:b", "/run/s", "c:d", Curl::Auth::kDigest}));
}

// Flags are written down as the file they stand for: nothing may get lost on the way.
TEST(ConnectionTest, FlagsGiveTheSameConnectionAsTheFileTheyAreWrittenAs) {
  FlagLoad flags;
  flags.url = "https://localhost/";
  flags.connections = 10;
  flags.streams = 32;
  flags.connection.protocol = Protocol::kHttp2;
  flags.connection.tls = {true,    false, "ca \"1\".pem",     "c.pem",
                          "k.pem", "n",   TlsVersion::kTls10, TlsVersion::kTls12,
                          "A:B"};
  const Result<Scenario> scenario = ScenarioFromFlags(flags);
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->connection.tls, flags.connection.tls);
  EXPECT_EQ(scenario->connection.streams_max, 32U);
  EXPECT_EQ(scenario->LoadInWords(), "320 users for 10 s");
}

TEST(ConnectionTest, AClosedLoopHasOneStreamPerConnectionUnlessSaid) {
  FlagLoad flags;
  flags.url = "https://localhost/";
  flags.connection.protocol = Protocol::kHttp2;
  const Result<Scenario> scenario = ScenarioFromFlags(flags);
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->connection.streams_max, 1U);
  EXPECT_EQ(scenario->LoadInWords(), "10 users for 10 s");
}

TEST(ConnectionTest, StreamsNeedHttp2) {
  FlagLoad flags;
  flags.url = "https://localhost/";
  flags.streams = 32;
  const Result<Scenario> scenario = ScenarioFromFlags(flags);
  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error().message,
            "--streams: HTTP/1.1 has one request on a connection at a time\n  hint: add --http2");
}

}  // namespace
}  // namespace weir::scenarios
