#include "analysis/noise_choice.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "analysis/held_steps.h"
#include "analysis/step_search.h"

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

template <typename Value>
using Grid = std::array<std::array<std::optional<Value>, kDrifts.size()>, kMemories.size()>;

/// Steps with what each noise model says of them. Their subsets read it, too, so that they cost no
/// pass over the runs.
struct StepFamily {
  HeldSteps held;
  Grid<HeldSteps::Products> products;
};

/// A set of steps with the scores that are known of it.
class StepSet {
 public:
  /// The steps of `family` at the places `kept`, ascending.
  StepSet(std::shared_ptr<StepFamily> family, std::vector<std::size_t> kept)
      : family_(std::move(family)), kept_(std::move(kept)) {}

  /// This set without the step at place `which` of it.
  StepSet Without(std::size_t which) const {
    std::vector<std::size_t> fewer = kept_;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(which));
    return {family_, std::move(fewer)};
  }

  template <typename MakeProducts>
  double At(const Cell& cell, const MakeProducts& make_products, double penalty) {
    std::optional<double>& known = known_[cell.memory][cell.drift];
    if (!known) {
      std::optional<HeldSteps::Products>& products = family_->products[cell.memory][cell.drift];
      if (!products) {
        products = make_products(family_->held);
      }
      known = family_->held.Score(*products, kept_) + penalty;
      if (*known < best_ - kBetter) {
        best_ = *known;
        best_cell_ = cell;
      }
    }
    return *known;
  }

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
  std::shared_ptr<StepFamily> family_;  // Shared by all its subsets.
  std::vector<std::size_t> kept_;
  Grid<double> known_;
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
      ++searches_;
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
      StepSet& set = SetWithout(best.steps, i);
      Evaluate(set, sets_.at(best.steps).best_cell());
      best.gains.push_back(Average(set) - best.score);
    }
    return best;
  }

  int searches() const { return searches_; }

  int passes() const { return passes_; }

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
    if (const auto found = sets_.find(steps); found != sets_.end()) {
      return found->second;
    }
    std::vector<std::size_t> all(steps.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    auto family = std::make_shared<StepFamily>(StepFamily{HeldSteps(values_, steps, options_), {}});
    return sets_.emplace(steps, StepSet(std::move(family), std::move(all))).first->second;
  }

  /// The set without its step at place `which`.
  StepSet& SetWithout(const std::vector<int>& steps, std::size_t which) {
    std::vector<int> fewer = steps;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(which));
    if (const auto found = sets_.find(fewer); found != sets_.end()) {
      return found->second;
    }
    return sets_.emplace(std::move(fewer), sets_.at(steps).Without(which)).first->second;
  }

  double Evaluate(StepSet& set, const Cell& at) {
    const double penalty =
        (at.memory > 0 ? penalties_.memory : 0) + (at.drift > 0 ? penalties_.drift : 0);
    const auto pass = [&](const HeldSteps& held) {
      ++passes_;
      return held.Under(Gains(at));
    };
    return set.At(at, pass, penalty);
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
    std::vector<std::pair<std::vector<int>, Cell>> whole;
    for (const auto& [steps, set] : sets_) {
      whole.emplace_back(steps, set.best_cell());
    }
    for (const auto& [steps, cell] : whole) {
      for (std::size_t i = 0; i < steps.size(); ++i) {
        Evaluate(SetWithout(steps, i), cell);
      }
    }
    Evaluate(Set({}), Cell{});
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
  Grid<std::vector<int>> searched_;
  std::map<std::vector<int>, StepSet> sets_;
  int searches_ = 0;
  int passes_ = 0;
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
  choice.searches = chooser.searches();
  choice.passes = chooser.passes();
  return choice;
}

}  // namespace weir::analysis
