"""The gate's false-fail rate and power on simulated runs, judged through `weir import` and `weir gate`."""

import argparse
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WEIR = Path("build/release/cli/weir").resolve()
PYTHON = "/usr/bin/python3"
VERDICTS = {0: "pass", 10: "fail", 11: "inconclusive", 12: "pass"}  # A warning lets a build through.

# One criterion alone, with the whole of alpha; the combined verdict is the default policy.
POLICIES = {
    "combined": None,
    "body": "criteria:\n  - response_time: body\n    tolerance: 2%\n",
    "p99": "criteria:\n  - response_time: p99\n    tolerance: 5%\n",
}


def emit(options, folder):
    command = [PYTHON, options.eval / "gate_sim.py", "emit", "--out", folder, "--histogram",
               "--seed", str(options.seed), "--cases", str(options.cases),
               "--runs", str(options.runs), "--requests", str(options.requests)]
    if options.designs:
        command += ["--designs", *options.designs]
    subprocess.run(command, check=True)
    return sorted(Path(folder).glob("case*.json"))


def judge(case, policy):
    """The verdicts of one case as a user gets them: import, then one call for each policy."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder, "weir.db")
        subprocess.run([WEIR, "import", "--quiet", "--store", store, case], check=True)
        found = {}
        for name, file in policy.items():
            command = [WEIR, "gate", "--quiet", "--store", store,
                       "--baseline", "build:A", "--candidate", "build:B"]
            done = subprocess.run(command + (["--policy", file] if file else []),
                                  capture_output=True, text=True)
            if done.returncode not in VERDICTS:
                sys.exit(f"weir gate failed on {case}:\n{done.stderr}")
            found[name] = VERDICTS[done.returncode]
        return found


def policy_files(folder):
    files = {}
    for name, text in POLICIES.items():
        files[name] = Path(folder, name + ".yaml") if text else None
        if text:
            files[name].write_text(text)
    return files


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
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        cases = emit(options, Path(folder, "cases"))
        policies = policy_files(folder)
        found = list(pool.map(lambda case: judge(case, policies), cases))
        for name in POLICIES:
            verdicts = {case.stem: each[name] for case, each in zip(cases, found)}
            path = Path(folder, name + ".json")
            path.write_text(json.dumps({"gate": f"weir gate, {name}", "verdicts": verdicts}))
            subprocess.run([PYTHON, options.eval / "gate_sim.py", "score",
                            "--truth", Path(folder, "cases", "truth.json"), path], check=True)
            print()


if __name__ == "__main__":
    main()
