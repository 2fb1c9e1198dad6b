"""The live monitor: what it costs beside Prometheus, how soon a page shows what came, whether all arrives."""

import argparse
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import lab
from table import Table, markdown, ratio, spread, terminal

WEIR = Path("build/release/cli/weir").resolve()
TESTS = Path("tests").resolve()
PYTHON = "/usr/bin/python3"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SETTLE_S = 5


class Pages:
    """`count` pages of metrics on one port, /0 to /count-1, with `series` each; every look has other
    values, so that nothing can be left out as unchanged."""

    def __init__(self, count, series):
        self.looks = 0
        self.heads = [[f'load{{page="{page}",number="{i}"}} ' for i in range(series)]
                      for page in range(count)]

    def text(self, page):
        self.looks += 1
        turn = self.looks
        return "".join([f"{head}{(i * 7 + turn * 13) % 997}.5\n"
                        for i, head in enumerate(self.heads[page])])

    def __enter__(self):
        pages = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = pages.text(int(self.path[1:])).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def fetch(address, path):
    with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
        return answer.read().decode()


def ready(address, path):
    for _ in range(200):
        try:
            return fetch(address, path)
        except OSError:
            time.sleep(0.1)
    raise lab.BenchError(f"{address}{path} does not answer")


def weir(folder, pages):
    """Command, address, and where it says that it is ready."""
    address = f"127.0.0.1:{lab.free_port()}"
    sources = [{"name": f"page{i}", "scrape": f"http://{pages.address}/{i}", "interval": "1s"}
               for i in range(len(pages.heads))]
    rules = [{"alert": f"Overload{i}", "source": f"page{i}", "metric": "load", "above": 1000,
              "for": "5s"} for i in range(len(pages.heads))]
    Path(folder, "monitor.yaml").write_text(json.dumps(
        {"listen": address, "sources": sources, "rules": rules,
         "channels": [{"name": "log", "file": "alerts.jsonl"}]}))
    return [WEIR, "monitor", "monitor.yaml"], address, "/readyz"


def prometheus(folder, pages):
    address = f"127.0.0.1:{lab.free_port()}"
    jobs = [{"job_name": f"page{i}", "metrics_path": f"/{i}",
             "static_configs": [{"targets": [pages.address]}]} for i in range(len(pages.heads))]
    rules = {"groups": [{"name": "rules", "rules": [
        {"alert": "Overload", "expr": "load > 1000", "for": "5s"}]}]}
    Path(folder, "rules.yml").write_text(json.dumps(rules))
    Path(folder, "prometheus.yml").write_text(json.dumps(
        {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
         "rule_files": ["rules.yml"], "scrape_configs": jobs}))
    return ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
            f"--web.listen-address={address}", "--log.level=error"], address, "/-/ready"


def watch(make, pages, seconds):
    """Processor time and memory of a watcher, once it has settled; of weir also its ledger."""
    with tempfile.TemporaryDirectory() as folder:
        command, address, ready_at = make(folder, pages)
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL)
        try:
            ready(address, ready_at)
            time.sleep(SETTLE_S)
            cpu, began, looks = cpu_seconds(process.pid), time.monotonic(), pages.looks
            time.sleep(seconds)
            spent = time.monotonic() - began
            row = {"cpu_ratio": (cpu_seconds(process.pid) - cpu) / spent,
                   "rss_bytes": lab.status_bytes(process.pid, "VmRSS"),
                   "offered_per_s": (pages.looks - looks) * len(pages.heads[0]) / spent}
            if make is weir:
                status = json.loads(fetch(address, "/api/v1/status"))
                ledgers = [source["ledger"] for source in status["sources"]
                           if source["name"].startswith("page")]
                row["ledger"] = {key: sum(ledger[key] for ledger in ledgers)
                                 for key in ("offered", "ingested", "rejected", "dropped")}
                row["evaluation_s"] = status.get("evaluation_took_s")
            return row
        finally:
            process.terminate()
            process.wait(20)


