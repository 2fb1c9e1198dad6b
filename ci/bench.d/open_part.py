"""Against `weir target`: rate, send lag, spacing of arrivals, truth of the latencies."""

import re
import tempfile
from pathlib import Path

import numpy

import lab
import truth
from table import Table, spread

PACINGS = ("sleep", "hybrid", "spin")
CONNECTIONS = 100
RATES = (1000, 5000, 10000)
LOGNORMAL_RATE = 5000
USERS = 150  # Enough of them that answers come at more than 40,000/s, and gather.
QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999))
LAG_KEYS = ("p50", "p99", "p999")


def _us(value):
    return None if value is None else value / 1e3


def h2load(server, rate, seconds, log):
    """(usage, response times in ns as h2load has them)."""
    usage = lab.run_client(["h2load", "--h1", "-t1", f"-c{CONNECTIONS}",
                            f"--rps={rate / CONNECTIONS:g}", "-D", seconds, f"--log-file={log}",
                            server.url], seconds * 2 + 30, server_pid=server.pid)
    took = numpy.loadtxt(log, dtype=numpy.int64, usecols=(1, 2), ndmin=2)
    return usage, took[took[:, 0] == 200, 1] * 1000


def _spacing(record, rate):
    error = truth.schedule_error(record.arrival, rate)
    return {**{f"spacing_{key}_us": truth.quantile(error, q) / 1e3
               for key, q in QUANTILES if key in LAG_KEYS},
            "gap_variation": truth.gap_variation(record.arrival)}


def _pace_weir(pacing, rate, seconds, folder):
    path = Path(folder, "truth.csv")
    with lab.target(truth=path) as server:
        usage, run = lab.run_weir(server, "-R", rate, "-c", CONNECTIONS, "--pacing", pacing,
                                  "--no-store", seconds=seconds)
    record = truth.read(path)
    row = {"client": f"weir, {pacing}", "rate": rate, "others_ratio": usage.others_ratio,
           "achieved_ratio": run["rate_per_s"]["achieved"] / rate,
           "cpu_us": usage.cpu_s / len(record.arrival) * 1e6}
    row.update({f"lag_{key}_us": _us(run["send_lag_ns"][key]) for key in LAG_KEYS})
    if len(record.arrival) == run["requests"]["planned"]:
        row.update(_spacing(record, rate))
    return row


def _pace_h2load(rate, seconds, folder):
    path = Path(folder, "truth.csv")
    with lab.target(truth=path) as server:
        usage, _ = h2load(server, rate, seconds, Path(folder, "h2load.log"))
    record = truth.read(path)
    return {"client": "h2load --rps", "rate": rate, "others_ratio": usage.others_ratio,
            "achieved_ratio": len(record.arrival) / seconds / rate,
            "cpu_us": usage.cpu_s / len(record.arrival) * 1e6, **_spacing(record, rate)}


def _row(client, usage, record, reported_us):
    return {"client": client, "others_ratio": usage.others_ratio,
            **{f"truth_{key}_us": truth.quantile(record.service, q) / 1e3 for key, q in QUANTILES},
            **{f"reported_{key}_us": reported_us.get(key) for key, _ in QUANTILES}}


def _latency_weir(pacing, seconds, folder):
    path = Path(folder, "truth.csv")
    with lab.target("--latency", "lognormal:2ms:0.5", truth=path) as server:
        usage, run = lab.run_weir(server, "-R", LOGNORMAL_RATE, "-c", CONNECTIONS, "--pacing",
                              pacing, "--no-store", seconds=seconds)
    reported = {key: _us(run["latency_ns"]["response"][key]) for key, _ in QUANTILES}
    return _row(f"weir, {pacing}", usage, truth.read(path), reported)


def _latency_h2load(seconds, folder):
    path = Path(folder, "truth.csv")
    with lab.target("--latency", "lognormal:2ms:0.5", truth=path) as server:
        usage, took = h2load(server, LOGNORMAL_RATE, seconds, Path(folder, "h2load.log"))
    reported = {key: truth.quantile(took, q) / 1e3 for key, q in QUANTILES}
    return _row("h2load --rps", usage, truth.read(path), reported)


def _closed_weir(seconds, folder):
    path = Path(folder, "truth.csv")
    with lab.target("--latency", "lognormal:2ms:0.5", truth=path) as server:
        usage, run = lab.run_weir(server, "-c", USERS, "--no-store", seconds=seconds)
    reported = {key: _us(run["latency_ns"]["response"][key]) for key, _ in QUANTILES}
    return _row(f"weir, {USERS} users", usage, truth.read(path), reported)


