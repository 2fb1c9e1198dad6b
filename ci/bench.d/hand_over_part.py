"""Whether handing the measurements over once a second delays requests: by the target's clock, those
that are due right after a whole second of the run against all others."""

import tempfile
from pathlib import Path

import numpy

import lab
import truth
from table import Table, spread

RATE = 5000
CONNECTIONS = 100
AFTER_MS = (2, 10)
QUANTILES = (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))


def _row(pacing, seconds, folder):
    path = Path(folder, "truth.csv")
    with lab.target(truth=path) as server:
        usage, run = lab.run_weir(server, "-R", RATE, "-c", CONNECTIONS, "--pacing", pacing,
                                  seconds=seconds)
    arrival = numpy.sort(truth.read(path).arrival)
    row = {"pacing": pacing, "others_ratio": usage.others_ratio}
    if len(arrival) != run["requests"]["planned"]:
        return row
    # Request i is due i / RATE after the start; the earliest of all says when that was.
    place = numpy.arange(len(arrival))
    lateness = arrival - place * (1_000_000_000 // RATE)
    lateness = lateness - lateness.min()
    measured = place >= RATE  # The first second has no hand-over before it.
    since_ms = (place % RATE) / RATE * 1000
    groups = {"rest": measured & (since_ms >= max(AFTER_MS)),
              **{f"after_{ms}": measured & (since_ms < ms) for ms in AFTER_MS}}
    for name, chosen in groups.items():
        row.update({f"{name}_{key}_us": truth.quantile(lateness[chosen], q) / 1e3
                    for key, q in QUANTILES if chosen.sum() * (1 - q) >= 1})
        row[f"{name}_requests"] = int(chosen.sum())
    return row


def measure(options):
    rows = []
    for turn in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rows += [lab.undisturbed(lambda: _row(pacing, options.seconds, folder))
                     for pacing in ("hybrid", "spin")]
        lab.say(f"  round {turn + 1} done")
    return {"rows": rows, "seconds": options.seconds, "rounds": options.rounds}


def tables(result):
    lines = []
    for pacing in ("hybrid", "spin"):
        rows = [row for row in result["rows"] if row["pacing"] == pacing]
        for name, words in ((f"after_{AFTER_MS[0]}", f"first {AFTER_MS[0]} ms of a second"),
                            (f"after_{AFTER_MS[1]}", f"first {AFTER_MS[1]} ms"),
                            ("rest", "all others")):
            lines.append([f"{pacing}, {words}", str(sum(row.get(f"{name}_requests", 0)
                                                        for row in rows)),
                          *(spread([row.get(f"{name}_{key}_us") for row in rows], 1)
                            for key, _ in QUANTILES)])
    yield Table(
        f"Hand-over: lateness of requests as the target saw it, {RATE:,}/s",
        ["requests due in", "requests", "p50 us", "p99", "p99.9"], lines,
        [f"{result['rounds']} rounds of {result['seconds']} s with the history written; each worker "
         "hands over at the beginning of every second",
         lab.disturbance(result["rows"])])
