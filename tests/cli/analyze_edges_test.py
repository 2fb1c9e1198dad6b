"""Every engine of `weir analyze` on what files may hold at worst, and on Apdex from the history.

Usage: analyze_edges_test.py WEIR. Exits with 1 on the first failure.
"""

import json
import math
import random
import subprocess
import sys
import tempfile
from pathlib import Path

WEIR = sys.argv[1]
ROWS = 400

# What each engine needs beside the file: two columns mean latency and outcome, or load and throughput.
ENGINES = {
    "describe": [],
    "changepoints": [],
    "anomalies": [],
    "forecast": ["--horizon", "5"],
    "ux": ["--outcome", "b"],
    "usl": [],
}
HAS_EXPLAIN = set(ENGINES) - {"describe"}


def weir(*arguments):
    return subprocess.run([WEIR, *map(str, arguments)], capture_output=True, text=True, timeout=120)


def check(holds, what, done=None):
    if not holds:
        sys.exit(f"FAILED: {what}\n{done.stdout[-3000:] if done else ''}"
                 f"{done.stderr[-3000:] if done else ''}")


def table(rows):
    return "timestamp,a,b\n" + "".join(f"{1760000000 + 60 * i},{a},{b}\n"
                                       for i, (a, b) in enumerate(rows))


def refuse(constant):
    raise ValueError(f"{constant} is not JSON")


def files(noise):
    """{name: (text, what the answer has to say, by engine; "*" for the others)}"""
    number = lambda: f"{100 + noise.gauss(0, 5):.3f}"
    few = {"describe": "too few", "changepoints": "Only 1 run has a value", "anomalies": "too few",
           "forecast": "at least 4", "ux": "40 are needed", "usl": "need 4"}
    none = {"describe": "no value is present", "changepoints": "Only 0 runs have a value",
            "anomalies": "missing or not finite", "forecast": "at least 4", "ux": "40 are needed",
            "usl": "need 4"}
    return {
        "empty": ("", {"*": "no values"}),
        "header": ("timestamp,a,b\n", {"*": "no values"}),
        "one": (table([(5, 6)]), few),
        "missing": (table([("nan", "")] * ROWS), none),
        "infinite": (table([("inf", "-inf")] * ROWS), {**none, "usl": "need 4"}),
        "equal": (table([(7, 3)] * ROWS),
                  {"describe": "all values are equal", "changepoints": "No change point",
                   "anomalies": "all values are equal", "forecast": "have no width", "ux": "not vary",
                   "usl": "need 4"}),
        "some": (table([("nan" if i % 7 == 0 else i % 50 + 1, "inf" if i % 11 == 0 else number())
                        for i in range(ROWS)]),
                 {"*": "infinite values are taken as missing", "usl": "left out"}),
        "huge": (table([((-1) ** i * 1.7e308, 1e308 * (i % 3 - 1)) for i in range(ROWS)]),
                 {"changepoints": "differ by more", "usl": "above 0", "anomalies": "count as missing"}),
        "tiny": (table([(5e-324 * (i % 3 + 1), 5e-324) for i in range(ROWS)]), {}),
        "word": (table([(1, 2)] * 3) + "1760009999,fast,1\n", {"*": ":5: column 'a': 'fast'"}),
        "wide": (table([(1, 2)] * 3) + "1760009999,1,2,3,4\n", {"*": ":5: 5 cells"}),
        "quote": (table([(1, 2)] * 3) + '1760009999,"1,2\n', {"*": ":5: "}),
        "binary": ("a,b\n\x00\x01\x02\n", {"*": ":2: "}),
    }


def test_edges(folder):
    for name, (text, wanted) in files(random.Random(4)).items():
        file = Path(folder, name + ".csv")
        file.write_text(text)
        for engine, options in ENGINES.items():
            what = f"{engine} of {name}"
            done = weir("analyze", engine, *options, file)
            said = " ".join((done.stdout + done.stderr).split())
            check(done.returncode in (0, 2), what, done)
            check(said, f"{what} is silent", done)
            check(done.returncode == 0 or name + ".csv" in done.stderr, f"{what} names it", done)
            expected = wanted.get(engine, wanted.get("*", ""))
            check(expected in said, f"{what} says '{expected}'", done)

            done = weir("analyze", engine, "--json", *options, file)
            lines = done.stdout.splitlines()
            check(len(lines) == 1, f"{what}: one line", done)
            answer = json.loads(lines[0], parse_constant=refuse)
            check(answer["schema"] == "weir.analyze/1" and answer["file"] == str(file), what, done)
            check(("error" in answer) == (done.returncode == 2), f"{what}: error or answer", done)


