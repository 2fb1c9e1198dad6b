"""Closed loop against nginx: processor time of the client per request, and its memory."""

from pathlib import Path

import lab
import rounds

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


def _weir(server, load, folder):
    return [lab.WEIR, "run", "-c", load.connections, "-d", f"{load.seconds}s", "--no-store",
            server.url]


def _product(server, load, folder):
    scenario = Path(folder, "product.yaml")
    scenario.write_text(FLOW.format(connections=load.connections, seconds=load.seconds))
    return [lab.WEIR, "run", scenario, "--target", server.url, "--store", Path(folder, "weir.db")]


def _bare(server, load, folder):
    return [lab.BARE_CLIENT, server.port, load.connections, load.seconds]


def _bare_latency(server, load, folder):
    return [*_bare(server, load, folder), "latency"]


def _wrk(server, load, folder):
    return ["wrk", "-t1", f"-c{load.connections}", f"-d{load.seconds}s", server.url]


def _h2load(server, load, folder):
    return ["h2load", "--h1", "-t1", f"-c{load.connections}", "-D", load.seconds, server.url]


def _hey(server, load, folder):
    return ["hey", "-cpus", "1", "-c", load.connections, "-z", f"{load.seconds}s", server.url]


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


def measure(options):
    rows = []
    with lab.nginx() as server:
        for connections in options.connections:
            # Thousands of connections take a while to be made; that is a cost, but not the subject.
            seconds = options.seconds + (2 if connections >= 5000 else 0)
            clients = [rounds.Client(*client) for client in CLIENTS
                       if not (client[0] == "hey" and options.quick and connections >= 5000)]
            rows += rounds.measure(server, clients, rounds.Load(connections, seconds),
                                   options.rounds)
    return {"rows": rows, "seconds": options.seconds, "rounds": options.rounds}


def tables(result):
    names = [name for name, _, _ in CLIENTS]
    for connections in sorted({row["connections"] for row in result["rows"]}):
        rows = [row for row in result["rows"] if row["connections"] == connections]
        title = f"Closed loop, {connections:,} connections, against nginx (1 KiB)"
        yield rounds.table(title, rows, names, anchors=["wrk"], seconds=result["seconds"])
