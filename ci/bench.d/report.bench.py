"""The HTML report of long histories: time, memory and size of writing it, speed of its page."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from multiply import multiply

WEIR = Path("build/release/cli/weir").resolve()
BROWSER = Path("tests/browser").resolve()
ROUNDS = 5
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


def record(folder):
    """A history of a few real runs of three steps, ten seconds each."""
    scenario, store, log = (Path(folder, name) for name in ("s.yaml", "few.db", "target.log"))
    scenario.write_text(SCENARIO)
    target = subprocess.Popen([WEIR, "target", "--host", "127.0.0.1", "--latency",
                               "lognormal:2ms:0.3", "--seed", "1"], stdout=log.open("w"))
    try:
        while "http://" not in (text := log.read_text()):
            time.sleep(0.05)
        url = next(word for word in text.split() if word.startswith("http://"))
        for build in range(2):
            runs = [subprocess.Popen([WEIR, "run", scenario, "--quiet", "--store", store,
                                      "--target", url, "--build", f"b{build}", "--seed",
                                      str(build * 5 + seed)]) for seed in range(5)]
            if any(run.wait() for run in runs):
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


def history(few, folder, scenarios, runs):
    store, page = Path(folder, "many.db"), Path(folder, "many.html")
    shutil.copy(few, store)
    multiply(store, scenarios, runs)
    write(store, page)  # What the copies touch for the first time is not the report's.
    found = [write(store, page) for _ in range(ROUNDS)]
    print(f"{scenarios} scenarios x {runs} runs, {store.stat().st_size / 2**20:,.0f} MiB")
    print(f"  report                                     {spread([s for s, _ in found], '.2f')} s")
    print(f"  peak memory                                {spread([m for _, m in found], '.0f')} MiB")
    print(f"  page                                       {page.stat().st_size / 1e3:,.0f} kB")
    done = subprocess.run(["node", "speed.mjs", page, "scenario-0"], cwd=BROWSER, text=True,
                          capture_output=True, check=True)
    speeds = json.loads(done.stdout)
    for key, words in (("open", "open its history"), ("zoom", "zoom in"), ("back", "zoom out")):
        print(f"  {words:42} {spread([each[key] for each in speeds], '.0f')} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10x100,1x10000", help="scenarios x runs of each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        few = record(folder)
        print(f"median of {ROUNDS}, spread")
        for size in options.sizes.split(","):
            history(few, folder, *map(int, size.split("x")))


if __name__ == "__main__":
    main()
