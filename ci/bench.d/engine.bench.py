"""cost and truth of the load engine, beside wrk, h2load, hey and a bare epoll loop

  ci/bench engine [--parts closed,recording,flows,scripts,https,http2,connections,pace,latency,
                   limit,stall,memory,hand_over] [--quick]
                  [--connections 64,1000,10000] [--rounds N] [--seconds S]
                  [--memory-seconds S] [--json FILE] [--markdown FILE] [--read FILE]...

Client on processor 0, server on processor 1, rounds in turn. A run is repeated, up to three times,
while other work had more than 2 % of either processor. --quick measures once, in less than a minute
per part. --read adds the rounds that an earlier run wrote with --json; with --parts none nothing is
measured. --markdown replaces the tables of these parts between the two marks in FILE.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import closed_part
import connections_part
import flows_part
import hand_over_part
import lab
import limit_part
import memory_part
import open_part
import recording_part
import scripts_part
import secure_part
import stall_part
import table

SCHEMA = "weir.bench/1"
PARTS = {
    "closed": (closed_part.measure, closed_part.tables),
    "recording": (recording_part.measure, recording_part.tables),
    "flows": (flows_part.measure, flows_part.tables),
    "scripts": (scripts_part.measure, scripts_part.tables),
    "https": (secure_part.measure_https, secure_part.https_tables),
    "http2": (secure_part.measure_http2, secure_part.http2_tables),
    "connections": (connections_part.measure, connections_part.tables),
    "pace": (open_part.measure_pace, open_part.pace_tables),
    "latency": (open_part.measure_latency, open_part.latency_tables),
    "limit": (limit_part.measure, limit_part.tables),
    "stall": (stall_part.measure, stall_part.tables),
    "memory": (memory_part.measure, memory_part.tables),
    "hand_over": (hand_over_part.measure, hand_over_part.tables),
}
# Seconds of a run and rounds, by part: quick, whole.
LENGTHS = {"closed": ((1, 1), (3, 3)), "recording": ((1, 3), (2, 15)), "flows": ((1, 3), (2, 15)),
           "scripts": ((1, 1), (2, 7)),
           "https": ((1, 1), (3, 3)), "http2": ((1, 1), (3, 3)),
           "connections": ((3, 1), (3, 3)), "pace": ((3, 1), (5, 3)), "latency": ((6, 1), (8, 3)),
           "limit": ((2, 1), (3, 3)), "stall": ((0, 1), (0, 1)), "memory": ((0, 1), (0, 1)),
           "hand_over": ((10, 1), (20, 3))}
BEGIN, END = "<!-- begin: ci/bench engine -->", "<!-- end: ci/bench engine -->"


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default=",".join(PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--connections", default="64,1000,10000", help=argparse.SUPPRESS)
    for name, kind in (("--rounds", int), ("--seconds", int), ("--memory-seconds", int),
                       ("--json", Path), ("--markdown", Path)):
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--read", type=Path, action="append", default=[], help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    options.parts = [part for part in options.parts.split(",") if part != "none"]
    options.connections = [int(word) for word in options.connections.split(",")]
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"no part '{unknown[0]}'; there are {', '.join(PARTS)}")
    return options


def measure(part, given):
    options = argparse.Namespace(**vars(given))
    seconds, rounds = LENGTHS[part][0 if given.quick else 1]
    options.seconds = given.seconds or seconds
    options.rounds = given.rounds or rounds
    options.memory_seconds = given.memory_seconds or (45 if given.quick else 300)
    lab.say(f"{part} ...")
    return {"measured_at": lab.now(), "machine": lab.machine(), **PARTS[part][0](options)}


def merge(results, part, more):
    """Adds the rounds of `more` to those that are there."""
    there = results.get(part)
    if there is None or "rounds" not in there:
        results[part] = more
        return
    if (there["seconds"], there["machine"]) != (more["seconds"], more["machine"]):
        raise lab.BenchError(f"{part}: rounds of other lengths or machines do not go together")
    rows = [{**row, "round": row.get("round", 0) + there["rounds"]} for row in more["rows"]]
    results[part] = {**more, "rows": there["rows"] + rows,
                     "rounds": there["rounds"] + more["rounds"]}


def in_markdown(part, result):
    lines = [table.markdown(entry) for entry in PARTS[part][1](result)]
    lines.append(f"Measured {result['measured_at']} on {result['machine']}: "
                 f"`ci/bench engine --parts {part}`.\n")
    return "\n".join(lines)


def replace_block(path, results):
    """Puts the tables of `results` between the marks; those of other parts stay."""
    page = path.read_text() if path.exists() else f"{BEGIN}\n{END}\n"
    if BEGIN not in page or END not in page:
        raise lab.BenchError(f"{path} lacks the marks '{BEGIN}' and '{END}'")
    head, rest = page.split(BEGIN, 1)
    block, tail = rest.split(END, 1)
    # The last line of a part says how it was measured.
    texts = {match.group(1): match.group().strip() + "\n"
             for match in re.finditer(r".*?`ci/bench engine --parts (\w+)`\.\n", block, re.DOTALL)}
    texts |= {part: in_markdown(part, result) for part, result in results.items()}
    text = "\n".join(texts[part] for part in PARTS if part in texts)
    path.write_text(f"{head}{BEGIN}\n{text}{END}{tail}")


def main():
    options = parse(sys.argv[1:])
    try:
        lab.prepare()
        if options.quick:
            lab.measure_once()
        results = {}
        for path in options.read:
            document = json.loads(path.read_text())
            if document.get("schema") != SCHEMA:
                raise lab.BenchError(f"{path} is not of schema {SCHEMA}")
            for part, result in document["parts"].items():
                merge(results, part, result)
        for part in options.parts:
            merge(results, part, measure(part, options))
        results = {part: results[part] for part in PARTS if part in results}
        for part, result in results.items():
            for entry in PARTS[part][1](result):
                print(table.terminal(entry))
        if options.json:
            options.json.write_text(
                json.dumps({"schema": SCHEMA, "parts": results}, indent=1) + "\n")
        if options.markdown:
            replace_block(options.markdown, results)
    except lab.BenchError as error:
        print(f"ci/bench engine: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
