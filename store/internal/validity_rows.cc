#include "store/internal/validity_rows.h"

#include <limits>

namespace weir::store::internal {
namespace {

constexpr std::uint64_t kGradeCount = 3;
constexpr std::uint64_t kSecondsMax = std::numeric_limits<std::uint32_t>::max();

Status InsertReasons(Connection& connection, RunId id, const std::vector<ValidityReason>& reasons) {
  Result<Statement> statement = connection.Prepare(
      "INSERT INTO validity_reason (run_id, ordinal, subject, grade, text) VALUES (?,?,?,?,?)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    statement->Bind(id, static_cast<std::uint64_t>(i), static_cast<int>(reasons[i].check),
                    static_cast<int>(reasons[i].grade), reasons[i].text);
    if (Status inserted = statement->Run(); !inserted) {
      return inserted;
    }
  }
  return {};
}

}  // namespace

Status InsertValidity(Connection& connection, RunId id, const Validity& validity) {
  if (Status inserted = InsertReasons(connection, id, validity.reasons); !inserted) {
    return inserted;
  }
  Result<Statement> statement = connection.Prepare(
      "INSERT INTO validity_evidence (run_id, evidence, value, unknown_because) VALUES (?,?,?,?)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  for (std::size_t i = 0; i < kEvidenceCount; ++i) {
    const EvidenceValue& evidence = validity.evidence[i];
    statement->Bind(id, static_cast<std::uint64_t>(i), evidence.value, evidence.unknown_because);
    if (Status inserted = statement->Run(); !inserted) {
      return inserted;
    }
  }
  return {};
}

Result<Validity> SelectValidity(Connection& connection, RunId id, Grade grade, bool& damaged) {
  Validity validity;
  validity.grade = grade;
  for (EvidenceValue& evidence : validity.evidence) {
    evidence.unknown_because = "this run was judged before weir looked at it";
  }
  Status read = ForEachOf(
      connection, "SELECT subject, grade, text FROM validity_reason WHERE run_id = ?", id, damaged,
      [&](Statement& row) {
        validity.reasons.push_back({static_cast<ValidityCheck>(row.Below(0, kValidityCheckCount)),
                                    static_cast<Grade>(row.Below(1, kGradeCount)), row.Text(2)});
      });
  if (!read) {
    return tl::unexpected(read.error());
  }
  read = ForEachOf(
      connection, "SELECT evidence, value, unknown_because FROM validity_evidence WHERE run_id = ?",
      id, damaged, [&](Statement& row) {
        validity.evidence[row.Below(0, kEvidenceCount)] = {row.MaybeReal(1), row.Text(2)};
      });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return validity;
}

Status InsertTargetSamples(Connection& connection, RunId id,
                           const std::vector<TargetSample>& samples) {
  Result<Statement> statement = connection.Prepare(
      "INSERT INTO target_resource (run_id, second, name, value) VALUES (?,?,?,?)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  for (const TargetSample& sample : samples) {
    for (const TargetValue& value : sample.values) {
      statement->Bind(id, sample.second, value.name, value.value);
      if (Status inserted = statement->Run(); !inserted) {
        return inserted;
      }
    }
  }
  return {};
}

Result<std::vector<TargetSample>> SelectTargetSamples(Connection& connection, RunId id,
                                                      bool& damaged) {
  std::vector<TargetSample> samples;
  Status read = ForEachOf(
      connection,
      "SELECT second, name, value FROM target_resource WHERE run_id = ? ORDER BY second, rowid", id,
      damaged, [&](Statement& row) {
        const std::uint32_t second = row.Below(0, kSecondsMax);
        if (samples.empty() || samples.back().second != second) {
          samples.push_back({second, {}});
        }
        samples.back().values.push_back({row.Text(1), row.Real(2)});
      });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return samples;
}

Result<std::vector<TargetMetric>> SelectTargetMetrics(Connection& connection, RunId id,
                                                      bool& damaged) {
  std::vector<TargetMetric> metrics;
  Status read = ForEachOf(
      connection,
      "SELECT second, name, value FROM target_resource WHERE run_id = ? ORDER BY second, rowid", id,
      damaged, [&](Statement& row) {
        AddTargetValue(metrics, row.Below(0, kSecondsMax), {row.Text(1), row.Real(2)});
      });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return metrics;
}

Status InsertCalibration(Connection& connection, const Calibration& calibration) {
  Result<Statement> statement = connection.Prepare(
      "INSERT INTO calibration (made_at_ns, environment, pacing, rate_per_s, samples,"
      " error_p50_ns, error_p90_ns, error_p99_ns, error_p999_ns, error_p9999_ns)"
      " VALUES (?,?,?,?,?,?,?,?,?,?)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  return statement
      ->Bind(CountNs(calibration.made_at), calibration.environment, calibration.pacing,
             calibration.rate_per_s, calibration.samples, calibration.error_p50_ns,
             calibration.error_p90_ns, calibration.error_p99_ns, calibration.error_p999_ns,
             calibration.error_p9999_ns)
      .Run();
}

Result<std::optional<Calibration>> SelectCalibration(Connection& connection,
                                                     const std::string& environment,
                                                     const std::string& pacing) {
  Result<Statement> statement = connection.Prepare(
      "SELECT made_at_ns, rate_per_s, samples, error_p50_ns, error_p90_ns, error_p99_ns,"
      " error_p999_ns, error_p9999_ns FROM calibration WHERE environment = ? AND pacing = ?"
      " ORDER BY made_at_ns DESC, calibration_id DESC LIMIT 1");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  Statement& row = statement->Bind(environment, pacing);
  const Result<bool> found = row.Step();
  if (!found) {
    return tl::unexpected(found.error());
  }
  if (!*found) {
    return std::nullopt;
  }
  Calibration calibration;
  calibration.made_at = WallTime(Nanos(row.Integer(0)));
  calibration.environment = environment;
  calibration.pacing = pacing;
  calibration.rate_per_s = row.Real(1);
  calibration.samples = row.Count(2);
  calibration.error_p50_ns = row.MaybeReal(3);
  calibration.error_p90_ns = row.MaybeReal(4);
  calibration.error_p99_ns = row.MaybeReal(5);
  calibration.error_p999_ns = row.MaybeReal(6);
  calibration.error_p9999_ns = row.MaybeReal(7);
  return calibration;
}

}  // namespace weir::store::internal