def test_shapes(folder):
    """The lines as programs are told to expect them."""
    noise = random.Random(5)
    file = Path(folder, "step.csv")
    file.write_text("timestamp,value\n" + "".join(
        f"{1760000000 + 60 * i},{(20 if i < 300 else 23) + noise.gauss(0, 0.2):.4f}\n"
        for i in range(ROWS)))
    other = Path(folder, "other.csv")
    other.write_text("value\n" + "".join(f"{noise.gauss(9, 1):.4f}\n" for _ in range(ROWS)))
    done = weir("analyze", "changepoints", "--json", file, other)
    first, second = map(json.loads, done.stdout.splitlines())
    check(second["changepoints"] == [] and second["file"] == str(other), "several files", done)
    check(list(first)[:2] == ["schema", "file"], "schema and file first", done)
    point = first["changepoints"][0]
    check(point["index"] == 300 and point["low"] <= 300 <= point["high"], "place", done)
    check(abs(point["change_ratio"] - 0.15) < 0.01 and 0.9 < point["confidence"] <= 1, "size", done)
    done = weir("analyze", "anomalies", "--json", file, other)
    first, second = map(json.loads, done.stdout.splitlines())
    check(len(first["scores"]) == ROWS and len(second["scores"]) == ROWS, "a score a row", done)
    check(all(0 <= score <= 1 for score in first["scores"]), "scores in 0..1", done)
    check(300 in first["alerts"], "alerts are rows", done)
    done = weir("analyze", "forecast", "--json", "--horizon", 7, "--period", 24, file, other)
    for answer in map(json.loads, done.stdout.splitlines()):
        check(all(len(answer[key]) == 7 for key in ("mean", "lo80", "hi80", "lo95", "hi95")),
              "five paths", done)


def test_explain(folder):
    noise = random.Random(6)
    file = Path(folder, "explained.csv")
    file.write_text(table([(i % 60 + 1, 50 * (i % 60 + 1) / (1 + 0.02 * (i % 60)) *
                            math.exp(0.02 * noise.gauss(0, 1))) for i in range(ROWS)]))
    wanted = {"changepoints": "Runs vary by", "anomalies": "row", "forecast": "weight",
              "ux": "By lag:", "usl": "curve"}
    spiked = Path(folder, "spiked.csv")
    spiked.write_text("value\n" + "".join(
        f"{900 if i == 350 else noise.gauss(50, 1):.4f}\n" for i in range(ROWS)))
    for engine in HAS_EXPLAIN:
        given = spiked if engine == "anomalies" else file
        plain = weir("analyze", engine, *ENGINES[engine], given)
        done = weir("analyze", engine, "--explain", *ENGINES[engine], given)
        check(done.returncode == 0 and wanted[engine] in done.stdout, f"{engine} --explain", done)
        check(len(done.stdout) > len(plain.stdout), f"{engine} --explain adds something", done)


def test_apdex_of_the_history(folder):
    """Orders follow the Apdex of the run two runs before: found from the store joined with a file."""
    noise = random.Random(7)
    count = 150
    memory, runs, apdex = 0.0, [], []
    for i in range(count):
        memory = 0.5 * memory + noise.gauss(0, 0.5)
        latencies = [int(1000 * math.exp(0.5 * memory + 0.5 * noise.gauss(0, 1)))
                     for _ in range(200)]
        runs.append({"build": f"b{i}", "slot": i, "latencies_us": latencies})
        apdex.append(sum(1 if us <= 1000 else 0.5 if us <= 4000 else 0
                         for us in latencies) / len(latencies))
    listed = Path(folder, "runs.json")
    listed.write_text(json.dumps({"case": "shop", "runs": runs}))
    store = Path(folder, "weir.db")
    done = weir("import", listed, "--store", store)
    check(done.returncode == 0, "import", done)
    history = json.loads(weir("history", "--json", "--last", count, "--store", store).stdout)["runs"]
    times = [run["started_at"] for run in reversed(history)]
    orders = Path(folder, "orders.csv")
    orders.write_text("time,orders\n" + "".join(
        f"{times[i]},{100 * (apdex[i - 2] if i > 1 else 0.5) + noise.gauss(0, 5):.4f}\n"
        for i in range(count)))
    arguments = ("analyze", "ux", "--store", store, "--scenario", "case:shop", "--metric",
                 "apdex.1ms", "--join", orders, "--outcome", "orders")
    done = weir(*arguments, "--json")
    pair = json.loads(done.stdout)["groups"][0]["pairs"][0]
    check(pair["latency"] == "apdex.1ms" and pair["associated"], "Apdex and orders", done)
    check(pair["lag_rows"] == 2 and pair["correlation"] > 0.5, "two runs later, rising", done)
    done = weir(*arguments, "--explain")
    check("rises" in done.stdout and "called associated" in done.stdout, "as text", done)
    arguments = ("--scenario", "case:shop", "--metric", "apdex.1ms", "--store", store)
    for engine in ("describe", "changepoints", "anomalies", "forecast"):
        done = weir("analyze", engine, *arguments)
        check(done.returncode == 0 and "apdex.1ms" in done.stdout, f"{engine} of the store", done)


def main():
    for test in (test_edges, test_shapes, test_explain, test_apdex_of_the_history):
        with tempfile.TemporaryDirectory() as folder:
            test(folder)


main()
