"""weir export, read by promtool and served by a Prometheus. The program is given in $WEIR."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse
import urllib.request

from servers import Prometheus, WEIR, free_port, weir
from live_peers import Page

class ExportTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def run_weir(self, *options):
        return subprocess.run([WEIR, *options], cwd=self.folder, capture_output=True, text=True,
                              timeout=50)

    def test_a_prometheus_has_the_runs(self):
        with Page("ok\n") as page:
            counts = []
            for build in ("b1", "b2"):
                code, run, error = weir(self.folder, page.url, "--build", build, duration="2s")
                self.assertEqual(code, 0, error)
                counts.append(run["requests"]["planned"])
        done = self.run_weir("export", "last:2", "-o", "runs.om")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", "runs.om",
                               "data"], cwd=self.folder, capture_output=True, text=True, timeout=50)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        with open(os.path.join(self.folder, "p.yml"), "w", encoding="utf-8") as file:
            file.write("{}\n")
        port = free_port()
        with Prometheus(port, f"{self.folder}/p.yml", self.folder):
            query = urllib.parse.quote(
                'max by (build) (last_over_time(weir_requests_total{outcome="planned",phase="measure"}[1h]))')
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={query}",
                                        timeout=10) as reply:
                result = json.load(reply)["data"]["result"]
        got = {one["metric"]["build"]: int(one["value"][1]) for one in result}
        self.assertEqual(got, {"b1": counts[0], "b2": counts[1]})

    def test_it_says_what_is_missing(self):
        done = self.run_weir("export")
        self.assertEqual(done.returncode, 2)
        self.assertIn("hint: weir export last", done.stderr)


if __name__ == "__main__":
    unittest.main()
