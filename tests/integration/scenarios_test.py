"""Several scenarios in one run, each with its own load and start, against a server that writes down when it was asked
for what, and against `weir target`. The program is given in $WEIR. Standard library only."""

import http.server
import json
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from servers import WEIR, Peer

SHOP = """
name: shop
scenarios:
  - name: browse
    load: { stages: [ { rate: 50/s, for: 3s } ] }
    flows:
      - { name: front, weight: 3, steps: [ { get: /front } ] }
      - { name: list, steps: [ { get: /list } ] }
  - name: checkout
    start: 1s
    load: { rounds: 24, stages: [ { users: 3, for: 2s } ] }
    steps: [ { get: /cart }, { think: 20ms }, { get: /pay } ]
  - name: spike
    start: 1500ms
    load: { stages: [ { rate: 200/s, for: 300ms } ] }
    steps: [ { get: /sale } ]
"""
OPEN_ONLY = """
name: opens
scenarios:
  - { name: low, steps: [ { get: /low } ], load: { stages: [ { rate: 40/s, for: 2s } ] } }
  - { name: ramp, start: 500ms, steps: [ { get: /ramp } ], load: { stages: [ { rate: 0..80/s, for: 1s } ] } }
  - { name: late, start: 1700ms, steps: [ { get: /late } ],
      load: { arrivals: poisson, stages: [ { rate: 100/s, for: 1s } ] } }
"""


class Shop(Peer):
    def __init__(self):
        self.asked = []  # Appending is atomic.
        super().__init__(Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.server.asked.append((time.monotonic(), self.path))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class ScenariosTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, text):
        (self.folder / "shop.yaml").write_text(text)

    def weir(self, *arguments):
        return subprocess.run([WEIR, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL)

    def run_shop(self, url, *more):
        done = self.weir("run", "shop.yaml", "--no-store", "--json", "--quiet", "--seed", "7", "--target", url, *more)
        self.assertTrue(done.stdout, done.stderr)
        return done.returncode, json.loads(done.stdout)

    def test_each_begins_at_its_start_and_sends_its_count(self):
        for threads in ("1", "3"):
            with self.subTest(threads=threads):
                self.write(SHOP)
                shop = Shop()
                self.addCleanup(shop.server_close)
                self.addCleanup(shop.shutdown)
                _, run = self.run_shop(shop.url, "-t", threads)
                times = {}
                for at, path in shop.asked:
                    times.setdefault(path, []).append(at)
                counts = {path: len(at) for path, at in times.items()}
                self.assertEqual(counts.pop("/front") + counts.pop("/list"), 150)
                self.assertEqual(counts, {"/cart": 24, "/pay": 24, "/sale": 60})
                begin = min(times["/front"] + times["/list"])
                for path, start in (("/cart", 1.0), ("/sale", 1.5)):
                    # A busy machine is late, never early: but for what the first request of all was late.
                    self.assertGreater(min(times[path]) - begin, start - 0.25, path)
                    self.assertLess(min(times[path]) - begin, start + 1, path)
                self.assertLess(min(times["/sale"]), max(times["/front"]))
                steps = {step["name"]: step for step in run["steps"]}
                self.assertEqual(steps["GET /sale"]["tags"], "scenario:spike")
                self.assertEqual(steps["GET /sale"]["requests"]["completed"], 60)
                self.assertEqual(steps["GET /pay"]["requests"]["completed"], 24)
                self.assertEqual(run["requests"]["planned"], 150 + 48 + 60)

    def test_the_built_in_target_gets_exactly_what_is_planned(self):
        self.write(OPEN_ONLY)
        truth = self.folder / "truth.csv"
        target = subprocess.Popen([WEIR, "target", "--truth", truth], stdout=subprocess.PIPE, text=True)
        try:
            url = next(word for word in target.stdout.readline().split() if word.startswith("http://"))
            one = self.run_shop(url, "-t", "1", "--threshold", "count{scenario:ramp} >= 40",
                                "--threshold", "achieved{scenario:low} >= 99%")
            four = self.run_shop(url, "-t", "4")
        finally:
            target.terminate()
            target.wait()
            target.stdout.close()
        self.assertEqual(one[0], 0, one[1]["thresholds"])
        planned = [[(step["name"], step["requests"]["planned"]) for step in run["steps"]] for _, run in (one, four)]
        # The same arrivals, also the random ones, whoever sends them.
        self.assertEqual(planned[0], planned[1])
        self.assertEqual(planned[0][:2], [("GET /low", 80), ("GET /ramp", 40)])
        self.assertIn(planned[0][2][1], range(60, 140))
        sent = 2 * sum(count for _, count in planned[0])
        served = [line for line in truth.read_text().splitlines() if line[:1].isdigit()]
        self.assertEqual(len(served), sent)
        self.assertAlmostEqual(one[1]["duration_s"], 2.7, delta=0.5)

    def test_the_plan_names_each_and_draws_their_sum(self):
        self.write(OPEN_ONLY)
        plan = json.loads(self.weir("check", "shop.yaml", "--json", "--quiet").stdout)
        self.assertEqual(plan["duration_s"], 2.7)
        self.assertEqual([(one["name"], one["start_s"], one["rounds"], one["peak_per_s"]) for one in plan["scenarios"]],
                         [("low", 0, 80, 40), ("ramp", 0.5, 40, 80), ("late", 1.7, 100, 100)])
        self.assertEqual(plan["requests"], 220)
        self.assertEqual(plan["peak_per_s"], 140)  # As late begins ramp is over.
        part = plan["duration_s"] / len(plan["level_per_s"])
        self.assertAlmostEqual(sum(plan["level_per_s"]) * part, 220, delta=0.01)
        self.write(SHOP)
        text = self.weir("check", "shop.yaml").stdout
        for words in ("rounds per second, all together", "browse: rounds per second", "checkout: users",
                      "spike: rounds per second"):
            self.assertIn(words, text)
        self.assertRegex(text, r"checkout +1\.00 s +24 rounds by 3 users for 2 s +24 +3 users")

    def test_a_pair_of_deployments_gets_each_of_them_twice(self):
        self.write(OPEN_ONLY)
        targets = [subprocess.Popen([WEIR, "target"], stdout=subprocess.PIPE, text=True) for _ in range(2)]
        try:
            urls = [next(word for word in one.stdout.readline().split() if word.startswith("http://"))
                    for one in targets]
            done = self.weir("duet", "shop.yaml", "--baseline", urls[0], "--candidate", urls[1], "--seed", "7", "-n", "1")
            shown = [json.loads(self.weir("show", name, "--json").stdout) for name in ("1", "2")]
        finally:
            for one in targets:
                one.terminate()
                one.wait()
                one.stdout.close()
        self.assertIn(done.returncode, (0, 10, 11), done.stderr)
        planned = [[step["requests"]["planned"] for step in run["steps"]] for run in shown]
        self.assertEqual(planned[0], planned[1])
        self.assertEqual(planned[0][:2], [80, 40])

    def test_what_goes_with_one_load_only_says_so(self):
        self.write(SHOP)
        done = self.weir("capacity", "shop.yaml", "--target", "http://localhost:1", "--slo", "p(99) < 1s")
        self.assertEqual(done.returncode, 2)
        self.assertIn("the file has 'scenarios'", done.stderr)
        done = self.weir("duet", "shop.yaml", "--baseline", "http://localhost:1", "--candidate", "http://localhost:2")
        self.assertEqual(done.returncode, 2)
        self.assertIn("need an open load", done.stderr)


if __name__ == "__main__":
    unittest.main()
