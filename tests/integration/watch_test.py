"""weir run --watch-...: real processes, real pages of metrics, and what becomes of a run when they
go away. The program is given in $WEIR. Standard library only."""

import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

WEIR = os.path.abspath(os.environ["WEIR"])
EXPORTER = shutil.which("prometheus-node-exporter")


class Target:
    """weir target, until the end of the with block."""

    def __enter__(self):
        self.process = subprocess.Popen([WEIR, "target", "--host", "127.0.0.1"],
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.url = next(word for word in line.split() if word.startswith("http://"))
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    @property
    def pid(self):
        return str(self.process.pid)


class Page:
    """A page of metrics whose counter grows with each look; `dies_after` looks it answers 503."""

    def __init__(self, dies_after=None):
        page = self
        self.looks = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                page.looks += 1
                alive = dies_after is None or page.looks <= dies_after
                body = (f"# TYPE jobs_total counter\njobs_total{{queue=\"a\"}} {5 * page.looks}\n"
                        f"jobs_total{{queue=\"b\"}} {page.looks}\n"
                        f"process_resident_memory_bytes {1000 + page.looks}\n").encode()
                self.send_response(200 if alive else 503)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/metrics"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def named(run, name):
    return next((each for each in run["target_resources"] or [] if each["name"] == name), None)


class WatchTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def weir(self, *words):
        done = subprocess.run([WEIR, *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=50, stdin=subprocess.DEVNULL)
        return done

    def run_against(self, target, *options, duration="2500ms", rate="200"):
        done = self.weir("run", "-R", rate, "-d", duration, "-c", "4", "--json=run.json", *options,
                         target.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(self.folder, "run.json")) as file:
            return json.load(file), done

    def test_a_process_is_seen_from_beginning_to_end(self):
        with Target() as target:
            # The kernel books whole ticks of 10 ms: some requests may cost none.
            run, done = self.run_against(target, "--watch-pid", target.pid, rate="4000")
        self.assertEqual(done.stderr, "")
        cpu = named(run, "process_cpu_s")
        self.assertEqual((cpu["kind"], cpu["first_second"]), ("counter", 0))
        self.assertGreaterEqual(cpu["samples"], 3)
        self.assertGreater(cpu["total"], 0)
        self.assertAlmostEqual(cpu["per_request"], cpu["total"] / 10000)
        memory = named(run, "process_memory_bytes")
        self.assertEqual(memory["kind"], "level")
        self.assertGreater(memory["max"], 1e6)
        shown = self.weir("show", "last")
        self.assertIn("process_cpu_s", shown.stdout)
        again = json.loads(self.weir("show", "last", "--json").stdout)
        self.assertEqual(again["target_resources"], run["target_resources"])

    def test_a_process_that_ends_is_told_and_the_run_goes_on(self):
        with Target() as target:
            other = subprocess.Popen(["sleep", "100"])
            timer = threading.Timer(0.7, other.kill)
            timer.start()
            run, done = self.run_against(target, "--watch-pid", str(other.pid))
            timer.join()
            other.wait()
        self.assertEqual(run["requests"]["completed"], 500)
        self.assertEqual(done.stderr.count(f"process {other.pid} has ended"), 1)
        self.assertIn("the run goes on without it", done.stderr)
        cpu = named(run, "process_cpu_s")
        self.assertIsNone(cpu["per_request"])
        self.assertIn("only", cpu["per_request_reason"])

    def test_a_page_is_summed_over_its_series(self):
        with Target() as target, Page() as page:
            run, done = self.run_against(target, "--watch-metrics", page.url, "--watch-metric",
                                         "jobs_total", "--watch-metric", 'jobs_total{queue="b"}')
        self.assertEqual(done.stderr, "")
        jobs = named(run, "jobs_total")
        self.assertEqual(jobs["total"], 6 * (jobs["samples"] - 1))
        self.assertEqual(named(run, 'jobs_total{queue="b"}')["total"], jobs["total"] / 6)

    def test_a_page_has_defaults_and_may_stop_answering(self):
        with Target() as target, Page(dies_after=2) as page:
            run, done = self.run_against(target, "--watch-metrics", page.url)
        self.assertEqual(run["requests"]["completed"], 500)
        self.assertEqual(done.stderr.count("answers with status 503"), 1)
        self.assertEqual(named(run, "process_resident_memory_bytes")["samples"], 2)

    def test_what_is_not_there_is_told_and_the_run_goes_on(self):
        with Target() as target:
            run, done = self.run_against(
                target, "--watch-pid", "4194303", "--watch-cgroup", "weir-no-such-group",
                "--watch-metrics", "http://127.0.0.1:9/metrics", duration="300ms")
        self.assertEqual(run["requests"]["completed"], 60)
        self.assertIsNone(run["target_resources"])
        self.assertIn("there is no process 4194303", done.stderr)
        self.assertIn("there is no control group 'weir-no-such-group'", done.stderr)
        self.assertIn("http://127.0.0.1:9/metrics does not answer", done.stderr)

    def test_flags_that_make_no_sense_are_usage_errors(self):
        for words, message in (
                (["--watch-pid", "me"], "--watch-pid: 'me' is not the number of a process"),
                (["--watch-metrics", "node:9100"], "--watch-metrics: 'node:9100' is no address"),
                (["--watch-metric", "up"], "--watch-metric needs --watch-metrics URL"),
                (["--watch-metrics", "http://a/", "--watch-metric", "a b"],
                 "--watch-metric: 'a b' names no metric")):
            done = self.weir("run", *words, "http://127.0.0.1:9/")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(message, done.stderr)

    @unittest.skipUnless(EXPORTER, "prometheus-node-exporter is not installed")
    def test_a_real_node_exporter(self):
        with Page() as page:
            port = page.server.server_address[1]
        exporter = subprocess.Popen([EXPORTER, f"--web.listen-address=127.0.0.1:{port}"],
                                    stderr=subprocess.DEVNULL)
        self.addCleanup(exporter.wait)
        self.addCleanup(exporter.terminate)
        with Target() as target:
            end = time.monotonic() + 20
            while time.monotonic() < end:
                run, done = self.run_against(target, "--watch-metrics",
                                             f"http://127.0.0.1:{port}/metrics")
                if not done.stderr:
                    break
        cpu = named(run, "node_cpu_seconds_total")
        self.assertGreater(cpu["total"], 0)
        self.assertLess(cpu["per_s"], os.cpu_count() * 1.5)
        self.assertGreater(named(run, "node_memory_MemAvailable_bytes")["last"], 1e6)


if __name__ == "__main__":
    unittest.main(verbosity=2)
