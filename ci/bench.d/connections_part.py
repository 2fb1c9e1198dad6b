"""Many connections: what each takes of memory, how fast they are opened, what a request then costs.

All connections carry a request at a time, in a closed loop. A process can have as many as it may
have open files; where that is not enough, several processes share them, each from an address of its
own (a pair of addresses has some 28,000 ports).
"""

import concurrent.futures
import contextlib
import json
import os
import re
import tempfile
from pathlib import Path

import lab
from table import Table, spread

SIZES = (1_000, 10_000, 19_000, 100_000)
BASE = SIZES[0]
PER_PROCESS_MAX = 19_500
SECONDS = 3


def _weir(server, connections, source, folder):
    return [lab.WEIR, "run", "-c", connections, "--threads", 1, "-d", f"{SECONDS}s", "--no-store",
            "--source", source, f"--json={Path(folder, 'run.json')}", server.url]


def _wrk(server, connections, source, folder):
    return ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", server.url]


CLIENTS = {"weir": _weir, "wrk": _wrk}


def _opened_per_s(samples):
    """From (seconds, open files): the pace up to nine tenths of them. Looked at ten times a second,
    so it is rather too low; None if they were there at the first look."""
    most = max((files for _, files in samples), default=0)
    top = next((i for i, (_, files) in enumerate(samples) if files >= most * 0.9), 0)
    low = max((i for i in range(top) if samples[i][1] <= most * 0.1), default=None)
    if low is None:
        return None
    return (samples[top][1] - samples[low][1]) / (samples[top][0] - samples[low][0])


def _run(client, server, connections, source):
    """(usage, connections opened per second or None) of one process; all its requests completed."""
    samples = []

    def watch(pid, at):
        with contextlib.suppress(OSError):
            samples.append((at, len(os.listdir(f"/proc/{pid}/fd"))))

    with tempfile.TemporaryDirectory() as folder:
        usage = lab.run_client(CLIENTS[client](server, connections, source, folder), 90,
                               server_pid=server.pid, watch=watch)
        if client != "weir":
            if "Socket errors" in usage.output:
                lab.say("  wrk: " + re.search(r"Socket errors.*", usage.output).group())
            return usage, None
        requests = json.loads(Path(folder, "run.json").read_text())["requests"]
    if requests["completed"] != requests["planned"] - requests["unfinished"]:
        raise lab.BenchError(f"weir, {connections} connections: {requests}")
    return usage, _opened_per_s(samples)


def _measure_one(client, connections):
    processes = -(-connections // PER_PROCESS_MAX)
    with lab.nginx(workers=processes + (1 if processes > 1 else 0)) as server:
        others, before = lab.Bystanders(server.pid), server.requests()
        with concurrent.futures.ThreadPoolExecutor(processes) as pool:
            runs = list(pool.map(
                lambda i: _run(client, server, connections // processes, f"127.0.0.{i + 1}"),
                range(processes)))
        requests = server.requests() - before
    cpu_s = sum(usage.cpu_s for usage, _ in runs)
    opened = [pace for _, pace in runs if pace is not None]
    return {"client": client, "connections": connections, "processes": processes,
            "requests": requests, "cpu_us": cpu_s / requests * 1e6,
            "rate_per_s": requests / SECONDS,
            "rss_peak_bytes": sum(usage.rss_peak_bytes for usage, _ in runs),
            "opened_per_s": sum(opened) or None,
            "others_ratio": others.ratio(cpu_s)}


def measure(options):
    rows = []
    for turn in range(options.rounds):
        for connections in SIZES:
            for client in CLIENTS:
                if connections > PER_PROCESS_MAX and client != "weir":
                    continue
                row = lab.undisturbed(lambda: _measure_one(client, connections))
                rows.append({**row, "round": turn})
                lab.say(f"  {connections} connections, {client}: {row['cpu_us']:.2f} us, "
                        f"{row['rss_peak_bytes'] / 2**20:.1f} MiB")
    return {"rows": rows, "seconds": SECONDS, "rounds": options.rounds}


def _per_connection(rows, row):
    """Bytes of each connection beyond those of the smallest size; None there."""
    base = [other for other in rows if (other["client"], other["connections"], other["round"])
            == (row["client"], BASE, row["round"])]
    more = row["connections"] - BASE * row["processes"]
    if more <= 0 or not base:
        return None
    return (row["rss_peak_bytes"] - row["processes"] * base[0]["rss_peak_bytes"]) / more


def tables(result):
    rows, lines = result["rows"], []
    for connections in SIZES:
        for client in CLIENTS:
            these = [row for row in rows
                     if (row["client"], row["connections"]) == (client, connections)]
            if not these:
                continue
            processes = these[0]["processes"]
            name = f"{client}, {connections:,}" + (
                f" in {processes} processes" if processes > 1 else "")
            lines.append([
                name, spread([row["rss_peak_bytes"] / 2**20 for row in these], 1),
                spread([_per_connection(rows, row) for row in these], 0),
                spread([row["opened_per_s"] for row in these], 0),
                spread([row["cpu_us"] for row in these]),
                spread([row["rate_per_s"] for row in these], 0)])
    yield Table(
        "Many connections, against nginx (1 KiB)",
        ["client, connections", "peak RSS MiB", "bytes per connection more", "opened/s",
         "CPU us/request", "requests/s"], lines,
        [f"{result['rounds']} rounds of {result['seconds']} s; every request completed; processor "
         "time contains opening and closing",
         f"several processes where one may not have so many open files; bytes per connection: "
         f"beyond {BASE:,} of each process",
         lab.disturbance(rows)])
