#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::cli {

/// The arguments after the subcommand's name.
using Arguments = std::vector<std::string>;

/// A subcommand: one file of this folder, which holds its flags and its wiring and nothing else.
struct Command {
  std::string_view name;
  std::string_view summary;                ///< One line for `weir --help`.
  int (*run)(const Arguments& arguments);  ///< Returns the exit code; has printed everything.
};

int RunMain(const Arguments& arguments);
int CapacityMain(const Arguments& arguments);
int CheckMain(const Arguments& arguments);
int CompareMain(const Arguments& arguments);
int GateMain(const Arguments& arguments);
int DuetMain(const Arguments& arguments);
int ImportMain(const Arguments& arguments);
int HistoryMain(const Arguments& arguments);
int ShowMain(const Arguments& arguments);
int RecordMain(const Arguments& arguments);
int ReportMain(const Arguments& arguments);
int AnalyzeMain(const Arguments& arguments);
int TargetMain(const Arguments& arguments);
int DoctorMain(const Arguments& arguments);

/// All of them, in the order in which help lists them.
std::span<const Command> Commands();

}  // namespace weir::cli
