#include "tests/monitor/program.h"

#include <array>
#include <cstdio>

#include <sys/wait.h>

#include "base/check.h"

namespace weir::tests {

ProgramResult RunProgram(const std::string& line) {
  std::FILE* pipe = popen((line + " 2>&1").c_str(), "re");
  WEIR_CHECK(pipe != nullptr);
  ProgramResult result;
  std::array<char, 4096> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    result.output.append(buffer.data(), count);
  }
  const int status = pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

}  // namespace weir::tests
