// What it costs to start a program and to hear of its end: ours beside posix_spawn and fork, from a
// process with little memory and with much. What the program itself takes is in all of them.

#include <cstddef>
#include <vector>

#include <benchmark/benchmark.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "loadgen/transport/program_runner.h"

namespace {

constexpr const char* kProgram = "/bin/true";

// Memory in use, so that page tables are there to be copied.
std::vector<char> Ballast(const benchmark::State& state) {
  return std::vector<char>(static_cast<std::size_t>(state.range(0)) << 20U, 'x');
}

void BM_ProgramRunner(benchmark::State& state) {
  const std::vector<char> ballast = Ballast(state);
  const weir::SystemClock clock;
  auto programs = weir::loadgen::ProgramRunner::Create(clock);
  WEIR_CHECK(programs.has_value());
  const weir::loadgen::PreparedProgram program{kProgram, {kProgram}};
  for (auto _ : state) {
    WEIR_CHECK(programs->Run(program, {}).error == weir::RequestError::kNone);
  }
}

void BM_PosixSpawn(benchmark::State& state) {
  const std::vector<char> ballast = Ballast(state);
  char* const argv[] = {const_cast<char*>(kProgram), nullptr};
  for (auto _ : state) {
    pid_t pid = 0;
    WEIR_CHECK(posix_spawn(&pid, kProgram, nullptr, nullptr, argv, environ) == 0);
    WEIR_CHECK(waitpid(pid, nullptr, 0) == pid);
  }
}

void BM_ForkExec(benchmark::State& state) {
  const std::vector<char> ballast = Ballast(state);
  char* const argv[] = {const_cast<char*>(kProgram), nullptr};
  for (auto _ : state) {
    const pid_t pid = fork();
    if (pid == 0) {
      execve(kProgram, argv, environ);
      _exit(127);
    }
    WEIR_CHECK(waitpid(pid, nullptr, 0) == pid);
  }
}

BENCHMARK(BM_ProgramRunner)->Arg(0)->Arg(200)->UseRealTime();
BENCHMARK(BM_PosixSpawn)->Arg(0)->Arg(200)->UseRealTime();
BENCHMARK(BM_ForkExec)->Arg(0)->Arg(200)->UseRealTime();

}  // namespace
