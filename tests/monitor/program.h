#pragma once

#include <string>

/// Programs of others as oracles.
namespace weir::tests {

struct ProgramResult {
  int status = -1;     ///< Of exit; 127: there is no such program.
  std::string output;  ///< Standard output and standard error, as they came.
};

/// Runs a line of /bin/sh and waits for its end.
ProgramResult RunProgram(const std::string& line);

}  // namespace weir::tests
