"""Time intervals of routes against a real Alertmanager: random ones, both asked now. The program is
given in $WEIR. Debian's interpreter."""

import json
import os
import random
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.request

from live_peers import WEIR, until
from monitor_channels_test import alertmanager
from receiver import Receiver
from servers import free_port

ROUTES = 200
WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september",
          "october", "november", "december"]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland",
         "Pacific/Apia", "America/St_Johns", "Africa/Casablanca", "Europe/Dublin"]


def quarter_hour():
    """No offset of a zone is finer, and times of the intervals below are full hours."""
    return int(time.time()) // 900


class RandomTimes:
    """The routes and intervals that both read."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.intervals = [{"name": f"i{i}", "time_intervals": [self.spec() for _ in range(
            self.rng.randint(1, 2))]} for i in range(80)]
        self.receivers = ["always"]
        self.routes = []
        for _ in range(ROUTES):
            route = self.route()
            if self.rng.random() < 0.2:
                route["routes"] = [self.route()]
            self.routes.append(route)
        self.routes.append({"receiver": "always", "continue": True})

    def pair(self, low, high):
        return sorted(self.rng.randint(low, high) for _ in range(2))

    def spec(self):
        spec = {}
        if self.rng.random() < 0.7:
            begin, end = self.pair(0, 23)
            spec["times"] = [{"start_time": f"{begin:02}:00", "end_time": f"{end + 1:02}:00"}]
        if self.rng.random() < 0.4:
            begin, end = self.pair(0, 6)
            spec["weekdays"] = [f"{WEEKDAYS[begin]}:{WEEKDAYS[end]}", self.rng.choice(WEEKDAYS)]
        if self.rng.random() < 0.3:
            low, high = self.rng.choice([(1, 31), (-31, -1)])
            begin, end = self.pair(low, high)
            spec["days_of_month"] = [f"{begin}:{end}"]
        if self.rng.random() < 0.2:
            begin, end = self.pair(1, 12)
            spec["months"] = [self.rng.choice([f"{begin}:{end}", MONTHS[begin - 1]])]
        if self.rng.random() < 0.1:
            spec["years"] = [self.rng.choice(["2020:2040", "2019"])]
        if self.rng.random() < 0.6:
            spec["location"] = self.rng.choice(ZONES)
        return spec

    def route(self):
        self.receivers.append(f"r{len(self.receivers)}")
        route = {"receiver": self.receivers[-1], "continue": True}
        for key in ("mute_time_intervals", "active_time_intervals"):
            if self.rng.random() < 0.5:
                route[key] = self.rng.sample([one["name"] for one in self.intervals],
                                             self.rng.randint(1, 2))
        return route

    def tree(self):
        return {"receiver": "always", "group_by": ["alertname"], "routes": self.routes}


class TimesTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def ours(self, times):
        """Who is told of an alert that begins now: of a replay of one sample."""
        self.write("m.yaml", json.dumps({
            "sources": [{"name": "shop", "scrape": "http://127.0.0.1:1/"}],
            "rules": [{"alert": "A", "source": "shop", "metric": "up", "above": 0}],
            "channels": [{"name": "out", "file": "out"}],
            "receivers": [{"name": name, "channels": ["out"]} for name in times.receivers],
            "route": times.tree(), "time_intervals": times.intervals}))
        self.write("samples", json.dumps({"timestamp": time.time(), "source": "shop",
                                          "metric": "up", "value": 1}) + "\n")
        done = subprocess.run([WEIR, "monitor", "m.yaml", "--replay", "samples", "--lines"],
                              cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return {json.loads(line["payload"])["receiver"] for line in lines if "payload" in line}

    def theirs(self, times, ours):
        """Who is told by Alertmanager, once that is known: of a second alert `always` is told
        after all that the first one made."""
        port = free_port()
        with Receiver() as hook:
            config = {"route": {**times.tree(), "group_wait": "0s"},
                      "time_intervals": times.intervals,
                      "receivers": [{"name": name, "webhook_configs": [
                          {"url": f"{hook.url}/{name}"}]} for name in times.receivers]}

            def told(alert):
                return {path[1:] for path, _, body in list(hook.got)
                        if json.loads(body)["commonLabels"]["alertname"] == alert}

            # Each has a folder of its own: Alertmanager remembers there whom it told.
            with alertmanager(tempfile.mkdtemp(dir=self.folder), port, config):
                for alert in ("A", "B"):
                    urllib.request.urlopen(urllib.request.Request(
                        f"http://127.0.0.1:{port}/api/v2/alerts",
                        json.dumps([{"labels": {"alertname": alert}}]).encode(),
                        {"Content-Type": "application/json"}), timeout=5).close()
                    try:
                        until(lambda alert=alert: told(alert) >= ours)
                    except AssertionError:
                        pass  # The comparison says which.
                return told("A")

    def test_the_same_routes_are_muted_as_by_a_real_alertmanager(self):
        for seed in (1, 2):
            times = RandomTimes(seed)
            while True:
                began = quarter_hour()
                ours = self.ours(times)
                theirs = self.theirs(times, ours)
                if quarter_hour() == began:
                    break
            self.assertEqual(sorted(ours), sorted(theirs))
            self.assertIn("always", ours)
            self.assertGreater(len(ours), ROUTES // 10)
            self.assertLess(len(ours), ROUTES * 9 // 10)


if __name__ == "__main__":
    unittest.main()
