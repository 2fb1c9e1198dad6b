#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/run.h"
#include "base/time.h"
#include "loadgen/transport.h"

namespace weir::loadgen {

/// What is to be said of the programs that a transport ran.
struct ProgramNotes {
  std::vector<UnknownUsage> unknown;  ///< What they used and nobody could tell; one per metric.
  std::string first_failure;  ///< How the first one that failed did, with what it wrote to stderr.
};

/// What the thread of a worker needs of a transport beside what the step logic does.
class WorkerTransport : public Transport {
 public:
  /// Begins to open `count` connections, so that the first requests need not wait for them. Returns
  /// for how many it need not be asked again; ask for the rest while preconnecting() > 0.
  virtual std::uint32_t Preconnect(std::uint32_t count) = 0;

  /// Connections that are being opened without a request waiting for them.
  virtual std::uint32_t preconnecting() const = 0;

  /// Reports exchanges that broke inside Start, and room that has come with time. Call between
  /// turns of the loop, and do not let the loop block beyond deferred_at().
  virtual void DeliverDeferred() = 0;

  /// When DeliverDeferred is to be called next; Instant::max() when there is nothing.
  virtual Instant deferred_at() const = 0;

  /// TCP segments sent again on all connections so far, those that are closed included. One system
  /// call for each open connection: when the run is over.
  virtual std::uint64_t retransmits() const = 0;

  /// Empty of a transport that runs no programs.
  virtual ProgramNotes notes() const { return {}; }
};

}  // namespace weir::loadgen
