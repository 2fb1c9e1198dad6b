"""Closed loop against nginx, under TLS and with HTTP/2: processor time of the client per request."""

import lab
import rounds
from lab import Speech
from rounds import Client, Load

# nginx's defaults of TLS: 1.3, AES-256-GCM. Its certificate is the laboratory's own.


def _weir(server, load, folder):
    http2 = ["--http2", "--streams", load.streams] if load.streams > 1 else []
    return [lab.WEIR, "run", "-c", load.connections, "-d", f"{load.seconds}s", *http2,
            *(["--insecure"] if server.url.startswith("https") else []), "--no-store", server.url]


def _bare(server, load, folder):
    return [lab.BARE_CLIENT, server.port, load.connections, load.seconds, "tls"]


def _wrk(server, load, folder):
    return ["wrk", "-t1", f"-c{load.connections}", f"-d{load.seconds}s", server.url]


def _h2load(server, load, folder):
    how = ["-m", load.streams] if load.streams > 1 else ["--h1"]
    return ["h2load", *how, "-t1", f"-c{load.connections}", "-D", load.seconds, server.url]


BARE, WEIR = Client("bare OpenSSL loop", _bare, r"requests (\d+)"), Client(
    "weir", _weir, r"([\d,]+) completed")
WRK, H2LOAD_H1 = Client("wrk", _wrk, r"(\d+) requests in"), Client(
    "h2load --h1", _h2load, r"(\d+) succeeded")
H2LOAD = Client("h2load", _h2load, r"(\d+) succeeded")

HTTPS_CLIENTS = [BARE, WEIR, WRK, H2LOAD_H1]
HTTP2_CLIENTS = [WEIR, H2LOAD]
HTTPS_CONNECTIONS = 64
HTTP2_CONNECTIONS, HTTP2_STREAMS = 10, 32


def measure_https(options):
    load = Load(HTTPS_CONNECTIONS, options.seconds)
    with lab.nginx(Speech(tls=True)) as server:
        rows = rounds.measure(server, HTTPS_CLIENTS, load, options.rounds)
    return {"rows": rows, "seconds": options.seconds, "rounds": options.rounds}


def https_tables(result):
    yield rounds.table(
        f"HTTPS keep-alive, {HTTPS_CONNECTIONS} connections, against nginx (1 KiB)",
        result["rows"], [client.name for client in HTTPS_CLIENTS],
        anchors=["bare OpenSSL loop", "wrk"], seconds=result["seconds"])


def measure_http2(options):
    rows = []
    load = Load(HTTP2_CONNECTIONS, options.seconds, HTTP2_STREAMS)
    for tls in (False, True):
        with lab.nginx(Speech(tls=tls, http2=True)) as server:
            rows += [{**row, "tls": tls} for row in
                     rounds.measure(server, HTTP2_CLIENTS, load, options.rounds)]
    return {"rows": rows, "seconds": options.seconds, "rounds": options.rounds}


def http2_tables(result):
    for tls in (False, True):
        yield rounds.table(
            f"HTTP/2 {'under TLS' if tls else 'in cleartext'}, {HTTP2_CONNECTIONS} connections of "
            f"{HTTP2_STREAMS} streams, against nginx (1 KiB)",
            [row for row in result["rows"] if row["tls"] == tls],
            [client.name for client in HTTP2_CLIENTS], anchors=["h2load"],
            seconds=result["seconds"], user_anchor="h2load")
