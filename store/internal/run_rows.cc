#include "store/internal/run_rows.h"

#include "base/check.h"
#include "store/internal/program_rows.h"
#include "store/internal/validity_rows.h"

namespace weir::store::internal {
namespace {

// Prepares, binds, runs.
template <typename... Values>
Status RunOnce(Connection& connection, std::string_view sql, const Values&... values) {
  Result<Statement> statement = connection.Prepare(sql);
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  return statement->Bind(values...).Run();
}

// Runs of one scenario share its text.
Result<std::int64_t> ScenarioId(Connection& connection, const RunPlan& plan) {
  Result<Statement> find =
      connection.Prepare("SELECT scenario_id FROM scenario WHERE sha256 = ? AND text = ? LIMIT 1");
  if (!find) {
    return tl::unexpected(find.error());
  }
  const Result<bool> found = find->Bind(plan.scenario_sha256, plan.scenario_text).Step();
  if (!found) {
    return tl::unexpected(found.error());
  }
  if (*found) {
    return find->Integer(0);
  }
  if (Status inserted = RunOnce(connection, "INSERT INTO scenario (sha256, text) VALUES (?,?)",
                                plan.scenario_sha256, plan.scenario_text);
      !inserted) {
    return tl::unexpected(inserted.error());
  }
  return connection.LastInsertId();
}

Status InsertSteps(Connection& connection, RunId id, const std::vector<StepName>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (Status inserted = RunOnce(
            connection, "INSERT INTO step (run_id, step, flow, name, tags) VALUES (?,?,?,?,?)", id,
            static_cast<std::uint64_t>(i), steps[i].flow, steps[i].step, TagsText(steps[i].tags));
        !inserted) {
      return inserted;
    }
  }
  return {};
}

// A threshold of the plan, and later the same one with its result.
Status UpsertThreshold(Connection& connection, RunId id, std::size_t ordinal,
                       const Threshold& threshold, const ThresholdResult* result) {
  const auto state = result == nullptr ? std::optional<int>() : static_cast<int>(result->state);
  const auto observed = result == nullptr ? std::nullopt : result->observed;
  const auto reason = result == nullptr ? std::optional<std::string>() : result->reason;
  return RunOnce(connection,
                 "INSERT OR REPLACE INTO threshold (run_id, ordinal, text, step, metric, quantile,"
                 " op, limit_value, state, observed, reason, tags, latency, name, window_ns,"
                 " abort_after_ns) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                 id, static_cast<std::uint64_t>(ordinal), threshold.text, threshold.step,
                 static_cast<int>(threshold.metric), threshold.quantile,
                 static_cast<int>(threshold.op), threshold.limit, state, observed, reason,
                 TagsText(threshold.tags), static_cast<int>(threshold.latency), threshold.name,
                 CountNs(threshold.window), CountNs(threshold.abort_after));
}

Status InsertResources(Connection& connection, RunId id,
                       const std::vector<ResourceSample>& samples) {
  for (const ResourceSample& sample : samples) {
    if (Status inserted = RunOnce(
            connection,
            "INSERT INTO resource (run_id, second, cpu_s, rss_bytes, in_flight, connections)"
            " VALUES (?,?,?,?,?,?)",
            id, sample.second, sample.cpu_s, sample.rss_bytes, sample.in_flight,
            sample.connections);
        !inserted) {
      return inserted;
    }
  }
  return {};
}

// What a list of runs shows, so that listing needs no histogram.
Status UpdateHead(Connection& connection, RunId id, const Run& run) {
  const StepRecord total = run.Total(Phase::kMeasure);
  const LatencyView response = MergedLatency(total, LatencyKind::kResponse);
  std::optional<std::uint64_t> p50;
  std::optional<std::uint64_t> p99;
  if (!response.histogram.empty()) {
    p50 = response.histogram.QuantileNs(0.5);
    p99 = response.histogram.QuantileNs(0.99);
  }
  const auto grade =
      run.validity ? std::optional(static_cast<int>(run.validity->grade)) : std::nullopt;
  const auto rate =
      run.measured > Nanos(0)
          ? std::optional(static_cast<double>(total.completed_in_window) / Seconds(run.measured))
          : std::nullopt;
  return RunOnce(connection,
                 "UPDATE run SET state=?, state_reason=?, duration_ns=?, measured_ns=?, planned=?,"
                 " completed=?, failed=?, timed_out=?, dropped=?, unfinished=?, rate_per_s=?,"
                 " response_p50_ns=?, response_p99_ns=?, cpu_s=?, rss_bytes_max=?, validity=?"
                 " WHERE run_id=?",
                 static_cast<int>(run.state), run.state_reason, CountNs(run.duration),
                 CountNs(run.measured), total.counts.planned, total.counts.of(Outcome::kCompleted),
                 total.counts.of(Outcome::kFailed), total.counts.of(Outcome::kTimedOut),
                 total.counts.of(Outcome::kDropped), total.counts.of(Outcome::kUnfinished), rate,
                 p50, p99, run.cpu_s, run.rss_bytes_max, grade, id);
}

}  // namespace

