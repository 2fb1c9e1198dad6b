"""Engines of `weir analyze` on public labelled data, scored by scripts that know nothing of weir."""

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from itertools import groupby
from pathlib import Path

WEIR = Path("build/release/cli/weir").resolve()
UX_RATES = Path("build/release/tests/analysis/ux_rates_test").resolve()
PYTHON = "/usr/bin/python3"
FILES_PER_CALL = 500  # Paths on one command line.
MARGIN_RUNS = 3  # As the scorer of histories has it.


def engines():
    """Names of the engines that this build has."""
    text = subprocess.run([WEIR, "analyze", "--help"], check=True, capture_output=True, text=True)
    lines = text.stdout.split("Engines:\n")[1].split("\n\n")[0]
    return {line.split()[0] for line in lines.splitlines() if line.strip()}


def write_csv(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def analyze(engine, files, *options):
    """{path: answer} for every file; a file that could not be analysed is an error here."""
    answers = {}
    for at in range(0, len(files), FILES_PER_CALL):
        part = [str(file) for file in files[at:at + FILES_PER_CALL]]
        done = subprocess.run([WEIR, "analyze", engine, "--json", *options, *part],
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"weir analyze {engine} failed:\n{done.stderr}")
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            answers[answer["file"]] = answer
    missing = [str(file) for file in files if str(file) not in answers]
    if missing:
        sys.exit(f"weir analyze {engine} gave no answer for {missing[0]} and {len(missing) - 1} more")
    return answers


def score(script, document, folder, *options, command=()):
    """Writes what the scorer reads, and prints what the scorer says."""
    path = Path(folder, Path(script).stem + ".json")
    path.write_text(json.dumps(document))
    subprocess.run([PYTHON, script, *command, path, *options], check=True)


def plain_series(path):
    """The values of a file in the format of TCPD."""
    return json.loads(Path(path).read_text())["series"][0]["raw"]


def change_points(sources, folder):
    """{name: [{"index": ...}, ...]} for files in the format of TCPD."""
    files = {}
    for source in sources:
        file = Path(folder, source.stem + ".csv")
        write_csv(file, ["value"], ([repr(value)] for value in plain_series(source)))
        files[source.stem] = file
    answers = analyze("changepoints", list(files.values()))
    return {name: answers[str(file)]["changepoints"] for name, file in files.items()}


def detections(found):
    """What the scorers of change points read."""
    return {"detector": "weir", "detections": {
        name: [point["index"] for point in points] for name, points in found.items()}}


def part_changepoint(options, folder):
    data = options.data / "changepoint"
    found = change_points(sorted((data / "tcpd").glob("*.json")), folder)
    score(options.eval / "changepoint.py", detections(found), folder,
          "--truth", data / "annotations.json", "--data", data / "tcpd")


def part_histories(options, folder):
    script = options.eval / "history_sim.py"
    histories = Path(folder, "histories")
    subprocess.run([PYTHON, script, "emit", "--out", histories, "--series", str(options.histories),
                    "--seed", str(options.seed)], check=True)
    sources = sorted(path for path in histories.glob("*.json") if path.stem != "truth")
    found = change_points(sources, folder)
    score(script, detections(found), folder,
          "--truth", histories / "truth.json", command=["score"])
    print_places(json.loads((histories / "truth.json").read_text()), found)


def print_places(truth, found):
    """What the scorer does not show: unchanged histories by kind of noise, and the intervals."""
    unchanged = {}
    for name, history in truth.items():
        if not history["changes"]:
            flagged, count = unchanged.get(history["noise"], (0, 0))
            unchanged[history["noise"]] = (flagged + bool(found[name]), count + 1)
    print("unchanged histories flagged: " + ", ".join(
        f"{noise} {flagged / count:.1%} of {count}"
        for noise, (flagged, count) in sorted(unchanged.items())))
    near = [(point, change["at"]) for name, history in truth.items()
            for change in history["changes"] for point in found[name]
            if abs(point["index"] - change["at"]) <= MARGIN_RUNS]
    held = sum(point["low"] <= at <= point["high"] for point, at in near)
    off = sum(abs(point["index"] - at) for point, at in near)
    width = sum(point["high"] - point["low"] + 1 for point, _ in near)
    count = max(len(near), 1)
    print(f"{len(near)} steps found within {MARGIN_RUNS} runs: {off / count:.3f} runs off, the "
          f"90 % interval holds {held / count:.1%}, mean width {width / count:.2f} runs")


def part_anomaly(options, folder):
    data = options.data / "anomaly"
    names = sorted(json.loads((data / "windows.json").read_text()))
    answers = analyze("anomalies", [data / "nab" / name for name in names])
    scores = {name: answers[str(data / "nab" / name)]["scores"] for name in names}
    scores = {name: [value or 0.0 for value in row] for name, row in scores.items()}
    first = answers[str(data / "nab" / names[0])]
    document = {"detector": "weir", "threshold": first.get("threshold", 0.5), "scores": scores}
    score(options.eval / "anomaly.py", document, folder,
          "--windows", data / "windows.json", "--data", data / "nab")
    alerts = sum(len(answers[str(data / "nab" / name)]["alerts"]) for name in names)
    print(f"weir itself raised {alerts} alerts")


def forecasts(series, folder):
    """{id: {"mean": ...}}; the horizon is the length of the test part, as the data set has it."""
    found = {}
    kind = lambda one: (len(one["test"]), one["period"])
    for (horizon, period), group in groupby(sorted(series, key=kind), key=kind):
        files = {}
        for one in group:
            file = Path(folder, one["id"] + ".csv")
            write_csv(file, ["value"], ([repr(value)] for value in one["train"]))
            files[one["id"]] = file
        answers = analyze("forecast", list(files.values()), "--horizon", str(horizon),
                          "--period", str(period))
        keys = ("mean", "lo80", "hi80", "lo95", "hi95")
        for name, file in files.items():
            found[name] = {key: answers[str(file)][key] for key in keys}
    return found


def part_forecast(options, folder):
    data = options.data / "forecast"
    for path in sorted(data.glob("m4_*.jsonl")):
        series = [json.loads(line) for line in path.read_text().splitlines()]
        found = forecasts(series, folder)
        print(path.stem)
        score(options.eval / "forecast.py", {"forecaster": "weir", "forecasts": found}, folder,
              "--data", path, "--reference", data / "naive2_reference.json")


def part_ux(options, folder):
    """Rates of the engine on simulated sets of two latencies and two outcomes: a test prints them."""
    del options, folder
    done = subprocess.run([UX_RATES], capture_output=True, text=True)
    names = [line.split()[-1] for line in done.stdout.splitlines() if line.startswith("[ RUN")]
    figures = [line for line in done.stdout.splitlines() if " of " in line and ": " in line]
    print("\n".join(figures))
    if done.returncode != 0:
        sys.exit(f"{UX_RATES} failed:\n{done.stdout}")
    print(f"{len(names)} tests passed")


def timed(engine, files, *options):
    start = time.monotonic()
    analyze(engine, files, *options)
    return time.monotonic() - start


def part_speed(options, folder):
    """Wall time of whole calls: reading, analysis and JSON."""
    rng = random.Random(1)
    have = engines()
    if "changepoints" in have:
        count, length = 2000, 300
        files = []
        for i in range(count):
            step = rng.choice((0, 0, 0.05, 0.1))
            at = rng.randrange(50, 250)
            level = lambda t: 100 * (1 + (step if t >= at else 0)) * rng.lognormvariate(0, 0.02)
            files.append(Path(folder, f"history{i}.csv"))
            write_csv(files[-1], ["value"], ([f"{level(t):.4f}"] for t in range(length)))
        seconds = timed("changepoints", files)
        print(f"changepoints: {count} histories of {length} runs in {seconds:.2f} s, "
              f"{1e6 * seconds / (count * length):.2f} us a point; goal 3.3 us "
              "(10,000 histories in 10 s)")
    if "anomalies" in have:
        points = 300_000
        file = Path(folder, "stream.csv")
        write_csv(file, ["timestamp", "value"],
                  ((300 * t, f"{100 + rng.gauss(0, 1):.4f}") for t in range(points)))
        seconds = timed("anomalies", [file])
        print(f"anomalies: {points} points in {seconds:.2f} s, {1e6 * seconds / points:.2f} us "
              "a point with reading and JSON")
    if "forecast" in have:
        count, length = 100, 960
        files = []
        for i in range(count):
            files.append(Path(folder, f"metric{i}.csv"))
            write_csv(files[-1], ["value"],
                      ([f"{100 + 20 * (t % 24 > 8) + rng.gauss(0, 3):.4f}"] for t in range(length)))
        seconds = timed("forecast", files, "--horizon", "48", "--period", "24")
        print(f"forecast: {count} series of {length} points in {seconds:.2f} s, "
              f"{1e3 * seconds / count:.1f} ms a forecast; goal 20 ms")


PARTS = {"changepoint": ("changepoints", part_changepoint),
         "histories": ("changepoints", part_histories),
         "anomaly": ("anomalies", part_anomaly),
         "forecast": ("forecast", part_forecast),
         "ux": ("ux", part_ux),
         "speed": (None, part_speed)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, metavar="DIR",
                        help="folder with changepoint/tcpd, anomaly/nab and forecast/*.jsonl")
    parser.add_argument("--eval", type=Path, metavar="DIR",
                        help="folder with the scorers: changepoint.py, history_sim.py, ...; "
                             "default: eval beside --data")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this; may be repeated")
    parser.add_argument("--histories", type=int, default=3000, help="simulated histories")
    parser.add_argument("--seed", type=int, default=1, help="of the simulated histories")
    options = parser.parse_args()
    parts = options.part or list(PARTS)
    if options.eval is None and options.data is not None:
        options.eval = options.data.resolve().parent / "eval"
    if options.data is None and set(parts) & {"changepoint", "anomaly", "forecast"}:
        parser.error("--data is needed for this")
    if set(parts) - {"ux", "speed"} and not (options.eval and options.eval.is_dir()):
        parser.error("no folder with scorers; --eval names it")
    have = engines()
    for name in parts:
        engine, run = PARTS[name]
        print(f"== {name}", flush=True)
        if engine is not None and engine not in have:
            print(f"skipped: this build has no engine '{engine}'")
            continue
        with tempfile.TemporaryDirectory() as folder:
            run(options, folder)


if __name__ == "__main__":
    main()
