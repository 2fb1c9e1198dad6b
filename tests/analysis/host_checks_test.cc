#include "analysis/host_checks.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace weir::analysis {
namespace {

HostFacts FitMachine() {
  HostFacts facts;
  facts.cores_online = 4;
  facts.cores_usable = 4;
  facts.can_pin = true;
  facts.smt = false;
  facts.governors = {"performance"};
  facts.clock_source = "tsc";
  facts.clock_read_ns = 25;
  facts.steal = 0.001;
  facts.others_cores = 0.02;
  facts.files_max = 1'048'576;
  facts.ports = PortRange{32'768, 60'999};
  facts.port_reuse = 2;
  facts.timestamps = 1;
  facts.backlog_max = 4096;
  return facts;
}

HostCheck Of(const HostFacts& facts, HostSubject subject) {
  const std::vector<HostCheck> checks = JudgeHost(facts);
  const auto found = std::find_if(checks.begin(), checks.end(),
                                  [&](const HostCheck& check) { return check.subject == subject; });
  EXPECT_NE(found, checks.end());
  return *found;
}

TEST(HostChecksTest, AFitMachineIsGoodInEverything) {
  for (const HostCheck& check : JudgeHost(FitMachine())) {
    EXPECT_EQ(check.state, HostState::kGood) << check.found;
    EXPECT_NE(check.found, "");
    EXPECT_EQ(check.cure, "");
  }
  EXPECT_EQ(WorstOf(JudgeHost(FitMachine())), HostState::kGood);
}

// What nobody tells is neither good nor bad, and no reason not to measure.
TEST(HostChecksTest, WhatIsNotToldIsUnknown) {
  HostFacts silent;
  silent.cores_online = silent.cores_usable = 2;
  silent.files_max = 100'000;
  const std::vector<HostCheck> checks = JudgeHost(silent);
  EXPECT_EQ(std::count_if(checks.begin(), checks.end(),
                          [](const HostCheck& check) {
                            return check.state == HostState::kUnknown && !check.found.empty();
                          }),
            8);
  EXPECT_EQ(WorstOf(checks), HostState::kGood);
}

// Every fault: what is changed, what it is called, how bad it is. Each comes with a cure.
struct Fault {
  HostSubject subject;
  HostState state;
  void (*harm)(HostFacts&);
};

TEST(HostChecksTest, EveryFaultIsNamedGradedAndHasACure) {
  const Fault faults[] = {
      {HostSubject::kProcessors, HostState::kDoubtful, [](HostFacts& f) { f.cores_usable = 1; }},
      {HostSubject::kProcessors, HostState::kDoubtful, [](HostFacts& f) { f.quota_cores = 2.5; }},
      {HostSubject::kProcessors, HostState::kBad, [](HostFacts& f) { f.quota_cores = 0.5; }},
      {HostSubject::kPinning, HostState::kDoubtful, [](HostFacts& f) { f.can_pin = false; }},
      {HostSubject::kPinning, HostState::kDoubtful, [](HostFacts& f) { f.smt = true; }},
      {HostSubject::kGovernor, HostState::kDoubtful,
       [](HostFacts& f) {
         f.governors = {"performance", "powersave"};
       }},
      {HostSubject::kSteal, HostState::kDoubtful, [](HostFacts& f) { f.steal = 0.06; }},
      {HostSubject::kSteal, HostState::kBad, [](HostFacts& f) { f.steal = 0.3; }},
      {HostSubject::kNeighbours, HostState::kDoubtful, [](HostFacts& f) { f.others_cores = 0.5; }},
      {HostSubject::kNeighbours, HostState::kBad, [](HostFacts& f) { f.others_cores = 2.1; }},
      {HostSubject::kClock, HostState::kDoubtful, [](HostFacts& f) { f.clock_read_ns = 300; }},
      {HostSubject::kClock, HostState::kBad, [](HostFacts& f) { f.clock_read_ns = 1500; }},
      {HostSubject::kClock, HostState::kBad, [](HostFacts& f) { f.clock_source = "hpet"; }},
      {HostSubject::kFiles, HostState::kDoubtful, [](HostFacts& f) { f.files_max = 4096; }},
      {HostSubject::kFiles, HostState::kBad, [](HostFacts& f) { f.files_max = 256; }},
      {HostSubject::kPorts, HostState::kDoubtful,
       [](HostFacts& f) {
         f.ports = PortRange{60'000, 65'535};
       }},
      {HostSubject::kPorts, HostState::kBad,
       [](HostFacts& f) {
         f.ports = PortRange{60'000, 60'099};
       }},
      {HostSubject::kPortReuse, HostState::kDoubtful, [](HostFacts& f) { f.port_reuse = 0; }},
      {HostSubject::kPortReuse, HostState::kDoubtful, [](HostFacts& f) { f.timestamps = 0; }},
      {HostSubject::kBacklog, HostState::kDoubtful, [](HostFacts& f) { f.backlog_max = 128; }},
  };
  for (const Fault& fault : faults) {
    HostFacts facts = FitMachine();
    fault.harm(facts);
    const HostCheck check = Of(facts, fault.subject);
    EXPECT_EQ(check.state, fault.state) << HostSubjectName(fault.subject) << ": " << check.found;
    EXPECT_NE(check.cure, "") << check.found;
    EXPECT_EQ(WorstOf(JudgeHost(facts)), fault.state);
  }
}

// 28,232 ports that each rest for 60 s: 470 a second.
TEST(HostChecksTest, RestingPortsLimitTheRateOfConnections) {
  HostFacts facts = FitMachine();
  facts.port_reuse = 0;
  EXPECT_NE(Of(facts, HostSubject::kPortReuse).found.find("470 new connections per second"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::analysis
