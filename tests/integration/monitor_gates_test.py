"""weir monitor tells what `weir gate` decides, from the history that both use. The program is given
in $WEIR. Debian's interpreter."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from live_peers import WEIR, Monitor, until
from receiver import Receiver


class Target:
    """weir target with a latency, until the end of the with block."""

    def __init__(self, latency):
        self.latency = latency

    def __enter__(self):
        self.process = subprocess.Popen(
            [WEIR, "target", "--host", "127.0.0.1", "--latency", self.latency],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.url = next(word for word in line.split() if word.startswith("http://"))
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class MonitorGatesTest(unittest.TestCase):
    """One history: `good` is as fast as `old`, `slow` takes six times as long."""

    @classmethod
    def setUpClass(cls):
        cls.runs = tempfile.mkdtemp()
        with open(os.path.join(cls.runs, "gate.yaml"), "w", encoding="utf-8") as file:
            file.write("baseline: build:old\non_invalid: warn\n"
                       "criteria:\n  - { response_time: body, tolerance: 50% }\n")
        # Named, as a scenario of flags has the name of its target.
        with open(os.path.join(cls.runs, "checkout.yaml"), "w", encoding="utf-8") as file:
            file.write("name: checkout\nsteps: [ { get: / } ]\n"
                       "load: { stages: [ { rate: 400/s, for: 600ms } ] }\n")
        with Target("fixed:4ms") as fast, Target("fixed:24ms") as slow:
            for _ in range(3):
                for target, build in ((fast, "old"), (fast, "good"), (slow, "slow")):
                    done = subprocess.run(
                        [WEIR, "run", "checkout.yaml", "--target", target.url, "--build", build,
                         "--seed", "1"], cwd=cls.runs, capture_output=True, text=True, timeout=30,
                        check=False)
                    assert done.returncode in (0, 11), done.stderr

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.runs)

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        for name in os.listdir(self.runs):
            shutil.copy(os.path.join(self.runs, name), self.folder)

    def gate(self, build):
        done = subprocess.run(
            [WEIR, "gate", "--policy", "gate.yaml", "--candidate", f"build:{build}"],
            cwd=self.folder, capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, {"good": 0, "slow": 10}[build], done.stderr)
        return time.monotonic()

    @staticmethod
    def config(hook):
        return {
            "sources": [],
            "rules": [{"alert": "BuildFails", "gate": True, "labels": {"severity": "page"},
                       "annotations": {"summary": "{{ labels.build }}: {{ value }}, {{ why }}"}}],
            "channels": [{"name": "hook", "webhook": hook.url}], "flapping": {"times": 0},
            "route": {"receiver": "hook", "group_by": ["..."], "group_wait": "0s",
                      "group_interval": "1s"}}

    def test_a_fail_is_told_once_over_kill_and_ends_with_the_next_pass(self):
        with Receiver() as hook, Monitor(self.folder, self.config(hook)) as monitor:
            self.gate("good")
            written = self.gate("slow")
            until(lambda: hook.got)
            self.assertLess(time.monotonic() - written, 3)
            fired = json.loads(hook.got[0][2])["alerts"][0]
            self.assertEqual(fired["status"], "firing")
            self.assertEqual(fired["labels"]["build"], "slow")
            self.assertRegex(fired["annotations"]["summary"], "^slow: fail, .*response time")
            for _ in range(2):
                monitor.end(signal.SIGKILL)
                monitor.start()
                time.sleep(1.5)
            self.assertEqual(len(hook.got), 1)
            self.gate("good")
            until(lambda: len(hook.got) == 2)
            ended = json.loads(hook.got[1][2])
            self.assertEqual(ended["status"], "resolved")
            self.assertEqual(ended["alerts"][0]["labels"], fired["labels"])
            self.assertEqual(monitor.end(), 0, monitor.complaints())

    def test_a_verdict_is_told_within_two_seconds(self):
        with Receiver() as hook, Monitor(self.folder, self.config(hook)) as monitor:
            took = []
            for _ in range(int(os.environ.get("VERDICTS", "2"))):
                for build in ("slow", "good"):
                    written = self.gate(build)
                    until(lambda: len(hook.got) > len(took))
                    took.append(time.monotonic() - written)
                time.sleep(1)  # What ended begins a new group.
            print("told after", sorted(round(each, 3) for each in took))
            self.assertLess(sorted(took)[len(took) // 2], 2)
            self.assertEqual(monitor.end(), 0, monitor.complaints())

    def test_replaying_the_history_says_the_same_twice(self):
        self.gate("slow")
        self.gate("good")
        with Receiver() as hook:
            setup = self.config(hook)
        setup["sources"] = [{"name": "runs", "history": True}]
        setup["rules"].append({"alert": "SlowRun", "source": "runs", "above": 0.01,
                               "metric": 'weir_run_response_seconds{step="all",quantile="0.5"}'})
        with open(os.path.join(self.folder, "m.yaml"), "w", encoding="utf-8") as file:
            json.dump(setup, file)
        said = {subprocess.run([WEIR, "monitor", "--replay", "weir.db", "--lines", "m.yaml"],
                               cwd=self.folder, capture_output=True, text=True, timeout=60,
                               check=True).stdout for _ in range(2)}
        self.assertEqual(len(said), 1)
        lines = [json.loads(line) for line in said.pop().splitlines()]
        told = [(line["labels"]["alertname"], line["alert"]) for line in lines if "alert" in line]
        self.assertEqual([change for name, change in told if name == "BuildFails"],
                         ["fired", "resolved"])
        self.assertEqual(told.count(("SlowRun", "fired")), 3)  # Each time after a fast one.

    def test_check_says_the_rule_in_words_and_what_is_wrong_with_it(self):
        with Receiver() as hook:
            setup = self.config(hook)
        for gate, said in ((True, "the newest verdict of any scenario or service: fail"),
                           ({"verdict": "bad"}, "'bad' is no verdict to alert on")):
            setup["rules"][0]["gate"] = gate
            with open(os.path.join(self.folder, "m.yaml"), "w", encoding="utf-8") as file:
                json.dump(setup, file)
            done = subprocess.run([WEIR, "monitor", "--check", "m.yaml"], cwd=self.folder,
                                  capture_output=True, text=True, timeout=20, check=False)
            self.assertIn(said, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
