"""Clients in turn against one server: processor time per request, and ratios round by round."""

import re
import tempfile
from dataclasses import dataclass
from typing import Callable

import lab
from table import Table, ratio, spread


@dataclass(frozen=True)
class Load:
    connections: int
    seconds: int
    streams: int = 1  # Of a connection, at a time.


@dataclass(frozen=True)
class Client:
    name: str
    command: Callable  # (server, load, folder) -> words
    said: str  # Pattern of the number of requests that it says it made.


def _measure_one(server, client, load):
    with tempfile.TemporaryDirectory() as folder:
        before = server.requests()
        usage = lab.run_client(client.command(server, load, folder), load.seconds * 3 + 30,
                               server_pid=server.pid,
                               terminal=client.name == "weir, whole product")
        requests = server.requests() - before
    found = re.search(client.said, usage.output)
    if not found or requests == 0:
        raise lab.BenchError(f"{client.name}: no requests, or no count of them\n{usage.output}")
    claimed = int(found.group(1).replace(",", ""))
    # What is in flight at the end, and a connection's first request in some clients, may differ.
    if abs(claimed - requests) > 2 * load.connections * load.streams + requests * 0.01:
        raise lab.BenchError(
            f"{client.name} says {claimed} requests, nginx {requests}\n{usage.output}")
    return {"client": client.name, "connections": load.connections, "requests": requests,
            "cpu_us": usage.cpu_s / requests * 1e6, "user_us": usage.user_s / requests * 1e6,
            "rate_per_s": requests / load.seconds, "rss_peak_bytes": usage.rss_peak_bytes,
            "others_ratio": usage.others_ratio}


def measure(server, clients, load, rounds):
    rows = []
    for turn in range(rounds):
        # Each round begins elsewhere, so that no client always follows the same one.
        first = turn % len(clients)
        for client in clients[first:] + clients[:first]:
            row = lab.undisturbed(lambda: _measure_one(server, client, load))
            rows.append({**row, "round": turn})
            lab.say(f"  {load.connections} connections, {client.name}: {row['cpu_us']:.2f} us, "
                    f"of it user {row['user_us']:.2f}")
    return rows


def column(rows, client, key):
    return [row[key] for row in sorted(rows, key=lambda row: row["round"])
            if row["client"] == client]


def table(title, rows, names, anchors, seconds, user_anchor=None):
    """A line for each client; a column of ratios for each of `anchors`, and one of user time."""
    turns = len(column(rows, anchors[0], "cpu_us"))
    lines = []
    for name in names:
        cpu = column(rows, name, "cpu_us")
        if not cpu:
            continue
        user = column(rows, name, "user_us")
        ratios = [ratio(cpu, column(rows, anchor, "cpu_us")) for anchor in anchors]
        if user_anchor:
            ratios.append(ratio(user, column(rows, user_anchor, "user_us")))
        rss = [bytes_ / 2**20 for bytes_ in column(rows, name, "rss_peak_bytes")]
        lines.append([name, spread(cpu), spread(user), *ratios,
                      spread(column(rows, name, "rate_per_s"), 0), spread(rss, 1)])
    header = ["client", "CPU us/request", "of it user", *(f"to {anchor}" for anchor in anchors)]
    if user_anchor:
        header.append(f"user to {user_anchor}")
    return Table(
        title, [*header, "requests/s", "peak RSS MiB"], lines,
        [f"{turns} rounds of {seconds} s in turn, medians (min-max); requests are nginx's own "
         "count", lab.disturbance(rows)])
