"""`replay:` against real servers: what is sent, and when by the account of `weir target --truth`.
The program is given in $WEIR; $REPLAY=precise also holds the arrivals to 50 us, which takes a
machine of one's own. Standard library only."""

import http.server
import json
import os
import random
import resource
import statistics
import subprocess
import tempfile
import unittest
from pathlib import Path

from capacity_test import Target
from servers import WEIR, Peer

PRECISE = os.environ.get("REPLAY") == "precise"
NGINX = ('10.0.0.%d - - [10/Oct/2000:13:55:36 +0000] "%s HTTP/1.1" 200 1 "-" "curl/8" %.3f %.3f\n')


class Keeper(http.server.BaseHTTPRequestHandler):
    """Remembers what it was asked."""
    protocol_version = "HTTP/1.1"
    asked = []

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        Keeper.asked.append((self.command, self.path, dict(self.headers), body))
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_HEAD = do_DELETE = answer

    def log_message(self, *_):
        pass


def bursts(seconds, seed):
    """Arrivals that come in bursts, as a log has them: a Poisson process whose rate changes by
    chance between 40/s and 1200/s every 100 ms or so."""
    rng = random.Random(seed)
    at, level, until, out = 0.0, 1200.0, 0.0, []
    while at < seconds:
        if at >= until:
            level = rng.choice([40.0, 1200.0])
            until = at + rng.expovariate(10.0)
        at += rng.expovariate(level)
        out.append(at)
    return out


def dispersion(arrivals, window):
    """Index of dispersion of counts: variance over mean of the counts in windows (Cox and Lewis,
    1966)."""
    first = arrivals[0]
    counts = [0] * (int((arrivals[-1] - first) / window) + 1)
    for at in arrivals:
        counts[int((at - first) / window)] += 1
    return statistics.pvariance(counts) / statistics.fmean(counts)


class ReplayTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        Keeper.asked = []

    def write(self, name, text):
        Path(self.folder, name).write_text(text)

    def run_scenario(self, url, scenario, *flags):
        self.write("s.yaml", scenario)
        done = subprocess.run([WEIR, "run", "s.yaml", "--target", url, "--no-store", "--json",
                               *flags], cwd=self.folder, capture_output=True, text=True,
                              timeout=100, stdin=subprocess.DEVNULL)
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout)

    def test_a_log_is_sent_as_it_came(self):
        self.write("access.log", NGINX % (1, "GET /slow", 0.200, 971186136.300)
                   + NGINX % (2, "GET /early?a=b", 0.010, 971186136.020)
                   + "junk\n" + NGINX % (3, "DELETE /x/7", 0, 971186136.250)
                   + NGINX % (4, "GET /gone", 0, 971186136.260))
        peer = Peer(Keeper)
        run = self.run_scenario(peer.url, "replay: { file: access.log, host: shop.example, "
                                "groups: { deleted: '/^DELETE/' }, check: { status: 100..499 } }")
        self.assertEqual([(method, path) for method, path, _, _ in Keeper.asked],
                         [("GET", "/early?a=b"), ("GET", "/slow"), ("DELETE", "/x/7"),
                          ("GET", "/gone")])
        self.assertEqual({headers["host"] for _, _, headers, _ in Keeper.asked}, {"shop.example"})
        self.assertEqual({headers["user-agent"] for _, _, headers, _ in Keeper.asked}, {"curl/8"})
        self.assertEqual(run["requests"]["completed"], 4)
        self.assertEqual({step["name"]: step["requests"]["planned"] for step in run["steps"]},
                         {"deleted": 1, "other": 3})
        self.assertIn("1 line of another form left out (lines 3)", run["load"])

    def test_bodies_headers_and_secrets(self):
        self.write("requests.jsonl", json.dumps({
            "at_ns": 5, "method": "POST", "path": "/cart", "body": "{{ a }}",
            "headers": {"content-type": "text/plain", "authorization": "Bearer t"}}) + "\n")
        peer = Peer(Keeper)
        for keeps in ("false", "true"):
            self.run_scenario(peer.url, f"replay: {{ file: requests.jsonl, keep_secrets: {keeps} }}\n"
                              "defaults: { headers: { x-mine: '{{ 1 }}' } }")
        (_, _, first, body), (_, _, second, _) = Keeper.asked
        self.assertEqual((body, first["content-type"], first["x-mine"]),
                         (b"{{ a }}", "text/plain", "1"))
        self.assertEqual((first.get("authorization"), second.get("authorization")),
                         (None, "Bearer t"))

    def test_both_protocols_and_engines_send_it(self):
        self.write("targets.txt", "GET http://x/a\n\nGET http://x/b\n")
        peer = Peer(Keeper)
        for engine in ("native", "curl"):
            self.run_scenario(peer.url, "replay: { file: targets.txt, format: vegeta }\n"
                              f"engine: {engine}\nload: {{ stages: [ {{ rate: 40/s, for: 100ms }} ] }}")
            self.assertEqual([path for _, path, _, _ in Keeper.asked], ["/a", "/b", "/a", "/b"])
            Keeper.asked = []

    def test_arrivals_follow_those_of_the_file(self):
        recorded = bursts(20 if PRECISE else 4, seed=3)
        self.write("requests.jsonl", "".join(
            f'{{"at_ns": {10**18 + int(at * 1e9)}, "path": "/"}}\n' for at in recorded))
        for threads in ("1", "2"):
            with Target("--truth", str(self.folder / "truth.csv"), "--body", "10") as target:
                run = self.run_scenario(target.url, "replay: requests.jsonl\n"
                                        "load: { connections: 32 }", "--threads", threads)
            self.assertEqual(run["requests"]["planned"], len(recorded))
            rows = [line.split(",") for line in Path(self.folder, "truth.csv").read_text()
                    .splitlines() if line[0].isdigit()]
            arrived = sorted(int(row[0]) / 1e9 for row in rows)
            self.assertEqual(len(arrived), len(recorded))
            late = [there - here for there, here in zip(arrived, recorded)]
            # When the run began is not in the truth; the most punctual request says it.
            median = statistics.median(late) - min(late)
            ratios = [dispersion(arrived, window) / dispersion(recorded, window)
                      for window in (0.01, 0.1, 0.5)]
            print(f"{threads} threads, {len(recorded)} requests: median arrival error "
                  f"{median * 1e6:.1f} us, dispersion over that of the file "
                  f"{' '.join(f'{ratio:.4f}' for ratio in ratios)}", flush=True)
            # Two threads and the target do not fit on the two halves of a core.
            self.assertLess(median, 50e-6 if PRECISE and threads == "1" else 20e-3)
            for ratio in ratios[0 if PRECISE else 1:]:
                self.assertAlmostEqual(ratio, 1, delta=0.05)

    def test_memory_does_not_grow_with_the_log(self):
        peak = []
        for lines in (20_000, 400_000):
            with open(self.folder / "access.log", "w", encoding="utf-8") as log:
                for i in range(lines):
                    log.write(NGINX % (i % 250, f"GET /products/{i}", 0.030 * (i % 7),
                                       971186136 + i / 1000))
            self.write("s.yaml", "replay: access.log\n")
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            done = subprocess.run([WEIR, "check", "s.yaml", "--render"], cwd=self.folder,
                                  capture_output=True, text=True, timeout=100)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"{lines:,} requests", done.stdout)
            peak.append(max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
        self.assertLess(peak[1] - peak[0], 8 * 1024)


if __name__ == "__main__":
    unittest.main()
