#include "analysis/instrument_error.h"

#include <gtest/gtest.h>

namespace weir::analysis {
namespace {

// `count` values, evenly spread from 1 ms to 2 ms, each later by `late_ns`.
Histogram Spread(std::uint64_t count, std::uint64_t late_ns) {
  Histogram histogram;
  for (std::uint64_t i = 0; i < count; ++i) {
    histogram.RecordNs(1'000'000 + 1'000'000 * i / count + late_ns, 1);
  }
  return histogram;
}

// The histogram knows three digits: 2 us of 2 ms on either side.
constexpr double kResolutionNs = 2100;

TEST(InstrumentErrorTest, IsWhatWasReportedMinusWhatWasTrue) {
  const auto errors = InstrumentErrors({Spread(50'000, 50'000), 0}, Spread(50'000, 0));
  for (std::size_t i = 0; i < errors.size(); ++i) {
    EXPECT_EQ(errors[i].q, kInstrumentQuantiles[i]);
    ASSERT_TRUE(errors[i].error_ns) << errors[i].reason;
    EXPECT_NEAR(*errors[i].error_ns, 50'000, kResolutionNs);
    EXPECT_EQ(*errors[i].error_ns, *errors[i].reported_ns - *errors[i].truth_ns);
  }
  Calibration calibration;
  PutErrors(errors, calibration);
  EXPECT_EQ(calibration.error_p50_ns, errors[0].error_ns);
  EXPECT_EQ(calibration.error_p9999_ns, errors[4].error_ns);
}

// An instrument that flatters shows as a negative error.
TEST(InstrumentErrorTest, KeepsItsSign) {
  const auto errors = InstrumentErrors({Spread(1000, 0), 0}, Spread(1000, 200'000));
  EXPECT_NEAR(*errors[0].error_ns, -200'000, kResolutionNs);
  EXPECT_EQ(JudgeInstrument(errors, "hybrid").state, HostState::kDoubtful);
}

TEST(InstrumentErrorTest, HasNoValueWithTooFewRequestsAndSaysHowManyWouldDo) {
  const auto errors = InstrumentErrors({Spread(1000, 0), 0}, Spread(1000, 0));
  EXPECT_TRUE(errors[2].error_ns);
  EXPECT_FALSE(errors[3].error_ns);
  EXPECT_NE(errors[3].reason.find("3,688"), std::string::npos) << errors[3].reason;
  EXPECT_FALSE(errors[4].error_ns);
}

TEST(JudgeInstrumentTest, LimitsAreA100MicrosecondsAndTwoPercentAtP99) {
  const auto state = [](std::uint64_t late_ns) {
    return JudgeInstrument(InstrumentErrors({Spread(5000, late_ns), 0}, Spread(5000, 0)), "hybrid")
        .state;
  };
  EXPECT_EQ(state(0), HostState::kGood);
  EXPECT_EQ(state(90'000), HostState::kGood);
  EXPECT_EQ(state(110'000), HostState::kDoubtful);
  EXPECT_EQ(JudgeInstrument(InstrumentErrors({Histogram(), 0}, Histogram()), "hybrid").state,
            HostState::kUnknown);
}

TEST(JudgeInstrumentTest, TellsNobodyToDoWhatHeDoes) {
  const auto errors = InstrumentErrors({Spread(5000, 200'000), 0}, Spread(5000, 0));
  EXPECT_EQ(JudgeInstrument(errors, "hybrid").cure,
            "limits are 100 us and 100 us; mend what is marked here, or use --pacing spin on a "
            "machine with a processor to spare");
  EXPECT_EQ(JudgeInstrument(errors, "spin").cure,
            "limits are 100 us and 100 us; mend what is marked here, or measure on a quieter "
            "machine");
}

}  // namespace
}  // namespace weir::analysis
