#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "store/monitor_book.h"

namespace weir::monitor {

/// What the store has not taken yet, while it takes nothing: of each piece of state the newest, and
/// messages. Both have a limit. Beyond that of the state nothing is lost: the whole state, which
/// the desk has, is written instead; of the messages the oldest go. Thread rule: one owner.
class UnsavedChange {
 public:
  static constexpr std::size_t kRowsMax = 20'000;
  static constexpr std::size_t kMessagesMax = 10'000;

  /// Returns how many messages are lost by it.
  std::size_t Add(store::MonitorChange more);

  bool empty() const { return !too_many_rows_ && change_.rows.empty() && change_.messages.empty(); }

  bool has_messages() const { return !change_.messages.empty(); }

  /// How many pieces of state wait, beside the whole.
  std::size_t rows() const { return change_.rows.size(); }

  /// All of it, in one step; `whole` gives all of the state, as rows, and is asked only where it is
  /// needed. Valid until the next call.
  const store::MonitorChange& Get(
      const std::function<std::vector<store::MonitorStateRow>()>& whole);

  void Clear();

 private:
  store::MonitorChange change_;
  std::map<std::pair<store::MonitorStateKind, std::string>, std::size_t> places_;  // In rows.
  bool too_many_rows_ = false;
};

}  // namespace weir::monitor
