#pragma once

#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/support/temp_dir.h"

namespace weir::cli {

/// What one call of the built `weir` said.
struct Said {
  int exit_code = -1;  ///< 128 + the signal when a signal ended it, as shells do.
  std::string out;
  std::string err;
};

/// Runs the built `weir` as a user would: as a process of its own, in an empty directory, with
/// nothing on standard input. One owner.
class WeirDirectory {
 public:
  /// Waits for the end of `weir ARGUMENTS...`.
  Said Weir(const std::vector<std::string>& arguments) const;

  /// Starts it without waiting. End it with Wait.
  pid_t Start(const std::vector<std::string>& arguments) const;

  /// Waits for a process of Start, and gives what it said.
  Said Wait(pid_t pid) const;

  /// A file in the directory; messages name it as `name`.
  void Write(const std::string& name, const std::string& text) const { dir_.Write(name, text); }

  std::string Path(const std::string& name) const { return dir_.File(name); }

  std::string Read(const std::string& name) const { return tests::ReadFile(dir_.File(name)); }

 private:
  tests::TempDir dir_;
  mutable int started_ = 0;
  mutable std::map<pid_t, std::string> names_;  ///< Of the files that a process writes to.
};

/// A TCP port of 127.0.0.1 on which nobody answers, for as long as this lives.
class DeadPort {
 public:
  DeadPort();
  DeadPort(const DeadPort&) = delete;
  DeadPort& operator=(const DeadPort&) = delete;
  ~DeadPort();

  std::string Url() const;

 private:
  int fd_ = -1;
  int port_ = 0;
};

}  // namespace weir::cli
