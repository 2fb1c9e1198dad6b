#include "store/internal/verdict_rows.h"

#include <algorithm>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::store::internal {
namespace {

constexpr std::uint64_t kVerdictCount = 4;
constexpr std::uint64_t kActionCount = 6;
constexpr std::uint64_t kListedMax = std::numeric_limits<std::int64_t>::max();

/// Which runs a verdict_run row belongs to. Persisted: never renumber.
enum class Side : std::uint8_t { kBaseline = 0, kCandidate = 1 };

Status InsertRuns(Connection& connection, std::int64_t id, Side side,
                  const std::vector<RunId>& runs) {
  Result<Statement> statement = connection.Prepare(
      "INSERT INTO verdict_run (verdict_id, side, ordinal, run_id) VALUES (?,?,?,?)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    statement->Bind(id, static_cast<int>(side), static_cast<std::uint64_t>(i), runs[i]);
    if (Status inserted = statement->Run(); !inserted) {
      return inserted;
    }
  }
  return {};
}

Status InsertChecks(Connection& connection, std::int64_t id, const std::vector<GateCheck>& checks) {
  Result<Statement> statement = connection.Prepare(
      "INSERT INTO verdict_check (verdict_id, ordinal, metric, step, unit, baseline, candidate,"
      " change_ratio, interval_low, interval_high, tolerance, p_value, detectable, verdict,"
      " reason, runs_needed, alpha, demand, flip, weight, is_key, waiver)"
      " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const GateCheck& check = checks[i];
    const auto low = check.interval ? std::optional(check.interval->low) : std::nullopt;
    const auto high = check.interval ? std::optional(check.interval->high) : std::nullopt;
    statement->Bind(id, static_cast<std::uint64_t>(i), check.metric, check.step, check.unit,
                    check.baseline, check.candidate, check.change_ratio, low, high, check.tolerance,
                    check.p_value, check.detectable, static_cast<int>(check.verdict), check.reason,
                    check.runs_needed, check.alpha, check.demand, check.flip, check.weight,
                    check.key, check.waiver);
    if (Status inserted = statement->Run(); !inserted) {
      return inserted;
    }
  }
  return {};
}

Status InsertWarnings(Connection& connection, std::int64_t id,
                      const std::vector<std::string>& warnings) {
  Result<Statement> statement =
      connection.Prepare("INSERT INTO verdict_warning (verdict_id, ordinal, text) VALUES (?,?,?)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  for (std::size_t i = 0; i < warnings.size(); ++i) {
    statement->Bind(id, static_cast<std::uint64_t>(i), warnings[i]);
    if (Status inserted = statement->Run(); !inserted) {
      return inserted;
    }
  }
  return {};
}

// Calls `visit` for each row of `sql` about one verdict.
template <typename Visitor>
Status ForEachPart(Connection& connection, std::string_view sql, std::int64_t id, Visitor visit) {
  Result<Statement> statement = connection.Prepare(sql);
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  statement->Bind(id);
  if (Status all = ForEachRow(*statement, visit); !all) {
    return all;
  }
  if (statement->damaged()) {
    return Unavailable(fmt::format(
        "cannot read verdict {} in the history '{}': a value is missing or out of range; restore "
        "the file from a copy",
        id, Printable(connection.path())));
  }
  return {};
}

GateCheck CheckOf(Statement& row) {
  GateCheck check;
  check.metric = row.Text(0);
  check.step = row.Text(1);
  check.unit = row.Text(2);
  check.baseline = row.MaybeReal(3);
  check.candidate = row.MaybeReal(4);
  check.change_ratio = row.MaybeReal(5);
  if (!row.IsNull(6)) {
    check.interval = Interval{.low = row.Real(6), .high = row.Real(7)};
  }
  check.tolerance = row.Real(8);
  check.p_value = row.MaybeReal(9);
  check.detectable = row.MaybeReal(10);
  check.verdict = static_cast<Verdict>(row.Below(11, kVerdictCount));
  check.reason = row.Text(12);
  if (!row.IsNull(13)) {
    check.runs_needed = static_cast<int>(row.Below(13, std::numeric_limits<int>::max()));
  }
  check.alpha = row.MaybeReal(14);
  check.demand = row.Text(15);
  check.flip = row.Text(16);
  check.weight = row.Real(17);
  check.key = row.Below(18, 2) == 1;
  check.waiver = row.Text(19);
  return check;
}

}  // namespace

