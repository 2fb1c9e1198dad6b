#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "loadgen/data_table.h"
#include "scenarios/condition.h"
#include "scenarios/scenario.h"
#include "scenarios/template.h"

/// Slots (scenarios/template.h) with their names resolved, and how they are filled in.
namespace weir::loadgen {

/// What slots of one round are filled with. The same number and seed give the same values, on
/// whichever worker, and on both sides of a pair.
struct RoundValues {
  Rng rng{0};
  std::uint64_t number = 0;            ///< Of the round, over all workers, from 0.
  std::vector<std::size_t> rows;       ///< By table.
  std::vector<std::string> variables;  ///< By index; empty before they are extracted.
};

/// An expression whose names are indices.
struct Piece {
  scenarios::Filler filler = scenarios::Filler::kText;
  std::string text{};
  std::uint32_t index = 0;   ///< kVariable: of the variable; kColumn: of the table.
  std::uint32_t column = 0;  ///< kColumn.
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::vector<Piece> arguments{};
};

/// Of `if` or `while`.
struct PlacedCondition {
  Piece left;
  scenarios::Condition::Comparison comparison = scenarios::Condition::Comparison::kEqual;
  Piece right;
};

/// A request whose path, headers and body are put together anew each time.
struct RequestSlots {
  scenarios::Request request{};  ///< What does not change: method, names of headers.
  std::vector<Piece> path{};
  std::vector<std::vector<Piece>> headers{};  ///< Values of request.headers, in their order.
  std::vector<Piece> body{};
  bool is_redirect =
      false;  ///< Nothing of this: the request to which an answer sent its client on.
  bool is_replayed = false;  ///< Method, path, body and further headers come from the replay.
};

/// Gives each variable its index, and names of data and columns theirs.
class SlotNames {
 public:
  /// `tables` in the order of `data`; both outlive this.
  SlotNames(std::span<const scenarios::DataSource> data, std::span<DataTable> tables)
      : data_(data), tables_(tables) {}

  std::uint32_t IndexOfVariable(const std::string& name);

  /// Their names, by index.
  const std::vector<std::string>& variables() const { return variables_; }

  /// Errors: kUsage: a column that the file does not have.
  Result<RequestSlots> Resolve(const scenarios::Request& request);
  Result<PlacedCondition> Resolve(const scenarios::Condition& condition);

 private:
  Result<std::vector<Piece>> ResolveText(std::string_view text);
  Result<Piece> ResolvePiece(const scenarios::Expression& expression);

  std::span<const scenarios::DataSource> data_;
  std::span<DataTable> tables_;
  std::vector<std::string> variables_;
};

/// `slots` filled in into `request`, which keeps its memory. In the path, what may not stand in a
/// request line becomes %XX; in headers, control characters become spaces: no value changes the
/// shape of the request. `values.rng` moves on. Cost: O(bytes).
void FillRequest(const RequestSlots& slots, std::span<const DataTable> tables, WallTime now,
                 RoundValues& values, scenarios::Request& request);

/// Whether it holds. As FillRequest, `values.rng` moves on.
bool Holds(const PlacedCondition& condition, std::span<const DataTable> tables, WallTime now,
           RoundValues& values);

}  // namespace weir::loadgen
