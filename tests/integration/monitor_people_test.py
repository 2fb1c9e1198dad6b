"""What people say to weir monitor: silences and acknowledgements, while it runs, while it does not,
and when it is killed. The program is given in $WEIR. Debian's interpreter."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from live_peers import WEIR, Monitor, Page, get, until
from receiver import Receiver
from servers import free_port


def config(page_url, hook_url, **route):
    return {
        "evaluate_every": "100ms",
        "sources": [{"name": "shop", "scrape": page_url, "interval": "100ms", "timeout": "1s"}],
        "rules": [{"alert": "HighErrors", "source": "shop", "above": 10, "metric": "errors"}],
        "channels": [{"name": "hook", "webhook": hook_url}],
        "route": {"receiver": "hook", "group_by": ["host"], "group_interval": "1s", **route},
    }


class MonitorPeopleTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def weir(self, *arguments, code=0):
        done = subprocess.run([WEIR, "monitor", *arguments], cwd=self.folder,
                              capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def alerts(self):
        return {alert["labels"]["host"]: alert
                for alert in json.loads(self.weir("alerts", "--json"))["alerts"]}

    def test_a_link_in_the_message_acknowledges_it_without_a_token(self):
        for name, text in (("link.key", "k" * 32), ("token", "t" * 32)):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text + "\n")
        address = f"127.0.0.1:{free_port()}"

        def ask(link, name=None):
            body = None if name is None else f"by={name}\r\n".encode()
            asked = urllib.request.Request(link.replace("https://weir.example", f"http://{address}"),
                                           data=body, headers={"Content-Type": "text/plain"})
            try:
                with urllib.request.urlopen(asked, timeout=10) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as refused:
                with refused:
                    return refused.code, refused.read().decode()

        with Page('errors{host="<b>"} 11\n') as page, Receiver() as hook:
            setup = {**config(page.url, hook.url), "listen": address, "act_token_file": "token",
                     "link": "https://weir.example", "link_key_file": "link.key"}
            with Monitor(self.folder, setup) as monitor:
                until(lambda: hook.got)
                link = json.loads(hook.got[0][2])["acknowledgeURL"]
                status, text = ask(link)
                self.assertEqual(status, 200)
                self.assertIn("Do you look after it?", text)
                self.assertIn("host=&lt;b&gt;", text)
                # Programs that follow links do not acknowledge.
                self.assertIsNone(self.alerts()["<b>"]["acknowledged_by"])
                self.assertEqual(ask(link[:-1] + ("0" if link[-1] != "0" else "1"), "eve")[0], 403)
                self.assertEqual(ask(link.replace("told=1", "told=2"), "eve")[0], 403)
                self.assertIsNone(self.alerts()["<b>"]["acknowledged_by"])
                status, text = ask(link, "Ann <ann@example.org>")
                self.assertEqual(status, 200)
                self.assertIn("You look after it", text)
                self.assertEqual(self.alerts()["<b>"]["acknowledged_by"],
                                 "Ann <ann@example.org>")
                self.assertIn("Somebody looks after it already", ask(link, "bob")[1])
                # Of an alert that fires again the link says nothing.
                page.text = ""
                until(lambda: len(hook.got) > 1)
                self.assertIn("It is over", ask(link)[1])
                time.sleep(1)
                page.text = 'errors{host="<b>"} 11\n'
                until(lambda: len(hook.got) > 2)
                self.assertIn("It is over", ask(link, "eve")[1])
                self.assertIsNone(self.alerts()["<b>"]["acknowledged_by"])
                monitor.end()
                for secret in (link.rpartition("=")[2], "k" * 32):
                    self.assertNotIn(secret, monitor.complaints())

    def test_a_silence_holds_until_its_end_and_through_a_kill(self):
        with Page("") as page, Receiver() as hook:
            with Monitor(self.folder, config(page.url, hook.url)) as monitor:
                until(lambda: page.looks > 1)
                began = time.time()
                said = self.weir("silence", 'host="a"', "--for", "4s", "--by", "ann")
                silence = said.split()[0]
                page.text = 'errors{host="a"} 11\nerrors{host="b"} 11\n'
                until(lambda: hook.got)
                monitor.end(signal.SIGKILL)
                monitor.start()
                self.assertIn(silence, self.weir("silence"))
                self.assertEqual(self.alerts()["a"]["silence"], silence)
                self.assertIsNone(self.alerts()["b"]["silence"])
                # A kill may have the first one delivered again.
                until(lambda: len({got[1]["webhook-id"] for got in hook.got}) == 2)
                self.assertGreaterEqual(time.time(), began + 4)
                hosts = [json.loads(got[2])["groupLabels"]["host"] for got in hook.got]
                self.assertEqual(list(dict.fromkeys(hosts)), ["b", "a"])
                monitor.end()

    def test_a_silence_that_is_removed_ends_at_once(self):
        with Page("") as page, Receiver() as hook:
            with Monitor(self.folder, config(page.url, hook.url)) as monitor:
                until(lambda: page.looks > 1)
                silence = self.weir("silence", "host=a", "--for", "1h").split()[0]
                page.text = 'errors{host="a"} 11\n'
                until(lambda: "a" in self.alerts())
                self.assertEqual(hook.got, [])
                self.weir("silence", "--remove", silence[:6])
                until(lambda: hook.got)
                self.assertEqual(self.weir("silence"), "there are no silences\n")
                monitor.end()

    # Given while no monitor runs, it is obeyed by the next one; taken back, the alert is repeated.
    def test_an_acknowledgement_stops_repeats_until_it_is_taken_back(self):
        with Page('errors{host="a"} 11\n') as page, Receiver() as hook:
            setup = config(page.url, hook.url, repeat_interval="1s")
            with Monitor(self.folder, setup) as monitor:
                until(lambda: len(hook.got) == 2)
                monitor.end(signal.SIGKILL)
                alert = self.alerts()["a"]["id"][:8]
                self.weir("ack", alert, "--by", "ann", "--comment", "disk")
                self.assertIn("acknowledged by ann", self.weir("alerts"))
                monitor.start()
                got, looks = len(hook.got), page.looks
                until(lambda: page.looks > looks + 20)
                self.assertLessEqual(len(hook.got), got + 1)  # One that was under way.
                self.weir("ack", "--undo", alert)
                until(lambda: len(hook.got) > got + 1)
                self.weir("ack", 'host="a"')
                page.text = 'errors{host="a"} 1\n'
                until(lambda: json.loads(hook.got[-1][2])["status"] == "resolved")
                self.assertEqual(self.weir("alerts"), "no alert is pending or fires\n")
                monitor.end()

    # Killed again and again on the way: each step comes once, in its order, and stops at the ack.
    def test_an_escalation_survives_kills_without_telling_a_step_twice(self):
        with Page('errors{host="a"} 11\n') as page, Receiver() as hook:
            setup = config(page.url, hook.url)
            setup["channels"] = [{"name": name, "webhook": f"{hook.url}/{name}"}
                                 for name in ("chat", "pager", "boss", "never")]
            setup["receivers"] = [{"name": "team", "channels": ["chat"], "escalate": [
                {"wait": "2s", "channels": ["pager"]}, {"wait": "2s", "channels": ["boss"]},
                {"wait": "3s", "channels": ["never"]}]}]
            setup["route"] = {"receiver": "team", "group_by": ["host"]}

            def told():
                """Channels in the order of their first messages, without what came again."""
                seen = {(got[0], got[1]["webhook-id"]): None for got in hook.got}
                return [path[1:] for path, _ in seen]

            with Monitor(self.folder, setup) as monitor:
                until(lambda: told() == ["chat"])
                kills = 0
                while len(told()) < 3:
                    monitor.end(signal.SIGKILL)
                    kills += 1
                    monitor.start()
                    time.sleep(0.25)
                self.assertGreater(kills, 5)
                self.assertEqual(told(), ["chat", "pager", "boss"])
                self.weir("ack", "host=a", "--by", "ann")
                looks = page.looks
                until(lambda: page.looks > looks + 50)
                self.assertEqual(told(), ["chat", "pager", "boss"])
                # The first message is no step; a kill may have it delivered again.
                steps = [json.loads(got[2]).get("escalationStep") for got in hook.got]
                self.assertEqual(set(steps) - {None}, {1, 2})
                monitor.end()

    def test_an_alert_that_flaps_is_listed_so_also_after_a_kill(self):
        with Page("") as page, Receiver() as hook:
            setup = {**config(page.url, hook.url), "flapping": {"times": 2}}
            with Monitor(self.folder, setup) as monitor:
                for began in range(1, 4):
                    page.text = 'errors{host="a"} 11\n'
                    until(lambda: "a" in self.alerts())
                    # Twice is no flapping yet.
                    self.assertEqual(self.alerts()["a"]["flaps"], 3 if began == 3 else None)
                    if began < 3:
                        page.text = ""
                        until(lambda: "a" not in self.alerts())
                self.assertIn("flapping: began 3 times", self.weir("alerts"))
                monitor.end(signal.SIGKILL)
                self.assertEqual(self.alerts()["a"]["flaps"], 3)
                monitor.start()
                looks = page.looks
                until(lambda: page.looks > looks + 3)
                self.assertEqual(self.alerts()["a"]["flaps"], 3)
                monitor.end()

    # By the id of an alert that has ended, by matchers, over HTTP, and after a kill.
    def test_marks_on_alerts_stand_in_the_history_and_say_how_good_a_rule_is(self):
        address = f"127.0.0.1:{free_port()}"

        def post(order):
            asked = urllib.request.Request(f"http://{address}/api/v1/mark",
                                           data=json.dumps(order).encode(),
                                           headers={"Content-Type": "application/json"})
            try:
                with urllib.request.urlopen(asked, timeout=10) as answer:
                    return answer.status
            except urllib.error.HTTPError as refused:
                with refused:
                    return refused.code

        def rule():
            return json.loads(self.weir("marks", "--json"))["rules"][0]

        def status():
            return json.loads(get(address, "/api/v1/status"))

        with Page("") as page, Receiver() as hook:
            setup = {**config(page.url, hook.url), "listen": address}
            with Monitor(self.folder, setup) as monitor:
                self.assertEqual(self.weir("marks"), "no alert is marked\n")
                page.text = "".join(f'errors{{host="{host}"}} 11\n' for host in "abcde")
                until(lambda: len(self.alerts()) == 5)
                alert = self.alerts()["a"]["id"]
                self.assertIn("useful or noise", self.weir("mark", alert[:8], code=2))
                self.weir("mark", alert[:8], "useful", "--by", "ann")
                self.assertEqual(self.alerts()["a"]["mark"], "useful")
                self.assertEqual(post({"ids": [alert], "mark": "loud"}), 400)
                self.assertEqual(post({"ids": [alert], "mark": "noise", "by": "bob"}), 200)
                self.assertEqual(self.alerts()["a"]["marked_by"], "bob")
                self.assertEqual((rule()["useful"], rule()["noise"]), (0, 1))
                until(lambda: [each["rule"] for each in status()["marks"]] == ["HighErrors"])
                page.text = ""
                until(lambda: self.alerts() == {})
                monitor.end(signal.SIGKILL)
                self.assertIn("noise by bob", self.weir("alerts", "--ended"))
                self.weir("mark", "alertname=HighErrors", "noise")
                self.assertEqual((rule()["noise"], rule()["low"]), (5, True))
                self.assertIn("0 of 5 useful (0 %)  low", self.weir("marks"))
                self.weir("mark", "--undo", alert[:8])
                self.assertEqual((rule()["noise"], rule()["low"]), (4, False))
                monitor.start()
                looks = page.looks
                until(lambda: page.looks > looks + 3)
                self.assertEqual(status()["marks"], [rule()])
                self.weir("marks", "--forget", "HighErrors")
                until(lambda: status()["marks"] == [])
                monitor.end()

    # Killed four times a second on the way: what was collected is told once, and whole.
    def test_a_rule_marked_noise_goes_to_a_digest_that_survives_kills(self):
        address = f"127.0.0.1:{free_port()}"
        with Page("") as page, Receiver() as hook:
            setup = {**config(page.url, hook.url), "listen": address, "digest": {"every": "8s"}}
            setup["rules"].append({"alert": "Low", "source": "shop", "metric": "errors", "below": 0})
            setup["route"]["routes"] = [{"matchers": ["alertname=Low"], "digest": True}]
            with Monitor(self.folder, setup) as monitor:
                page.text = "".join(f'errors{{host="{host}"}} 11\n' for host in "abcde")
                until(lambda: len(self.alerts()) == 5 and len(hook.got) == 5)
                self.weir("mark", "alertname=HighErrors", "noise")
                until(lambda: "told in the digest" in self.weir("alerts"))
                self.assertIn("5 of 5 marked noise, told in the digest",
                              self.weir("status", f"http://{address}"))
                page.text = ""
                until(lambda: len(hook.got) == 10)  # Those that were told have ended.
                page.text = 'errors{host="z"} 11\nerrors{host="low"} -1\n'
                until(lambda: len(self.alerts()) == 2)
                until(lambda: json.loads(get(address, "/api/v1/status"))["alerts"][0]["digested"])
                page.text = 'errors{host="low"} -1\n'
                until(lambda: len(self.alerts()) == 1)
                for _ in range(8):
                    monitor.end(signal.SIGKILL)
                    monitor.start()
                    time.sleep(0.25)
                digest = json.loads(until(lambda: len(hook.got) > 10 and hook.got[10], 30)[2])
                self.assertEqual(digest["kind"], "digest")
                told = {alert["labels"]["host"]: alert for alert in digest["alerts"]}
                self.assertEqual({host: told[host]["status"] for host in ("z", "low")},
                                 {"z": "resolved", "low": "firing"})
                self.assertEqual([told[host]["began"] for host in ("z", "low")], [1, 1])
                self.assertEqual(digest["digest"]["notes"],
                                 ["rule HighErrors: 5 of 5 marked noise, told in the digest"])
                page.text = ""
                until(lambda: self.alerts() == {})
                until(lambda: len({got[1]["webhook-id"] for got in hook.got}) == 12, 30)
                last = json.loads(hook.got[-1][2])
                self.assertEqual([(alert["labels"]["host"], alert["began"], alert["status"])
                                  for alert in last["alerts"]], [("low", 0, "resolved")])
                self.weir("marks", "--forget", "HighErrors")
                page.text = 'errors{host="b"} 11\n'
                until(lambda: json.loads(hook.got[-1][2])["groupLabels"] == {"host": "b"})
                monitor.end()

    # Who is on call now, and who is not: told apart by the hour, and killed on the way.
    def test_an_escalation_goes_by_the_hour_over_kills(self):
        hour = time.gmtime(time.time() + 300).tm_hour
        now = {"name": "now", "time_intervals": [
            {"times": [{"start_time": f"{at:02}:00", "end_time": f"{at + 1:02}:00"}]}
            for at in (hour, (hour + 23) % 24)]}
        with Page('errors{host="a"} 11\n') as page, Receiver() as hook:
            setup = {**config(page.url, hook.url), "time_intervals": [now]}
            setup["channels"] = [{"name": name, "webhook": f"{hook.url}/{name}"}
                                 for name in ("chat", "off", "on", "boss")]
            setup["receivers"] = [{"name": "team", "channels": ["chat"], "escalate": [
                {"wait": "2s", "channels": ["off"], "mute_time_intervals": ["now"]},
                {"wait": "2s", "channels": ["on"], "active_time_intervals": ["now"]},
                {"wait": "2s", "channels": ["boss"]}]}]
            setup["route"] = {"receiver": "team", "group_by": ["host"], "group_interval": "1s"}

            def told(status):
                seen = {(got[0], got[1]["webhook-id"]): None for got in hook.got
                        if json.loads(got[2])["status"] == status}
                return [path[1:] for path, _ in seen]

            with Monitor(self.folder, setup) as monitor:
                until(lambda: told("firing") == ["chat"])
                while len(told("firing")) < 3:
                    monitor.end(signal.SIGKILL)
                    monitor.start()
                    time.sleep(0.25)
                self.assertEqual(told("firing"), ["chat", "on", "boss"])
                page.text = ""
                until(lambda: len(told("resolved")) == 3)
                self.assertEqual(sorted(told("resolved")), ["boss", "chat", "on"])
                monitor.end()
            said = subprocess.run([WEIR, "monitor", "--check", "monitor.yaml"], cwd=self.folder,
                                  capture_output=True, text=True, timeout=20, check=True).stdout
            self.assertIn("after 2.00 s to on, only in now", said)

    # Channels of one receiver of which one is not told in these two hours, over kills.
    def test_channels_of_a_receiver_go_by_the_hour_over_kills(self):
        hour = time.gmtime(time.time() + 300).tm_hour
        now = {"name": "now", "time_intervals": [
            {"times": [{"start_time": f"{at:02}:00", "end_time": f"{at + 1:02}:00"}]}
            for at in (hour, (hour + 23) % 24)]}
        off = {"name": "off", "mute_time_intervals": ["now"]}
        address = f"127.0.0.1:{free_port()}"
        with Page('errors{host="a"} 11\n') as page, Receiver() as hook:
            setup = {**config(page.url, hook.url), "time_intervals": [now], "listen": address}
            setup["channels"] = [{"name": name, "webhook": f"{hook.url}/{name}"}
                                 for name in ("chat", "off", "on")]
            setup["receivers"] = [
                {"name": "team", "channels": [
                    "chat", off, {"name": "on", "active_time_intervals": ["now"]}]},
                {"name": "night", "channels": [off]}]
            setup["route"] = {
                "receiver": "team", "group_by": ["host"], "group_interval": "1s",
                "routes": [{"receiver": "night", "matchers": ["host=b"]}]}

            def told(status):
                seen = {(got[0], got[1]["webhook-id"]) for got in hook.got
                        if json.loads(got[2])["status"] == status}
                return sorted(path[1:] for path, _ in seen)

            def muted():
                alerts = json.loads(get(address, "/api/v1/status"))["alerts"]
                return {alert["labels"]["host"]: alert["muted"] for alert in alerts}

            with Monitor(self.folder, setup) as monitor:
                until(lambda: told("firing") == ["chat", "on"])
                page.text = 'errors{host="a"} 11\nerrors{host="b"} 11\n'
                for _ in range(4):
                    monitor.end(signal.SIGKILL)
                    monitor.start()
                    until(lambda: muted() == {"a": "not_muted", "b": "time_interval"})
                page.text = 'errors{host="b"} 11\n'
                until(lambda: told("resolved") == ["chat", "on"])
                self.assertEqual(told("firing"), ["chat", "on"])
                monitor.end()
            said = subprocess.run([WEIR, "monitor", "--check", "monitor.yaml"], cwd=self.folder,
                                  capture_output=True, text=True, timeout=20, check=True).stdout
            self.assertRegex(said, r"receiver team +off, not in now\n")
            self.assertRegex(said, r"receiver team +on, only in now\n")

    def test_what_is_wrong_is_said_and_changes_nothing(self):
        with Page("") as page, Receiver() as hook:
            with Monitor(self.folder, config(page.url, hook.url)) as monitor:
                until(lambda: page.looks > 1)
                self.assertIn("--for is missing", self.weir("silence", "host=a", code=2))
                self.assertIn("silence everything",
                              self.weir("silence", "host!=a", "--for", "1h", code=2))
                self.assertIn("no alert that fires", self.weir("ack", "12345678", code=2))
                self.assertIn("no alert that fires", self.weir("ack", "host=a", code=2))
                self.assertEqual(self.weir("silence"), "there are no silences\n")
                monitor.end()
        self.weir("silence", "host=a", "--for", "1h", "--store", "nowhere.db", code=69)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "nowhere.db")))


if __name__ == "__main__":
    unittest.main()