Result<std::int64_t> InsertVerdict(Connection& connection, const GateResult& result,
                                   WallTime decided_at) {
  Result<Statement> statement = connection.Prepare(
      "INSERT INTO verdict (decided_at_ns, verdict, reason, candidate, baseline, design, action,"
      " action_reason, score_low, score_high) VALUES (?,?,?,?,?,?,?,?,?,?)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  const auto low = result.score ? std::optional(result.score->low) : std::nullopt;
  const auto high = result.score ? std::optional(result.score->high) : std::nullopt;
  statement->Bind(CountNs(decided_at), static_cast<int>(result.verdict), result.reason,
                  result.candidate, result.baseline, result.design, static_cast<int>(result.action),
                  result.action_reason, low, high);
  Status inserted = statement->Run();
  const std::int64_t id = connection.LastInsertId();
  if (inserted) {
    inserted = InsertRuns(connection, id, Side::kCandidate, result.candidate_runs);
  }
  if (inserted) {
    inserted = InsertRuns(connection, id, Side::kBaseline, result.baseline_runs);
  }
  if (inserted) {
    inserted = InsertChecks(connection, id, result.checks);
  }
  if (inserted) {
    inserted = InsertWarnings(connection, id, result.warnings);
  }
  if (!inserted) {
    return tl::unexpected(inserted.error());
  }
  return id;
}

Status InsertVerdictRecord(Connection& connection, std::int64_t id, const VerdictSeal& seal) {
  Result<Statement> newest =
      connection.Prepare("SELECT sha256 FROM verdict_record ORDER BY verdict_id DESC LIMIT 1");
  if (!newest) {
    return tl::unexpected(newest.error());
  }
  const Result<bool> row = newest->Step();
  if (!row) {
    return tl::unexpected(row.error());
  }
  VerdictRecord record{.inputs = seal.inputs,
                       .answer = seal.answer,
                       .previous_sha256 = *row ? newest->Text(0) : std::string(),
                       .sha256 = ""};
  record.sha256 = seal.sha256(ChainText(record));
  Result<Statement> statement = connection.Prepare(
      "INSERT INTO verdict_record (verdict_id, inputs, answer, previous_sha256, sha256)"
      " VALUES (?,?,?,?,?)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  return statement->Bind(id, record.inputs, record.answer, record.previous_sha256, record.sha256)
      .Run();
}

Result<StoredVerdict> SelectVerdict(Connection& connection, std::int64_t id) {
  StoredVerdict stored;
  stored.id = id;
  bool found = false;
  GateResult& result = stored.result;
  Status read =
      ForEachPart(connection,
                  "SELECT decided_at_ns, verdict, reason, candidate, baseline, design, action,"
                  " action_reason, score_low, score_high FROM verdict WHERE verdict_id = ?",
                  id, [&](Statement& row) {
                    found = true;
                    stored.decided_at = WallTime(Nanos(row.Integer(0)));
                    result.verdict = static_cast<Verdict>(row.Below(1, kVerdictCount));
                    result.reason = row.Text(2);
                    result.candidate = row.Text(3);
                    result.baseline = row.Text(4);
                    result.design = row.Text(5);
                    result.action = static_cast<GateAction>(row.Below(6, kActionCount));
                    result.action_reason = row.Text(7);
                    if (!row.IsNull(8)) {
                      result.score = Interval{.low = row.Real(8), .high = row.Real(9)};
                    }
                  });
  if (read) {
    read = ForEachPart(
        connection,
        "SELECT side, run_id FROM verdict_run WHERE verdict_id = ? ORDER BY side, ordinal", id,
        [&](Statement& row) {
          const bool candidate = static_cast<Side>(row.Below(0, 2)) == Side::kCandidate;
          (candidate ? result.candidate_runs : result.baseline_runs).push_back(row.Integer(1));
        });
  }
  if (read) {
    read = ForEachPart(connection,
                       "SELECT metric, step, unit, baseline, candidate, change_ratio, interval_low,"
                       " interval_high, tolerance, p_value, detectable, verdict, reason, "
                       "runs_needed, alpha, demand, flip, weight, is_key, waiver"
                       " FROM verdict_check"
                       " WHERE verdict_id = ? ORDER BY ordinal",
                       id, [&](Statement& row) { result.checks.push_back(CheckOf(row)); });
  }
  if (read) {
    read = ForEachPart(connection,
                       "SELECT text FROM verdict_warning WHERE verdict_id = ? ORDER BY ordinal", id,
                       [&](Statement& row) { result.warnings.push_back(row.Text(0)); });
  }
  if (read) {
    read = ForEachPart(connection,
                       "SELECT inputs, answer, previous_sha256, sha256 FROM verdict_record"
                       " WHERE verdict_id = ?",
                       id, [&](Statement& row) {
                         stored.record = VerdictRecord{.inputs = row.Text(0),
                                                       .answer = row.Text(1),
                                                       .previous_sha256 = row.Text(2),
                                                       .sha256 = row.Text(3)};
                       });
  }
  if (!read) {
    return tl::unexpected(read.error());
  }
  if (!found) {
    return UsageError(fmt::format("there is no verdict {} in the history '{}'", id,
                                  Printable(connection.path())));
  }
  return stored;
}

Status VisitVerdicts(Connection& connection,
                     const std::function<void(const StoredVerdict&)>& visit) {
  Result<Statement> statement =
      connection.Prepare("SELECT verdict_id FROM verdict ORDER BY verdict_id");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  while (true) {
    const Result<bool> row = statement->Step();
    if (!row || !*row) {
      return row ? Status() : tl::unexpected(row.error());
    }
    const Result<StoredVerdict> verdict = SelectVerdict(connection, statement->Integer(0));
    if (!verdict) {
      return tl::unexpected(verdict.error());
    }
    visit(*verdict);
  }
}

Result<std::vector<StoredVerdict>> SelectVerdicts(Connection& connection, std::size_t count) {
  Result<Statement> statement =
      connection.Prepare("SELECT verdict_id FROM verdict ORDER BY verdict_id DESC LIMIT ?");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  statement->Bind(std::min<std::uint64_t>(count, kListedMax));
  std::vector<StoredVerdict> verdicts;
  while (true) {
    const Result<bool> row = statement->Step();
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row) {
      return verdicts;
    }
    Result<StoredVerdict> verdict = SelectVerdict(connection, statement->Integer(0));
    if (!verdict) {
      return tl::unexpected(verdict.error());
    }
    verdicts.push_back(std::move(*verdict));
  }
}

Result<std::vector<VerdictHead>> SelectVerdictHeads(Connection& connection, std::int64_t after,
                                                    std::size_t count) {
  // side 1 = candidate. Only the record of a watch is small enough to be read on the way.
  Result<Statement> statement = connection.Prepare(
      "SELECT verdict.verdict_id, decided_at_ns, verdict, action, reason, candidate,"
      " coalesce(scenario, ''),"
      " coalesce(CAST(json_extract(watch.inputs, '$.service') AS TEXT), ''),"
      " coalesce(build, CAST(json_extract(watch.inputs, '$.build') AS TEXT), '')"
      " FROM verdict"
      " LEFT JOIN verdict_run AS judged ON judged.verdict_id = verdict.verdict_id"
      "  AND side = 1 AND ordinal = 0"
      " LEFT JOIN run ON run.run_id = judged.run_id"
      " LEFT JOIN verdict_record AS watch ON watch.verdict_id = verdict.verdict_id"
      "  AND design = 'canary' AND json_valid(watch.inputs)"
      " WHERE verdict.verdict_id > ?1"
      " ORDER BY verdict.verdict_id DESC LIMIT ?2");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  statement->Bind(after, std::min<std::uint64_t>(count, kListedMax));
  std::vector<VerdictHead> heads;
  const auto take = [&heads](Statement& row) {
    VerdictHead head;
    head.id = row.Integer(0);
    head.decided_at = WallTime(Nanos(row.Integer(1)));
    head.verdict = static_cast<Verdict>(row.Below(2, kVerdictCount));
    head.action = static_cast<GateAction>(row.Below(3, kActionCount));
    head.reason = row.Text(4);
    head.candidate = row.Text(5);
    head.scenario = row.Text(6);
    head.service = row.Text(7);
    head.build = row.Text(8);
    heads.push_back(std::move(head));
  };
  if (const Status all = ForEachRow(*statement, take); !all) {
    return tl::unexpected(all.error());
  }
  if (statement->damaged()) {
    return Unavailable(
        fmt::format("cannot read the verdicts in the history '{}': a value is missing or out of "
                    "range; restore the file from a copy",
                    Printable(connection.path())));
  }
  return heads;
}

Result<std::vector<RunId>> SelectJudgedRuns(Connection& connection, const JudgedFilter& filter) {
  // side 1 = candidate.
  Result<Statement> statement = connection.Prepare(
      "SELECT DISTINCT run_id FROM verdict_run JOIN run USING (run_id)"
      " WHERE side = 1 AND verdict_id IN ("
      "  SELECT verdict_id FROM verdict WHERE verdict <= ?1"
      "   AND EXISTS (SELECT 1 FROM verdict_run AS judged JOIN run USING (run_id)"
      "    WHERE judged.verdict_id = verdict.verdict_id AND side = 1"
      "     AND (?2 = '' OR scenario = ?2))"
      "   AND NOT EXISTS (SELECT 1 FROM verdict_run AS judged"
      "    WHERE judged.verdict_id = verdict.verdict_id AND side = 1"
      "     AND judged.run_id IN (SELECT value FROM json_each(?3)))"
      "  ORDER BY verdict_id DESC LIMIT ?4) ORDER BY run_id");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  const std::string except = fmt::format("[{}]", fmt::join(filter.except, ","));
  statement->Bind(static_cast<int>(filter.worst), filter.scenario, except,
                  std::min<std::uint64_t>(filter.verdicts, kListedMax));
  std::vector<RunId> runs;
  if (const Status all =
          ForEachRow(*statement, [&](Statement& row) { runs.push_back(row.Integer(0)); });
      !all) {
    return tl::unexpected(all.error());
  }
  return runs;
}

}  // namespace weir::store::internal
