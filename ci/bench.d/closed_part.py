"""Closed loop against nginx: processor time of the client per request, and its memory."""

import re
import tempfile
from pathlib import Path

import lab
from table import Table, ratio, spread

FLOW = """name: product
flows:
  - name: browse
    steps:
      - get: /
        name: front
        check: {{ status: 200, header.content-type: /html/, body: weir }}
      - get: /index.html
        name: page
        check: {{ status: 200, header.content-type: /html/, body: weir }}
load:
  stages:
    - {{ users: {connections}, for: {seconds}s }}
"""


def _weir(server, connections, seconds, folder):
    return [lab.WEIR, "run", "-c", connections, "-d", f"{seconds}s", "--no-store", server.url]


def _product(server, connections, seconds, folder):
    scenario = Path(folder, "product.yaml")
    scenario.write_text(FLOW.format(connections=connections, seconds=seconds))
    return [lab.WEIR, "run", scenario, "--target", server.url, "--store", Path(folder, "weir.db")]


def _bare(server, connections, seconds, folder):
    return [lab.BARE_CLIENT, server.port, connections, seconds]


def _bare_latency(server, connections, seconds, folder):
    return [*_bare(server, connections, seconds, folder), "latency"]


def _wrk(server, connections, seconds, folder):
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", server.url]


def _h2load(server, connections, seconds, folder):
    return ["h2load", "--h1", "-t1", f"-c{connections}", "-D", seconds, server.url]


def _hey(server, connections, seconds, folder):
    return ["hey", "-cpus", "1", "-c", connections, "-z", f"{seconds}s", server.url]


# Name, command, what it says it did.
CLIENTS = (
    ("bare epoll loop", _bare, r"requests (\d+)"),
    ("bare, with latency", _bare_latency, r"requests (\d+)"),
    ("weir", _weir, r"([\d,]+) completed"),
    ("weir, whole product", _product, r"([\d,]+) completed"),
    ("wrk", _wrk, r"(\d+) requests in"),
    ("h2load --h1", _h2load, r"(\d+) succeeded"),
    ("hey", _hey, r"\[200\]\s+(\d+) responses"),
)


def _measure_one(server, client, connections, seconds):
    name, command, said = client
    with tempfile.TemporaryDirectory() as folder:
        before = server.requests()
        usage = lab.run_client(command(server, connections, seconds, folder), seconds * 3 + 30,
                               server_pid=server.pid, terminal=name == "weir, whole product")
        requests = server.requests() - before
    found = re.search(said, usage.output)
    if not found or requests == 0:
        raise lab.BenchError(f"{name}: no requests, or no count of them\n{usage.output}")
    claimed = int(found.group(1).replace(",", ""))
    # What is in flight at the end, and a connection's first request in some clients, may differ.
    if abs(claimed - requests) > 2 * connections + requests * 0.01:
        raise lab.BenchError(f"{name} says {claimed} requests, nginx {requests}\n{usage.output}")
    return {"client": name, "connections": connections, "requests": requests,
            "cpu_us": usage.cpu_s / requests * 1e6, "user_us": usage.user_s / requests * 1e6,
            "rate_per_s": requests / seconds, "rss_peak_bytes": usage.rss_peak_bytes,
            "others_ratio": usage.others_ratio}


def measure(options):
    rows = []
    with lab.nginx() as server:
        for connections in options.connections:
            # Thousands of connections take a while to be made; that is a cost, but not the subject.
            seconds = options.seconds + (2 if connections >= 5000 else 0)
            for turn in range(options.rounds):
                # Each round begins elsewhere, so that no client always follows the same one.
                first = turn % len(CLIENTS)
                for client in CLIENTS[first:] + CLIENTS[:first]:
                    if client[0] == "hey" and options.quick and connections >= 5000:
                        continue
                    row = lab.undisturbed(
                        lambda: _measure_one(server, client, connections, seconds))
                    rows.append({**row, "round": turn})
                    lab.say(f"  {connections} connections, {client[0]}: {row['cpu_us']:.2f} us")
    return {"rows": rows, "seconds": options.seconds, "rounds": options.rounds}


def _column(rows, client, key):
    return [row[key] for row in sorted(rows, key=lambda row: row["round"])
            if row["client"] == client]


def tables(result):
    for connections in sorted({row["connections"] for row in result["rows"]}):
        rows = [row for row in result["rows"] if row["connections"] == connections]
        wrk = _column(rows, "wrk", "cpu_us")
        lines = []
        for name, _, _ in CLIENTS:
            cpu = _column(rows, name, "cpu_us")
            if not cpu:
                continue
            rss = [bytes_ / 2**20 for bytes_ in _column(rows, name, "rss_peak_bytes")]
            lines.append([name, spread(cpu), spread(_column(rows, name, "user_us")),
                          ratio(cpu, wrk), spread(_column(rows, name, "rate_per_s"), 0),
                          spread(rss, 1)])
        yield Table(
            f"Closed loop, {connections:,} connections, against nginx (1 KiB)",
            ["client", "CPU us/request", "of it user", "to wrk", "requests/s", "peak RSS MiB"],
            lines,
            [f"{len(wrk)} rounds of {result['seconds']} s in turn, medians (min-max); requests are nginx's own count", lab.disturbance(rows)])
