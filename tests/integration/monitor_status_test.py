"""What weir monitor says of itself: to a real Prometheus, to promtool, to a person. The program is
given in $WEIR. Debian's interpreter."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.parse

from live_peers import WEIR, Monitor, Page, PromPeer, get, until
from receiver import Receiver
from servers import Prometheus, VictoriaMetrics, free_port

TOKEN = "0123456789abcdef0123456789abcdef"


def config(page_url, hook_url, **more):
    return {
        "evaluate_every": "100ms",
        "listen": f"127.0.0.1:{free_port()}",
        "sources": [{"name": "shop", "scrape": page_url, "interval": "100ms", "timeout": "1s"}],
        "rules": [{"alert": "HighErrors", "source": "shop", "above": 10, "metric": "errors"}],
        "channels": [{"name": "hook", "webhook": hook_url}],
        **more,
    }


class MonitorStatusTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def status(self, *arguments):
        return subprocess.run([WEIR, "monitor", "status", *arguments], cwd=self.folder,
                              capture_output=True, text=True, timeout=20)

    def test_a_person_is_told_what_users_have_that_moves_with_the_probe(self):
        page = {"page": "/", "segment": "", "views": 900, "apdex": 0.9, "probe": "inside",
                "probe_p50_s": 0.12, "probe_links": [
                    {"outcome": "lcp", "rows": 340, "correlation": 0.617, "low": 0.49,
                     "high": 0.718, "associated": True},
                    {"outcome": "left", "rows": 340, "correlation": 0.02, "low": -0.1,
                     "high": 0.13, "associated": False}]}
        status = {"schema": "weir.monitor_status/1", "health": "integrated", "pages": [page]}
        with Page(json.dumps(status)) as fake:
            said = self.status(fake.url.removesuffix("/metrics")).stdout
        self.assertRegex(said, r"p50 of inside 120.?ms, LCP moves with it \(0\.62, 0\.49 to 0\.72; "
                               r"340 min\), left not seen to move with it in 340 min\n")

    def test_a_person_is_told_what_works_and_why_not(self):
        with Page('errors{host="a"} 11\nbroken{ 1\n') as page, Receiver() as hook:
            setup = config(page.url, hook.url)
            with Monitor(self.folder, setup) as monitor:
                until(lambda: hook.got)
                until(lambda: self.status("monitor.yaml").stdout.startswith("integrated"))
                said = self.status("monitor.yaml")
                self.assertIn("engine   threshold            integrated  1 rule\n", said.stdout)
                self.assertIn("engine   anomaly              not_used    0 rules: no rule asks it",
                              said.stdout)
                self.assertIn("alert    HighErrors           firing      host=a", said.stdout)
                told = json.loads(self.status("--json", f"http://{setup['listen']}").stdout)
                self.assertEqual(told["schema"], "weir.monitor_status/1")
                ledger = told["sources"][0]["ledger"]
                self.assertGreater(ledger["rejected"], 0)
                self.assertEqual(ledger["offered"],
                                 ledger["ingested"] + ledger["rejected"] + ledger["dropped"])
                page.status = 503
                until(lambda: self.status("monitor.yaml").returncode == 69)
                said = self.status("monitor.yaml")
                self.assertRegex(said.stdout, "^failed\n  source shop is (degraded|failed): ")
                page.status = 200
                until(lambda: self.status("monitor.yaml").returncode == 0)
                self.assertEqual(monitor.end(), 0)
        said = self.status("monitor.yaml")
        self.assertEqual(said.returncode, 69)
        self.assertIn("hint: does 'weir monitor' run there", said.stderr)

    # The Prometheus of Debian 12 does not warn yet: an answer as 3.x gives it.
    def test_what_a_prometheus_warns_of_is_said_and_is_no_trouble(self):
        info = 'PromQL info: metric might not be a counter: "jobs" (1:6)'
        answer = {"status": "success", "infos": [info], "data": {"resultType": "vector", "result": [
            {"metric": {"host": "a"}, "value": [1, "1"]}]}}
        with PromPeer(lambda _path, _form: (200, answer)) as peer, Receiver() as hook:
            setup = config("", hook.url)
            setup["sources"] = [{"name": "prom", "prometheus": peer.url, "interval": "100ms"}]
            setup["rules"] = [{"alert": "Slow", "source": "prom", "query": "rate(jobs[1m])",
                               "above": 10}]
            with Monitor(self.folder, setup) as monitor:
                until(lambda: self.status("monitor.yaml").stdout.startswith("integrated"))
                said = self.status("monitor.yaml").stdout
                told = json.loads(self.status("--json", "monitor.yaml").stdout)
                until(lambda: len(peer.asked) >= 3)
                monitor.end()
        self.assertIn(f"         warns: {info}\n", said)
        self.assertEqual(told["sources"][0]["warnings"], [info])
        self.assertEqual(told["reasons"], [])
        path, form = peer.asked[0]
        self.assertEqual(path, "/api/v1/query")
        self.assertEqual([form["query"] for _, form in peer.asked[:3]],
                         ["time()", "rate(jobs[1m])", "rate(jobs[1m])"])
        self.assertEqual(form["partial_response"], "false")
        self.assertEqual(form["deny_partial_response"], "1")

    # By its flag it shows them, and a Prometheus always does.
    def test_a_victoriametrics_that_hides_the_newest_samples_is_told_of(self):
        with open(f"{self.folder}/prometheus.yml", "w", encoding="utf-8") as file:
            file.write("scrape_configs: []\n")
        sources = []
        with contextlib.ExitStack() as stack:
            for name, options in (("usual", []), ("shown", ["-search.latencyOffset=1s"])):
                port = free_port()
                stack.enter_context(VictoriaMetrics(port, f"{self.folder}/{name}", *options))
                sources.append({"name": name, "prometheus": f"http://127.0.0.1:{port}"})
            port = free_port()
            stack.enter_context(Prometheus(port, f"{self.folder}/prometheus.yml", self.folder))
            sources.append({"name": "prom", "prometheus": f"http://127.0.0.1:{port}"})
            setup = config("", "http://127.0.0.1:1")
            setup["sources"] = [{**source, "interval": "200ms", "timeout": "5s"}
                                for source in sources]
            setup["rules"] = [{"alert": f"On{source['name']}", "source": source["name"],
                               "query": "vector(1)", "above": 10} for source in sources]
            monitor = stack.enter_context(Monitor(self.folder, setup))
            until(lambda: self.status("monitor.yaml").stdout.startswith("integrated"))
            said = json.loads(self.status("--json", "monitor.yaml").stdout)
            monitor.end()
        warnings = {source["name"]: source["warnings"] for source in said["sources"]}
        self.assertRegex(warnings.pop("usual")[0], "^the server hides the newest (29|30) s: ")
        self.assertEqual(warnings, {"shown": [], "prom": []})

    def test_a_token_is_asked_for_and_shown_nowhere(self):
        with open(os.path.join(self.folder, "token"), "w", encoding="utf-8") as file:
            file.write(TOKEN + "\n")
        with Page("errors 1\n") as page, Receiver() as hook:
            setup = config(page.url, hook.url, read_token_file="token")
            with Monitor(self.folder, setup) as monitor:
                url = f"http://{setup['listen']}"
                denied = self.status(url)
                self.assertEqual(denied.returncode, 69)
                self.assertIn("wants a token", denied.stderr)
                self.assertEqual(self.status("--token-file", "token", url).returncode, 0)
                self.assertEqual(self.status("monitor.yaml").returncode, 0)
                for path in ("/api/v1/status", "/metrics"):
                    self.assertNotIn(TOKEN, get(setup["listen"], path, TOKEN))
                monitor.end()
                self.assertNotIn(TOKEN, monitor.complaints())

    def test_promtool_finds_nothing_to_mend(self):
        with Page('errors{host="a"} 11\n') as page, Receiver() as hook:
            setup = config(page.url, hook.url)
            with Monitor(self.folder, setup) as monitor:
                until(lambda: hook.got)
                text = get(setup["listen"], "/metrics")
                monitor.end()
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                              text=True, timeout=30)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), text)
        self.assertIn('weir_source_samples_total{outcome="ingested",source="shop"}', text)

    # The figures of a scrape by a real Prometheus are those that the monitor has.
    def test_a_real_prometheus_scrapes_it(self):
        with Page('errors{host="a"} 11\n') as page, Receiver() as hook:
            setup = config(page.url, hook.url)
            port = free_port()
            with open(os.path.join(self.folder, "prometheus.yml"), "w", encoding="utf-8") as file:
                json.dump({"global": {"scrape_interval": "1s"}, "scrape_configs": [
                    {"job_name": "weir", "static_configs": [{"targets": [setup["listen"]]}]}]},
                          file)
            with Monitor(self.folder, setup) as monitor, \
                    Prometheus(port, f"{self.folder}/prometheus.yml", self.folder):

                def value(query):
                    answer = json.loads(get(f"127.0.0.1:{port}", "/api/v1/query?query="
                                            + urllib.parse.quote(query)))
                    found = answer["data"]["result"]
                    return float(found[0]["value"][1]) if found else None

                until(lambda: value('weir_alerts{phase="firing"}') == 1, 30)
                self.assertEqual(value("up"), 1)
                self.assertEqual(value("weir_source_up"), 1)
                self.assertGreater(value("process_resident_memory_bytes"), 1e6)
                page.status = 503
                until(lambda: value("weir_source_up") == 0, 30)
                monitor.end(signal.SIGKILL)
                until(lambda: value("up") == 0, 30)

    # As systemd does: a socket in the environment, and a sign of life wanted within half a second.
    def test_a_service_manager_is_told_as_long_as_rules_are_evaluated(self):
        with Page("errors 1\n") as page, Receiver() as hook, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            path = os.path.join(self.folder, "notify")
            notify.bind(path)
            notify.settimeout(10)
            os.environ.update({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "500000"})
            self.addCleanup(os.environ.pop, "NOTIFY_SOCKET")
            self.addCleanup(os.environ.pop, "WATCHDOG_USEC")
            with Monitor(self.folder, config(page.url, hook.url)) as monitor:
                told = [notify.recv(100) for _ in range(4)]
                self.assertEqual(told, [b"READY=1"] + [b"WATCHDOG=1"] * 3)
                monitor.process.send_signal(signal.SIGHUP)
                while told[-1] != b"READY=1":
                    told.append(notify.recv(100))
                self.assertTrue(any(line.startswith(b"RELOADING=1\nMONOTONIC_USEC=")
                                    for line in told[4:]), told)
                monitor.process.send_signal(signal.SIGTERM)
                while told[-1] != b"STOPPING=1":
                    told.append(notify.recv(100))
                self.assertEqual(monitor.end(), 0)


if __name__ == "__main__":
    unittest.main()
