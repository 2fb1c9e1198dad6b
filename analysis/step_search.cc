#include "analysis/step_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"

namespace weir::analysis {
namespace {

std::size_t Index(int t) {
  return static_cast<std::size_t>(t);
}

/// Two additions that do not pay end the search: one may prepare the ground for the next, as the
/// two ends of a block do.
constexpr int kPatience = 2;
constexpr int kPlacingPasses = 2;
constexpr double kBetter = 1e-9;

}  // namespace

StepSearch::StepSearch(const FilterGains& gains, std::span<const double> values,
                       const StepOptions& options)
    : gains_(gains), values_(values), options_(options), n_(static_cast<int>(values.size())) {
  WEIR_CHECK(n_ > 0 && options.segment_min >= 1);
  observed_ = CountObserved(gains, n_);
  WEIR_CHECK(observed_ > 0);
  log_determinant_ = gains.LogDeterminant(n_);
  score_vector_.resize(values.size());
  information_.resize(values.size());
  columns_.reserve(Index(options.steps_max + kPatience + 1) * 8);
  for (int t = options.segment_min; t <= n_ - options.segment_min; ++t) {
    if (gains.At(t).weight > 0) {
      candidates_.push_back(t);
    }
  }
  InverseTimes(gains, values, 0, score_vector_);
  for (std::size_t t = 0; t < values.size(); ++t) {
    residual_ += score_vector_[t] * values[t];
  }
  for (std::size_t t = values.size() - 1; t-- > 0;) {
    score_vector_[t] += score_vector_[t + 1];
  }
  first_scores_ = score_vector_;
  values_squared_ = residual_;
  StepInformation(gains, information_);
  Push(0);
}

double StepSearch::Variance(int at) const {
  return at == 0 ? options_.level_variance : options_.step_variance;
}

const std::vector<double>* StepSearch::FindColumn(int at) const {
  for (const auto& [place, column] : columns_) {
    if (place == at) {
      return &column;
    }
  }
  return nullptr;
}

const std::vector<double>& StepSearch::Column(int at) {
  if (const std::vector<double>* known = FindColumn(at)) {
    return *known;
  }
  std::vector<double> step(values_.size(), 0.0);
  std::fill(step.begin() + at, step.end(), 1.0);
  std::vector<double> column(values_.size());
  InverseTimes(gains_, step, at, column);
  for (std::size_t t = column.size() - 1; t-- > 0;) {
    column[t] += column[t + 1];
  }
  if (columns_.size() == columns_.capacity()) {
    const auto unused = std::find_if(columns_.begin(), columns_.end(), [&](const auto& entry) {
      return std::none_of(placed_.begin(), placed_.end(),
                          [&](const Placed& placed) { return placed.at == entry.first; });
    });
    WEIR_CHECK(unused != columns_.end());
    *unused = {at, std::move(column)};
    return unused->second;
  }
  columns_.emplace_back(at, std::move(column));
  return columns_.back().second;
}

void StepSearch::Push(int at) {
  Placed placed;
  placed.at = at;
  placed.basis = Column(at);
  for (const Placed& below : placed_) {
    const double share = below.basis[Index(at)];
    for (std::size_t t = 0; t < placed.basis.size(); ++t) {
      placed.basis[t] -= share * below.basis[t];
    }
  }
  const double variance = Variance(at);
  const double precision = std::max(information_[Index(at)], 0.0) + 1 / variance;
  placed.pivot = std::sqrt(precision);
  const double scale = 1 / placed.pivot;
  placed.projection = score_vector_[Index(at)] * scale;
  placed.log_determinant = std::log(precision * variance);
  for (std::size_t t = 0; t < placed.basis.size(); ++t) {
    placed.basis[t] *= scale;
    score_vector_[t] -= placed.basis[t] * placed.projection;
    information_[t] -= placed.basis[t] * placed.basis[t];
  }
  residual_ -= placed.projection * placed.projection;
  log_determinant_ += placed.log_determinant;
  placed_.push_back(std::move(placed));
}

int StepSearch::Pop() {
  const Placed placed = std::move(placed_.back());
  placed_.pop_back();
  for (std::size_t t = 0; t < placed.basis.size(); ++t) {
    score_vector_[t] += placed.basis[t] * placed.projection;
    information_[t] += placed.basis[t] * placed.basis[t];
  }
  residual_ += placed.projection * placed.projection;
  log_determinant_ -= placed.log_determinant;
  return placed.at;
}

/// Removes the step at a position of the stack and returns its place.
int StepSearch::Take(std::size_t position) {
  std::vector<int> above;
  while (placed_.size() > position + 1) {
    above.push_back(Pop());
  }
  const int taken = Pop();
  for (auto at = above.rbegin(); at != above.rend(); ++at) {
    Push(*at);
  }
  return taken;
}

void StepSearch::Set(std::span<const int> steps) {
  while (placed_.size() > 1) {
    Pop();
  }
  for (const int at : steps) {
    Push(at);
  }
}

std::vector<int> StepSearch::steps() const {
  std::vector<int> steps;
  for (std::size_t i = 1; i < placed_.size(); ++i) {
    steps.push_back(placed_[i].at);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

double StepSearch::Score() const {
  return ProfiledScore(observed_, residual_) + log_determinant_ +
         options_.penalty * static_cast<double>(placed_.size() - 1);
}

double StepSearch::GainAt(int at) const {
  const double information = std::max(information_[Index(at)], 0.0);
  const double score = score_vector_[Index(at)];
  const double share =
      score * score / ((information + 1 / options_.step_variance) * std::max(residual_, 1e-300));
  return -observed_ * std::log1p(-std::min(share, 1 - 1e-12)) -
         std::log1p(options_.step_variance * information) - options_.penalty;
}

StepSearch::Candidate StepSearch::Best(const Placed* ignored) const {
  std::vector<char> blocked(Index(n_), 0);
  for (const Placed& placed : placed_) {
    if (&placed != ignored && placed.at > 0) {
      const int from = std::max(placed.at - options_.segment_min + 1, 0);
      const int to = std::min(placed.at + options_.segment_min, n_);
      std::fill(blocked.begin() + from, blocked.begin() + to, 1);
    }
  }
  const double floor = 1 / options_.step_variance;
  std::vector<int> allowed;
  allowed.reserve(candidates_.size());
  double least_information = std::numeric_limits<double>::infinity();
  double largest_share = -1;
  int first = -1;
  for (const int t : candidates_) {
    if (blocked[Index(t)] != 0) {
      continue;
    }
    allowed.push_back(t);
    const double information = information_[Index(t)];
    const double score = score_vector_[Index(t)];
    least_information = std::min(least_information, information);
    if (score * score > largest_share * (information + floor)) {
      largest_share = score * score / (information + floor);
      first = t;
    }
  }
  // A step must at least pay for the least of all determinants: most runs fall out by that, before
  // the logarithms.
  const double least_cost =
      std::log1p(options_.step_variance * std::max(least_information, 0.0)) + options_.penalty;
  Candidate best;
  best.gain = -std::numeric_limits<double>::infinity();
  if (first < 0) {
    return best;
  }
  best = {first, GainAt(first)};
  double share_needed = -std::expm1(-(best.gain + least_cost) / observed_) * residual_;
  for (const int t : allowed) {
    const double score = score_vector_[Index(t)];
    if (score * score <= share_needed * (information_[Index(t)] + floor)) {
      continue;
    }
    const double gain = GainAt(t);
    if (gain > best.gain) {
      best = {t, gain};
      share_needed = -std::expm1(-(gain + least_cost) / observed_) * residual_;
    }
  }
  return best;
}

/// What the placed step adds that the others cannot: a unit direction in the space of the basis.
std::vector<double> StepSearch::OwnDirection(std::size_t position) const {
  const std::size_t m = placed_.size();
  std::vector<double> direction(m, 0.0);
  double squares = 0;
  for (std::size_t i = position; i < m; ++i) {
    double sum = i == position ? 1 : 0;
    for (std::size_t k = position; k < i; ++k) {
      sum -= placed_[k].basis[Index(placed_[i].at)] * direction[k];
    }
    direction[i] = sum / placed_[i].pivot;
    squares += direction[i] * direction[i];
  }
  for (double& part : direction) {
    part /= std::sqrt(squares);
  }
  return direction;
}

/// Where the step at `position` of the stack would best be if the others stay. Same as to take it
/// off and ask Best, but one pass over the runs instead of one for each step above it.
StepSearch::Candidate StepSearch::BestPlaceOf(std::size_t position) {
  const std::vector<double> direction = OwnDirection(position);
  std::vector<double> own(values_.size(), 0.0);
  double projection = 0;
  for (std::size_t k = position; k < placed_.size(); ++k) {
    projection += direction[k] * placed_[k].projection;
    for (std::size_t t = 0; t < own.size(); ++t) {
      own[t] += direction[k] * placed_[k].basis[t];
    }
  }
  const auto put = [&](double sign) {
    for (std::size_t t = 0; t < own.size(); ++t) {
      score_vector_[t] += sign * own[t] * projection;
      information_[t] += sign * own[t] * own[t];
    }
    residual_ += sign * projection * projection;
  };
  put(1);
  Candidate best = Best(&placed_[position]);
  if (best.at < 0 || best.gain <= GainAt(placed_[position].at) + kBetter) {
    best.at = placed_[position].at;
  }
  put(-1);
  return best;
}

bool StepSearch::Replace() {
  bool moved = false;
  // From the top, so that a step that moves, and comes to lie on top, is not met again.
  for (std::size_t position = placed_.size() - 1; position > 0; --position) {
    const int better = BestPlaceOf(position).at;
    if (better != placed_[position].at) {
      Take(position);
      Push(better);
      moved = true;
    }
  }
  return moved;
}

/// Score of the placed steps but one, from what they say of each other: no pass over the runs.
double StepSearch::ScoreWithout(std::size_t position) const {
  std::vector<int> kept;
  for (std::size_t i = 0; i < placed_.size(); ++i) {
    if (i != position) {
      kept.push_back(placed_[i].at);
    }
  }
  const std::size_t m = kept.size();
  StepEquations normal(m);
  for (std::size_t i = 0; i < m; ++i) {
    const std::vector<double>& column = *FindColumn(kept[i]);
    for (std::size_t j = 0; j <= i; ++j) {
      normal.At(i, j) = column[Index(kept[j])];
    }
    normal.At(m, i) = first_scores_[Index(kept[i])];
    normal.Variance(i) = Variance(kept[i]);
  }
  normal.At(m, m) = values_squared_;
  normal.Solve();
  return ProfiledScore(observed_, normal.residual()) + gains_.LogDeterminant(n_) +
         normal.log_determinant() + options_.penalty * static_cast<double>(m - 1);
}

void StepSearch::Prune() {
  while (placed_.size() > 1) {
    double lowest = Score();
    std::size_t drop = 0;
    for (std::size_t position = 1; position < placed_.size(); ++position) {
      const double score = ScoreWithout(position);
      if (score < lowest) {
        lowest = score;
        drop = position;
      }
    }
    if (drop == 0) {
      return;
    }
    Take(drop);
  }
}

void StepSearch::Run() {
  std::vector<int> best_steps = steps();
  double best_score = Score();
  int fruitless = 0;
  while (static_cast<int>(placed_.size()) - 1 < options_.steps_max && fruitless < kPatience) {
    const Candidate next = Best(nullptr);
    if (next.at < 0) {
      break;
    }
    Push(next.at);
    for (int pass = 0; pass < kPlacingPasses && Replace(); ++pass) {
    }
    if (Score() < best_score - kBetter) {
      best_score = Score();
      best_steps = steps();
      fruitless = 0;
    } else {
      ++fruitless;
    }
  }
  Set(best_steps);
  Prune();
}

StepSearch::StepReading StepSearch::Read(std::size_t which) {
  const std::vector<int> all = steps();
  WEIR_CHECK(which < all.size());
  const int at = all[which];
  std::vector<int> others = all;
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(which));
  const double variance = std::max(residual_, 1e-300) / observed_;
  Set(others);
  StepReading reading;
  reading.gain = GainAt(at);
  const double precision = std::max(information_[Index(at)], 0.0) + 1 / options_.step_variance;
  reading.size = score_vector_[Index(at)] / precision;
  reading.standard_error = std::sqrt(variance / precision);
  reading.log_odds.assign(values_.size(), -std::numeric_limits<double>::infinity());
  const int from = which == 0 ? 1 : all[which - 1] + 1;
  const int to = which + 1 < all.size() ? all[which + 1] : n_;
  for (int t = from; t < to; ++t) {
    if (gains_.At(t).weight > 0) {
      reading.log_odds[Index(t)] = GainAt(t) / 2;
    }
  }
  Push(at);
  return reading;
}

}  // namespace weir::analysis
