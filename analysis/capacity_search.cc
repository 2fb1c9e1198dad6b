#include "analysis/capacity_search.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace weir::analysis {
namespace {

using Kind = CapacityProbe::Kind;

constexpr double kLowest = 1e-2;  // Of rate_first.

}  // namespace

CapacitySearch::CapacitySearch(const CapacityOptions& options)
    : options_(options), next_{options.rate_first, Kind::kGrow} {
  WEIR_CHECK(options.rate_first > 0);
  WEIR_CHECK(options.rate_max >= options.rate_first);
  WEIR_CHECK(options.growth > 1);
  WEIR_CHECK(options.tolerance > 0);
}

std::optional<CapacityProbe> CapacitySearch::Next() const {
  return end_ ? std::nullopt : std::optional(next_);
}

void CapacitySearch::Tell(ProbeState state) {
  WEIR_CHECK(!end_);
  ++probes_;
  if (state == ProbeState::kUnknown) {
    // Once may be chance.
    if (last_was_unknown_) {
      end_ = CapacityEnd::kUnknown;
    }
    last_was_unknown_ = true;
  } else {
    last_was_unknown_ = false;
    if (next_.kind == Kind::kConfirm) {
      TellConfirmed(state == ProbeState::kKept);
    } else {
      TellUnconfirmed(state == ProbeState::kKept);
    }
  }
  if (!end_ && probes_ >= options_.probes_max) {
    end_ = CapacityEnd::kTooMany;
  }
}

void CapacitySearch::TellUnconfirmed(bool kept) {
  (kept ? kept_ : broken_) = next_.rate;
  ChooseUnconfirmed();
}

void CapacitySearch::ChooseUnconfirmed() {
  if (!broken_) {
    next_ = {std::min(*kept_ * options_.growth, options_.rate_max), Kind::kGrow};
    if (*kept_ >= options_.rate_max) {
      next_ = {options_.rate_max, Kind::kConfirm};
    }
  } else if (!kept_) {
    next_ = {*broken_ / options_.growth, Kind::kGrow};
    if (next_.rate < options_.rate_first * kLowest) {
      end_ = CapacityEnd::kNeverKept;
    }
  } else if (*broken_ > *kept_ * (1 + options_.tolerance)) {
    next_ = {std::sqrt(*kept_ * *broken_), Kind::kNarrow};
  } else {
    ChooseConfirmed();
  }
}

void CapacitySearch::TellConfirmed(bool kept) {
  const double step = 1 + options_.tolerance;
  if (kept) {
    kept_ = next_.rate;
    kept_is_confirmed_ = true;
    if (!broken_ || *broken_ <= next_.rate) {
      broken_ = next_.rate * step;
      broken_is_confirmed_ = false;
    }
    if (next_.rate >= options_.rate_max) {
      broken_.reset();
      end_ = CapacityEnd::kAtMax;
      return;
    }
  } else {
    broken_ = next_.rate;
    broken_is_confirmed_ = true;
    if (!kept_ || *kept_ >= next_.rate) {
      kept_ = next_.rate / step;
      kept_is_confirmed_ = false;
      if (*kept_ < options_.rate_first * kLowest) {
        kept_.reset();
        end_ = CapacityEnd::kNeverKept;
        return;
      }
    }
  }
  ChooseConfirmed();
}

void CapacitySearch::ChooseConfirmed() {
  if (!kept_is_confirmed_) {
    next_ = {*kept_, Kind::kConfirm};
  } else if (!broken_is_confirmed_) {
    next_ = {std::min(*broken_, options_.rate_max), Kind::kConfirm};
  } else {
    end_ = CapacityEnd::kFound;
  }
}

}  // namespace weir::analysis
