#include "monitor/sources/sample.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace weir::monitor {

void SourceLedger::Add(const SourceLedger& other) {
  offered += other.offered;
  ingested += other.ingested;
  for (const auto& [reason, count] : other.rejected) {
    rejected[reason] += count;
  }
  for (const auto& [reason, count] : other.dropped) {
    dropped[reason] += count;
  }
}

bool SourceLedger::Balanced() const {
  std::uint64_t sum = ingested;
  for (const auto& [reason, count] : rejected) {
    sum += count;
  }
  for (const auto& [reason, count] : dropped) {
    sum += count;
  }
  return sum == offered;
}

void Reading::Ingest(Sample sample) {
  if (samples.size() >= kSamplesMax) {
    ledger.Drop("too_many_samples");
    return;
  }
  ++ledger.offered;
  ++ledger.ingested;
  samples.push_back(std::move(sample));
}

void Reading::Warn(std::string_view warning) {
  std::string line;
  for (std::size_t at = 0; at < warning.size();) {
    const std::size_t end = std::min(warning.find('\n', at), warning.size());
    const std::size_t word = std::min(warning.find_first_not_of(' ', at), end);
    line += line.empty() || line.back() == ':' ? "" : ";";
    line += line.empty() ? "" : " ";
    line += warning.substr(word, end - word);
    at = end + 1;
  }
  std::string shown = Printable(line, kWarningBytesMax);
  const bool is_new = std::find(warnings.begin(), warnings.end(), shown) == warnings.end();
  if (is_new && warnings.size() < kWarningsMax) {
    warnings.push_back(std::move(shown));
  }
}

}  // namespace weir::monitor