def side_by_side(title, pages_and_series, options):
    rows = {"weir": [], "Prometheus": []}
    with Pages(*pages_and_series) as pages:
        for turn in range(options.rounds):
            both = [("weir", weir), ("Prometheus", prometheus)]
            for name, make in both if turn % 2 == 0 else both[::-1]:
                rows[name].append(watch(make, pages, options.seconds))
                row = rows[name][-1]
                lab.say(f"  {title}, {name}: {row['cpu_ratio']:.2%} of a core, "
                        f"{row['rss_bytes'] / 2**20:.1f} MiB")

    def column(name, key, scale=1):
        return [row[key] * scale for row in rows[name]]

    lines = [[name, spread(column(name, "cpu_ratio", 100)),
              spread(column(name, "rss_bytes", 2**-20), 1),
              spread(column(name, "offered_per_s"), 0)] for name in rows]
    lines.append(["ratio", ratio(column("weir", "cpu_ratio"), column("Prometheus", "cpu_ratio"), 3),
                  ratio(column("weir", "rss_bytes"), column("Prometheus", "rss_bytes"), 3), ""])
    ledger = {key: sum(row["ledger"][key] for row in rows["weir"])
              for key in ("offered", "ingested", "rejected", "dropped")}
    exact = ledger["offered"] == ledger["ingested"] + ledger["rejected"] + ledger["dropped"]
    share = ledger["ingested"] / ledger["offered"]
    notes = [f"weir's ledger: {ledger['offered']:,} offered, {ledger['ingested']:,} ingested "
             f"({share:.4%}), {ledger['rejected']} rejected, {ledger['dropped']} dropped: "
             f"{'exact' if exact else 'NOT EXACT'}.",
             f"{options.seconds} s each, after {SETTLE_S} s; the pages are served by another process."]
    table = Table(title, ["", "% of a core", "MiB resident", "samples/s offered"], lines, notes)
    return table, exact and share >= 0.9999


def cost(options):
    """1,000 series looked at once a second, one rule for all."""
    return side_by_side("Cost: 1,000 series, once a second", (1, 1000), options)


def ingest(options):
    """50,000 samples a second: five pages of 10,000 series, once a second, a rule for each."""
    return side_by_side("Ingest: 50,000 samples a second", (5, 10_000), options)


def browser(options):
    """From a source with 10,000 series to the page in Chromium."""
    done = subprocess.run(
        ["node", "--test-name-pattern=a value that a source has", "live_test.mjs"],
        cwd=TESTS / "browser", capture_output=True, text=True, timeout=600,
        env={**os.environ, "WEIR": str(WEIR), "SERIES": "10000",
             "INJECTIONS": str(options.injections)})
    found = re.search(r"(\d+) values: median (\d+) ms, p99 (\d+) ms, at most (\d+) ms", done.stdout)
    if done.returncode != 0 or not found:
        raise lab.BenchError(f"the test in the browser failed\n{done.stdout}{done.stderr}")
    count, median, p99, longest = map(int, found.groups())
    table = Table("Source to browser at 10,000 series",
                  ["values", "median ms", "p99 ms", "longest ms"],
                  [[count, median, p99, longest]],
                  ["A look each 200 ms (50,000 samples/s), an evaluation each 100 ms."])
    return table, p99 < 1000 and longest < 5000


def uptime(options):
    """Asked ten times a second, killed three times."""
    done = subprocess.run([PYTHON, "-B", "monitor_uptime_test.py"], cwd=TESTS / "integration",
                          capture_output=True, text=True, timeout=options.probes / 10 + 120,
                          env={**os.environ, "WEIR": str(WEIR), "PROBES": str(options.probes)})
    found = re.search(r"(\d+) of (\d+) answered, (\d+) kills; ms: median ([\d.]+), p99 (\d+), "
                      r"longest (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise lab.BenchError(f"the probes failed\n{done.stderr}")
    table = Table("Asked ten times a second, killed three times",
                  ["answered", "asked", "kills", "median ms", "p99 ms", "longest ms"],
                  [list(found.groups())],
                  ["A service manager keeps the socket; 2,995 of 2,995 prove more than 99.9 % "
                   "at 95 %."])
    return table, found.group(1) == found.group(2)


PARTS = {"cost": cost, "ingest": ingest, "browser": browser, "uptime": uptime}


def main():
    parser = argparse.ArgumentParser(prog="ci/bench monitor", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rounds", type=int, default=3, help="of cost and ingest (3)")
    parser.add_argument("--seconds", type=int, default=60, help="of each round (60)")
    parser.add_argument("--injections", type=int, default=200)
    parser.add_argument("--probes", type=int, default=2995)
    parser.add_argument("--markdown", action="store_true", help="tables for docs/performance.md")
    options = parser.parse_args()
    met = True
    for part in options.parts:
        table, reached = PARTS[part](options)
        met &= reached
        print(markdown(table) if options.markdown else terminal(table), flush=True)
    if not met:
        sys.exit("ci/bench monitor: a promise of docs/monitoring.md is not met")


if __name__ == "__main__":
    main()
