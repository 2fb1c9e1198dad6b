#include "monitor/alerts/flap_damper.h"

#include <algorithm>

namespace weir::monitor {
namespace {

void Begin(const FlapLimits& limits, WallTime at, FlapRecord& record) {
  record.firing = true;
  record.changed_at = at;
  record.began.push_back(at);
  if (record.began.size() > limits.times + 1) {
    record.began.erase(record.began.begin());
  }
  if (record.flapping) {
    ++record.count;
  }
}

void Judge(const FlapLimits& limits, WallTime at, FlapRecord& record) {
  std::erase_if(record.began, [&](WallTime began) { return at - began >= limits.window; });
  if (record.flapping) {
    record.flapping = at - record.changed_at < limits.window;
  } else if (record.began.size() > limits.times) {
    record.flapping = true;
    record.count = record.began.size();
  }
}

}  // namespace

void StepFlaps(const FlapLimits& limits, WallTime at, const std::set<Labels>& audible,
               const std::set<Labels>& firing, FlapBook& book) {
  if (limits.times == 0) {
    book.clear();
    return;
  }
  for (const Labels& alert : audible) {
    if (book.size() >= kFlapRecordsMax && !book.contains(alert)) {
      continue;
    }
    FlapRecord& record = book[alert];
    if (!record.firing) {
      Begin(limits, at, record);
    }
  }
  for (auto& [alert, record] : book) {
    if (record.firing && !firing.contains(alert)) {
      record.firing = false;
      record.changed_at = at;
    }
    Judge(limits, at, record);
  }
  std::erase_if(book, [](const auto& item) {
    const FlapRecord& record = item.second;
    return !record.firing && !record.flapping && !record.told && record.began.empty();
  });
}

}  // namespace weir::monitor
