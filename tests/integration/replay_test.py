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
        self.send_response({"/gone": 404, "/moved": 302}.get(self.path, 200))
        self.send_header("Location", "/new")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

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

    def test_what_a_run_logs_is_sent_again_as_it_was(self):
        self.write("rows.csv", "who\nann\nb\u00e9a\n")
        self.write("s.yaml", """
data: { rows: { file: rows.csv } }
flows:
  - name: shop
    steps:
      - get: /list?page={{ random(1, 1000000) }}
        headers: { accept-encoding: gzip, cookie: a=b, x-two: 'say "hi"' }
      - post: /cart/{{ random(1, 1000000) }}
        headers: { content-type: text/plain, authorization: Bearer t }
        body: "{{ rows.who }} \\ {{ uuid() }}\\n"
load: { arrivals: poisson, stages: [ { rate: 80/s, for: 2500ms } ] }
""")
        for keeps in (True, False):
            Keeper.asked = []
            peer = Peer(Keeper)
            done = subprocess.run(
                [WEIR, "run", "s.yaml", "--target", peer.url + "/shop", "--no-store", "--threads",
                 "2", "--request-log", "log.jsonl", *(["--keep-secrets"] if keeps else [])],
                cwd=self.folder, capture_output=True, text=True, timeout=100)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertFalse(Path(self.folder, "log.jsonl.part").exists())
            secrets = () if keeps else ("cookie", "authorization")
            sent = sorted(
                (method, path, sorted((name.lower(), value) for name, value in headers.items()
                                      if name.lower() not in ("host", *secrets)), body)
                for method, path, headers, body in Keeper.asked)
            lines = [json.loads(line) for line in
                     Path(self.folder, "log.jsonl").read_text().splitlines()]
            self.assertGreater(len(lines), 300)
            self.assertEqual(len(lines), len(sent))
            Keeper.asked = []
            self.run_scenario(peer.url, "replay: { file: log.jsonl, keep_secrets: true }",
                              "--request-log", "again.jsonl", "--keep-secrets")
            self.assertEqual(sorted(
                (method, path, sorted((name.lower(), value) for name, value in headers.items()
                                      if name.lower() != "host"), body)
                for method, path, headers, body in Keeper.asked), sent)
            # What is logged of the replay is what was replayed, as far apart to the nanosecond.
            again = [json.loads(line) for line in
                     Path(self.folder, "again.jsonl").read_text().splitlines()]
            self.assertEqual(self.offsets(again), self.offsets(lines))

    @staticmethod
    def offsets(lines):
        first = min(line["at_ns"] for line in lines)
        return sorted((line["at_ns"] - first, line["method"], line["path"], line.get("body", ""))
                      for line in lines)

    def test_a_log_has_what_was_due_and_no_redirects_whoever_sends_it(self):
        logs = []
        for engine in ("native", "curl"):
            Keeper.asked = []
            peer = Peer(Keeper)
            self.run_scenario(peer.url, f"engine: {engine}\nsteps: [ {{ put: /moved, redirects: 3, "
                              "headers: { x-a: b }, body: text } ]\n"
                              "load: { stages: [ { rate: 20/s, for: 100ms } ] }",
                              "--request-log", "log.jsonl", "--seed", "1")
            self.assertEqual([path for _, path, _, _ in Keeper.asked], ["/moved", "/new"] * 2)
            lines = [json.loads(line) for line in
                     Path(self.folder, "log.jsonl").read_text().splitlines()]
            logs.append(self.offsets(lines))
            self.assertEqual([(line["method"], line["path"], line["headers"], line["body"])
                              for line in lines], [("PUT", "/moved", {"x-a": "b"}, "text")] * 2)
        self.assertEqual(logs[0], logs[1])

    def test_bytes_that_are_no_text_come_back(self):
        self.write("b.jsonl", '{"at_ns": 1, "method": "POST", "path": "/a", "body_base64": "/wA="}\n'
                   '{"at_ns": 2, "path": "/b", "body_base64": "/wA"}\n'
                   '{"at_ns": 3, "path": "/c", "body_base64": "/wA=", "body": "x"}\n')
        peer = Peer(Keeper)
        run = self.run_scenario(peer.url, "replay: b.jsonl", "--request-log", "log.jsonl")
        self.assertIn("2 lines of another form left out (lines 2, 3)", run["load"])
        self.assertEqual([(path, body) for _, path, _, body in Keeper.asked],
                         [("/a", b"\xff\0")])
        line = json.loads(Path(self.folder, "log.jsonl").read_text())
        self.assertEqual((line["method"], line["path"], line["body_base64"]), ("POST", "/a", "/wA="))

    def test_a_log_that_cannot_be_written_is_told(self):
        self.write("s.yaml", "steps: [ { get: / } ]\nload: { stages: [ { rate: 20/s, for: 100ms } ] }")
        peer = Peer(Keeper)

        def run(*flags):
            done = subprocess.run([WEIR, "run", "s.yaml", "--target", peer.url, "--no-store", *flags],
                                  cwd=self.folder, capture_output=True, text=True, timeout=100)
            return done.returncode, done.stderr

        code, error = run("--request-log", "none/log.jsonl")
        self.assertEqual(code, 69)
        self.assertIn("cannot write the request log none/log.jsonl: No such file", error)
        self.assertEqual(Keeper.asked, [])
        code, error = run("--keep-secrets")
        self.assertEqual(code, 2)
        self.assertIn("add --request-log FILE", error)
        # A disk that is full.
        Path(self.folder, "full.jsonl.part").symlink_to("/dev/full")
        code, error = run("--request-log", "full.jsonl")
        self.assertEqual(code, 69)
        self.assertIn("the request log is incomplete: writing full.jsonl.part ended with: No space",
                      error)
        self.assertEqual(len(Keeper.asked), 2)
        self.assertFalse(Path(self.folder, "full.jsonl").exists())

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
