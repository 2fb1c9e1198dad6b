#include "monitor/manual_gates.h"

namespace weir::monitor {

bool ManualGates::Open(const std::string& canary) {
  const std::lock_guard lock(mutex_);
  if (open_.size() >= kOpenMax && open_.count(canary) == 0) {
    return false;
  }
  open_.insert(canary);
  return true;
}

void ManualGates::Close(const std::string& canary) {
  const std::lock_guard lock(mutex_);
  open_.erase(canary);
}

bool ManualGates::IsOpen(const std::string& canary) const {
  const std::lock_guard lock(mutex_);
  return open_.count(canary) > 0;
}

}  // namespace weir::monitor
