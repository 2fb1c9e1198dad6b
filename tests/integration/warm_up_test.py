"""warm_up: auto against a server that is slow at first. The program is given in $WEIR. Standard
library only."""

import http.server
import json
import subprocess
import tempfile
import time
import unittest

from servers import Peer, WEIR

SLOW_S = 4
# Far above what other work on the machine adds, which then hides no change of the level.
FAST_S, WARMING_S = 0.03, 0.15


def handler():
    began = []

    class SlowAtFirst(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # Head and body in one segment: a second one may wait 40 ms for an ACK.

        def do_GET(self):
            began.append(time.monotonic())
            time.sleep(WARMING_S if time.monotonic() - began[0] < SLOW_S else FAST_S)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    return SlowAtFirst


class WarmUpTest(unittest.TestCase):
    def test_is_found_and_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            peer = Peer(handler())
            try:
                done = subprocess.run(
                    [WEIR, "run", "-R", "40", "-d", "14s", "-c", "8", "--warm-up", "auto", "--json",
                     peer.url], cwd=folder, capture_output=True, text=True, timeout=60)
            finally:
                peer.shutdown()
            self.assertEqual(done.returncode, 0, done.stderr)
            run = json.loads(done.stdout)
            # Beside other tests the seconds after it may be noisy, too; a cut is in the first half.
            self.assertGreaterEqual(run["warm_up_s"], SLOW_S)
            self.assertLessEqual(run["warm_up_s"], 7)
            self.assertLess(run["latency_ns"]["response"]["p90"], 150e6)
            self.assertEqual(run["requests"]["planned"] + run["warm_up"]["requests"]["planned"], 560)
            measured = run["requests"]
            self.assertEqual(measured["planned"], sum(
                measured[outcome] for outcome in
                ("completed", "failed", "timed_out", "dropped", "unfinished")))
            shown = subprocess.run([WEIR, "show", "last", "--json"], cwd=folder,
                                   capture_output=True, text=True, timeout=60)
            self.assertEqual(shown.stdout, done.stdout)
            text = subprocess.run([WEIR, "show", "last"], cwd=folder, capture_output=True, text=True,
                                  timeout=60).stdout
            self.assertIn("warm up and do not count", text)


if __name__ == "__main__":
    unittest.main()
