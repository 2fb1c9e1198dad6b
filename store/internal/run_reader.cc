#include "store/internal/run_reader.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "store/internal/program_rows.h"
#include "store/internal/record_rows.h"
#include "store/internal/run_lock.h"
#include "store/internal/validity_rows.h"

namespace weir::store::internal {
namespace {

constexpr std::uint64_t kRunStateCount = 4;
constexpr std::uint64_t kMetricCount = 10;
constexpr std::uint64_t kLatencyKindCount = 3;
constexpr std::uint64_t kOpCount = 4;
constexpr std::uint64_t kThresholdStateCount = 3;
constexpr std::uint64_t kGradeCount = 3;
constexpr std::uint64_t kSecondsMax = std::numeric_limits<std::uint32_t>::max();

constexpr std::string_view kSelectHead =
    "SELECT run_id, scenario, target, build, branch, tag, load, started_at_ns, state, state_reason,"
    " seconds_merged, duration_ns, measured_ns, planned, completed, failed, timed_out, dropped,"
    " unfinished, rate_per_s, response_p50_ns, response_p99_ns, environment, validity"
    " FROM run";

constexpr std::string_view kSelectRun =
    "SELECT run.scenario, text, sha256, target, build, branch, tag, environment, seed,"
    " weir_version, load, open_loop, warm_up_ns, planned_duration_ns, started_at_ns, state,"
    " state_reason, duration_ns, measured_ns, cpu_s, rss_bytes_max, validity"
    " FROM run JOIN scenario USING (scenario_id) WHERE run_id = ?";

tl::unexpected<Error> NoSuchRun(const Connection& connection, RunId id) {
  return UsageError(fmt::format("there is no run {} in the history '{}'; `weir history` lists them",
                                id, Printable(connection.path())));
}

tl::unexpected<Error> Damaged(const Connection& connection, RunId id, std::string_view what) {
  return Unavailable(
      fmt::format("cannot read run {} in the history '{}': {}; restore the file from a copy, or "
                  "leave this run out",
                  id, Printable(connection.path()), what));
}

WallTime WallTimeOf(std::int64_t ns) {
  return WallTime(Nanos(ns));
}

std::optional<RequestCounts> HeadCounts(Statement& row) {
  if (row.IsNull(13)) {
    return std::nullopt;
  }
  RequestCounts counts;
  counts.planned = row.Count(13);
  for (std::size_t i = 0; i < kOutcomeCount; ++i) {
    counts.by_outcome[i] = row.Count(14 + static_cast<int>(i));
  }
  return counts;
}

RunHead HeadOf(Statement& row) {
  RunHead head;
  head.id = row.Integer(0);
  head.scenario = row.Text(1);
  head.target = row.Text(2);
  head.build = row.Text(3);
  head.branch = row.Text(4);
  head.tag = row.Text(5);
  head.load = row.Text(6);
  head.started_at = WallTimeOf(row.Integer(7));
  head.state = static_cast<RunState>(row.Below(8, kRunStateCount));
  head.state_reason = row.Text(9);
  head.seconds_merged = row.Count(10);
  if (!row.IsNull(11)) {
    head.duration = Nanos(row.Integer(11));
    head.measured = Nanos(row.Integer(12));
  }
  head.counts = HeadCounts(row);
  head.rate_per_s = row.MaybeReal(19);
  head.response_p50_ns = row.MaybeCount(20);
  head.response_p99_ns = row.MaybeCount(21);
  head.environment = row.Text(22);
  if (!row.IsNull(23)) {
    head.validity = static_cast<Grade>(row.Below(23, kGradeCount));
  }
  return head;
}

struct TextCondition {
  std::string_view sql;
  const std::optional<std::string>* value;
};

std::string JsonArray(const std::vector<RunId>& ids) {
  return fmt::format("[{}]", fmt::join(ids, ","));
}

// The two lists as JSON, which must outlive the statement.
struct IdTexts {
  std::string ids;
  std::string except;
};

Result<Statement> PrepareHeads(Connection& connection, const RunFilter& filter,
                               const IdTexts& texts_of_ids) {
  const TextCondition texts[] = {{" AND scenario = ?", &filter.scenario},
                                 {" AND build = ?", &filter.build},
                                 {" AND branch = ?", &filter.branch},
                                 {" AND tag = ?", &filter.tag},
                                 {" AND target = ?", &filter.target}};
  std::string sql = std::string(kSelectHead) + " WHERE true";
  for (const TextCondition& text : texts) {
    sql += *text.value ? text.sql : "";
  }
  sql += filter.state ? " AND state = ?" : "";
  sql += filter.ids.empty() ? "" : " AND run_id IN (SELECT value FROM json_each(?))";
  sql += filter.except.empty() ? "" : " AND run_id NOT IN (SELECT value FROM json_each(?))";
  sql += " ORDER BY started_at_ns DESC, run_id DESC LIMIT ?";
  Result<Statement> statement = connection.Prepare(sql);
  if (!statement) {
    return statement;
  }
  int position = 0;
  for (const TextCondition& text : texts) {
    if (*text.value) {
      statement->BindOne(++position, **text.value);
    }
  }
  if (filter.state) {
    statement->BindOne(++position, static_cast<int>(*filter.state));
  }
  if (!filter.ids.empty()) {
    statement->BindOne(++position, texts_of_ids.ids);
  }
  if (!filter.except.empty()) {
    statement->BindOne(++position, texts_of_ids.except);
  }
  constexpr std::size_t kNoLimit = std::numeric_limits<std::int64_t>::max();
  statement->BindOne(
      ++position, static_cast<std::uint64_t>(std::min(filter.last.value_or(kNoLimit), kNoLimit)));
  return statement;
}

Status ReadSteps(Connection& connection, RunId id, RunPlan& plan) {
  Result<Statement> statement =
      connection.Prepare("SELECT step, flow, name, tags FROM step WHERE run_id = ? ORDER BY step");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  bool gap = false;
  Status read = ForEachRow(statement->Bind(id), [&](Statement& row) {
    gap |= row.Count(0) != plan.steps.size();
    plan.steps.push_back({.flow = row.Text(1), .step = row.Text(2), .tags = TagsFrom(row.Text(3))});
  });
  if (read && (gap || statement->damaged())) {
    return Damaged(connection, id, "its list of steps has a gap or is not text");
  }
  return read;
}

ThresholdResult ThresholdOf(Statement& row) {
  ThresholdResult result;
  result.threshold.text = row.Text(0);
  result.threshold.step = row.Text(1);
  result.threshold.metric = static_cast<Threshold::Metric>(row.Below(2, kMetricCount));
  result.threshold.quantile = row.Real(3);
  result.threshold.op = static_cast<Threshold::Op>(row.Below(4, kOpCount));
  result.threshold.limit = row.Real(5);
  result.threshold.tags = TagsFrom(row.Text(9));
  result.threshold.latency = static_cast<LatencyKind>(row.Below(10, kLatencyKindCount));
  result.threshold.name = row.Text(11);
  result.threshold.window = Nanos(row.Integer(12));
  result.threshold.abort_after = Nanos(row.Integer(13));
  if (!row.IsNull(6)) {
    result.state = static_cast<ThresholdResult::State>(row.Below(6, kThresholdStateCount));
    result.observed = row.MaybeReal(7);
    result.reason = row.Text(8);
  }
  return result;
}

Status ReadThresholds(Connection& connection, Run& run) {
  Result<Statement> statement = connection.Prepare(
      "SELECT text, step, metric, quantile, op, limit_value, state, observed, reason, tags, "
      "latency,"
      " name, window_ns, abort_after_ns FROM threshold WHERE run_id = ? ORDER BY ordinal");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  Status read = ForEachRow(statement->Bind(run.id), [&](Statement& row) {
    ThresholdResult result = ThresholdOf(row);
    run.plan.thresholds.push_back(result.threshold);
    if (!row.IsNull(6)) {
      run.thresholds.push_back(std::move(result));
    }
  });
  if (read && statement->damaged()) {
    return Damaged(connection, run.id, "a threshold is out of range");
  }
  return read;
}

Status ReadRunRow(Connection& connection, Run& run) {
  Result<Statement> statement = connection.Prepare(kSelectRun);
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  Statement& row = statement->Bind(run.id);
  const Result<bool> found = row.Step();
  if (!found) {
    return tl::unexpected(found.error());
  }
  if (!*found) {
    return NoSuchRun(connection, run.id);
  }
  run.plan.scenario = row.Text(0);
  run.plan.scenario_text = row.Text(1);
  run.plan.scenario_sha256 = row.Text(2);
  run.plan.target = row.Text(3);
  run.plan.build = row.Text(4);
  run.plan.branch = row.Text(5);
  run.plan.tag = row.Text(6);
  run.plan.environment = row.Text(7);
  run.plan.seed = static_cast<std::uint64_t>(row.Integer(8));
  run.plan.weir_version = row.Text(9);
  run.plan.load = row.Text(10);
  run.plan.open_loop = row.Integer(11) != 0;
  run.plan.warm_up = Nanos(row.Integer(12));
  run.plan.planned_duration = Nanos(row.Integer(13));
  run.started_at = WallTimeOf(row.Integer(14));
  run.state = static_cast<RunState>(row.Below(15, kRunStateCount));
  run.state_reason = row.Text(16);
  if (run.state != RunState::kRunning) {
    run.duration = Nanos(row.Integer(17));
    run.measured = Nanos(row.Integer(18));
    run.cpu_s = row.MaybeReal(19);
    run.rss_bytes_max = row.MaybeCount(20);
    if (!row.IsNull(21)) {
      run.validity.emplace().grade = static_cast<Grade>(row.Below(21, kGradeCount));
    }
  }
  if (row.damaged()) {
    return Damaged(connection, run.id, "a value of its own row is missing or out of range");
  }
  return {};
}

// What hangs on a run but for its steps and records.
Status ReadCertificate(Connection& connection, Run& run) {
  bool damaged = false;
  Result<std::vector<TargetMetric>> metrics = SelectTargetMetrics(connection, run.id, damaged);
  if (!metrics) {
    return tl::unexpected(metrics.error());
  }
  run.target_metrics = std::move(*metrics);
  if (run.validity) {
    Result<Validity> validity = SelectValidity(connection, run.id, run.validity->grade, damaged);
    if (!validity) {
      return tl::unexpected(validity.error());
    }
    run.validity = std::move(*validity);
  }
  return damaged ? Status(Damaged(connection, run.id, "its certificate is out of range"))
                 : Status();
}

Status ReadProgramRows(Connection& connection, Run& run) {
  bool damaged = false;
  Result<std::vector<Measurement>> measurements = SelectMeasurements(connection, run.id, damaged);
  if (!measurements) {
    return tl::unexpected(measurements.error());
  }
  run.measurements = std::move(*measurements);
  for (const Measurement& measurement : run.measurements) {
    damaged |= measurement.step >= run.plan.steps.size();
  }
  Result<std::vector<UnknownUsage>> unknown = SelectUnknownUsage(connection, run.id, damaged);
  if (!unknown) {
    return tl::unexpected(unknown.error());
  }
  run.unknown_usage = std::move(*unknown);
  return damaged ? Status(Damaged(connection, run.id, "a measurement of it is out of range"))
                 : Status();
}

// What can be said of a run that has no totals, from the seconds that reached the file.
Status SumUpSeconds(Connection& connection, Run& run) {
  std::map<std::pair<Phase, std::uint32_t>, StepRecord> totals;
  std::uint32_t seconds = 0;
  Status read = ReadRecords(
      connection,
      {.run = run.id, .step_count = run.plan.steps.size(), .scope = RecordScope::kSeconds},
      [&](std::uint32_t second, StepRecord& record) {
        StepRecord& total = totals[{record.phase, record.step}];
        total.phase = record.phase;
        total.step = record.step;
        total.Merge(record);
        seconds = std::max(seconds, second + 1);
      });
  if (!read) {
    return read;
  }
  for (auto& [key, total] : totals) {
    run.totals.push_back(std::move(total));
  }
  run.duration = std::chrono::seconds(seconds);
  run.measured = std::max(Nanos(0), run.duration - run.plan.warm_up);
  const Result<std::vector<ResourceSample>> samples = SelectResources(connection, run.id);
  if (!samples) {
    return tl::unexpected(samples.error());
  }
  for (const ResourceSample& sample : *samples) {
    run.cpu_s = sample.cpu_s;
    run.rss_bytes_max = std::max(run.rss_bytes_max.value_or(0), sample.rss_bytes);
  }
  RunLockProbe writers(connection.path());
  run.state_reason =
      fmt::format("{}; {} s of it are in the history",
                  writers.IsHeld(run.id) ? "it is still being recorded"
                                         : "the process that recorded it ended before the run did",
                  seconds);
  return {};
}

}  // namespace

Result<std::vector<RunHead>> SelectHeads(Connection& connection, const RunFilter& filter) {
  const IdTexts ids = {.ids = JsonArray(filter.ids), .except = JsonArray(filter.except)};
  Result<Statement> statement = PrepareHeads(connection, filter, ids);
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  std::vector<RunHead> heads;
  std::optional<RunId> damaged;
  Status read = ForEachRow(*statement, [&](Statement& row) {
    heads.push_back(HeadOf(row));
    damaged = row.damaged() && !damaged ? std::optional(heads.back().id) : damaged;
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  if (damaged) {
    return Damaged(connection, *damaged, "a value of its own row is missing or out of range");
  }
  RunLockProbe writers(connection.path());
  for (RunHead& head : heads) {
    head.in_progress = head.state == RunState::kRunning && writers.IsHeld(head.id);
  }
  return heads;
}

Result<Run> SelectRun(Connection& connection, RunId id) {
  Run run;
  run.id = id;
  if (Status read = ReadRunRow(connection, run); !read) {
    return tl::unexpected(read.error());
  }
  if (Status read = ReadSteps(connection, id, run.plan); !read) {
    return tl::unexpected(read.error());
  }
  if (Status read = ReadThresholds(connection, run); !read) {
    return tl::unexpected(read.error());
  }
  if (Status read = ReadProgramRows(connection, run); !read) {
    return tl::unexpected(read.error());
  }
  if (Status read = ReadCertificate(connection, run); !read) {
    return tl::unexpected(read.error());
  }
  Status read;
  if (run.state == RunState::kRunning) {
    read = SumUpSeconds(connection, run);
  } else {
    read = ReadRecords(
        connection, {.run = id, .step_count = run.plan.steps.size()},
        [&](std::uint32_t, StepRecord& record) { run.totals.push_back(std::move(record)); });
  }
  if (!read) {
    return tl::unexpected(read.error());
  }
  return run;
}

Result<std::size_t> SelectStepCount(Connection& connection, RunId id) {
  Result<Statement> statement = connection.Prepare(
      "SELECT count(step.step) FROM run LEFT JOIN step USING (run_id) WHERE run_id = ?"
      " GROUP BY run_id");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  const Result<bool> found = statement->Bind(id).Step();
  if (!found) {
    return tl::unexpected(found.error());
  }
  if (!*found) {
    return NoSuchRun(connection, id);
  }
  return statement->Count(0);
}

Result<std::vector<ResourceSample>> SelectResources(Connection& connection, RunId id) {
  Result<Statement> statement = connection.Prepare(
      "SELECT second, cpu_s, rss_bytes, in_flight, connections FROM resource WHERE run_id = ?"
      " ORDER BY second");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  std::vector<ResourceSample> samples;
  Status read = ForEachRow(statement->Bind(id), [&](Statement& row) {
    samples.push_back({.second = row.Below(0, kSecondsMax),
                       .cpu_s = row.Real(1),
                       .rss_bytes = row.Count(2),
                       .in_flight = row.Below(3, kSecondsMax),
                       .connections = row.Below(4, kSecondsMax)});
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  if (statement->damaged()) {
    return Damaged(connection, id, "a resource sample is out of range");
  }
  return samples;
}

}  // namespace weir::store::internal
