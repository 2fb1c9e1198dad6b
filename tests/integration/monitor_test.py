"""weir monitor against real peers: Prometheus, an SMTP server, receivers of webhooks; and what
becomes of alerts when it is killed. The program is given in $WEIR. Debian's interpreter."""

import base64
import hashlib
import hmac
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

from live_peers import WEIR, Mailbox, Monitor, Page, until
from receiver import Receiver
from servers import Prometheus, free_port

SECRET = "0123456789abcdef0123456789abcdef"


def config(source, channels, **more):
    return {
        "evaluate_every": "100ms",
        "sources": [{"name": "shop", "interval": "100ms", "timeout": "1s", **source}],
        "rules": [{"alert": "HighErrors", "source": "shop", "above": 10, "clear": 5,
                   "labels": {"severity": "page"},
                   "annotations": {"summary": "{{ value }} errors on {{ labels.host }}"},
                   "metric": "errors"}],
        "channels": channels,
        "route": {"receiver": channels[0]["name"], "group_by": ["alertname"],
                  "group_interval": "1s"},
        **more,
    }


class MonitorTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def outbox(self):
        with sqlite3.connect(os.path.join(self.folder, "weir.db")) as db:
            return db.execute("SELECT event_id, state, attempts, error FROM outbox"
                              " ORDER BY outbox_id").fetchall()

    def test_check_says_what_it_would_do(self):
        self.write("m.yaml", json.dumps(config({"host": "/"}, [{"name": "log", "file": "log"}])))
        done = subprocess.run([WEIR, "monitor", "--check", "m.yaml"], cwd=self.folder,
                              capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 source, 2 rules, 1 route, 1 channel", done.stdout)
        self.assertRegex(done.stdout, r"flapping .* more than 5 times in 60\.0 min")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "weir.db")))
        self.write("m.yaml", "sources: []\nrule: []\n")
        done = subprocess.run([WEIR, "monitor", "--check", "m.yaml"], cwd=self.folder,
                              capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 2)
        self.assertIn("m.yaml:2:1: error: unknown key 'rule'", done.stderr)
        self.assertIn("did you mean 'rules'?", done.stderr)

    def test_a_page_that_goes_bad_is_told_with_a_signature_and_its_end_too(self):
        self.write("secret", SECRET + "\n")
        with Page('errors{host="a"} 1\n') as page, Receiver() as hook:
            channel = {"name": "hook", "webhook": hook.url + "/in", "secret_file": "secret"}
            with Monitor(self.folder, config({"scrape": page.url}, [channel])) as monitor:
                until(lambda: page.looks > 2)
                self.assertEqual(hook.got, [])
                page.text = 'errors{host="a"} 11\n'
                until(lambda: len(hook.got) == 1)
                page.text = 'errors{host="a"} 7\n'  # Above the clear level.
                looks = page.looks
                until(lambda: page.looks > looks + 3)
                page.text = 'errors{host="a"} 1\n'
                until(lambda: len(hook.got) == 2)
                self.assertEqual(monitor.end(), 0, monitor.complaints())
            path, headers, body = hook.got[0]
            self.assertEqual(path, "/in")
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
            self.assertEqual(headers["webhook-signature"],
                             "v1," + base64.b64encode(digest).decode())
            fired, ended = (json.loads(got[2]) for got in hook.got)
            self.assertEqual(fired["status"], "firing")
            self.assertEqual(fired["alerts"][0]["annotations"]["summary"], "11 errors on a")
            self.assertEqual(ended["status"], "resolved")
            self.assertEqual(ended["dedupKey"], fired["dedupKey"])
            self.assertEqual([row[1] for row in self.outbox()], [1, 1])

    def test_a_source_that_goes_away_resolves_nothing_and_is_told_itself(self):
        with Page('errors{host="a"} 11\n') as page, Receiver() as hook:
            source = {"scrape": page.url, "down_after": "1s"}
            channel = {"name": "hook", "webhook": hook.url}
            with Monitor(self.folder, config(source, [channel])) as monitor:
                until(lambda: hook.got)
                page.status = 503
                until(lambda: len(hook.got) > 1)
                monitor.end()
            told = json.loads(hook.got[1][2])
            self.assertEqual(told["groupLabels"]["alertname"], "WeirSourceDown")
            self.assertEqual(told["status"], "firing")

    def test_a_service_that_fails_gets_the_same_message_again(self):
        with Page('errors{host="a"} 11\n') as page, Receiver(status=503) as hook:
            channel = {"name": "hook", "webhook": hook.url}
            with Monitor(self.folder, config({"scrape": page.url}, [channel])) as monitor:
                until(lambda: len(hook.got) >= 2)
                hook.status = 204
                until(lambda: self.outbox()[0][1] == 1)
                monitor.end()
                self.assertIn("it answers 503", monitor.complaints())
            self.assertEqual(len({got[2] for got in hook.got}), 1)
            self.assertEqual(len({got[1]["webhook-id"] for got in hook.got}), 1)

    # Killed at any moment: no alert is lost, and what comes twice comes with the same id.
    def test_a_killed_monitor_loses_nothing(self):
        with Page('errors{host="a"} 11\n') as page, Receiver(status=503) as hook:
            setup = config({"scrape": page.url}, [{"name": "hook", "webhook": hook.url}])
            with Monitor(self.folder, setup) as monitor:
                until(lambda: hook.got)
                for _ in range(3):
                    monitor.end(signal.SIGKILL)
                    got = len(hook.got)
                    monitor.start()
                    until(lambda: len(hook.got) > got)
                hook.status = 204
                until(lambda: self.outbox()[0][1] == 1)
                monitor.end(signal.SIGKILL)
                page.text = 'errors{host="a"} 1\n'
                monitor.start()
                until(lambda: json.loads(hook.got[-1][2])["status"] == "resolved")
                until(lambda: [row[1] for row in self.outbox()] == [1, 1])
                monitor.end()
            ids = [got[1]["webhook-id"] for got in hook.got]
            self.assertEqual(len(set(ids)), 2)
            keys = {json.loads(got[2])["dedupKey"] for got in hook.got}
            self.assertEqual(len(keys), 1)

    def test_every_channel_delivers(self):
        self.write("routing", "R" * 32 + "\n")
        with Page('errors{host="a"} 11\n') as page, Receiver() as hook, \
                Mailbox(free_port()) as mailbox:
            channels = [
                {"name": "chat", "slack": hook.url + "/slack", "channel": "#ops"},
                {"name": "pager", "pagerduty": hook.url + "/pd", "secret_file": "routing"},
                {"name": "mail", "email": mailbox.url, "from": "weir@example.org",
                 "to": ["ops@example.org"]},
                {"name": "run", "exec": "sh -c 'printenv WEIR_ALERTS > ran'"},
                {"name": "log", "file": "log.jsonl"}]
            setup = config({"scrape": page.url}, channels,
                           receivers=[{"name": "all", "channels": [c["name"] for c in channels]}],
                           route={"receiver": "all", "group_by": ["alertname"]})
            with Monitor(self.folder, setup) as monitor:
                until(lambda: len(self.outbox()) == 5 and all(row[1] for row in self.outbox()))
                monitor.end()
            self.assertEqual([row[1:] for row in self.outbox()], [(1, 1, "")] * 5)
            posted = {got[0]: json.loads(got[2]) for got in hook.got}
            self.assertEqual(posted["/slack"]["channel"], "#ops")
            self.assertEqual(posted["/slack"]["attachments"][0]["title"],
                             "[FIRING:1] HighErrors (a page)")
            self.assertEqual(posted["/pd"]["routing_key"], "R" * 32)
            self.assertEqual(posted["/pd"]["payload"]["severity"], "critical")
            mail = mailbox.got[0]
            self.assertEqual(mail["Subject"], "[FIRING:1] HighErrors (a page)")
            self.assertEqual(mail.rcpt_tos, ["ops@example.org"])
            self.assertIn("11 errors on a", mail.get_body(("plain",)).get_content())
            self.assertIn("11 errors on a", mail.get_body(("html",)).get_content())
            for name in ("ran", "log.jsonl"):
                with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                    self.assertEqual(json.load(file)["status"], "firing", name)
            with open(os.path.join(self.folder, "weir.db"), "rb") as file:
                self.assertNotIn(b"R" * 32, file.read())

    def test_a_probe_sees_that_its_target_answers_wrongly(self):
        with Page("ok") as page, Receiver() as hook:
            setup = config({"probe": page.url, "interval": "1s", "rate": "20/s"},
                           [{"name": "hook", "webhook": hook.url}])
            setup["rules"] = [{"alert": "Down", "source": "shop", "metric": "weir_probe_up",
                               "below": 1, "annotations": {"summary": "{{ value }}"}}]
            with Monitor(self.folder, setup) as monitor:
                until(lambda: page.looks >= 20)
                self.assertEqual(hook.got, [])
                page.status = 503
                until(lambda: len(hook.got) == 1)
                page.status = 200
                until(lambda: len(hook.got) == 2)
                monitor.end()
            self.assertEqual([json.loads(got[2])["status"] for got in hook.got],
                             ["firing", "resolved"])

    def test_a_replay_says_the_same_twice_and_keeps_nothing(self):
        setup = config({"scrape": "http://127.0.0.1:1/"}, [{"name": "hook", "webhook": "http://x/"}])
        self.write("m.yaml", json.dumps(setup))
        self.write("samples", "timestamp,metric,host,value\n" + "".join(
            f"{1700000000 + i},errors,{host},{(7 * i + len(host)) % 20}\n"
            for i in range(50) for host in ("a", "bb")))
        said = []
        for options in ([], [], ["--lines"], ["--lines"]):
            done = subprocess.run([WEIR, "monitor", "m.yaml", "--replay", "samples", *options],
                                  cwd=self.folder, capture_output=True, timeout=20)
            self.assertEqual(done.returncode, 0, done.stderr)
            said.append(done.stdout)
        self.assertEqual(said[0], said[1])
        self.assertEqual(said[2], said[3])
        self.assertIn(b"fired    HighErrors {host=\"a\"", said[0])
        lines = [json.loads(line) for line in said[2].splitlines()]
        totals = lines[-1]
        self.assertEqual(totals["samples"]["ingested"], 100)
        self.assertEqual(totals["messages"], sum("message" in line for line in lines))
        self.assertGreater(totals["fired"], 5)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "weir.db")))

    def test_an_access_log_tells_of_errors(self):
        self.write("access.log", "")
        line = '127.0.0.1 - - [25/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" %d 5 "-" "-" 0.010\n'
        with Receiver() as hook:
            setup = config({"access_log": "access.log"}, [{"name": "hook", "webhook": hook.url}])
            setup["rules"] = [{"alert": "Burns", "source": "shop", "burn_rate": {
                "objective": "99%", "bad": 'weir_log_requests_total{class="5xx"}',
                "total": "weir_log_requests_total",
                "windows": [{"long": "1m", "short": "1m", "factor": 10}]}}]
            with Monitor(self.folder, setup) as monitor, \
                    open(os.path.join(self.folder, "access.log"), "a", encoding="utf-8") as log:
                time.sleep(0.3)  # It begins at the end of the file.
                log.write(line % 200 * 80)
                log.flush()
                time.sleep(0.3)
                self.assertEqual(hook.got, [])
                log.write(line % 503 * 20)
                log.flush()
                until(lambda: hook.got)
                monitor.end()
            told = json.loads(hook.got[0][2])
            self.assertIn("20 % of requests failed in 1m",
                          told["alerts"][0]["annotations"]["summary"])

    def test_a_real_prometheus_is_asked(self):
        with Page('errors{host="a"} 11\n') as page, Receiver() as hook:
            self.write("prometheus.yml", json.dumps({
                "global": {"scrape_interval": "1s"},
                "scrape_configs": [{"job_name": "shop", "static_configs": [
                    {"targets": [page.url.split("/")[2]]}]}]}))
            port = free_port()
            with Prometheus(port, f"{self.folder}/prometheus.yml", self.folder):
                setup = config({"prometheus": f"http://127.0.0.1:{port}"},
                               [{"name": "hook", "webhook": hook.url}])
                setup["rules"][0].pop("metric")
                setup["rules"][0]["query"] = "sum by (host) (errors)"
                with Monitor(self.folder, setup) as monitor:
                    until(lambda: hook.got, 30)
                    monitor.end()
            told = json.loads(hook.got[0][2])
            self.assertEqual(told["commonLabels"], {"alertname": "HighErrors", "host": "a",
                                                    "severity": "page"})


if __name__ == "__main__":
    unittest.main()