Result<RunId> InsertRun(Connection& connection, const RunPlan& plan, WallTime started_at) {
  const Result<std::int64_t> scenario = ScenarioId(connection, plan);
  if (!scenario) {
    return tl::unexpected(scenario.error());
  }
  if (Status inserted = RunOnce(
          connection,
          "INSERT INTO run (started_at_ns, state, state_reason, scenario, target, build, branch,"
          " tag, load, open_loop, warm_up_ns, planned_duration_ns, seed, weir_version, environment,"
          " scenario_id, seconds_merged) VALUES (?,?,'',?,?,?,?,?,?,?,?,?,?,?,?,?,0)",
          CountNs(started_at), static_cast<int>(RunState::kRunning), plan.scenario, plan.target,
          plan.build, plan.branch, plan.tag, plan.load, plan.open_loop, CountNs(plan.warm_up),
          CountNs(plan.planned_duration), plan.seed, plan.weir_version, plan.environment,
          *scenario);
      !inserted) {
    return tl::unexpected(inserted.error());
  }
  const RunId id = connection.LastInsertId();
  if (Status inserted = InsertSteps(connection, id, plan.steps); !inserted) {
    return tl::unexpected(inserted.error());
  }
  for (std::size_t i = 0; i < plan.thresholds.size(); ++i) {
    if (Status inserted = UpsertThreshold(connection, id, i, plan.thresholds[i], nullptr);
        !inserted) {
      return tl::unexpected(inserted.error());
    }
  }
  return id;
}

Status InsertBatch(Connection& connection, RecordInserter& records, RunId run, const Batch& batch) {
  for (const SecondRecord& second : batch.seconds) {
    for (const StepRecord& record : second.steps) {
      if (Status inserted = records.Insert(run, second.second, record); !inserted) {
        return inserted;
      }
    }
  }
  if (Status inserted = InsertResources(connection, run, batch.resources); !inserted) {
    return inserted;
  }
  if (Status inserted = InsertTargetSamples(connection, run, batch.target); !inserted) {
    return inserted;
  }
  if (batch.seconds_merged == 0) {
    return {};
  }
  return RunOnce(connection, "UPDATE run SET seconds_merged = ? WHERE run_id = ?",
                 batch.seconds_merged, run);
}

// A warm-up that was found in the run: its seconds were written as measured ones.
Status MarkWarmUp(Connection& connection, RunId id, Nanos warm_up) {
  if (Status marked = RunOnce(connection,
                              "UPDATE step_record SET phase = ? WHERE run_id = ? AND"
                              " second < (SELECT ? / 1000000000 FROM run WHERE run_id = ?"
                              " AND warm_up_ns = 0)",
                              static_cast<int>(Phase::kWarmUp), id, CountNs(warm_up), id);
      !marked) {
    return marked;
  }
  return RunOnce(connection, "UPDATE run SET warm_up_ns = ? WHERE run_id = ?", CountNs(warm_up),
                 id);
}

Status FinishRun(Connection& connection, RecordInserter& records, RunId id, const Run& run) {
  WEIR_CHECK(run.state != RunState::kRunning);
  if (run.plan.warm_up > Nanos(0)) {
    if (Status marked = MarkWarmUp(connection, id, run.plan.warm_up); !marked) {
      return marked;
    }
  }
  for (const StepRecord& total : run.totals) {
    if (Status inserted = records.Insert(id, std::nullopt, total); !inserted) {
      return inserted;
    }
  }
  for (std::size_t i = 0; i < run.thresholds.size(); ++i) {
    const ThresholdResult& result = run.thresholds[i];
    if (Status inserted = UpsertThreshold(connection, id, i, result.threshold, &result);
        !inserted) {
      return inserted;
    }
  }
  if (run.validity) {
    if (Status inserted = InsertValidity(connection, id, *run.validity); !inserted) {
      return inserted;
    }
  }
  if (Status inserted = InsertMeasurements(connection, id, run.measurements); !inserted) {
    return inserted;
  }
  if (Status inserted = InsertUnknownUsage(connection, id, run.unknown_usage); !inserted) {
    return inserted;
  }
  return UpdateHead(connection, id, run);
}

}  // namespace weir::store::internal
