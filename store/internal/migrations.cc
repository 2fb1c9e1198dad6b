#include <array>

#include "store/internal/schema.h"

namespace weir::store::internal {
namespace {

// Drawn and explained in docs/schema.md; a test holds the two together.
constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE scenario (
  scenario_id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;

CREATE INDEX scenario_by_sha256 ON scenario (sha256);

CREATE TABLE run (
  run_id INTEGER PRIMARY KEY AUTOINCREMENT,
  started_at_ns INTEGER NOT NULL,
  state INTEGER NOT NULL,
  state_reason TEXT NOT NULL,
  scenario TEXT NOT NULL,
  target TEXT NOT NULL,
  build TEXT NOT NULL,
  branch TEXT NOT NULL,
  tag TEXT NOT NULL,
  load TEXT NOT NULL,
  open_loop INTEGER NOT NULL,
  warm_up_ns INTEGER NOT NULL,
  planned_duration_ns INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  weir_version TEXT NOT NULL,
  environment TEXT NOT NULL,
  scenario_id INTEGER NOT NULL REFERENCES scenario (scenario_id),
  seconds_merged INTEGER NOT NULL,
  duration_ns INTEGER,
  measured_ns INTEGER,
  planned INTEGER,
  completed INTEGER,
  failed INTEGER,
  timed_out INTEGER,
  dropped INTEGER,
  unfinished INTEGER,
  rate_per_s REAL,
  response_p50_ns INTEGER,
  response_p99_ns INTEGER,
  cpu_s REAL,
  rss_bytes_max INTEGER
) STRICT;

CREATE INDEX run_by_start ON run (started_at_ns, run_id);

CREATE TABLE step (
  run_id INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  flow TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (run_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE threshold (
  run_id INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  text TEXT NOT NULL,
  step TEXT NOT NULL,
  metric INTEGER NOT NULL,
  quantile REAL NOT NULL,
  op INTEGER NOT NULL,
  limit_value REAL NOT NULL,
  state INTEGER,
  observed REAL,
  reason TEXT,
  PRIMARY KEY (run_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE step_record (
  record_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
  second INTEGER,
  phase INTEGER NOT NULL,
  step INTEGER NOT NULL,
  planned INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  timed_out INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  unfinished INTEGER NOT NULL,
  completed_in_window INTEGER NOT NULL,
  bytes_received INTEGER NOT NULL,
  bytes_sent INTEGER NOT NULL
) STRICT;

CREATE INDEX step_record_by_second ON step_record (run_id, second, phase);

CREATE TABLE step_record_error (
  record_id INTEGER NOT NULL REFERENCES step_record (record_id) ON DELETE CASCADE,
  error INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (record_id, error)
) STRICT, WITHOUT ROWID;

CREATE TABLE latency (
  record_id INTEGER NOT NULL REFERENCES step_record (record_id) ON DELETE CASCADE,
  outcome INTEGER NOT NULL,
  response_hdr BLOB,
  response_min_ns INTEGER,
  response_max_ns INTEGER,
  response_sum_ns REAL,
  service_hdr BLOB,
  service_min_ns INTEGER,
  service_max_ns INTEGER,
  service_sum_ns REAL,
  send_lag_hdr BLOB,
  send_lag_min_ns INTEGER,
  send_lag_max_ns INTEGER,
  send_lag_sum_ns REAL,
  PRIMARY KEY (record_id, outcome)
) STRICT;

CREATE TABLE resource (
  run_id INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
  second INTEGER NOT NULL,
  cpu_s REAL NOT NULL,
  rss_bytes INTEGER NOT NULL,
  in_flight INTEGER NOT NULL,
  connections INTEGER NOT NULL
) STRICT;

CREATE INDEX resource_by_second ON resource (run_id, second);

CREATE TABLE verdict (
  verdict_id INTEGER PRIMARY KEY AUTOINCREMENT,
  decided_at_ns INTEGER NOT NULL,
  verdict INTEGER NOT NULL,
  reason TEXT NOT NULL,
  candidate TEXT NOT NULL,
  baseline TEXT NOT NULL,
  design TEXT NOT NULL
) STRICT;

CREATE TABLE verdict_run (
  verdict_id INTEGER NOT NULL REFERENCES verdict (verdict_id),
  side INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  run_id INTEGER NOT NULL,
  PRIMARY KEY (verdict_id, side, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE verdict_check (
  verdict_id INTEGER NOT NULL REFERENCES verdict (verdict_id),
  ordinal INTEGER NOT NULL,
  metric TEXT NOT NULL,
  step TEXT NOT NULL,
  unit TEXT NOT NULL,
  baseline REAL,
  candidate REAL,
  change_ratio REAL,
  interval_low REAL,
  interval_high REAL,
  tolerance REAL NOT NULL,
  p_value REAL,
  verdict INTEGER NOT NULL,
  reason TEXT NOT NULL,
  runs_needed INTEGER,
  PRIMARY KEY (verdict_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE verdict_warning (
  verdict_id INTEGER NOT NULL REFERENCES verdict (verdict_id),
  ordinal INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (verdict_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER verdict_is_final BEFORE UPDATE ON verdict
BEGIN SELECT RAISE(ABORT, 'a verdict is never changed'); END;

CREATE TRIGGER verdict_is_kept BEFORE DELETE ON verdict
BEGIN SELECT RAISE(ABORT, 'a verdict is never deleted'); END;

CREATE TRIGGER verdict_run_is_final BEFORE UPDATE ON verdict_run
BEGIN SELECT RAISE(ABORT, 'a verdict is never changed'); END;

CREATE TRIGGER verdict_run_is_kept BEFORE DELETE ON verdict_run
BEGIN SELECT RAISE(ABORT, 'a verdict is never deleted'); END;

CREATE TRIGGER verdict_check_is_final BEFORE UPDATE ON verdict_check
BEGIN SELECT RAISE(ABORT, 'a verdict is never changed'); END;

CREATE TRIGGER verdict_check_is_kept BEFORE DELETE ON verdict_check
BEGIN SELECT RAISE(ABORT, 'a verdict is never deleted'); END;

CREATE TRIGGER verdict_warning_is_final BEFORE UPDATE ON verdict_warning
BEGIN SELECT RAISE(ABORT, 'a verdict is never changed'); END;

CREATE TRIGGER verdict_warning_is_kept BEFORE DELETE ON verdict_warning
BEGIN SELECT RAISE(ABORT, 'a verdict is never deleted'); END;
)sql";

constexpr std::string_view kVersion2 = R"sql(
ALTER TABLE verdict_check ADD COLUMN detectable REAL;
)sql";

constexpr std::string_view kVersion3 = R"sql(
CREATE TABLE latency_part (
  record_id INTEGER NOT NULL REFERENCES step_record (record_id) ON DELETE CASCADE,
  part INTEGER NOT NULL,
  spans_hdr BLOB NOT NULL,
  spans_min_ns INTEGER NOT NULL,
  spans_max_ns INTEGER NOT NULL,
  spans_sum_ns REAL NOT NULL,
  PRIMARY KEY (record_id, part)
) STRICT;
)sql";

constexpr std::string_view kVersion4 = R"sql(
ALTER TABLE run ADD COLUMN validity INTEGER;

CREATE TABLE validity_reason (
  run_id INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  subject INTEGER NOT NULL,
  grade INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (run_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE validity_evidence (
  run_id INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
  evidence INTEGER NOT NULL,
  value REAL,
  unknown_because TEXT NOT NULL,
  PRIMARY KEY (run_id, evidence)
) STRICT, WITHOUT ROWID;

CREATE TABLE target_resource (
  run_id INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
  second INTEGER NOT NULL,
  name TEXT NOT NULL,
  value REAL NOT NULL
) STRICT;

CREATE INDEX target_resource_by_second ON target_resource (run_id, second);

CREATE TABLE calibration (
  calibration_id INTEGER PRIMARY KEY AUTOINCREMENT,
  made_at_ns INTEGER NOT NULL,
  environment TEXT NOT NULL,
  pacing TEXT NOT NULL,
  rate_per_s REAL NOT NULL,
  samples INTEGER NOT NULL,
  error_p50_ns REAL,
  error_p90_ns REAL,
  error_p99_ns REAL,
  error_p999_ns REAL,
  error_p9999_ns REAL
) STRICT;
)sql";

constexpr std::string_view kVersion5 = R"sql(
ALTER TABLE verdict ADD COLUMN action INTEGER NOT NULL DEFAULT 1;
ALTER TABLE verdict ADD COLUMN action_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE verdict ADD COLUMN score_low REAL;
ALTER TABLE verdict ADD COLUMN score_high REAL;
ALTER TABLE verdict_check ADD COLUMN alpha REAL;
ALTER TABLE verdict_check ADD COLUMN demand TEXT NOT NULL DEFAULT '';
ALTER TABLE verdict_check ADD COLUMN flip TEXT NOT NULL DEFAULT '';
ALTER TABLE verdict_check ADD COLUMN weight REAL NOT NULL DEFAULT 1;
ALTER TABLE verdict_check ADD COLUMN is_key INTEGER NOT NULL DEFAULT 0;
ALTER TABLE verdict_check ADD COLUMN waiver TEXT NOT NULL DEFAULT '';

CREATE TABLE verdict_record (
  verdict_id INTEGER PRIMARY KEY REFERENCES verdict (verdict_id),
  inputs TEXT NOT NULL,
  answer TEXT NOT NULL,
  previous_sha256 TEXT NOT NULL,
  sha256 TEXT NOT NULL
) STRICT;

CREATE TRIGGER verdict_record_is_final BEFORE UPDATE ON verdict_record
BEGIN SELECT RAISE(ABORT, 'a verdict is never changed'); END;

CREATE TRIGGER verdict_record_is_kept BEFORE DELETE ON verdict_record
BEGIN SELECT RAISE(ABORT, 'a verdict is never deleted'); END;
)sql";

constexpr std::string_view kVersion6 = R"sql(
CREATE TABLE program_usage (
  record_id INTEGER NOT NULL REFERENCES step_record (record_id) ON DELETE CASCADE,
  metric INTEGER NOT NULL,
  values_hdr BLOB NOT NULL,
  values_min INTEGER NOT NULL,
  values_max INTEGER NOT NULL,
  values_sum REAL NOT NULL,
  PRIMARY KEY (record_id, metric)
) STRICT;

CREATE TABLE program_usage_unknown (
  run_id INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
  metric INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (run_id, metric)
) STRICT, WITHOUT ROWID;

CREATE TABLE measurement (
  run_id INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  name TEXT NOT NULL,
  unit TEXT NOT NULL,
  repetition INTEGER NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (run_id, step, name, repetition)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::string_view kVersion7 = R"sql(
CREATE TABLE deployment (
  deployment_id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ns INTEGER NOT NULL,
  service TEXT NOT NULL,
  build TEXT NOT NULL,
  phase TEXT NOT NULL,
  source TEXT NOT NULL,
  message TEXT NOT NULL
) STRICT;

CREATE INDEX deployment_by_service ON deployment (service, deployment_id);
)sql";

constexpr std::string_view kVersion8 = R"sql(
CREATE TABLE run_figures (
  run_id INTEGER PRIMARY KEY REFERENCES run (run_id) ON DELETE CASCADE,
  edition INTEGER NOT NULL
) STRICT;

CREATE TABLE figure (
  run_id INTEGER NOT NULL REFERENCES run_figures (run_id) ON DELETE CASCADE,
  step TEXT NOT NULL,
  name TEXT NOT NULL,
  value REAL,
  error REAL,
  lower_bound INTEGER NOT NULL,
  PRIMARY KEY (run_id, step, name)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::string_view kVersion9 = R"sql(
CREATE TABLE monitor_state (
  kind INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  outbox_id INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id TEXT NOT NULL,
  dedup_key TEXT NOT NULL,
  channel TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL,
  due_at_ns INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  state INTEGER NOT NULL,
  error TEXT NOT NULL,
  ended_at_ns INTEGER,
  UNIQUE (event_id, channel)
) STRICT;

CREATE INDEX outbox_waiting ON outbox (channel, dedup_key, outbox_id) WHERE state = 0;
)sql";

constexpr std::string_view kVersion10 = R"sql(
CREATE TABLE triage (
  triage_id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ns INTEGER NOT NULL,
  scenario TEXT NOT NULL,
  load TEXT NOT NULL,
  step TEXT NOT NULL,
  metric TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  state INTEGER NOT NULL,
  by TEXT NOT NULL,
  why TEXT NOT NULL
) STRICT;
)sql";

constexpr std::string_view kVersion11 = R"sql(
ALTER TABLE step ADD COLUMN tags TEXT NOT NULL DEFAULT '';
ALTER TABLE threshold ADD COLUMN tags TEXT NOT NULL DEFAULT '';
ALTER TABLE threshold ADD COLUMN latency INTEGER NOT NULL DEFAULT 0;
ALTER TABLE threshold ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE threshold ADD COLUMN window_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE threshold ADD COLUMN abort_after_ns INTEGER NOT NULL DEFAULT 0;
)sql";

constexpr std::array kMigrations = {
    Migration{.version = 1, .sql = kVersion1},  Migration{.version = 2, .sql = kVersion2},
    Migration{.version = 3, .sql = kVersion3},  Migration{.version = 4, .sql = kVersion4},
    Migration{.version = 5, .sql = kVersion5},  Migration{.version = 6, .sql = kVersion6},
    Migration{.version = 7, .sql = kVersion7},  Migration{.version = 8, .sql = kVersion8},
    Migration{.version = 9, .sql = kVersion9},  Migration{.version = 10, .sql = kVersion10},
    Migration{.version = 11, .sql = kVersion11}};

}  // namespace

std::span<const Migration> Migrations() {
  return kMigrations;
}

}  // namespace weir::store::internal
