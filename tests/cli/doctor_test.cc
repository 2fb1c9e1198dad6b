// `weir doctor` as a user calls it: the checks, a real calibration, and runs that refer to it.

#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/weir_process.h"
#include "tests/target/running_server.h"

namespace weir::cli {
namespace {

using nlohmann::json;

TEST(DoctorTest, NamesEveryCheckAndChangesNothing) {
  const WeirDirectory directory;
  const Said said = directory.Weir({"doctor", "--no-calibration", "--json"});
  EXPECT_TRUE(said.exit_code == 0 || said.exit_code == 11) << said.err;
  const json doctor = json::parse(said.out);
  EXPECT_EQ(doctor["schema"], "weir.doctor/1");
  EXPECT_EQ(doctor["checks"].size(), 10U);
  for (const json& check : doctor["checks"]) {
    EXPECT_NE(check["found"], "") << check;
    EXPECT_EQ(check["cure"] != "", check["state"] == "doubtful" || check["state"] == "bad")
        << check;
  }
  EXPECT_EQ(doctor["state"] == "bad", said.exit_code == 11);
  EXPECT_TRUE(doctor["calibrations"].empty());
  EXPECT_FALSE(std::filesystem::exists(directory.Path("weir.db")));
}

// 300 requests: p50 and p90 are known, the rest says how many would do. What is reported cannot be
// less than what the target took, and that not less than what it was told (median 2 ms, 300 draws).
TEST(DoctorTest, CalibratesAgainstATargetThatItStarts) {
  const WeirDirectory directory;
  const Said said = directory.Weir({"doctor", "--duration", "2s", "--rate", "200/s", "--json"});
  ASSERT_TRUE(said.exit_code == 0 || said.exit_code == 11) << said.err;
  const json made = json::parse(said.out)["calibrations"].at(0);
  EXPECT_EQ(made["pacing"], "hybrid");
  EXPECT_EQ(made["samples"], 300);
  const json& p50 = made["quantiles"].at(0);
  EXPECT_GT(p50["truth_ns"].get<double>(), 1.7e6);
  EXPECT_NEAR(p50["error_ns"].get<double>(),
              p50["reported_ns"].get<double>() - p50["truth_ns"].get<double>(), 1);
  EXPECT_TRUE(made["quantiles"].at(1)["error_ns"].is_number());
  EXPECT_TRUE(made["quantiles"].at(4)["error_ns"].is_null());
  EXPECT_NE(made["quantiles"].at(4)["error_ns_reason"], "");
  EXPECT_EQ(made["stored"], made["validity"]["grade"] != "invalid");
  if (made["validity"]["grade"] == "invalid") {
    GTEST_SKIP() << "this machine is too busy to calibrate on: " << made["validity"]["reasons"];
  }
  target::RunningServer server;
  const Said run = directory.Weir({"run", "-R", "500", "-d", "200ms", "--json=run.json",
                                   "http://" + server.server().addresses().front() + "/"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json evidence = json::parse(directory.Read("run.json"))["validity"]["evidence"];
  EXPECT_EQ(evidence["calibration_error_p50_ns"], p50["error_ns"]);
  EXPECT_GE(evidence["calibration_age_s"].get<double>(), 0);
  EXPECT_LT(evidence["calibration_age_s"].get<double>(), 60);
  const Said shown = directory.Weir({"show", "last"});
  EXPECT_NE(shown.out.find("\ninstrument error "), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("before this run"), std::string::npos) << shown.out;
}

TEST(DoctorTest, RefusesWhatItCannotDo) {
  const WeirDirectory directory;
  const auto error_of = [&](const std::vector<std::string>& words) {
    const Said said = directory.Weir(words);
    EXPECT_EQ(said.exit_code, 2);
    EXPECT_EQ(said.out, "");
    return said.err;
  };
  EXPECT_EQ(error_of({"doctor", "--duration", "1s"}),
            "weir doctor: --duration: 1.00 s is out of range; it must be 2s to 5m\n");
  EXPECT_EQ(error_of({"doctor", "--pacing", "nap"}),
            "weir doctor: --pacing: 'nap' is none of sleep, hybrid, spin\n");
  EXPECT_EQ(error_of({"doctor", "--rate", "fast"}),
            "weir doctor: --rate: 'fast' is not a rate; write a number per second, for example "
            "'500/s', '10k' or '90/m'\n");
}

}  // namespace
}  // namespace weir::cli
