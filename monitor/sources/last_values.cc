#include "monitor/sources/last_values.h"

#include <iterator>
#include <utility>

namespace weir::monitor {

void LastValues::Put(const Sample& sample) {
  const auto found = values_.find(sample.series);
  if (found == values_.end() && values_.size() >= Reading::kSamplesMax) {
    return ledger_.Drop("too_many_samples");
  }
  ++ledger_.offered;
  ++ledger_.ingested;
  values_[sample.series] = {sample.value, look_};
}

Reading LastValues::Look() {
  Reading reading;
  reading.ledger = std::exchange(ledger_, {});
  for (auto item = values_.begin(); item != values_.end();) {
    if (look_ - item->second.look >= kLooksKept) {
      item = values_.erase(item);
    } else {
      reading.samples.push_back({item->first, item->second.value});
      ++item;
    }
  }
  ++look_;
  return reading;
}

}  // namespace weir::monitor
