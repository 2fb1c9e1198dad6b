"""A target that stalls: does the client see what its users would have seen?"""

import tempfile
from pathlib import Path

import lab
import truth
from open_part import CONNECTIONS, QUANTILES, h2load
from table import Table

# Rate, stall and its period in ns, seconds of the run (of a quick one).
CASES = ((2000, 500_000_000, 5_000_000_000, 20, 11),
         (5000, 100_000_000, 2_000_000_000, 20, 9))
LATENCY = "fixed:500us"


def _quantiles(values):
    return {key: truth.quantile(values, q) / 1e6 for key, q in QUANTILES}


def _expected(path, rate, stall, every):
    record = truth.read(path)
    return {"service": _quantiles(record.service),
            "recorded": _quantiles(truth.recorded_response(record, rate)),
            "perfect": _quantiles(truth.perfect_client(record, rate, CONNECTIONS, stall, every)),
            "requests": len(record.arrival)}


def _run(case, client, quick):
    rate, stall, every, seconds, seconds_quick = case
    seconds = seconds_quick if quick else seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "truth.csv")
        with lab.target("--latency", LATENCY, "--stall", f"{stall}ns", "--every", f"{every}ns",
                        truth=path) as server:
            if client == "h2load --rps":
                usage, took = h2load(server, rate, seconds, Path(folder, "log"))
                reported = {"response": _quantiles(took), "service": None}
            else:
                usage, run = lab.run_weir(server, "-R", rate, "-c", CONNECTIONS, "--no-store",
                                      seconds=seconds)
                reported = {kind: {key: None if run["latency_ns"][kind][key] is None
                                   else run["latency_ns"][kind][key] / 1e6 for key, _ in QUANTILES}
                            for kind in ("response", "service")}
        expected = _expected(path, rate, stall, every)
    return {"rate": rate, "stall_ns": stall, "every_ns": every, "seconds": seconds,
            "client": client, "others_ratio": usage.others_ratio, "reported": reported,
            "expected": expected}


def measure(options):
    rows = []
    for case in CASES:
        for client in ("weir", "h2load --rps"):
            rows.append(lab.undisturbed(lambda: _run(case, client, options.quick)))
            lab.say(f"  {case[0]}/s, {client}: done")
    return {"rows": rows}


def _cell(value, expected=None):
    if value is None:
        return "-"
    return f"{value:,.2f}" + (f" ({value / expected - 1:+.1%})" if expected else "")


def tables(result):
    for rate, stall, every in dict.fromkeys((row["rate"], row["stall_ns"], row["every_ns"])
                                            for row in result["rows"]):
        rows = [row for row in result["rows"] if (row["rate"], row["stall_ns"]) == (rate, stall)]
        lines = []
        for row in rows:
            perfect, reported = row["expected"]["perfect"], row["reported"]
            keys = [key for key, _ in QUANTILES]
            lines.append([f"exact arithmetic, run of {row['client']}",
                          *(_cell(perfect[key]) for key in keys)])
            if row["client"] == "weir":
                lines.append(["the server's record, from the due instant",
                              *(_cell(row["expected"]["recorded"][key], perfect[key])
                                for key in keys)])
            lines.append([f"{row['client']}: response time",
                          *(_cell(reported["response"][key], perfect[key]) for key in keys)])
            if reported["service"]:
                lines.append([f"{row['client']}: service time, shown beside it",
                              *(_cell(reported["service"][key], perfect[key]) for key in keys)])
        yield Table(
            f"Stall of {stall / 1e6:.0f} ms every {every / 1e9:g} s, {rate:,}/s, ms",
            ["", "p50", "p90", "p99", "p99.9"], lines,
            [f"exact arithmetic: a client without any lateness on {CONNECTIONS} connections, "
             "simulated request by request on the latencies and stalls of the truth file; in "
             "brackets the distance from it",
             f"runs of {rows[0]['seconds']} s, default pacing", lab.disturbance(rows)])
