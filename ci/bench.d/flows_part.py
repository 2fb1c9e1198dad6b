"""What slots cost: a flow whose steps are filled in for each request, one of them with what the step
before extracted, against the same flow with fixed texts."""

from pathlib import Path

import lab
import rounds
from rounds import Client, Load

SLOTS, EXTRACTING, STATIC = "two slots", "two slots, and an extraction", "fixed texts"
CONNECTIONS = 64
SCENARIO = """name: flow
steps:
  - get: "{first}"
    name: front
    extract: {{ {extract} }}
  - get: "{second}"
    name: page
load: {{ stages: [ {{ users: {connections}, for: {seconds}s }} ] }}
"""
FLOWS = {
    STATIC: {"first": "/?page=12", "second": "/?sum=4711", "extract": ""},
    SLOTS: {"first": "/?page={{ random(10, 99) }}", "second": "/?sum={{ counter() }}",
            "extract": ""},
    EXTRACTING: {"first": "/?page={{ random(10, 99) }}", "second": "/?sum={{ length }}",
                 "extract": "length: header content-length"},
}


def _client(name, flow):
    def command(server, load, folder):
        scenario = Path(folder, "flow.yaml")
        text = SCENARIO.format(connections=load.connections, seconds=load.seconds, **flow)
        scenario.write_text(text.replace("    extract: {  }\n", ""))
        return [lab.WEIR, "run", "--no-store", "-t", 1, "--target", server.url, scenario]

    return Client(name, command, r"([\d,]+) completed")


CLIENTS = [_client(name, flow) for name, flow in FLOWS.items()]


def measure(options):
    load = Load(CONNECTIONS, options.seconds)
    with lab.nginx() as server:
        rows = rounds.measure(server, CLIENTS, load, options.rounds)
    return {"rows": rows, "seconds": options.seconds, "rounds": options.rounds}


def tables(result):
    yield rounds.table(
        f"Slots, closed loop, {CONNECTIONS} connections, against nginx (1 KiB)",
        result["rows"], [client.name for client in CLIENTS], anchors=[STATIC],
        seconds=result["seconds"], user_anchor=STATIC)
