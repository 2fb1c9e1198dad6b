#include "store/internal/program_rows.h"

#include <limits>
#include <string_view>

namespace weir::store::internal {
Status InsertMeasurements(Connection& connection, RunId id, const std::vector<Measurement>& all) {
  Result<Statement> statement = connection.Prepare(
      "INSERT INTO measurement (run_id, step, name, unit, repetition, value)"
      " VALUES (?,?,?,?,?,?)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  for (const Measurement& measurement : all) {
    for (std::size_t i = 0; i < measurement.values.size(); ++i) {
      statement->Bind(id, measurement.step, measurement.name, measurement.unit,
                      static_cast<std::uint64_t>(i), measurement.values[i]);
      if (Status inserted = statement->Run(); !inserted) {
        return inserted;
      }
    }
  }
  return {};
}

Result<std::vector<Measurement>> SelectMeasurements(Connection& connection, RunId id,
                                                    bool& damaged) {
  std::vector<Measurement> all;
  Status read = ForEachOf(connection,
                          "SELECT step, name, unit, value FROM measurement WHERE run_id = ?"
                          " ORDER BY step, name, repetition",
                          id, damaged, [&](Statement& row) {
                            const std::uint32_t step =
                                row.Below(0, std::numeric_limits<std::uint32_t>::max());
                            const std::string name = row.Text(1);
                            if (all.empty() || all.back().step != step || all.back().name != name) {
                              all.push_back({step, name, row.Text(2), {}});
                            }
                            all.back().values.push_back(row.Real(3));
                          });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return all;
}

Status InsertUnknownUsage(Connection& connection, RunId id, const std::vector<UnknownUsage>& all) {
  Result<Statement> statement = connection.Prepare(
      "INSERT INTO program_usage_unknown (run_id, metric, reason) VALUES (?,?,?)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  for (const UnknownUsage& unknown : all) {
    if (Status inserted =
            statement->Bind(id, static_cast<int>(unknown.metric), unknown.reason).Run();
        !inserted) {
      return inserted;
    }
  }
  return {};
}

Result<std::vector<UnknownUsage>> SelectUnknownUsage(Connection& connection, RunId id,
                                                     bool& damaged) {
  std::vector<UnknownUsage> all;
  Status read = ForEachOf(
      connection,
      "SELECT metric, reason FROM program_usage_unknown WHERE run_id = ? ORDER BY metric", id,
      damaged, [&](Statement& row) {
        all.push_back({static_cast<UsageMetric>(row.Below(0, kUsageMetricCount)), row.Text(1)});
      });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return all;
}

}  // namespace weir::store::internal
