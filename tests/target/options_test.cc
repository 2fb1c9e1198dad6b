#include "target/options.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace weir::target {
namespace {

using namespace std::chrono_literals;

constexpr const char* kLatencyHelp =
    "; write fixed:1ms, exponential:2ms, lognormal:5ms:0.5 (median and sigma) or "
    "bimodal:1ms:20ms:1% (fast, slow, share of slow)";

std::string LatencyError(std::string_view text) {
  const Result<LatencyModel> model = ParseLatency(text);
  EXPECT_FALSE(model) << text;
  if (model) {
    return "";
  }
  EXPECT_EQ(model.error().kind, ErrorKind::kUsage);
  return model.error().message;
}

std::string ValidationError(const TargetOptions& options) {
  const Status valid = Validate(options);
  return valid ? "" : valid.error().message;
}

TEST(TargetOptionsTest, ReadsEveryLatencyShape) {
  EXPECT_EQ(*ParseLatency("fixed:1ms"), (LatencyModel{.typical = 1ms}));
  EXPECT_EQ(*ParseLatency("fixed:0ms"), LatencyModel{});
  EXPECT_EQ(*ParseLatency("exponential:2ms"),
            (LatencyModel{.shape = LatencyShape::kExponential, .typical = 2ms}));
  EXPECT_EQ(*ParseLatency("lognormal:5ms:0.5"),
            (LatencyModel{.shape = LatencyShape::kLognormal, .typical = 5ms, .sigma = 0.5}));
  EXPECT_EQ(
      *ParseLatency("bimodal:1ms:20ms:1%"),
      (LatencyModel{
          .shape = LatencyShape::kBimodal, .typical = 1ms, .slow = 20ms, .slow_share = 0.01}));
}

TEST(TargetOptionsTest, WritesLatencySoThatItReadsBackExactly) {
  for (const char* text : {"fixed:1234567ns", "exponential:2ms", "lognormal:5ms:0.123456789",
                           "bimodal:1ms:20ms:0.015"}) {
    const LatencyModel model = *ParseLatency(text);
    EXPECT_EQ(*ParseLatency(FormatLatency(model)), model) << text;
    EXPECT_EQ(FormatLatency(model), text);
  }
}

TEST(TargetOptionsTest, SaysHowToMendALatency) {
  EXPECT_EQ(LatencyError("fixd:1ms"),
            std::string("latency 'fixd:1ms': 'fixd' is not a distribution, did you mean 'fixed'?") +
                kLatencyHelp);
  EXPECT_EQ(LatencyError(""), std::string("latency '': '' is not a distribution") + kLatencyHelp);
  EXPECT_EQ(LatencyError("fixed:1ms:2ms"),
            std::string("latency 'fixed:1ms:2ms': 'fixed' takes one duration") + kLatencyHelp);
  // The parsers of base say what is wrong with a part; here only that it is passed on.
  EXPECT_EQ(LatencyError("fixed:5"),
            "latency 'fixed:5': " + ParseDuration("5").error().message + kLatencyHelp);
  EXPECT_EQ(LatencyError("fixed:2h"),
            std::string("latency 'fixed:2h': '2h' is longer than 1 hour") + kLatencyHelp);
  EXPECT_EQ(LatencyError("lognormal:5ms:-1"),
            std::string("latency 'lognormal:5ms:-1': sigma '-1' is not a number between 0 and 5") +
                kLatencyHelp);
  EXPECT_EQ(LatencyError("bimodal:1ms:20ms"),
            std::string("latency 'bimodal:1ms:20ms': 'bimodal' takes two durations and the share "
                        "of the slow one") +
                kLatencyHelp);
  EXPECT_NE(LatencyError("bimodal:1ms:20ms:200%").find("'200%' is not a share"), std::string::npos);
  EXPECT_NE(LatencyError("lognormal:5ms:nan").find("sigma 'nan'"), std::string::npos);
}

TEST(TargetOptionsTest, ReadsSlowTailAndSaysHowToMendIt) {
  EXPECT_EQ(*ParseSlowTail("1.2:0.95"), (SlowTail{.factor = 1.2, .quantile = 0.95}));
  for (const char* text : {"1.2", "1.2:0.95:1", "0:0.5", "1.2:1.5", "x:0.5", "1.2:", "nan:0.5"}) {
    const Result<SlowTail> tail = ParseSlowTail(text);
    ASSERT_FALSE(tail) << text;
    EXPECT_EQ(tail.error().kind, ErrorKind::kUsage);
  }
  EXPECT_EQ(ParseSlowTail("20%").error().message,
            "slow tail '20%' is not FACTOR:QUANTILE; write a factor between 0.01 and 100 and a "
            "quantile between 0 and 1, for example '1.2:0.95' to make the slowest 5 % of answers "
            "20 % slower");
}

TEST(TargetOptionsTest, ReadsPorts) {
  EXPECT_EQ(*ParsePort("0"), 0);
  EXPECT_EQ(*ParsePort("65535"), 65535);
  for (const char* text : {"", "-1", "65536", "80x", "1e3"}) {
    ASSERT_FALSE(ParsePort(text)) << text;
  }
  EXPECT_EQ(ParsePort("65536").error().message,
            "'65536' is not a port; write a number between 1 and 65535, or 0 for a free one");
}

TEST(TargetOptionsTest, AcceptsTheDefaultsAndAWholeStall) {
  EXPECT_EQ(ValidationError({}), "");
  EXPECT_EQ(ValidationError({.stall = 500ms, .every = 5s}), "");
}

TEST(TargetOptionsTest, RefusesStallsThatDoNotFit) {
  EXPECT_EQ(ValidationError({.stall = 500ms}),
            "--stall 500 ms needs a period; add --every, for example '--every 5s'");
  EXPECT_EQ(ValidationError({.every = 5s}),
            "--every 5.00 s needs the length of the stall; add --stall, for example "
            "'--stall 500ms'");
  EXPECT_EQ(ValidationError({.stall = 5s, .every = 5s}),
            "--stall 5.00 s leaves no time to answer in a period of --every 5.00 s; make it "
            "shorter");
  EXPECT_EQ(ValidationError({.stall = -1s, .every = 5s}),
            "--stall and --every must not be negative");
}

TEST(TargetOptionsTest, RefusesValuesOutOfRange) {
  EXPECT_EQ(ValidationError({.error_ratio = 1.5}),
            "--errors must be a share between 0 and 1, for example '1%'");
  EXPECT_EQ(ValidationError({.body_bytes = 1'000'000'000}),
            "--body 1.00 GB is too large; the most is 256 MB");
  EXPECT_NE(ValidationError({.latency = {.typical = 2h}}), "");
  EXPECT_NE(ValidationError({.slow_tail = {.factor = 0}}), "");
}

}  // namespace
}  // namespace weir::target
