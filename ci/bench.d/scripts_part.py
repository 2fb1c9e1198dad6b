"""What a script of wrk costs: the same one in wrk and in weir, and weir without any."""

from pathlib import Path

import lab
import rounds
from rounds import Client, Load

CONNECTIONS = 64
SCRIPTS = lab.ROOT / "tests/integration/wrk_scripts"
PLAIN = "weir, no script"
NAMES = ("post", "counter", "setup")


def _script(name, folder):
    """The nginx of the laboratory takes no POST."""
    script = Path(folder, f"{name}.lua")
    script.write_text((SCRIPTS / f"{name}.lua").read_text().replace('"POST"', '"GET"')
                      .replace('path = "/" .. counter', 'path = "/?" .. counter'))
    return script


def _weir(name):
    def command(server, load, folder):
        return [lab.WEIR, "run", "--no-store", "-t", 1, "-c", load.connections,
                "-d", f"{load.seconds}s", "--wrk-script", _script(name, folder), server.url]

    return Client(f"weir, {name}.lua", command, r"([\d,]+) completed")


def _wrk(name):
    def command(server, load, folder):
        return ["wrk", "-t1", f"-c{load.connections}", f"-d{load.seconds}s",
                "-s", _script(name, folder), server.url]

    return Client(f"wrk, {name}.lua", command, r"(\d+) requests in")


def _plain(server, load, folder):
    return [lab.WEIR, "run", "--no-store", "-t", 1, "-c", load.connections,
            "-d", f"{load.seconds}s", server.url]


PAIRS = [(_weir(name), _wrk(name)) for name in NAMES]


def measure(options):
    load = Load(CONNECTIONS, options.seconds)
    clients = [Client(PLAIN, _plain, r"([\d,]+) completed"),
               *(client for pair in PAIRS for client in pair)]
    with lab.nginx() as server:
        rows = rounds.measure(server, clients, load, options.rounds)
    return {"rows": rows, "seconds": options.seconds, "rounds": options.rounds}


def tables(result):
    for ours, theirs in PAIRS:
        yield rounds.table(
            f"Scripts, closed loop, {CONNECTIONS} connections, against nginx (1 KiB): {ours.name[6:]}",
            result["rows"], [PLAIN, ours.name, theirs.name], anchors=[theirs.name],
            seconds=result["seconds"])
