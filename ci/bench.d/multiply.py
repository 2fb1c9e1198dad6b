"""Makes a long history of a short one: recorded runs, copied as often as it takes."""

import random
import sqlite3


def _columns(db, table):
    return [row[1] for row in db.execute(f"PRAGMA table_info({table})")]


def stretch(store, times):
    """Makes the first run last so many times as long, out of the seconds of all runs.

    Each stretch is that of a run drawn by lot, turned by a number of seconds drawn by lot, so that
    it compresses no better than a run that was that long. Every second keeps the histograms that
    were recorded; the totals of the run stay as they are.
    """
    rng = random.Random(1)
    db = sqlite3.connect(store)
    db.execute("PRAGMA foreign_keys = OFF")
    runs = [row[0] for row in db.execute("SELECT run_id FROM run ORDER BY run_id")]
    first = runs[0]
    length = db.execute("SELECT max(second) + 1 FROM step_record").fetchone()[0]
    records = db.execute("SELECT max(record_id) + 1 FROM step_record").fetchone()[0]
    for number in range(1, times):
        source = rng.choice(runs)
        later = f"(second + {rng.randrange(length)}) % {length} + {number * length}"
        changes = {"record_id": f"record_id + {number * records}", "run_id": str(first),
                   "second": later, "phase": "1"}
        whose = (f"SELECT record_id FROM step_record WHERE run_id = {source} AND second < {length}"
                 f" AND record_id < {records}")
        for table in ("step_record", "step_record_error", "latency", "latency_part", "resource"):
            chosen = ", ".join(changes.get(column, column) for column in _columns(db, table))
            which = (f"run_id = {source} AND second < {length}" if table == "resource"
                     else f"record_id IN ({whose})")
            db.execute(f"INSERT INTO {table} SELECT {chosen} FROM {table} WHERE {which}")
    db.execute("UPDATE run SET duration_ns = duration_ns * ?, measured_ns = measured_ns * ?"
               " WHERE run_id = ?", (times, times, first))
    db.execute("DELETE FROM run WHERE run_id != ?", (first,))
    db.commit()
    db.close()


def multiply(store, scenarios, runs, runs_per_build=5):
    """Replaces the runs of the history by `runs` runs of each of so many scenarios.

    The runs that were there are taken in turns. Builds are b0, b1, ...; a second lies between two
    starts. Everything else of a run is copied as it was recorded.
    """
    db = sqlite3.connect(store)
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("PRAGMA temp_store = MEMORY")
    tables = {row[0]: _columns(db, row[0]) for row in db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()}
    of_run = [t for t in tables if "run_id" in tables[t] and not t.startswith("verdict")]
    of_record = [t for t in tables if "record_id" in tables[t] and t != "step_record"]
    for table in of_run + of_record:
        db.execute(f"CREATE TEMP TABLE old_{table} AS SELECT * FROM {table}")
        db.execute(f"DELETE FROM {table}")
    db.execute("CREATE INDEX temp.old_record ON old_step_record (run_id)")
    for table in of_record:
        db.execute(f"CREATE INDEX temp.old_{table}_by ON old_{table} (record_id)")
    templates = [row[0] for row in db.execute("SELECT run_id FROM old_run ORDER BY run_id")]
    records_per_copy = db.execute("SELECT max(record_id) + 1 FROM old_step_record").fetchone()[0]

    def copy(table, where, changes):
        chosen = ", ".join(changes.get(column, column) for column in tables[table])
        db.execute(f"INSERT INTO {table} SELECT {chosen} FROM old_{table} WHERE {where}")

    for number in range(runs):
        template = templates[number % len(templates)]
        for scenario in range(scenarios):
            copy_number = number * scenarios + scenario
            run_id, shift = str(copy_number + 1), f"record_id + {copy_number * records_per_copy}"
            start = 1_700_000_000_000_000_000 + (copy_number + 1) * 1_000_000_000
            for table in of_run:
                copy(table, f"run_id = {template}",
                     {"run_id": run_id, "record_id": shift} if table != "run" else
                     {"run_id": run_id, "scenario": f"'scenario-{scenario}'",
                      "build": f"'b{number // runs_per_build}'", "branch": "'main'",
                      "started_at_ns": str(start)})
            for table in of_record:
                copy(table, "record_id IN (SELECT record_id FROM old_step_record WHERE "
                     f"run_id = {template})", {"record_id": shift})
    db.commit()
    db.close()
