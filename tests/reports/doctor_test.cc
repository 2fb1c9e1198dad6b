#include "reports/doctor.h"

#include <gtest/gtest.h>

#include "tests/support/golden.h"

namespace weir::reports {
namespace {

using analysis::HostState;
using analysis::HostSubject;
using tests::MatchesGolden;

DoctorReport Report() {
  DoctorReport report;
  report.made_at = WallTime(std::chrono::seconds(1'767'225'600));
  report.environment = "cpu=\"Test\" cores=4 machine=x86_64 kernel=6.1 memory_gib=16";
  report.weir_version = "0.1.0";
  report.checks = {
      {HostSubject::kProcessors, HostState::kGood, "4 of 4 usable", ""},
      {HostSubject::kGovernor, HostState::kDoubtful,
       "powersave: an idle processor runs slower and takes its time to speed up",
       "cpupower frequency-set -g performance"},
      {HostSubject::kSteal, HostState::kUnknown, "seen only while calibrating", ""},
      {HostSubject::kFiles, HostState::kBad, "256 open files: as many connections, less some",
       "raise the hard limit: ulimit -Hn as root, LimitNOFILE= in systemd"}};
  CalibrationReport& made = report.calibrations.emplace_back();
  made.calibration.made_at = report.made_at;
  made.calibration.pacing = "hybrid";
  made.calibration.rate_per_s = 5000;
  made.calibration.samples = 10'000;
  made.latency = "lognormal:2ms:0.5";
  made.errors = {
      {{0.5, 2'000'000.0, 2'012'000.0, 12'000.0, ""},
       {0.9, 3'800'000.0, 3'820'000.0, 20'000.0, ""},
       {0.99, 6'400'000.0, 6'390'000.0, -10'000.0, ""},
       {0.999, 9'400'000.0, 9'900'000.0, 500'000.0, ""},
       {0.9999, std::nullopt, std::nullopt, std::nullopt, "10,000 requests; 36,887 are needed"}}};
  made.stored = true;
  return report;
}

TEST(DoctorTextTest, HasALineForEachCheckWithItsCure) {
  EXPECT_TRUE(MatchesGolden(RenderDoctorText(Report(), {}), "reports/doctor_80.txt"));
  EXPECT_TRUE(MatchesGolden(RenderDoctorText(Report(), {.width = 60, .charset = Charset::kAscii}),
                            "reports/doctor_60_ascii.txt"));
}

TEST(DoctorJsonTest, IsComplete) {
  EXPECT_TRUE(MatchesGolden(DoctorJson(Report()), "reports/doctor.json"));
}

TEST(DoctorStateTest, IsTheWorstOfChecksAndCalibrations) {
  DoctorReport report = Report();
  EXPECT_EQ(StateOf(report), HostState::kBad);
  report.checks.pop_back();
  EXPECT_EQ(StateOf(report), HostState::kDoubtful);
  report.checks.clear();
  EXPECT_EQ(StateOf(report), HostState::kGood);
  report.calibrations[0].validity.grade = Grade::kInvalid;
  EXPECT_EQ(StateOf(report), HostState::kBad);
}

}  // namespace
}  // namespace weir::reports
