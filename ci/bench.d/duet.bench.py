"""How much of the noise between runs a duet takes away, beside a neighbour that comes and goes."""

import argparse
import json
import math
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import lab  # noqa: E402

WEIR = Path("build/release/cli/weir").resolve()
METRICS = ("mean", "p50", "p90", "p99")
NEIGHBOUR = """
import random, sys, time
draw = random.Random(int(sys.argv[1]))
while True:
    end = time.monotonic() + draw.expovariate(1 / 1.5)
    while time.monotonic() < end:
        pass
    time.sleep(draw.expovariate(1 / 1.5))
"""


def start_target(folder, seed):
    log = Path(folder, f"target{seed}.log")
    target = subprocess.Popen([WEIR, "target", "--host", "127.0.0.1", "--latency",
                               "lognormal:2ms:0.2", "--seed", str(seed)],
                              stdout=log.open("w"))
    while "http://" not in (text := log.read_text()):
        time.sleep(0.05)
    return target, next(word for word in text.split() if word.startswith("http://"))


def quantiles(store, build):
    """{metric: [log of each run]} of the runs of a build, in their order."""
    runs = json.loads(subprocess.run([WEIR, "history", "--json", "--store", store], check=True,
                                     capture_output=True).stdout)["runs"]
    ids = sorted(run["run"] for run in runs if run["build"] == build)
    found = {metric: [] for metric in METRICS}
    for number in ids:
        shown = json.loads(subprocess.run([WEIR, "show", str(number), "--json", "--store", store],
                                          check=True, capture_output=True).stdout)
        for metric in METRICS:
            found[metric].append(math.log(shown["latency_ns"]["response"][metric]))
    return found


def differences(store, load, urls, options):
    """Of a duet, and of runs in turn: per metric the differences of neighbours."""
    subprocess.run([WEIR, "duet", "-q", "-n", str(options.pairs), "--store", store / "duet.db",
                    "--baseline-build", "a", "--candidate-build", "b", "--baseline", urls[0],
                    "--candidate", urls[1], *load], check=False)
    order = random.Random(options.seed)
    for _ in range(options.pairs):
        for side in order.sample((0, 1), 2):
            subprocess.run([WEIR, "run", "-q", "--store", store / "turns.db", "--build",
                            "ab"[side], *load, urls[side]], check=True)
    found = {}
    for design in ("duet", "turns"):
        a, b = (quantiles(store / f"{design}.db", build) for build in "ab")
        found[design] = {metric: [y - x for x, y in zip(a[metric], b[metric])]
                         for metric in METRICS}
    return found


# Runs long enough, and latencies narrow enough, that what differs between runs is not chance.
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=3, help="of each run")
    parser.add_argument("--rate", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    load = ["-R", str(options.rate), "-d", f"{options.seconds}s", "-t", "1"]
    running = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            targets = [start_target(folder, seed) for seed in (1, 2)]
            running += [target for target, _ in targets]
            running += [subprocess.Popen([sys.executable, "-c", NEIGHBOUR, str(seed)])
                        for seed in (1, 2, 3)]
            found = differences(Path(folder), load, [url for _, url in targets], options)
        finally:
            for process in running:
                process.kill()
                process.wait()
    print(f"{options.pairs} pairs of the same build, {options.seconds} s at {options.rate}/s, beside "
          f"three neighbours that compute and pause; {lab.machine()}")
    print(f"{'':6}  {'runs in turn: sd':>16}  {'duet: sd':>9}  {'variance':>9}")
    for metric in METRICS:
        turns, duet = (statistics.stdev(found[design][metric]) for design in ("turns", "duet"))
        print(f"{metric:6}  {turns:16.1%}  {duet:9.1%}  {turns**2 / duet**2:8.1f}x")


if __name__ == "__main__":
    main()
