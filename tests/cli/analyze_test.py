"""`weir analyze` as a user meets it. Usage: analyze_test.py WEIR. Exits with 1 on the first failure."""

import json
import math
import random
import subprocess
import sys
import tempfile
from pathlib import Path

WEIR = sys.argv[1]


def weir(*arguments, text=""):
    return subprocess.run([WEIR, "analyze", *map(str, arguments)], input=text, capture_output=True,
                          text=True, timeout=30)


def check(holds, what, done=None):
    if not holds:
        sys.exit(f"FAILED: {what}\n{done.stdout if done else ''}{done.stderr if done else ''}")


with tempfile.TemporaryDirectory() as folder:
    good = Path(folder, "good.csv")
    good.write_text("timestamp,p99_ms,build\n" +
                    "".join(f"2026-11-01T00:{i:02d}:00Z,{10 + i % 3},b{i}\n" for i in range(50)))
    bad = Path(folder, "bad.csv")
    bad.write_text("value\n1\nfast\n")

    done = weir("--help")
    check(done.returncode == 0 and "describe" in done.stdout, "help lists the engines", done)
    done = weir("descibe", good)
    check(done.returncode == 2 and "did you mean 'describe'" in done.stderr, "a near name", done)

    done = weir("describe", "--json", good, bad, good)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    check(len(lines) == 3, "one line a file", done)
    check(all(line["schema"] == "weir.analyze/1" for line in lines), "the schema", done)
    check([line["file"] for line in lines] == [str(good), str(bad), str(good)], "the order", done)
    check(lines[0]["series"][0]["values"] == 50 and lines[0] == lines[2], "the answer", done)
    check("bad.csv:3" in lines[1]["error"] and "bad.csv:3" in done.stderr, "the bad file", done)
    check(done.returncode == 2, "a bad file is a usage error, after the others", done)
    check(good.read_text().startswith("timestamp"), "a file after --json is read, never written")

    out = Path(folder, "out.json")
    done = weir("describe", f"--json={out}", good)
    check(done.returncode == 0 and done.stdout == "" and json.loads(out.read_text()),
          "--json=FILE writes", done)

    stepped = Path(folder, "stepped.csv")
    stepped.write_text("p99_ms,build\n" + "".join(
        f"{(20 if i < 30 else 23) * (1 + (i * 7919 % 13 - 6) / 600)},b{i // 2}\n" for i in range(60)))
    done = weir("changepoints", "--json", stepped, good)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    check(done.returncode == 0 and len(lines) == 2, "one line a file", done)
    points = lines[0]["changepoints"]
    check([point["index"] for point in points] == [30], "the step is found", done)
    check(points[0]["low"] <= 30 <= points[0]["high"], "the interval holds it", done)
    check(abs(points[0]["change_ratio"] - 0.15) < 0.01, "the size", done)
    check(points[0]["confidence"] > 0.99, "the confidence", done)
    check(points[0]["build"] == "b15" and "b15" in points[0]["suspects"], "attribution", done)
    check(lines[1]["changepoints"] == [], "no step, no change point", done)
    done = weir("changepoints", "--explain", stepped)
    check("#30" in done.stdout and "+15" in done.stdout and "b15" in done.stdout, "the table", done)
    check("Runs vary by" in done.stdout, "the explanation", done)

    done = weir("describe", good)
    check("p99_ms, 50 values" in done.stdout and "b49" in done.stdout, "text and plot", done)
    check("\x1b" not in done.stdout, "no colour in a pipe", done)
    done = weir("describe", "-", text="value\n1\n2\n")
    check(done.returncode == 0 and "standard input" in done.stdout, "standard input", done)
    done = weir("describe", "none.csv")
    check(done.returncode == 69 and "none.csv" in done.stderr, "a missing file", done)
    done = weir("describe", good, "--scenario", "x")
    check(done.returncode == 2 and "speak of the history" in done.stderr, "file and store", done)
    done = weir("describe", "--store", Path(folder, "no.db"), "--scenario", "x", "--metric", "p99")
    check(done.returncode == 2 and "is not a metric" in done.stderr, "an unknown metric", done)

    wave = [50 + (i * 7919 % 101) / 20 for i in range(600)]
    wave[450] = 90
    stream = Path(folder, "stream.csv")
    stream.write_text("value\n" + "".join(f"{value}\n" for value in wave))
    done = weir("anomalies", "--json", stream)
    answer = json.loads(done.stdout)
    check(answer["alerts"] == [450] and answer["scores"][450] >= 0.5, "the spike", done)
    check(len(answer["scores"]) == 600 and answer["warm_up_rows"] == 200, "a score a row", done)
    incident = answer["incidents"][0]
    check(incident["expected_low"] < 50 and 55 < incident["expected_high"] < 60, "the band", done)
    check("expected_low" not in answer, "the band of every row only with --explain", done)
    done = weir("anomalies", "--explain", stream)
    check("1 alert;" in done.stdout and "row 450" in done.stdout, "an alert explained", done)
    done = weir("anomalies", "--margin", "0", stream)
    check(done.returncode == 2 and "--margin" in done.stderr, "a margin of nothing", done)
    done = weir("anomalies", "--json", good)
    answer = json.loads(done.stdout)
    check(answer["alerts"] == [] and "too few" in answer["warnings"][0], "too few values", done)
    shop = Path(folder, "shop.csv")
    random.seed(1)
    memory, latency = 0.0, []
    for _ in range(400):
        memory = 0.7 * memory + random.gauss(0, 0.7)
        latency.append(200 * math.exp(0.3 * memory))
    orders = [5 - 0.01 * (latency[t - 2] if t > 1 else 200) + random.gauss(0, 0.4)
              for t in range(400)]
    shop.write_text("time,p95_ms,orders\n" + "".join(
        f"{3600 * t},{latency[t]:.3f},{orders[t]:.4f}\n" for t in range(400)))
    done = weir("ux", "--outcome", "orders", "--json", shop)
    pair = json.loads(done.stdout)["groups"][0]["pairs"][0]
    check(pair["associated"] and pair["lag_rows"] == 2 and pair["correlation"] < 0, "ux", done)
    done = weir("ux", "--outcome", "orders", shop)
    check("falls" in done.stdout and "Correlation, not cause" in done.stdout, "ux text", done)

    split = Path(folder, "latency.csv"), Path(folder, "orders.csv")
    split[0].write_text("time,p95_ms,segment\n" + "".join(
        f"{3600 * t},{latency[t]:.3f},web\n{3600 * t},1,app\n" for t in range(400)))
    split[1].write_text("time,orders,segment\n" + "".join(
        f"{3600 * t + 60},{orders[t]:.4f},web\n" for t in range(400)))
    done = weir("ux", "--outcome", "orders", "--join", split[1], "--every", "1h", "--json", split[0])
    groups = json.loads(done.stdout)["groups"]
    check(len(groups) == 1 and groups[0]["name"] == "segment=web", "only what both have", done)
    check(groups[0]["pairs"][0]["lag_rows"] == 2, "joined on time and segment", done)
    done = weir("ux", shop)
    check(done.returncode == 2 and "--outcome is missing" in done.stderr, "no outcome", done)

    # The history of a scenario, in which build b20 made all but the fastest requests slower.
    runs = []
    for i in range(60):
        level = math.exp(7 + 0.01 * random.gauss(0, 1)) * (1.15 if i >= 40 else 1)
        runs.append({"build": f"b{i // 2}", "slot": i,
                     "latencies_us": [int(level * math.exp(0.3 * random.gauss(0, 1)))
                                      for _ in range(500)]})
    listed = Path(folder, "runs.json")
    listed.write_text(json.dumps({"case": "shop", "runs": runs}))
    store = Path(folder, "weir.db")

    def command(*arguments):
        return subprocess.run([WEIR, *map(str, arguments), "--store", store], capture_output=True,
                              text=True, timeout=30)

    check(command("import", listed).returncode == 0, "an import")
    done = command("history", "--json")
    answer = json.loads(done.stdout)
    points = answer["changes"]["changepoints"]
    check(len(answer["runs"]) == 50 and answer["changes"]["runs"] == 60, "more runs than rows", done)
    check({"response_time.p50", "response_time.p99"} == {one["metric"] for one in points},
          "what moved", done)
    check(all(one["build"] == "b20" and one["run"] == 41 and one["worse"] for one in points),
          "the build that moved it", done)
    done = command("history", "--last", 30)
    check("build b20: response p50 +15" in done.stdout and "sure; began with" in done.stdout,
          "change points below the table", done)
    done = command("history", "--last", 5)
    check("build b20" not in done.stdout and "2 in other runs" in done.stdout, "older ones", done)
    done = command("history", "--build", "b20")
    check("build b20: response p50" in done.stdout, "a build's own change points", done)
    done = command("history", "--change-min", "90%", "--json")
    check(json.loads(done.stdout)["changes"]["small"] == 2, "too small", done)
    done = command("history", "--changes-in", 0, "--json")
    answer = json.loads(done.stdout)
    check(answer["changes"] is None and "not looked for" in answer["changes_reason"], "none", done)
    done = command("show", 1, "--apdex", "1ms", "--json")
    apdex = json.loads(done.stdout)["apdex"]
    check(apdex["steps"][0]["step"] == "" and 0.5 < apdex["all"]["score"] < 1, "Apdex", done)
    done = command("show", 60, "--apdex", "request=1100us")
    check("request" in done.stdout and "frustrated" in done.stdout, "Apdex of a step", done)
    done = command("show", 1, "--apdex", "pay=1s")
    check(done.returncode == 2 and "there are: request" in done.stderr, "an unknown step", done)
    done = command("show", 1, "--json")
    check("--apdex" in json.loads(done.stdout)["apdex_reason"], "no T, no Apdex", done)
    done = command("history", "--metric", "apdex.1ms", "--json")
    points = json.loads(done.stdout)["changes"]["changepoints"]
    check(points[0]["build"] == "b20" and points[0]["worse"] and points[0]["unit"] == "score",
          "change points of Apdex", done)
    done = command("history", "--metric", "p50")
    check(done.returncode == 2 and "--metric: 'p50' is not a metric" in done.stderr, "metric", done)
    done = command("report", "--single", Path(folder, "page.html"), "--last", 1)
    check("(1 run, 0 verdicts)" in done.stdout, "one run is one run", done)
