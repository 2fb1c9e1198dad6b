#include "analysis/noise_choice.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace weir::analysis {
namespace {

constexpr std::array<double, 8> kMemories = {0, 0.15, 0.35, 0.55, 0.7, 0.8, 0.9, 0.95};
constexpr std::array<double, 7> kDrifts = {-1, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2};
constexpr int kDescentsMax = 3;
constexpr double kBetter = 1e-9;

/// A model whose score is worse by more than this than the best for the same steps has less than
/// 5 % of its weight and is left out of the average.
constexpr double kNegligible = 6;

/// Sets of steps whose best model is worse by more than this are not averaged at all.
constexpr double kHopeless = 9;

/// A place on the grid of noise models.
struct Cell {
  std::size_t memory = 0;
  std::size_t drift = 0;
  friend bool operator==(const Cell&, const Cell&) = default;
};

/// One for each habit that histories have beside independence: memory, drift, and both.
constexpr std::array<Cell, 3> kCorners = {Cell{4, 0}, Cell{0, 4}, Cell{3, 3}};

NoiseModel ModelOf(const Cell& cell) {
  return {
      .memory = kMemories[cell.memory], .white_share = 0, .drift_variance = kDrifts[cell.drift]};
}

using GainTable = std::vector<std::unique_ptr<const FilterGains>>;

const GainTable& SharedGains() {
  // Gains of complete histories depend on the model alone: made once, never changed.
  static const GainTable* const table = [] {
    auto* made = new GainTable;
    for (std::size_t memory = 0; memory < kMemories.size(); ++memory) {
      for (std::size_t drift = 0; drift < kDrifts.size(); ++drift) {
        made->push_back(std::make_unique<const FilterGains>(ModelOf({memory, drift})));
      }
    }
    return made;
  }();
  return *table;
}

/// The neighbours of a cell that lie on the grid.
std::vector<Cell> Around(const Cell& cell) {
  std::vector<Cell> around;
  if (cell.memory > 0) {
    around.push_back({cell.memory - 1, cell.drift});
  }
  if (cell.memory + 1 < kMemories.size()) {
    around.push_back({cell.memory + 1, cell.drift});
  }
  if (cell.drift > 0) {
    around.push_back({cell.memory, cell.drift - 1});
  }
  if (cell.drift + 1 < kDrifts.size()) {
    around.push_back({cell.memory, cell.drift + 1});
  }
  return around;
}

/// A set of steps with the scores that are known of it.
class StepSet {
 public:
  StepSet(std::span<const double> values, std::span<const int> steps, const StepOptions& options)
      : held_(values, steps, options) {}

  template <typename ScoreFunction>
  double At(const Cell& cell, const ScoreFunction& score) {
    std::optional<double>& known = known_[cell.memory][cell.drift];
    if (!known) {
      known = score(held_, cell);
      if (*known < best_ - kBetter) {
        best_ = *known;
        best_cell_ = cell;
      }
    }
    return *known;
  }

  bool Knows(const Cell& cell) const { return known_[cell.memory][cell.drift].has_value(); }

  double best() const { return best_; }

  const Cell& best_cell() const { return best_cell_; }

  /// -2 log of the sum of the weights of all known models.
  double Averaged() const {
    double sum = 0;
    for (const auto& row : known_) {
      for (const std::optional<double>& score : row) {
        sum += score ? std::exp((best_ - *score) / 2) : 0;
      }
    }
    return best_ - 2 * std::log(sum);
  }

 private:
  HeldSteps held_;
  std::array<std::array<std::optional<double>, kDrifts.size()>, kMemories.size()> known_;
  double best_ = std::numeric_limits<double>::infinity();
  Cell best_cell_;
};

class Chooser {
 public:
  Chooser(std::span<const double> values, std::span<const double> extra_variance,
          const StepOptions& options, const NoisePenalties& penalties)
      : values_(values), extra_variance_(extra_variance), options_(options), penalties_(penalties) {
    if (!extra_variance.empty()) {
      own_gains_.resize(kMemories.size() * kDrifts.size());
    }
  }

  /// Searches steps from a corner and goes down to where model and steps agree.
  void SearchFrom(Cell cell) {
    double best = std::numeric_limits<double>::infinity();
    for (int descent = 0; descent < kDescentsMax; ++descent) {
      StepSet& set = Set(StepsAt(cell));
      const double score = Evaluate(set, cell);
      if (score >= best - kBetter) {
        return;
      }
      best = score;
      const Cell lower = Descend(set, cell);
      if (lower == cell) {
        return;
      }
      cell = lower;
    }
  }

