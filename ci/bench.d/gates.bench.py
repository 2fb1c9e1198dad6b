"""The gate's false-fail rate and power on simulated runs, judged through `weir import` and `weir gate`,
or, for thousands of cases, by its engine alone."""

import argparse
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WEIR = Path("build/release/cli/weir").resolve()
ENGINE = Path("build/release/tests/bench/gate_cases").resolve()
PYTHON = "/usr/bin/python3"
SLOTS_OF_A_GATE = 1000
VERDICTS = {0: "pass", 10: "fail", 11: "inconclusive", 12: "pass"}  # A warning lets a build through.

# One criterion alone, with the whole of alpha; the combined verdict is the default policy.
POLICIES = {
    "combined": None,
    "body": "criteria:\n  - response_time: body\n    tolerance: 2%\n",
    "p99": "criteria:\n  - response_time: p99\n    tolerance: 5%\n",
}
# The same in the words of the engine's own program.
ENGINE_OPTIONS = {"combined": ["--default"], "body": ["--alone", "body"], "p99": ["--alone", "p99"]}


def emit(options, folder):
    command = [PYTHON, options.eval / "gate_sim.py", "emit", "--out", folder, "--histogram",
               "--seed", str(options.seed), "--cases", str(options.cases),
               "--runs", str(options.runs), "--requests", str(options.requests)]
    if options.designs:
        command += ["--designs", *options.designs]
    subprocess.run(command, check=True)


def weir_gate(store, baseline, candidate, *options):
    done = subprocess.run([WEIR, "gate", "--quiet", "--store", store, "--baseline",
                           f"build:{baseline}", "--candidate", f"build:{candidate}", *options],
                          capture_output=True, text=True)
    if done.returncode not in VERDICTS:
        sys.exit(f"weir gate failed on {store}:\n{done.stderr}")
    return VERDICTS[done.returncode]


def with_past(case, past):
    """The case as a file of its own, its past before it: builds A1 and B1, A2 and B2, ..."""
    runs = []
    for number, file in enumerate([*past, case], 1):
        name = str(number) if file != case else ""
        for run in json.loads(file.read_text())["runs"]:
            runs.append({**run, "build": run["build"] + name,
                         "slot": run["slot"] + SLOTS_OF_A_GATE * number})
    return json.dumps({"case": case.stem, "runs": runs})


def judge(case, past, policies):
    """The verdicts of one case as a user gets them: import, the gates of its past, then one call
    for each policy."""
    with tempfile.TemporaryDirectory() as folder:
        store, file = Path(folder, "weir.db"), Path(folder, "case.json")
        file.write_text(with_past(case, past))
        subprocess.run([WEIR, "import", "--quiet", "--store", store, file], check=True)
        for number in range(1, len(past) + 1):
            weir_gate(store, f"A{number}", f"B{number}")
        return {name: weir_gate(store, "A", "B", *(["--policy", policy] if policy else []))
                for name, policy in policies.items()}


def pasts(cases, truth, earlier):
    """For each case, `earlier` others of its environment and design, whatever their effect: a gate
    knows nothing of that, and the noise of runs does not depend on it."""
    kinds = {}
    for case in cases:
        kinds.setdefault((truth[case.stem]["scenario"], truth[case.stem]["design"]),
                         []).append(case)
    found = {}
    for alike in kinds.values():
        for place, case in enumerate(alike):
            found[case] = [alike[(place + step) % len(alike)] for step in range(1, earlier + 1)]
    return [found[case] for case in cases]


def policy_files(folder):
    files = {}
    for name, text in POLICIES.items():
        files[name] = Path(folder, name + ".yaml") if text else None
        if text:
            files[name].write_text(text)
    return files


def score(options, cases, path):
    subprocess.run([PYTHON, options.eval / "gate_sim.py", "score",
                    "--truth", Path(cases, "truth.json"), path], check=True)
    print()


def judge_by_engine(options, cases):
    with tempfile.TemporaryDirectory() as folder:
        for name, words in ENGINE_OPTIONS.items():
            path = Path(folder, name + ".json")
            subprocess.run([ENGINE, cases, path, *words], check=True, stdout=subprocess.DEVNULL)
            score(options, cases, path)


def judge_as_user(options, cases):
    files = sorted(cases.glob("case*.json"))
    truth = json.loads(Path(cases, "truth.json").read_text())
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        policies = policy_files(folder)
        found = list(pool.map(lambda each: judge(*each, policies),
                              zip(files, pasts(files, truth, options.earlier))))
        for name in POLICIES:
            verdicts = {case.stem: each[name] for case, each in zip(files, found)}
            path = Path(folder, name + ".json")
            path.write_text(json.dumps({"gate": f"weir gate, {name}", "verdicts": verdicts}))
            score(options, cases, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eval", type=Path, required=True,
                        help="folder of the simulator and scorer (gate_sim.py)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=20,
                        help="of each environment, design and effect; 105 kinds (default 20)")
    parser.add_argument("--runs", type=int, default=5, help="of each build (default 5)")
    parser.add_argument("--requests", type=int, default=10000, help="of each run (default 10000)")
    parser.add_argument("--designs", nargs="+", choices=["sequential", "interleaved", "duet"])
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--earlier", type=int, default=0,
                     help="gates of the past in the history of each case (default 0)")
    how.add_argument("--engine", action="store_true",
                     help="judge by the engine alone, without store and command line: 150 a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = Path(folder, "cases")
        emit(options, cases)
        (judge_by_engine if options.engine else judge_as_user)(options, cases)


if __name__ == "__main__":
    main()