def _closed_wrk(seconds, folder):
    path = Path(folder, "truth.csv")
    with lab.target("--latency", "lognormal:2ms:0.5", truth=path) as server:
        usage = lab.run_client(["wrk", "-t1", f"-c{USERS}", f"-d{seconds}s", "--latency",
                                server.url], seconds * 2 + 30, server_pid=server.pid)
    unit_us = {"us": 1, "ms": 1e3, "s": 1e6}
    reported = {f"p{percent}": float(value) * unit_us[unit] for percent, value, unit in
                re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s)\b", usage.output)}
    return _row(f"wrk -c{USERS}", usage, truth.read(path), reported)


def measure_pace(options):
    rows = []
    for _ in range(options.rounds):
        for rate in RATES:
            with tempfile.TemporaryDirectory() as folder:
                rows += [lab.undisturbed(
                    lambda: _pace_weir(pacing, rate, options.seconds, folder))
                    for pacing in PACINGS]
                rows.append(lab.undisturbed(lambda: _pace_h2load(rate, options.seconds, folder)))
            lab.say(f"  {rate}/s done")
    return {"rows": rows, "seconds": options.seconds, "rounds": options.rounds}


def measure_latency(options):
    rows = []
    for turn in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rows += [lab.undisturbed(lambda: _latency_weir(pacing, options.seconds, folder))
                     for pacing in PACINGS]
            rows.append(lab.undisturbed(lambda: _latency_h2load(options.seconds, folder)))
            rows += [{**lab.undisturbed(lambda: client(options.seconds, folder)), "closed": True}
                     for client in (_closed_weir, _closed_wrk)]
        lab.say(f"  round {turn + 1} done")
    return {"rows": rows, "seconds": options.seconds, "rounds": options.rounds}


def _groups(rows, *keys):
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups.items()


def pace_tables(result):
    lines = []
    for (rate, client), rows in _groups(result["rows"], "rate", "client"):
        def column(key, digits, rows=rows):
            return spread([row.get(key) for row in rows], digits)
        lines.append([f"{client}, {rate:,}/s", column("achieved_ratio", 4),
                      *(column(f"lag_{key}_us", 1) for key in LAG_KEYS),
                      *(column(f"spacing_{key}_us", 1) for key in LAG_KEYS),
                      column("gap_variation", 2), column("cpu_us", 1)])
    yield Table(
        f"Open loop: pace, {CONNECTIONS} connections",
        ["client, rate", "achieved", "send lag p50 us", "p99", "p99.9", "spacing error p50 us",
         "p99", "p99.9", "gap CV", "CPU us/request"], lines,
        [f"{result['rounds']} rounds of {result['seconds']} s; send lag is what weir says of "
         "itself; the spacing error is the distance of each arrival, as the server stamped it, "
         "from an even grid",
         "gap CV: coefficient of variation of the gaps, 0 = even, 1 = Poisson, more = bursts",
         lab.disturbance(result["rows"])])


WHAT = "reported latency minus truth, lognormal 2 ms"


def _truth_table(title, measured, result):
    lines = []
    for (client,), rows in _groups(measured, "client"):
        cells = []
        for key, _ in QUANTILES:
            errors = [row[f"reported_{key}_us"] - row[f"truth_{key}_us"] for row in rows
                      if row[f"reported_{key}_us"] is not None]
            cells += [spread([row[f"truth_{key}_us"] for row in rows][:1], 0), spread(errors, 0)]
        lines.append([client, *cells])
    return Table(
        title,
        ["client", "p50 truth", "error", "p90 truth", "error", "p99 truth", "error",
         "p99.9 truth", "error"], lines,
        [f"{result['rounds']} rounds of {result['seconds']} s; truth is the service time that the "
         "server wrote down, so the error includes the way through the kernel, twice",
         lab.disturbance(measured)])


def latency_tables(result):
    for closed, title in ((False, f"Open loop: {WHAT}, {LOGNORMAL_RATE:,}/s, us"),
                          (True, f"Closed loop: {WHAT}, {USERS} users, us")):
        rows = [row for row in result["rows"] if row.get("closed", False) == closed]
        if rows:
            yield _truth_table(title, rows, result)
