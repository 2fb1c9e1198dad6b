"""weir deploy watch with real builds: two nginx, one of them slowed, behind a front nginx with
weights. A bad build is put in, and nobody touches anything. The program is given in $WEIR.
Standard library only."""

import base64
import hashlib
import hmac
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request

from receiver import Receiver

WEIR = os.path.abspath(os.environ["WEIR"])
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
SECRET = "a-webhook-secret-for-tests"

# Slow: nginx sends 8 kB at once and the rest after a second's share of it has passed.
SERVER = """
daemon off; master_process %(master)s; worker_processes 1; pid %(folder)s/%(name)s.pid;
error_log %(folder)s/%(name)s.log;
events { worker_connections 512; }
http {
  access_log off; client_body_temp_path %(folder)s/tmp; proxy_temp_path %(folder)s/tmp;
  fastcgi_temp_path %(folder)s/tmp; uwsgi_temp_path %(folder)s/tmp; scgi_temp_path %(folder)s/tmp;
  %(http)s
}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Nginx:
    """nginx with a configuration, until the end of the with block."""

    def __init__(self, folder, name, http_part, master="off"):
        self.path = os.path.join(folder, name + ".conf")
        self.folder, self.name = folder, name
        with open(self.path, "w") as file:
            file.write(SERVER % {"folder": folder, "name": name, "http": http_part,
                                 "master": master})

    def __enter__(self):
        self.process = subprocess.Popen([NGINX, "-c", self.path, "-p", self.folder],
                                        stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def build(folder, name, extra=""):
    port = free_port()
    http_part = (f"server {{ listen 127.0.0.1:{port}; keepalive_requests 100000; "
                 f"location / {{ root {folder}; add_header X-Build {name}; {extra} }} }}")
    return Nginx(folder, name, http_part), port


def wait_for(port):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise AssertionError("nobody listens")


class DeployWatchTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, True)
        os.mkdir(os.path.join(self.folder, "tmp"))
        with open(os.path.join(self.folder, "index.html"), "w") as file:
            file.write("x" * 12_000)

    def watch(self, stable, canary, *options, **more):
        return subprocess.run(
            [WEIR, "deploy", "watch", "--stable", f"http://127.0.0.1:{stable}/", "--canary",
             f"http://127.0.0.1:{canary}/", "-R", "40", "--threads", "1", "-c", "64",
             "--service", "shop", "--build", "b7", "--json=watch.json", *options],
            cwd=self.folder, capture_output=True, text=True, timeout=60, check=False, **more)

    def weir(self, *arguments):
        return subprocess.run([WEIR, *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=60, check=False)

    def listed(self):
        return json.loads(self.weir("deploy", "list", "--json").stdout)["deployments"]

    def check_recorded(self, verdicts):
        """All verdicts are in one chain, and each is given again byte for byte."""
        chain = self.weir("gate", "verify")
        self.assertEqual(chain.returncode, 0, chain.stdout)
        self.assertTrue(chain.stdout.startswith(f"{verdicts} records"), chain.stdout)
        for number in range(1, verdicts + 1):
            again = self.weir("gate", "replay", str(number))
            self.assertEqual(again.returncode, 0, again.stdout + again.stderr)

    def said(self):
        with open(os.path.join(self.folder, "watch.json")) as file:
            return json.load(file)

    def front(self, good, bad):
        """The front, with the weights in a file of their own, and what the rollback runs."""
        port = free_port()
        weights = os.path.join(self.folder, "weights.conf")
        with open(weights, "w") as file:
            file.write(f"server 127.0.0.1:{good} weight=1; server 127.0.0.1:{bad} weight=1;\n")
        front = Nginx(self.folder, "front",
                      f"upstream shop {{ include {weights}; }} server {{ listen 127.0.0.1:{port}; "
                      "location / { proxy_pass http://shop; } }", master="on")
        undo = os.path.join(self.folder, "undo")
        with open(undo, "w") as file:
            file.write("#!/bin/sh\nset -e\n"
                       'printf "%s" "$WEIR_SERVICE|$WEIR_BUILD|$WEIR_VERDICT|$1" > told\n'
                       f'echo "server 127.0.0.1:{good};" > {weights}\n'
                       f"{NGINX} -c {front.path} -p {self.folder} -s reload\n")
        os.chmod(undo, 0o755)
        return front, port, undo

    def test_a_bad_build_is_rolled_back_with_nobody_touching_it(self):
        good, good_port = build(self.folder, "good")
        bad, bad_port = build(self.folder, "bad", "limit_rate 8k;")
        front, port, undo = self.front(good_port, bad_port)
        secret = os.path.join(self.folder, "secret")
        with open(secret, "w") as file:
            file.write(SECRET + "\n")
        served = []
        stop = threading.Event()

        def users():
            while not stop.is_set():
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                    served.append((time.monotonic(), answer.headers["X-Build"]))
                stop.wait(0.05)

        with good, bad, front, Receiver() as receiver:
            for each in (good_port, bad_port, port):
                wait_for(each)
            user = threading.Thread(target=users)
            user.start()
            begun = time.monotonic()
            done = self.watch(good_port, bad_port, "-d", "40s", "--rollback",
                              f"{undo} '$(touch pwned); x'", "--webhook", receiver.url + "/hook",
                              "--webhook-secret-file", secret, "--alertmanager",
                              receiver.url + "/am/", "--events", receiver.url + "/events")
            time.sleep(0.5)
            stop.set()
            user.join()
        self.assertEqual(done.returncode, 10, done.stderr)
        last_bad = max(at for at, name in served if name == "bad") - begun
        said = self.said()
        print(f"bad build in for {last_bad:.1f} s, worse by the tolerance since second "
              f"{said['first_worse_s']}, {said['watched_s']} s watched")
        self.assertLess(last_bad - said["first_worse_s"], 10)
        self.assertEqual([name for _, name in served[-3:]], ["good"] * 3)
        self.assertEqual(said["verdict"], "fail")
        self.assertTrue(said["fired"])
        self.assertTrue(all(each["done"] for each in said["triggers"]), said["triggers"])
        with open(os.path.join(self.folder, "told")) as file:
            self.assertEqual(file.read(), "shop|b7|fail|$(touch pwned); x")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "pwned")))
        self.check_messages(receiver.got)
        self.check_recorded(1)
        verdict = next(each for each in self.listed() if each["verdict"] == 1)
        self.assertEqual([verdict["what"], verdict["service"], verdict["build"]],
                         ["fail", "shop", "b7"])
        self.assertIn("rollback triggers: exec done, webhook done", verdict["message"])
        self.assertIn("rolledback", [each["what"] for each in self.listed()])
        self.check_cooldown()

    def check_messages(self, got):
        self.assertEqual([path for path, _, _ in got],
                         ["/hook", "/am/api/v2/alerts", "/events", "/events"])
        _, headers, body = got[0]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
        self.assertEqual(headers["webhook-signature"], "v1," + base64.b64encode(digest).decode())
        self.assertEqual(json.loads(body)["data"]["service"], "shop")
        self.assertEqual(json.loads(got[1][2])[0]["labels"]["service"], "shop")
        self.assertEqual([headers["ce-type"] for _, headers, _ in got[2:]],
                         ["dev.cdevents.incident.detected.0.3.0",
                          "dev.cdevents.service.rolledback.0.3.0"])

    # The rollback is in the history, so the next one waits.
    def check_cooldown(self):
        good, good_port = build(self.folder, "good")
        bad, bad_port = build(self.folder, "bad", "return 500;")
        with good, bad:
            for each in (good_port, bad_port):
                wait_for(each)
            done = self.watch(good_port, bad_port, "-d", "20s", "--rollback", "touch fired")
        self.assertEqual(done.returncode, 10, done.stderr)
        self.assertFalse(self.said()["fired"])
        self.assertIn("--cooldown", self.said()["not_fired_reason"])
        self.assertFalse(os.path.exists(os.path.join(self.folder, "fired")))
        self.check_recorded(2)
        self.assertIn("not rolled back: it was rolled back", self.listed()[0]["message"])

    def test_the_same_build_passes_and_is_promoted(self):
        one, one_port = build(self.folder, "one")
        two, two_port = build(self.folder, "two")
        with one, two:
            for each in (one_port, two_port):
                wait_for(each)
            done = self.watch(one_port, two_port, "-d", "40s", "--tolerance", "50%",
                              "--error-tolerance", "5%", "--promote", "touch promoted",
                              "--rollback", "touch fired", "--after", "2s")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.check_recorded(2)
        self.assertEqual([each["message"] for each in self.listed() if each["verdict"]],
                         ["not worse in 2.00 s after the promotion; it stays",
                          "surely not worse by what would matter; promoted"])
        self.assertEqual(self.said()["verdict"], "pass")
        self.assertTrue(os.path.exists(os.path.join(self.folder, "promoted")))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "fired")))

    def test_a_dry_run_does_nothing(self):
        good, good_port = build(self.folder, "good")
        bad, bad_port = build(self.folder, "bad", "return 500;")
        with good, bad:
            for each in (good_port, bad_port):
                wait_for(each)
            done = self.watch(good_port, bad_port, "-d", "30s", "--dry-run", "--rollback",
                              "touch fired")
        self.assertEqual(done.returncode, 10, done.stderr)
        self.assertIn("dry run", done.stdout)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "fired")))

    def test_a_policy_says_what_is_tolerated_and_what_follows(self):
        good, good_port = build(self.folder, "good")
        bad, bad_port = build(self.folder, "bad", "return 500;")
        with open(os.path.join(self.folder, "watch.yaml"), "w") as file:
            file.write("criteria:\n  - error_rate: { tolerance: 40% }\non_fail: warn\nalpha: 10%\n")
        with good, bad:
            for each in (good_port, bad_port):
                wait_for(each)
            done = self.watch(good_port, bad_port, "-d", "30s", "--policy", "watch.yaml",
                              "--rollback", "touch fired")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        said = self.said()
        self.assertEqual(said["verdict"], "fail")
        self.assertEqual(said["not_fired_reason"], "the policy says on_fail: warn")
        self.assertEqual(said["recorded_verdicts"], [1])
        errors = next(each for each in said["checks"] if each["metric"] == "error_rate")
        self.assertEqual([errors["tolerance"], errors["alpha"]], [0.4, 0.1 / 4])
        self.assertFalse(os.path.exists(os.path.join(self.folder, "fired")))
        self.check_recorded(1)

    def test_what_makes_no_sense_is_said(self):
        for options, words in (((), "--canary is missing"),
                               (("--canary", "http://127.0.0.1:1/", "--rollback", "no-such-thing"),
                                "--rollback"),
                               (("--canary", "http://127.0.0.1:1/", "--webhook", "ftp://x"),
                                "--webhook")):
            done = subprocess.run([WEIR, "deploy", "watch", "--stable", "http://127.0.0.1:1/",
                                   *options], capture_output=True, text=True, timeout=10,
                                  check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
