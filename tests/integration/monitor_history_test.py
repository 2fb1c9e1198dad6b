"""weir monitor learns from the past of a real Prometheus, and of servers that refuse. The program is
given in $WEIR. Debian's interpreter."""

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from live_peers import WEIR, Monitor, PromPeer, get, until
from receiver import Receiver
from servers import Prometheus, free_port

STEP_S = 5


def blocks(folder, series):
    """The data of a Prometheus: series by name, each a list of (time, value)."""
    lines = []
    for name, points in series.items():
        lines.append(f"# TYPE {name} gauge")
        lines += [f'{name}{{host="a"}} {value} {at}' for at, value in points]
    path = os.path.join(folder, "past.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([*lines, "# EOF", ""]))
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", path,
                    os.path.join(folder, "data")], check=True, capture_output=True, timeout=60)


class MonitorHistoryTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def config(self, url, hook, rules, **source):
        return {
            "evaluate_every": "100ms",
            "listen": f"127.0.0.1:{free_port()}",
            "sources": [{"name": "prom", "prometheus": url, "interval": f"{STEP_S}s", **source}],
            "rules": [{"source": "prom", **rule} for rule in rules],
            "channels": [{"name": "hook", "webhook": hook}],
        }

    def source(self, setup):
        return json.loads(get(setup["listen"], "/api/v1/status"))["sources"][0]

    # 200 values of 5 s: without its past it would say nothing for 17 minutes.
    def test_an_anomaly_of_now_fires_at_once_and_one_of_the_past_never(self):
        rng = random.Random(7)
        now = int(time.time())
        instants = range(now - 5400, now + 120, STEP_S)  # Also what looks will find.

        def series(fault):
            return [(at, 100 + rng.gauss(0, 1) + (50 if fault(at) else 0)) for at in instants]

        blocks(self.folder, {
            "calm": series(lambda at: now - 2400 < at < now - 2100),
            "wild": series(lambda at: at > now - 60)})
        with open(f"{self.folder}/prometheus.yml", "w", encoding="utf-8") as file:
            file.write("scrape_configs: []\n")
        port = free_port()
        odd = {"every": f"{STEP_S}s", "period": "45m"}
        with Prometheus(port, f"{self.folder}/prometheus.yml", self.folder), Receiver() as hook:
            setup = self.config(f"http://127.0.0.1:{port}", hook.url, [
                {"alert": "Calm", "query": "calm", "anomaly": odd},
                {"alert": "Wild", "query": "wild", "anomaly": odd}])
            with Monitor(self.folder, setup) as monitor:
                until(lambda: hook.got, 30)
                said = self.source(setup)
                monitor.end()
        told = json.loads(hook.got[0][2])
        self.assertEqual([alert["labels"]["alertname"] for alert in told["alerts"]], ["Wild"])
        self.assertEqual(len(hook.got), 1)
        history = said["history"]
        self.assertEqual((history["rules"], history["learnt"]), (2, 2), said)
        # Two periods of each, and what came while it was asked.
        self.assertGreaterEqual(history["samples"], 2 * 5400 // STEP_S - 4)
        self.assertLess(history["samples"], 2 * 5400 // STEP_S + 20)
        ledger = said["ledger"]
        self.assertEqual(ledger["offered"],
                         ledger["ingested"] + ledger["rejected"] + ledger["dropped"])
        self.assertGreaterEqual(ledger["ingested"], history["samples"])
        self.assertEqual(said["warnings"], [])

    # It refuses the past, in every way that servers have, and goes on to answer what is now.
    def test_a_server_that_has_no_past_is_said_and_does_not_stop_looks(self):
        vector = {"status": "success", "data": {"resultType": "vector", "result": [
            {"metric": {"host": "a"}, "value": [time.time(), "11"]}]}}
        empty = {"status": "success", "data": {"resultType": "matrix", "result": []}}
        error = {"status": "error", "errorType": "execution", "error": "too many samples"}
        kinds = {"refused": (422, error), "busy": (503, "no"), "wrong": (400, error),
                 "gone": (404, "no"), "empty": (200, empty)}
        for kind, said in kinds.items():
            with self.subTest(kind), Receiver() as hook, PromPeer(
                    lambda path, _form, said=said: said if path.endswith("_range")
                    else (200, vector)) as peer:
                setup = self.config(peer.url, hook.url, [
                    {"alert": "Odd", "query": "odd", "anomaly": True},
                    {"alert": "High", "query": "high", "above": 10}])
                folder = os.path.join(self.folder, kind)  # With a history of its own.
                os.mkdir(folder)
                with Monitor(folder, setup) as monitor:
                    until(lambda: hook.got)
                    source = until(lambda: (found := self.source(setup))
                                   and (found["history"]["learnt"] == 1 or found["warnings"])
                                   and found)
                    monitor.end()
                self.assertEqual(source["health"], "integrated")
                if kind == "empty":
                    self.assertEqual(source["history"]["learnt"], 1)
                    self.assertEqual(source["history"]["samples"], 0)
                else:
                    self.assertRegex(source["warnings"][0],
                                     "^1 of 1 rules have not learnt from its past: .*"
                                     f"it answers {said[0]}")

    def test_after_sighup_only_rules_that_are_new_learn(self):
        vector = {"status": "success", "data": {"resultType": "vector", "result": []}}
        matrix = {"status": "success", "data": {"resultType": "matrix", "result": []}}
        with PromPeer(lambda path, _form: (200, matrix if path.endswith("_range") else vector)) \
                as peer:

            def asked():
                return {form["query"] for path, form in peer.asked if path.endswith("_range")}

            rules = [{"alert": name, "query": name, "anomaly": True} for name in ("old", "new")]
            setup = self.config(peer.url, "http://127.0.0.1:1", rules[:1])
            with Monitor(self.folder, setup) as monitor:
                until(lambda: self.source(setup)["history"]["learnt"] == 1)
                self.assertEqual(asked(), {"old"})
                peer.asked.clear()
                setup["rules"] = [{"source": "prom", **rule} for rule in rules]
                with open(f"{self.folder}/monitor.yaml", "w", encoding="utf-8") as file:
                    json.dump(setup, file)
                monitor.process.send_signal(signal.SIGHUP)
                until(lambda: asked() == {"new"}
                      and self.source(setup)["history"]["learnt"] == 1)
                monitor.end()
            self.assertEqual(asked(), {"new"})

    def test_a_source_may_say_how_much_of_its_past_is_asked_for(self):
        for learn, words in (("off", "rules learn nothing from its past"),
                             ("1h", "rules learn from its past, of at most 60.0 min")):
            setup = self.config("http://127.0.0.1:1", "http://127.0.0.1:1",
                                [{"alert": "Odd", "query": "odd", "anomaly": True}], learn=learn)
            with open(f"{self.folder}/m.yaml", "w", encoding="utf-8") as file:
                json.dump(setup, file)
            done = subprocess.run([WEIR, "monitor", "--check", "m.yaml"], cwd=self.folder,
                                  capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(words, done.stdout)


if __name__ == "__main__":
    unittest.main()
