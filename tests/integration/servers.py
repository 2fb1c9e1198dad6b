"""Servers that are not ours, and short runs of weir against them. The program is given in $WEIR.
Standard library only."""

import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

WEIR = os.path.abspath(os.environ["WEIR"])


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def program(name):
    """Its path; services are in /usr/sbin, which need not be on the path."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin") or name


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nobody listens on port {port}")


class Peer(http.server.ThreadingHTTPServer):
    """A server of the test's own, on a free loopback port, until the test ends."""
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Server:
    """A server program that listens on `port`, until the end of the with block."""

    def __init__(self, port, *command):
        self.port = port
        self._command = [program(command[0]), *map(str, command[1:])]

    def __enter__(self):
        self.process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(self.port)
        except AssertionError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


class Prometheus(Server):
    """A real Prometheus with the configuration in a file and its data below `folder`, ready to answer:
    it listens before it does."""

    def __init__(self, port, config, folder):
        super().__init__(port, "prometheus", f"--config.file={config}",
                         f"--storage.tsdb.path={folder}/data",
                         f"--web.listen-address=127.0.0.1:{port}")

    def __enter__(self):
        super().__enter__()
        end = time.monotonic() + 30
        while not self._ready():
            if time.monotonic() > end:
                self.__exit__()
                raise AssertionError("Prometheus did not become ready")
            time.sleep(0.02)
        return self

    def _ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=10):
                return True
        except OSError:
            return False


class VictoriaMetrics(Server):
    """A real VictoriaMetrics with its data below `folder`."""

    def __init__(self, port, folder, *options):
        super().__init__(port, "victoria-metrics", f"-httpListenAddr=127.0.0.1:{port}",
                         f"-storageDataPath={folder}/victoria", "-retentionPeriod=1", *options)


def weir(folder, url, *options, rate=100, duration="500ms", env=None):
    """(exit code, document or None, standard error) of a short run."""
    done = subprocess.run([WEIR, "run", "-R", str(rate), "-d", duration, "-c", "4", "--json",
                           *options, url], cwd=folder, capture_output=True, text=True, timeout=50,
                          stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr
