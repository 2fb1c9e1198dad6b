"""weir monitor under a service manager that keeps its socket: asked at a steady rate, it answers every
time, though it is killed meanwhile. The program is given in $WEIR. $PROBES: so many, ten a second, and
the figures are printed; docs/monitoring.md has those of 2995. Debian's interpreter."""

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from live_peers import WEIR, Page, get, until
from receiver import Receiver

PROBES = int(os.environ.get("PROBES", 60))
EVERY_S = 0.1
KILLS = 3
SETUP = {"sources": [{"name": "here", "host": "/"}], "channels": [{"name": "log", "file": "log"}],
         "rules": [{"alert": "Busy", "source": "here", "metric": "node_load1", "above": 1e9}]}
WITHIN_S = 5


class Keeper:
    """What systemd does for a socket unit and Restart=always: it keeps the socket, and starts the
    program again when that ends."""

    def __init__(self, folder, setup):
        self.folder = folder
        self.ends = 0
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(128)
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        with open(os.path.join(folder, "monitor.yaml"), "w", encoding="utf-8") as file:
            json.dump({**setup, "listen": self.address}, file)

    def __enter__(self):
        self.wanted = True
        self.process = self.start()
        self.thread = threading.Thread(target=self.keep)
        self.thread.start()
        return self

    def start(self, stderr=None):
        # A shell, as only the process itself knows its number before it is that program.
        order = 'exec 3<&$0; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
        return subprocess.Popen(["/bin/bash", "-c", order, str(self.socket.fileno()), WEIR, "monitor",
                                 "monitor.yaml"], cwd=self.folder, pass_fds=[self.socket.fileno()],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=stderr)

    def keep(self):
        while True:
            self.process.wait()
            if not self.wanted:
                return
            self.ends += 1
            self.process = self.start()

    def __exit__(self, *_):
        self.wanted = False
        self.process.terminate()
        self.thread.join()
        self.socket.close()


class MonitorUptimeTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    # Who asks waits in the queue of the socket while nobody is there. What was being answered at
    # the instant of the kill would be lost: each kill is half-way between two questions.
    def test_every_question_is_answered_though_it_is_killed(self):
        rule = {"alert": "HighErrors", "source": "shop", "metric": "errors", "above": 10}
        with Page("errors 11\n") as page, Receiver() as hook:
            setup = {"evaluate_every": "100ms",
                     "sources": [{"name": "shop", "scrape": page.url, "interval": "200ms"}],
                     "rules": [rule], "channels": [{"name": "hook", "webhook": hook.url}]}
            with Keeper(self.folder, setup) as keeper:
                until(lambda: hook.got)
                took = self.ask(keeper)
                until(lambda: json.loads(get(keeper.address, "/api/v1/status"))["alerts"])
                self.assertEqual(keeper.ends, KILLS)
            told = {json.loads(body)["eventId"] for _, _, body in hook.got}
        self.assertEqual(len(took), PROBES)
        self.assertEqual(len(told), 1, "an alert that goes on is not told again")
        if "PROBES" in os.environ:
            ordered = sorted(took)
            print(f"{len(took)} of {PROBES} answered, {KILLS} kills; ms: median "
                  f"{statistics.median(took) * 1e3:.1f}, p99 {ordered[len(took) * 99 // 100] * 1e3:.0f}, "
                  f"longest {ordered[-1] * 1e3:.0f}", file=sys.stderr)

    def ask(self, keeper):
        kills = {PROBES * (i + 1) // (KILLS + 1) for i in range(KILLS)}
        took = []
        threads = []

        def probe():
            began = time.monotonic()
            with socket.create_connection(keeper.socket.getsockname(), timeout=WITHIN_S) as asked:
                asked.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                if asked.recv(100).startswith(b"HTTP/1.1 200"):
                    took.append(time.monotonic() - began)

        begin = time.monotonic()
        for i in range(PROBES):
            time.sleep(max(0, begin + i * EVERY_S - time.monotonic()))
            threads.append(threading.Thread(target=probe))
            threads[-1].start()
            if i in kills:
                time.sleep(EVERY_S / 2)
                keeper.process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
        return took

    def test_a_socket_at_another_address_is_refused(self):
        keeper = Keeper(self.folder, SETUP)
        with open(os.path.join(self.folder, "monitor.yaml"), "w", encoding="utf-8") as file:
            json.dump({**SETUP, "listen": "127.0.0.1:1"}, file)
        with open(os.path.join(self.folder, "said"), "w+", encoding="utf-8") as said:
            process = keeper.start(stderr=said)
            self.assertEqual(process.wait(20), 2)
            said.seek(0)
            self.assertIn("and the configuration says 127.0.0.1 port 1", said.read())
        keeper.socket.close()


if __name__ == "__main__":
    unittest.main()
