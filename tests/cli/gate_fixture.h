#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/run.h"
#include "tests/cli/weir_process.h"

/// A history of a few synthetic runs, and the built `weir` judging them as a user would.
namespace weir::cli {

/// Where a run comes from, as `weir run --build --branch` would say it.
struct Origin {
  std::string build;
  std::string branch = "main";
};

class GateCommand : public ::testing::Test {
 protected:
  /// Files one run for each of `latencies_ms`, in which every request took that long. Slots of two
  /// minutes: every other one from `first_slot` on, so that 0 and 1 make two sides that alternate.
  void Record(const Origin& origin, const std::vector<double>& latencies_ms, int first_slot) const;

  /// Files a run as it is.
  void Record(weir::Run run) const;

  /// `weir gate ARGUMENTS...` on that history.
  Said Gate(std::vector<std::string> arguments) const;

  WeirDirectory dir_;
};

}  // namespace weir::cli
