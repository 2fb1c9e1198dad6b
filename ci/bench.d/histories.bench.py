"""The gate on real histories: false fails of one build against itself, and its time on many runs."""

import argparse
import collections
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from multiply import multiply

WEIR = Path("build/release/cli/weir").resolve()
VERDICTS = {0: "pass", 10: "fail", 11: "inconclusive", 12: "warn"}
SIDE_RUNS = 5  # Of each side of a verdict.
WINDOW = 20  # Runs that a verdict's are drawn from: those of about the same minute.
CONFIDENCE = 0.95


def start_target(folder):
    log = Path(folder, "target.log")
    target = subprocess.Popen(
        [WEIR, "target", "--host", "127.0.0.1", "--latency", "lognormal:2ms:0.3", "--seed", "1"],
        stdout=log.open("w"))
    while "http://" not in (text := log.read_text()):
        time.sleep(0.05)
    return target, next(word for word in text.split() if word.startswith("http://"))


def record(store, url, options):
    for number in range(options.runs):
        subprocess.run([WEIR, "run", "--quiet", "--store", store, "--build", "same", "-c", "200",
                        "-R", str(options.rate), "-d", f"{options.seconds}s", "--seed", str(number),
                        url], check=True, capture_output=True)


def judge(store, *options):
    begin = time.monotonic()
    done = subprocess.run([WEIR, "gate", "--quiet", "--store", store, *options],
                          capture_output=True, text=True)
    if done.returncode not in VERDICTS:
        sys.exit(f"weir gate {' '.join(options)}:\n{done.stderr}")
    return VERDICTS[done.returncode], time.monotonic() - begin


def draw_sides(draw, runs):
    """Runs of both sides, in pairs of neighbours in random order, from a stretch of the history."""
    start = draw.randrange(runs - WINDOW + 1)
    chosen = sorted(draw.sample(range(start + 1, start + WINDOW + 1), 2 * SIDE_RUNS))
    pairs = [draw.sample(chosen[at:at + 2], 2) for at in range(0, len(chosen), 2)]
    return [" ".join(f"run:{pair[side]}" for pair in pairs) for side in (0, 1)]


def same_build(options, folder):
    """Every verdict is one that a pipeline could have asked for on this machine."""
    store = Path(folder, "same.db")
    target, url = start_target(folder)
    try:
        record(store, url, options)
    finally:
        target.terminate()
        target.wait()
    draw = random.Random(options.seed)
    found = collections.Counter()
    for _ in range(options.verdicts):
        baseline, candidate = draw_sides(draw, options.runs)
        found[judge(store, "--baseline", baseline, "--candidate", candidate)[0]] += 1
    # No fail in n: the rate is below 1 - alpha^(1/n); with fails it is only shown.
    bound = 1 - (1 - CONFIDENCE) ** (1 / options.verdicts)
    print(f"one build against itself: {options.verdicts} verdicts on {options.runs} runs of "
          f"{options.rate * options.seconds:,} requests, {SIDE_RUNS} against {SIDE_RUNS}")
    for verdict in VERDICTS.values():
        print(f"  {verdict:13} {found[verdict]:6}  {found[verdict] / options.verdicts:.2%}")
    if not found["fail"]:
        print(f"  fails below {bound:.2%} of verdicts ({CONFIDENCE:.0%} bound; verdicts share runs,"
              " so that it is a little too small)")


def many_runs(options, folder):
    store = Path(folder, "many.db")
    target, url = start_target(folder)
    try:
        record(store, url, argparse.Namespace(runs=20, rate=2000, seconds=3))
    finally:
        target.terminate()
        target.wait()
    multiply(store, options.scenarios, options.history, SIDE_RUNS)
    last = f"build:b{(options.history - 1) // SIDE_RUNS}"
    print(f"\n{options.scenarios} scenarios x {options.history} runs, "
          f"{store.stat().st_size / 2**20:,.0f} MiB; median of 5 verdicts, spread")
    for words, baseline in (("against the 5 runs before", "branch:main last:10"),
                            ("against all runs", "branch:main"),
                            ("since the last change point", "segment")):
        times = [judge(store, "--scenario", "scenario-7", "--candidate", last, "--baseline",
                       baseline)[1] for _ in range(5)]
        print(f"  {words:28} {statistics.median(times):6.3f} s  "
              f"({min(times):.3f} to {max(times):.3f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default="same,many", help="same, many (default both)")
    parser.add_argument("--verdicts", type=int, default=2995)
    parser.add_argument("--runs", type=int, default=200, help="recorded for them (default 200)")
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenarios", type=int, default=100)
    parser.add_argument("--history", type=int, default=1000, help="runs of each (default 1000)")
    options = parser.parse_args()
    if options.runs < WINDOW:
        parser.error(f"at least {WINDOW} runs")
    with tempfile.TemporaryDirectory() as folder:
        if "same" in options.parts.split(","):
            same_build(options, folder)
        if "many" in options.parts.split(","):
            many_runs(options, folder)


if __name__ == "__main__":
    main()
