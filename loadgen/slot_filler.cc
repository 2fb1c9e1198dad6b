#include "loadgen/slot_filler.h"

#include "base/rng.h"

namespace weir::loadgen {
namespace {

using Order = scenarios::DataSource::Order;

constexpr std::uint64_t kRoundsSeed = 0x736c6f74U;

}  // namespace

SlotFiller::SlotFiller(const PreparedScenario& scenario, std::uint64_t seed)
    : scenario_(scenario), seed_(seed ^ kRoundsSeed) {}

SlotFiller::Filled& SlotFiller::At(std::uint32_t round) {
  while (rounds_.size() <= round) {
    rounds_.push_back(std::make_unique<Filled>());
    rounds_.back()->values.rows.resize(scenario_.tables.size());
    rounds_.back()->values.variables.resize(scenario_.variables.size());
  }
  return *rounds_[round];
}

bool SlotFiller::ChooseRow(std::size_t table, std::uint64_t number, RoundValues& values) const {
  const DataTable& data = scenario_.tables[table];
  if (data.source().order == Order::kRandom) {
    values.rows[table] = values.rng.Below(data.rows());
    return true;
  }
  values.rows[table] = number % data.rows();
  return data.source().loops || number < data.rows();
}

bool SlotFiller::BeginUser(std::uint32_t round, std::uint64_t user) {
  if (!is_needed()) {
    return true;
  }
  Filled& filled = At(round);
  filled.is_user = true;
  bool there_is = true;
  for (std::size_t table = 0; table < scenario_.tables.size(); ++table) {
    if (scenario_.tables[table].source().order == Order::kUnique) {
      there_is = ChooseRow(table, user, filled.values) && there_is;
    }
  }
  return there_is;
}

bool SlotFiller::BeginRound(std::uint32_t round, std::uint64_t number) {
  if (!is_needed()) {
    return true;
  }
  Filled& filled = At(round);
  filled.values.number = number;
  filled.values.rng = Rng::ForPart(seed_, number);
  for (std::string& variable : filled.values.variables) {
    variable.clear();
  }
  bool there_is = true;
  for (std::size_t table = 0; table < scenario_.tables.size(); ++table) {
    const bool keeps = filled.is_user && scenario_.tables[table].source().order == Order::kUnique;
    there_is = (keeps || ChooseRow(table, number, filled.values)) && there_is;
  }
  return there_is;
}

const PreparedRequest& SlotFiller::Fill(std::uint32_t round, const PreparedRequest& request,
                                        WallTime now) {
  Filled& filled = At(round);
  if (filled.slots != request.slots.get()) {
    filled.slots = request.slots.get();
    filled.request = filled.slots->request;
    filled.wire = request;
    filled.wire.is_filled = true;
  }
  FillRequest(*filled.slots, scenario_.tables, now, filled.values, filled.request);
  scenario_.wires[request.side].Make(filled.request, filled.wire);
  return filled.wire;
}

}  // namespace weir::loadgen
