#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "target/behaviour.h"
#include "target/internal/deadline_heap.h"
#include "target/response_book.h"
#include "target/server.h"
#include "target/truth_writer.h"

namespace weir::target {

class Connection;

/// What the connections of one server share. Loop thread only.
struct Engine {
  Engine(const TargetOptions& options, const Clock& the_clock)
      : clock(the_clock),
        epoch(the_clock.Now()),
        now(epoch),
        behaviour(options, epoch),
        book(options.body_bytes) {}

  /// Reads the clock; once per read event and once per write.
  Instant Tick() { return now = clock.Now(); }

  const Clock& clock;
  const Instant epoch;
  Instant now;  ///< As of the last Tick.
  Behaviour behaviour;
  ResponseBook book;
  std::unique_ptr<TruthWriter> truth;  ///< Null without --truth.
  DeadlineHeap deadlines;              ///< Every node is a Connection.
  ServerCounters counters;
  std::vector<Connection*> connections;  ///< All that are not closing; they own themselves.

  /// Every read goes here and is consumed before the next.
  std::array<char, std::size_t{64} * 1024> read_buffer;
};

}  // namespace weir::target