  const std::vector<int>& StepsAt(const Cell& cell) {
    std::optional<std::vector<int>>& known = searched_[cell.memory][cell.drift];
    if (!known) {
      StepSearch search(Gains(cell), values_, options_);
      search.Run();
      known = search.steps();
      Evaluate(Set(*known), cell);
    }
    return *known;
  }

  /// The set of steps that is best on average over the models.
  NoiseFit BestOnAverage() {
    AddSubsets();
    double best_of_all = std::numeric_limits<double>::infinity();
    for (auto& [steps, set] : sets_) {
      best_of_all = std::min(best_of_all, set.best());
    }
    NoiseFit best;
    best.score = std::numeric_limits<double>::infinity();
    for (auto& [steps, set] : sets_) {
      if (set.best() > best_of_all + kHopeless) {
        continue;
      }
      const double score = Average(set);
      if (score < best.score - kBetter) {
        best = {ModelOf(set.best_cell()), steps, score, {}};
      }
    }
    for (std::size_t i = 0; i < best.steps.size(); ++i) {
      std::vector<int> without = best.steps;
      without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
      StepSet& set = Set(without);
      Evaluate(set, sets_.at(best.steps).best_cell());
      best.gains.push_back(Average(set) - best.score);
    }
    return best;
  }

 private:
  const FilterGains& Gains(const Cell& cell) {
    const std::size_t at = cell.memory * kDrifts.size() + cell.drift;
    if (extra_variance_.empty()) {
      return *SharedGains()[at];
    }
    if (own_gains_[at] == nullptr) {
      own_gains_[at] = std::make_unique<const FilterGains>(ModelOf(cell), extra_variance_);
    }
    return *own_gains_[at];
  }

  StepSet& Set(const std::vector<int>& steps) {
    const auto found = sets_.find(steps);
    return found != sets_.end()
               ? found->second
               : sets_.emplace(steps, StepSet(values_, steps, options_)).first->second;
  }

  double Evaluate(StepSet& set, const Cell& cell) {
    return set.At(cell, [this](const HeldSteps& held, const Cell& at) {
      return held.Score(Gains(at)) + (at.memory > 0 ? penalties_.memory : 0) +
             (at.drift > 0 ? penalties_.drift : 0);
    });
  }

  /// Walks to the best neighbour until there is none better, with the steps held.
  Cell Descend(StepSet& set, Cell cell) {
    for (;;) {
      Cell best = cell;
      double score = Evaluate(set, cell);
      for (const Cell& next : Around(cell)) {
        if (Evaluate(set, next) < score - kBetter) {
          score = Evaluate(set, next);
          best = next;
        }
      }
      if (best == cell) {
        return cell;
      }
      cell = best;
    }
  }

  /// Each set without one of its steps, judged where the whole set is best.
  void AddSubsets() {
    std::vector<std::pair<std::vector<int>, Cell>> subsets = {{{}, Cell{}}};
    for (const auto& [steps, set] : sets_) {
      for (std::size_t i = 0; i < steps.size(); ++i) {
        std::vector<int> without = steps;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
        subsets.emplace_back(std::move(without), set.best_cell());
      }
    }
    for (const auto& [steps, cell] : subsets) {
      Evaluate(Set(steps), cell);
    }
  }

  /// Averages over the models around the best one, as far as they have weight.
  double Average(StepSet& set) {
    std::vector<Cell> open = {Descend(set, set.best_cell())};
    std::array<std::array<bool, kDrifts.size()>, kMemories.size()> visited{};
    while (!open.empty()) {
      const Cell cell = open.back();
      open.pop_back();
      if (std::exchange(visited[cell.memory][cell.drift], true) ||
          Evaluate(set, cell) > set.best() + kNegligible) {
        continue;
      }
      for (const Cell& next : Around(cell)) {
        open.push_back(next);
      }
    }
    return set.Averaged();
  }

  std::span<const double> values_;
  std::span<const double> extra_variance_;
  const StepOptions& options_;
  const NoisePenalties& penalties_;
  GainTable own_gains_;
  std::array<std::array<std::optional<std::vector<int>>, kDrifts.size()>, kMemories.size()>
      searched_;
  std::map<std::vector<int>, StepSet> sets_;
};

}  // namespace

NoiseChoice ChooseNoise(std::span<const double> values, std::span<const double> extra_variance,
                        const StepOptions& options, const NoisePenalties& penalties) {
  Chooser chooser(values, extra_variance, options, penalties);
  NoiseChoice choice;
  choice.independent_steps = chooser.StepsAt(Cell{});
  chooser.SearchFrom(Cell{});
  for (const Cell& corner : kCorners) {
    chooser.SearchFrom(corner);
  }
  choice.best = chooser.BestOnAverage();
  return choice;
}

}  // namespace weir::analysis
