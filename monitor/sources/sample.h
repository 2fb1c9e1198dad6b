#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "monitor/alerts/label_matcher.h"

/// What sources bring.
namespace weir::monitor {

/// What a series is called.
struct SeriesName {
  std::string metric;  ///< Empty for the answer of a query that names none.
  Labels labels;
};

struct Sample {
  /// Shared between the samples of a series, and with what rules remember of it: it never changes.
  std::shared_ptr<const SeriesName> series;
  double value = 0;       ///< May be NaN or infinite.
  std::size_t query = 0;  ///< Which query of its source it answers.
  /// Nothing was measured since the look before: it still holds, and is no new value of its series.
  bool repeated = false;
};

/// Where every sample went that a source offered.
struct SourceLedger {
  std::uint64_t offered = 0;
  std::uint64_t ingested = 0;
  std::map<std::string, std::uint64_t> rejected;  ///< By reason: what is wrong with it.
  std::map<std::string, std::uint64_t> dropped;   ///< By reason: which limit it ran into.

  void Reject(const std::string& reason, std::uint64_t count = 1) {
    offered += count;
    rejected[reason] += count;
  }

  void Drop(const std::string& reason, std::uint64_t count = 1) {
    offered += count;
    dropped[reason] += count;
  }

  void Add(const SourceLedger& other);

  /// offered = ingested + rejected + dropped.
  bool Balanced() const;
};

/// A look before the first one.
struct PastLook {
  WallTime at{};
  std::shared_ptr<const std::vector<Sample>> samples;
};

/// What one look at a source brought.
struct Reading {
  static constexpr std::size_t kSamplesMax = 50'000;
  static constexpr std::size_t kWarningsMax = 8;
  static constexpr std::size_t kWarningBytesMax = 200;

  std::vector<Sample> samples;
  SourceLedger ledger;

  /// What the source says about its answer, each once: printable, at most kWarningsMax of at most
  /// kWarningBytesMax and "...". The answer counts all the same.
  std::vector<std::string> warnings;

  std::vector<PastLook> past = {};  ///< Ascending: what a rule that begins learns from.
  bool unchanged = false;           ///< All is as in the last good look; nothing else counts.

  /// Counts it, and keeps it while there is room.
  void Ingest(Sample sample);

  /// Notes it while there is room, in one line, made printable and shortened.
  void Warn(std::string_view warning);
};

}  // namespace weir::monitor
