#include "cli/signals.h"

#include <atomic>
#include <csignal>
#include <utility>

#include <unistd.h>

#include "base/check.h"
#include "cli/exit_codes.h"

namespace weir::cli {
namespace {

std::function<void()> stop_action;
std::atomic<bool> installed{false};
std::atomic<bool> signalled{false};

void OnSignal(int) {
  if (signalled.exchange(true)) {
    _exit(kExitInterrupted);
  }
  stop_action();
}

void Install(void (*handler)(int)) {
  struct sigaction action {};

  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

StopOnSignal::StopOnSignal(std::function<void()> stop) {
  WEIR_CHECK(!installed.exchange(true));
  stop_action = std::move(stop);
  signalled = false;
  Install(&OnSignal);
  std::signal(SIGPIPE, SIG_IGN);
}

StopOnSignal::~StopOnSignal() {
  Install(SIG_DFL);
  installed = false;
}

}  // namespace weir::cli
