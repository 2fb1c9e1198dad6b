"""weir monitor reads its file again on SIGHUP: without a gap, and a wrong file changes nothing. The
program is given in $WEIR. Debian's interpreter."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error

from live_peers import Monitor, Page, get, until
from receiver import Receiver
from servers import free_port


def post(address, path, token):
    """The status of what is posted there: an empty object as JSON."""
    asked = urllib.request.Request(f"http://{address}{path}", data=b"{}", headers={
        "Content-Type": "application/json", "Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


class Prober(threading.Thread):
    """Asks ten times a second, until it is told to end."""

    def __init__(self, address):
        super().__init__()
        self.address, self.done, self.asked, self.failed = address, threading.Event(), 0, []

    def run(self):
        due = time.monotonic()
        while not self.done.is_set():
            self.asked += 1
            try:
                get(self.address, "/healthz")
            except OSError as error:
                self.failed.append(error)
            due += 0.1
            time.sleep(max(0, due - time.monotonic()))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


class MonitorReloadTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def config(self, page, hook, **more):
        return {
            "evaluate_every": "100ms",
            "listen": f"127.0.0.1:{free_port()}",
            "sources": [{"name": "shop", "scrape": page.url, "interval": "100ms"}],
            "rules": [{"alert": "HighErrors", "source": "shop", "above": 10, "metric": "errors"}],
            "channels": [{"name": "hook", "webhook": hook.url}],
            **more,
        }

    def write(self, text, name="monitor.yaml"):
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text if isinstance(text, str) else json.dumps(text))
        os.rename(path + ".new", path)

    def reload(self, monitor, setup, token=None):
        """Until it has read the file; the seconds when it was taken last, and whether it was now."""
        says = monitor.complaints().count("read again")
        monitor.process.send_signal(signal.SIGHUP)
        until(lambda: monitor.complaints().count("read again") > says)
        page = get(setup["listen"], "/metrics", token)
        return "weir_config_last_reload_successful 1" in page

    def test_nothing_fails_and_nothing_is_told_twice_meanwhile(self):
        with Page('errors{host="a"} 11\n') as page, Receiver() as hook:
            setup = self.config(page, hook)
            with Monitor(self.folder, setup) as monitor:
                until(lambda: hook.got)
                began = json.loads(get(setup["listen"], "/api/v1/status"))["alerts"][0]
                with Prober(setup["listen"]) as prober:
                    for turn in range(20):
                        changed = {**setup, "link": f"https://weir.example/{turn}"}
                        changed["rules"] = setup["rules"] + [
                            {"alert": f"Other{turn}", "source": "shop", "above": 10,
                             "metric": "other"}]
                        changed["sources"] = setup["sources"] + (
                            [{"name": "here", "host": "/"}] if turn % 2 else [])
                        self.write(changed)
                        self.assertTrue(self.reload(monitor, setup))
                        time.sleep(0.15)
                self.assertGreater(prober.asked, 20)
                self.assertEqual(prober.failed, [])
                status = json.loads(get(setup["listen"], "/api/v1/status"))
                self.assertEqual(status["alerts"][0]["fired_at"], began["fired_at"])
                self.assertEqual([s["name"] for s in status["sources"]], ["shop", "here"])
                self.assertEqual(len(hook.got), 1)
                page.text = "errors{host=\"a\"} 1\n"
                until(lambda: json.loads(get(setup["listen"], "/api/v1/status"))["alerts"] == [])
                self.assertEqual(monitor.end(), 0)

    def test_a_file_that_is_wrong_changes_nothing_and_says_so(self):
        with Page('errors{host="a"} 11\n') as page, Receiver() as hook:
            setup = self.config(page, hook)
            with Monitor(self.folder, setup) as monitor:
                until(lambda: hook.got)
                for wrong, said in (("rules: [", "monitor.yaml:1:"),
                                    ({**setup, "ruls": []}, "unknown key 'ruls'"),
                                    ({**setup, "listen": "127.0.0.1:1"}, "listen: the address"),
                                    ({key: value for key, value in setup.items()
                                      if key != "listen"}, "listen: whether it answers")):
                    self.write(wrong)
                    self.assertFalse(self.reload(monitor, setup))
                    self.assertIn(said, monitor.complaints())
                    status = json.loads(get(setup["listen"], "/api/v1/status"))
                    self.assertIn(said, status["config"]["trouble"])
                    self.assertEqual(status["health"], "degraded")
                    self.assertEqual(status["alerts_firing"], 1)
                self.write(setup)
                self.assertTrue(self.reload(monitor, setup))
                status = json.loads(get(setup["listen"], "/api/v1/status"))
                self.assertEqual((status["config"]["trouble"], status["health"]),
                                 ("", "integrated"))

    def test_other_tokens_are_asked_for(self):
        old, new = "0" * 32, "1" * 32
        self.write(old, "token")
        with Page("errors 1\n") as page, Receiver() as hook:
            setup = self.config(page, hook, act_token_file="token")
            with Monitor(self.folder, setup) as monitor:
                self.assertIn("weir_", get(setup["listen"], "/metrics", old))
                self.write(new, "token")
                self.assertTrue(self.reload(monitor, setup, new))
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    get(setup["listen"], "/metrics", old)
                refused.exception.close()
                self.assertEqual(refused.exception.code, 401)
                self.assertNotIn(new, monitor.complaints())

    def test_other_tokens_that_may_push_are_asked_for(self):
        tokens = {name: name * 8 for name in ("acts", "olds", "news")}

        def push(token):
            return post(setup["listen"], "/v1/metrics", tokens[token])

        self.write(tokens["acts"], "token")
        self.write(tokens["olds"] + "\n# the next one\n" + "x" * 16, "pushers")
        with Page("errors 1\n") as page, Receiver() as hook:
            setup = self.config(page, hook, act_token_file="token", push_token_file="pushers")
            setup["sources"].append({"name": "apps", "otlp": True})
            self.write(setup)
            said = subprocess.run([os.environ["WEIR"], "monitor", "--check", "monitor.yaml"],
                                  cwd=self.folder, capture_output=True, text=True, timeout=20)
            self.assertRegex(said.stdout, r"pushes +/v1/metrics +with tokens that may do nothing else")
            with Monitor(self.folder, setup) as monitor:
                self.assertEqual([push(name) for name in tokens], [200, 200, 401])
                self.write(tokens["news"], "pushers")
                self.assertTrue(self.reload(monitor, setup, tokens["acts"]))
                self.assertEqual([push(name) for name in tokens], [200, 401, 200])
                self.assertNotIn(tokens["news"], monitor.complaints())

    # A message that could not be delivered goes over the address that the new file has.
    def test_a_channel_that_is_mended_delivers_what_waits(self):
        with Page('errors{host="a"} 11\n') as page, Receiver() as hook:
            setup = self.config(page, hook)
            setup["channels"] = [{"name": "hook", "webhook": f"http://127.0.0.1:{free_port()}/"}]
            with Monitor(self.folder, setup) as monitor:
                until(lambda: "will try again" in monitor.complaints())
                setup["channels"] = [{"name": "hook", "webhook": hook.url}]
                self.write(setup)
                self.assertTrue(self.reload(monitor, setup))
                until(lambda: hook.got)
                time.sleep(0.5)
                self.assertEqual(len(hook.got), 1)


if __name__ == "__main__":
    unittest.main()
