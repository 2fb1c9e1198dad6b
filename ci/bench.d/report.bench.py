"""The HTML report of long histories and runs: time, memory, size, speed of its page; budgets."""

import argparse
import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from multiply import multiply, stretch

WEIR = Path("build/release/cli/weir").resolve()
BROWSER = Path("tests/browser").resolve()
ROUNDS = 5

# Above these a line says so, and the benchmark fails.
BUDGETS = {
    "10x100": {"report_s": 0.3, "page_kB": 1000},
    "1x10000": {"report_s": 3, "memory_MiB": 286, "open_ms": 1500, "zoom_ms": 50},
    "hour": {"page_kB": 1500},
    "script": {"gzip_kB": 60},
}
SCENARIO = """name: checkout
target: http://127.0.0.1:1
flows:
  - name: buy
    steps:
      - { get: /a, name: list }
      - { get: /b, name: cart }
      - { get: /c, name: pay }
load:
  warm_up: 2s
  stages:
    - { rate: 60/s, for: 10s }
"""


def scenario_of(steps):
    """SCENARIO with so many steps."""
    head, tail = SCENARIO.split("    steps:\n")[0], SCENARIO[SCENARIO.index("load:"):]
    lines = "".join(f"      - {{ get: /{i}, name: step-{i} }}\n" for i in range(steps))
    return head + "    steps:\n" + lines + tail


def record(folder, text=SCENARIO, builds=2, runs=5):
    """A history of a few real runs, ten seconds each."""
    scenario, store, log = (Path(folder, name) for name in ("s.yaml", "few.db", "target.log"))
    store.unlink(missing_ok=True)
    scenario.write_text(text)
    target = subprocess.Popen([WEIR, "target", "--host", "127.0.0.1", "--latency",
                               "lognormal:2ms:0.3", "--seed", "1"], stdout=log.open("w"))
    try:
        while "http://" not in (text := log.read_text()):
            time.sleep(0.05)
        url = next(word for word in text.split() if word.startswith("http://"))
        for build in range(builds):
            begun = [subprocess.Popen([WEIR, "run", scenario, "--quiet", "--store", store,
                                      "--target", url, "--build", f"b{build}", "--seed",
                                      str(build * 5 + seed)]) for seed in range(runs)]
            if any(run.wait() for run in begun):
                sys.exit("a run failed")
    finally:
        target.terminate()
        target.wait()
    return store


def write(store, page):
    """Seconds and peak MiB of `weir report`."""
    begin = time.monotonic()
    pid = os.posix_spawn(WEIR, [WEIR, "report", "--store", store, "--last", "1000000", "--single",
                                page], os.environ,
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit("weir report failed")
    return time.monotonic() - begin, usage.ru_maxrss / 1024


def spread(values, form):
    return (f"{statistics.median(values):{form}}  ({min(values):{form}} to {max(values):{form}})")


def line(words, values, form, unit, budget=None):
    said = "" if budget is None else f", allowed {budget:g}"
    over = budget is not None and statistics.median(values) > budget
    print(f"  {words:32} {spread(values, form)} {unit}{said}{'  ABOVE' if over else ''}")
    return over


def history(few, folder, scenarios, runs):
    store, page = Path(folder, "many.db"), Path(folder, "many.html")
    shutil.copy(few, store)
    multiply(store, scenarios, runs)
    write(store, page)  # What the copies touch for the first time is not the report's.
    found = [write(store, page) for _ in range(ROUNDS)]
    allowed = BUDGETS.get(f"{scenarios}x{runs}", {})
    print(f"{scenarios} scenarios x {runs} runs, {store.stat().st_size / 2**20:,.0f} MiB")
    over = [line("report", [s for s, _ in found], ".2f", "s", allowed.get("report_s")),
            line("peak memory", [m for _, m in found], ".0f", "MiB", allowed.get("memory_MiB")),
            line("page", [page.stat().st_size / 1e3], ",.0f", "kB", allowed.get("page_kB"))]
    done = subprocess.run(["node", "speed.mjs", page, "scenario-0"], cwd=BROWSER, text=True,
                          capture_output=True, check=True)
    speeds = json.loads(done.stdout)
    for key, words in (("open", "open its history"), ("zoom", "zoom in"), ("back", "zoom out")):
        over.append(line(words, [each[key] for each in speeds], ".0f", "ms",
                         allowed.get(f"{key}_ms")))
    return any(over)


def hour(folder):
    """The page of one run of an hour with ten steps."""
    store, page = record(folder, scenario_of(10), builds=1, runs=8), Path(folder, "hour.html")
    stretch(store, 360)
    found = [write(store, page) for _ in range(ROUNDS)]
    print(f"a run of one hour with ten steps, {store.stat().st_size / 2**20:,.0f} MiB")
    over = [line("report", [s for s, _ in found], ".2f", "s"),
            line("peak memory", [m for _, m in found], ".0f", "MiB"),
            line("page", [page.stat().st_size / 1e3], ",.0f", "kB", BUDGETS["hour"]["page_kB"])]
    script = re.search(rb"<script>(.*)</script></body>", page.read_bytes(), re.DOTALL).group(1)
    over.append(line("script, gzipped", [len(gzip.compress(script)) / 1e3], ".1f", "kB",
                     BUDGETS["script"]["gzip_kB"]))
    return any(over)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10x100,1x10000,hour",
                        help="scenarios x runs of each; 'hour': one run of an hour")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(f"median of {ROUNDS}, spread")
        over = False
        sizes = options.sizes.split(",")
        few = record(folder) if sizes != ["hour"] else None
        for size in sizes:
            if size == "hour":
                over |= hour(folder)
            else:
                over |= history(few, folder, *map(int, size.split("x")))
    if over:
        sys.exit("above what is allowed, or the machine was busy")


if __name__ == "__main__":
    main()
