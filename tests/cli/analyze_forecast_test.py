"""`weir analyze forecast` and `usl` as a user meets them. Usage: analyze_forecast_test.py WEIR."""

import json
import math
import random
import subprocess
import sys
import tempfile
from pathlib import Path

WEIR = sys.argv[1]


def weir(*arguments):
    return subprocess.run([WEIR, "analyze", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60)


def check(holds, what, done):
    if not holds:
        sys.exit(f"FAILED: {what}\n{done.stdout}{done.stderr}")


with tempfile.TemporaryDirectory() as folder:
    noise = random.Random(1)
    waves = Path(folder, "waves.csv")
    waves.write_text("timestamp,value\n" + "".join(
        f"{1760000000 + 3600 * t},{100 + 20 * math.sin(2 * math.pi * t / 24) + noise.gauss(0, 1)}\n"
        for t in range(600)))
    short = Path(folder, "short.csv")
    short.write_text("value\n1\n2\n")

    done = weir("forecast", "--horizon", 48, "--period", 24, "--json", waves, short)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    check(done.returncode == 2 and len(lines) == 2, "one line a file, the bad one too", done)
    check("at least 4" in lines[1]["error"], "why there is no forecast", done)
    answer = lines[0]
    check(answer["schema"] == "weir.analyze/1" and answer["file"] == str(waves), "the head", done)
    for step in range(48):
        low, middle, high = (answer[key][step] for key in ("lo95", "mean", "hi95"))
        expected = 100 + 20 * math.sin(2 * math.pi * (600 + step) / 24)
        check(low <= answer["lo80"][step] <= middle <= answer["hi80"][step] <= high, "order", done)
        check(abs(middle - expected) < 3, f"step {step + 1} near {expected}", done)
    check(answer["seasons"][:1] == [{"steps": 24.0, "declared": True, "sure": True,
                                      "gain_ratio": None,
                                      "gain_ratio_reason": "a declared season is not tested"}],
          "the season", done)

    done = weir("forecast", "--horizon", 48, "--period", 24, "--limit", 115, "--explain", waves)
    check(done.returncode == 0, "text", done)
    for part in ("season of 24 steps: declared", "the limit 115 is reached", "weight", "+48", "now"):
        check(part in done.stdout, part, done)
    done = weir("forecast", "--period", "24,7", waves)
    check(done.returncode == 2 and "must be longer" in done.stderr, "seasons in order", done)
    done = weir("forecast", "--limit", "much", waves)
    check(done.returncode == 2 and "'much' is not a number" in done.stderr, "a bad limit", done)

    steps = Path(folder, "steps.csv")
    steps.write_text("users,rps\n1,64.9\n18,995.9\n36,1652.4\n72,1853.2\n108,1828.9\n144,1775\n"
                     "216,1702.2\n")
    done = weir("usl", "--json", steps)
    answer = json.loads(done.stdout)
    check(answer["peak"] == "measured" and abs(answer["peak_load"]["value"] - 96.52) < 0.01,
          "Gunther's peak", done)
    line = Path(folder, "line.csv")
    line.write_text("users,rps\n1,10.1\n2,19.8\n3,30.3\n4,39.7\n5,50.2\n6,59.8\n")
    done = weir("usl", line)
    check(done.returncode == 0 and "do not identify a peak" in done.stdout, "no peak", done)
    done = weir("usl", "--load", "threads", steps)
    check(done.returncode == 2 and "--throughput" in done.stderr, "a missing column", done)
