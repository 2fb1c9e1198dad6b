"""What recording costs: the engine with three histograms, the phases and a record for every second,
against the engine that only counts and reads the clock for nothing."""

import lab
import rounds
from rounds import Client, Load

FULL, COUNTS = "everything", "counts only"
CONNECTIONS = 64


def _client(name, recording):
    def command(server, load, folder):
        return [lab.RECORDING_CLIENT, server.port, load.connections, load.seconds, recording]

    return Client(name, command, r"requests (\d+)")


CLIENTS = [_client(FULL, "full"), _client(COUNTS, "counts")]


def measure(options):
    load = Load(CONNECTIONS, options.seconds)
    with lab.nginx() as server:
        rows = rounds.measure(server, CLIENTS, load, options.rounds)
    return {"rows": rows, "seconds": options.seconds, "rounds": options.rounds}


def tables(result):
    yield rounds.table(
        f"Recording, closed loop, {CONNECTIONS} connections, against nginx (1 KiB)",
        result["rows"], [client.name for client in CLIENTS], anchors=[COUNTS],
        seconds=result["seconds"], user_anchor=COUNTS)
