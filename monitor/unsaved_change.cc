#include "monitor/unsaved_change.h"

#include <iterator>

namespace weir::monitor {

std::size_t UnsavedChange::Add(store::MonitorChange more) {
  for (store::MonitorStateRow& row : more.rows) {
    if (too_many_rows_) {
      break;
    }
    const auto [place, is_new] = places_.try_emplace({row.kind, row.key}, change_.rows.size());
    if (!is_new) {
      change_.rows[place->second] = std::move(row);
    } else if (change_.rows.size() < kRowsMax) {
      change_.rows.push_back(std::move(row));
    } else {
      too_many_rows_ = true;
      change_.rows.clear();
      places_.clear();
    }
  }
  change_.messages.insert(change_.messages.end(), std::make_move_iterator(more.messages.begin()),
                          std::make_move_iterator(more.messages.end()));
  if (change_.messages.size() <= kMessagesMax) {
    return 0;
  }
  const std::size_t surplus = change_.messages.size() - kMessagesMax;
  change_.messages.erase(change_.messages.begin(),
                         change_.messages.begin() + static_cast<std::ptrdiff_t>(surplus));
  return surplus;
}

const store::MonitorChange& UnsavedChange::Get(
    const std::function<std::vector<store::MonitorStateRow>()>& whole) {
  if (too_many_rows_) {
    change_.rows = whole();
    change_.replaces_state = true;
  }
  return change_;
}

void UnsavedChange::Clear() {
  *this = UnsavedChange();
}

}  // namespace weir::monitor
