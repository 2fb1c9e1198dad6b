#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "store/monitor_book.h"

namespace weir::monitor {

/// A MonitorBook that several threads use, one call at a time.
class SharedBook {
 public:
  explicit SharedBook(std::unique_ptr<store::MonitorBook> book) : book_(std::move(book)) {}

  /// `use` gets the book to itself.
  template <typename Use>
  auto With(Use use) {
    const std::lock_guard lock(mutex_);
    return use(*book_);
  }

 private:
  std::mutex mutex_;
  const std::unique_ptr<store::MonitorBook> book_;
};

}  // namespace weir::monitor
