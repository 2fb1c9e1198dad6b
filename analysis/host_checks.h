#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/host.h"

/// Is this machine fit to measure? What `weir doctor` says of it; docs/doctor.md.
namespace weir::analysis {

enum class HostSubject : std::uint8_t {
  kProcessors,  ///< How many this process may use.
  kPinning,     ///< Whether threads can be kept apart, and whether cores are whole.
  kGovernor,    ///< Whether the clock speed stands still.
  kSteal,       ///< What the hypervisor takes.
  kNeighbours,  ///< What other programs take.
  kClock,       ///< What reading the time costs.
  kFiles,       ///< Open files: one for each connection.
  kPorts,       ///< Local ports: one for each connection to the same address.
  kPortReuse,   ///< How soon a port can be used again.
  kBacklog,     ///< Connections that a target on this machine can have waiting.
  kInstrument,  ///< weir's own error, by calibration.
};

/// "processors", "governor", "port_reuse", ... as in JSON.
std::string_view HostSubjectName(HostSubject subject);

enum class HostState : std::uint8_t { kGood = 0, kUnknown = 1, kDoubtful = 2, kBad = 3 };

/// "good", "unknown", "doubtful", "bad".
std::string_view HostStateName(HostState state);

struct HostCheck {
  HostSubject subject = HostSubject::kProcessors;
  HostState state = HostState::kUnknown;
  std::string found;  ///< What there is, with the number.
  std::string cure;   ///< What to do; empty when good or when nothing can be done.
  friend bool operator==(const HostCheck&, const HostCheck&) = default;
};

/// Where doubt begins, and where measuring is of no use.
struct HostLimits {
  /// A system call instead of a read of a register costs some 200 ns; with several readings for
  /// each request, 1 us is as much as the request.
  double clock_read_doubtful_ns = 150;
  double clock_read_bad_ns = 1000;
  double steal_doubtful = 0.05;  ///< As in the certificate of a run.
  double steal_bad = 0.25;
  double others_doubtful = 0.10;   ///< Of one processor.
  double others_bad_share = 0.50;  ///< Of all usable processors.
  std::uint64_t files_doubtful = 10'000;
  std::uint64_t files_bad = 1'024;
  std::uint32_t ports_doubtful = 10'000;
  std::uint32_t ports_bad = 1'000;
  std::uint64_t backlog_doubtful = 1'024;
};

/// One check for each subject but kInstrument, in the order of the subjects. Deterministic.
std::vector<HostCheck> JudgeHost(const HostFacts& facts, const HostLimits& limits = {});

/// The worst of `checks`; what is unknown makes none worse.
HostState WorstOf(const std::vector<HostCheck>& checks);

}  // namespace weir::analysis
