"""weir serve as deploy tools see it: the real process, asked by the real curl and by raw sockets.
The program is given in $WEIR. Standard library only."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from receiver import Receiver

WEIR = os.path.abspath(os.environ["WEIR"])
TOKEN = "0123456789abcdef0123456789abcdef"


class Target:
    """weir target, until the end of the with block."""

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


class Service:
    """weir serve in a folder, until the end of the with block."""

    def __init__(self, folder, *options):
        self.folder = folder
        self.options = options

    def __enter__(self):
        self.log = open(os.path.join(self.folder, "serve.log"), "w+")
        self.process = subprocess.Popen(
            [WEIR, "serve", "--listen", "127.0.0.1:0", *self.options], cwd=self.folder,
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        self.url = line.split()[-1].rstrip("/")
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGTERM)
        self.process.stdout.close()
        self.log.close()

    def stop(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=15)

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def curl(self, path, *options):
        """Status and body as curl gets them."""
        done = subprocess.run(
            ["curl", "-sS", "--max-time", "15", "--path-as-is", "-w", "\n%{http_code}", *options,
             self.url + path], capture_output=True, text=True, timeout=20, check=False)
        body, _, code = done.stdout.rpartition("\n")
        return int(code or 0), body

    def hook(self, name, build="", **metadata):
        body = {"name": "shop", "namespace": "prod", "phase": "Progressing", "checksum": build,
                "metadata": metadata}
        return self.curl(f"/flagger/{name}", "-H", "Content-Type: application/json",
                         "-d", json.dumps(body))

    def raw(self, data, wait=10):
        """Sends bytes, returns all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as peer:
            peer.sendall(data)
            return read_all(peer)


def read_all(peer):
    got = b""
    try:
        while chunk := peer.recv(65536):
            got += chunk
    except (ConnectionResetError, TimeoutError):
        pass
    return got


def record(folder, target, build):
    done = subprocess.run(
        [WEIR, "run", "-R", "400", "-d", "600ms", "-c", "4", "--build", build, "--seed", "1",
         target.url], cwd=folder, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode in (0, 11), done.stderr


class VerdictsTest(unittest.TestCase):
    """One history for all: `good` is as fast as `old`, `slow` takes six times as long."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        with open(os.path.join(cls.folder, "gate.yaml"), "w") as file:
            file.write("baseline: build:old\non_invalid: warn\n"
                       "criteria:\n  - { response_time: body, tolerance: 50% }\n")
        with Target("fixed:4ms") as fast, Target("fixed:24ms") as slow:
            for _ in range(3):
                for target, build in ((fast, "old"), (fast, "good"), (slow, "slow")):
                    record(cls.folder, target, build)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_flagger_hooks_answer_by_the_verdict(self):
        with Service(self.folder, "--policy", "gate.yaml", "--hold", "200ms") as service:
            for name, good, slow, unknown in (
                    ("confirm-rollout", 200, 403, 409), ("pre-rollout", 200, 403, 409),
                    ("rollout", 200, 403, 200), ("confirm-traffic-increase", 200, 403, 409),
                    ("confirm-promotion", 200, 403, 409), ("post-rollout", 200, 200, 200),
                    ("rollback", 403, 200, 403), ("event", 200, 200, 200)):
                with self.subTest(hook=name):
                    self.assertEqual(service.hook(name, "good")[0], good)
                    self.assertEqual(service.hook(name, "slow")[0], slow)
                    self.assertEqual(service.hook(name, "nobody")[0], unknown)
            code, body = service.hook("confirm-promotion", "slow")
            self.assertIn("fail: ", body)
            self.assertIn("response time", body)

    def test_only_a_confirmed_fail_rolls_back(self):
        with Service(self.folder, "--policy", "gate.yaml") as service:
            for path in ("/", "/flagger", "/flagger/", "/flagger/rollbak", "/rollback", "/gate/x",
                         "/flagger/rollback/../event", "/flagger/%2e%2e/x"):
                self.assertEqual(service.curl(path, "-X", "POST", "-d", "{}")[0], 403, path)
            for body in ("", "{", "[]", '{"name":1}', "{}", "[" * 50000):
                code, _ = service.curl("/flagger/rollback", "-H", "Content-Type: application/json",
                                       "-d", body)
                self.assertEqual(code, 403, body[:20])
            self.assertEqual(service.hook("rollback", "bad rev; rm -rf")[0], 403)
            self.assertEqual(service.hook("rollback", "slow", baseline="merge-base")[0], 403)

    def test_argo_always_gets_200_and_what_it_reads(self):
        with Service(self.folder, "--policy", "gate.yaml") as service:
            # Two runs of the same may differ by more than chance, one time in twenty.
            for rev, verdict in (("good", "pass|warn"), ("slow", "fail"), ("nobody", "inconclusive"),
                                 ("a%0ab", "inconclusive"), ("", "inconclusive")):
                for method in ("GET", "POST", "PUT"):
                    code, body = service.curl(f"/api/v1/verdict?service=shop&rev={rev}",
                                              "-X", method)
                    self.assertEqual(code, 200)
                    answer = json.loads(body)
                    self.assertRegex(answer["verdict"], f"^({verdict})$", answer)
                    self.assertIn("score", answer)
                    self.assertTrue(answer["reason"])
            code, body = service.curl("/api/v1/verdict?rev=slow")
            self.assertEqual(json.loads(body)["criteria"][0]["metric"], "response_time.body")
            self.assertRegex(json.loads(body)["run"], r"^\d+$")

    def test_polling_judges_once_and_says_what_weir_gate_says(self):
        with Service(self.folder, "--policy", "gate.yaml") as service:
            before = len(self.verdicts(service))
            first = json.loads(service.curl("/api/v1/verdict?rev=good")[1])
            for _ in range(20):
                self.assertEqual(json.loads(service.curl("/api/v1/verdict?rev=good")[1]), first)
            after = self.verdicts(service)
            self.assertLessEqual(len(after), before + 1)
            code, body = service.curl(f"/api/v1/verdicts/{first['verdict_id']}")
            recorded = json.loads(body)
            gate = subprocess.run(
                [WEIR, "gate", "--policy", "gate.yaml", "--candidate", "build:good", "--json=-",
                 "--dry-run"], cwd=self.folder, capture_output=True, text=True, check=False)
            said = json.loads(gate.stdout)
            self.assertEqual({key: recorded[key] for key in said}, said)
            self.assertEqual(service.curl("/api/v1/verdicts/999999")[0], 404)
            self.assertEqual(service.curl("/api/v1/verdicts/..%2f..%2fetc")[0], 404)
            self.assertEqual(service.curl("/api/v1/verdicts?limit=0")[0], 400)

    @staticmethod
    def verdicts(service):
        return json.loads(service.curl("/api/v1/verdicts?limit=200")[1])["verdicts"]

    def test_a_verdict_is_told_as_a_cdevent_once(self):
        with Receiver(202) as broker, Service(self.folder, "--policy", "gate.yaml", "--events",
                                              broker.url + "/", "--environment", "prod") as service:
            for _ in range(3):
                service.hook("confirm-promotion", "slow", service="checkout")
            self.assertTrue(broker.arrived.wait(10))
            service.stop(signal.SIGTERM)
            _, headers, body = broker.got[0]
            event = json.loads(body)
            self.assertEqual(len(broker.got), 1)
            self.assertEqual(headers["ce-type"], "dev.cdevents.testsuiterun.finished.0.3.0")
            self.assertEqual(headers["ce-id"], event["context"]["id"])
            self.assertEqual(event["subject"]["content"]["outcome"], "failure")
            self.assertEqual(event["customData"]["service"], "checkout")

    def test_marks_of_deployments_are_kept(self):
        with Service(self.folder, "--policy", "gate.yaml") as service:
            code, _ = service.curl("/api/v1/deployments", "-H", "Content-Type: application/json",
                                   "-d", '{"service":"marks","build":"b7","phase":"Succeeded"}')
            self.assertEqual(code, 201)
            service.hook("event", "b8", service="marks", eventMessage="New revision\x1b[31m",
                         timestamp="1767225600000")
            found = json.loads(service.curl("/api/v1/deployments?service=marks")[1])["deployments"]
            self.assertEqual([(each["build"], each["phase"], each["source"]) for each in found],
                             [("b8", "Progressing", "flagger"), ("b7", "Succeeded", "api")])
            self.assertEqual(found[0]["at"], "2026-01-01T00:00:00Z")

    def test_gates_by_hand_answer_as_flaggers_load_tester_does(self):
        canary = ("-H", "Content-Type: application/json", "-d",
                  '{"name":"shop","namespace":"prod"}')
        with Service(self.folder, "--policy", "gate.yaml") as service:
            self.assertEqual(service.curl("/gate/approve", "-X", "POST"), (200, "OK\n"))
            self.assertEqual(service.curl("/gate/halt", "-X", "POST"), (403, "Forbidden\n"))
            for kind in ("gate", "rollback"):
                self.assertEqual(service.curl(f"/{kind}/check", *canary)[0], 403)
                self.assertEqual(service.curl(f"/{kind}/open", *canary)[0], 202)
                self.assertEqual(service.curl(f"/{kind}/check", *canary)[0], 200)
                self.assertEqual(service.curl(f"/{kind}/close", *canary)[0], 202)
                self.assertEqual(service.curl(f"/{kind}/check", *canary)[0], 403)
                self.assertEqual(service.curl(f"/{kind}/open", "-d", "nonsense")[0], 400)


class AttackTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.token_file = os.path.join(self.folder, "token")
        with open(self.token_file, "w") as file:
            file.write(TOKEN + "\n")

    def test_without_the_token_there_is_nothing_but_health(self):
        with Service(self.folder, "--token-file", self.token_file) as service:
            self.assertEqual(service.curl("/healthz"), (200, "ok\n"))
            for path in ("/", "/api/v1/verdicts", "/api/v1/verdict?rev=b7"):
                self.assertEqual(service.curl(path)[0], 401)
                self.assertEqual(service.curl(path, "-H", "Authorization: Bearer wrong")[0], 401)
            self.assertEqual(service.hook("rollback", "b7")[0], 401)
            bearer = ("-H", f"Authorization: Bearer {TOKEN}")
            self.assertEqual(service.curl("/api/v1/verdict?rev=b7", *bearer)[0], 200)
            self.assertEqual(service.curl("/api/v1/verdict?rev=b7", "-u", f"any:{TOKEN}")[0], 200)
            self.assertNotIn(TOKEN, service.logged())
            self.assertNotIn("wrong", service.logged())

    def test_tokens_are_read_again_at_sighup(self):
        with Service(self.folder, "--token-file", self.token_file) as service:
            with open(self.token_file, "w") as file:
                file.write("another-token-of-length\n")
            service.process.send_signal(signal.SIGHUP)
            until = time.monotonic() + 10
            while "tokens read again" not in service.logged():
                self.assertLess(time.monotonic(), until)
            self.assertEqual(service.curl("/x", "-u", f"any:{TOKEN}")[0], 401)
            self.assertEqual(service.curl("/x", "-u", "any:another-token-of-length")[0], 404)

    def test_other_machines_need_a_token(self):
        done = subprocess.run([WEIR, "serve", "--listen", "0.0.0.0:0"], cwd=self.folder,
                              capture_output=True, text=True, timeout=10, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--token-file", done.stderr)

    def test_a_busy_port_is_said(self):
        with Service(self.folder) as service:
            done = subprocess.run([WEIR, "serve", "--listen", f"127.0.0.1:{service.port}"],
                                  cwd=self.folder, capture_output=True, text=True, timeout=10,
                                  check=False)
            self.assertEqual(done.returncode, 69)
            self.assertIn("another process has this port", done.stderr)

    def test_signals_end_it_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Service(self.folder) as service:
                # Also with a request half-way in.
                with socket.create_connection(("127.0.0.1", service.port)) as peer:
                    peer.sendall(b"GET /healthz HTTP/1.1\r\n")
                    self.assertEqual(service.stop(number), 0)

    def test_large_and_odd_requests_are_refused(self):
        with Service(self.folder, "--client-timeout", "2s") as service:
            body = os.path.join(self.folder, "body")
            with open(body, "wb") as file:
                file.write(b"x" * 200_000)
            json_type = ("-H", "Content-Type: application/json")
            self.assertEqual(service.curl("/flagger/rollout", *json_type, "--data-binary",
                                          "@" + body)[0], 413)
            self.assertEqual(service.curl("/flagger/rollout", *json_type, "-d", "{")[0], 400)
            self.assertEqual(service.curl("/flagger/rollout", "-d", "{}")[0], 415)
            self.assertEqual(service.curl("/" + "x" * 3000)[0], 414)
            self.assertEqual(service.curl("/nowhere")[0], 404)
            self.assertEqual(service.curl("/../../etc/passwd")[0], 404)
            host = b" HTTP/1.1\r\nHost: x\r\n"
            post = b"POST /flagger/rollout" + host
            for request, status in (
                    (post + b"Transfer-Encoding: chunked\r\n\r\n", b"411"),
                    (post + b"Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", b"415"),
                    (post + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", b"400"),
                    (post + b"Content-Length: -1\r\n\r\n", b"400"),
                    (post + b"Content-Length: 999999999999999\r\n\r\n", b"413"),
                    (post + b"\r\n", b"415"),
                    (b"GET /healthz" + host + b"Range: bytes=" + b"0-," * 2600 + b"0-\r\n\r\n",
                     b"HTTP"),
                    (b"GET /" + b"%0a" * 300 + host + b"\r\n", b"404"),
                    (b"nonsense\r\n\r\n", b"400")):
                self.assertIn(status, service.raw(request)[:60], request[:60])
            # Ever more headers: cut off, not kept.
            self.assertNotIn(b" 200 ", service.raw(b"GET /healthz" + host + b"a: b\r\n" * 5000))
            self.assertEqual(service.raw(b"G" * 100_000)[:12] in (b"", b"HTTP/1.1 414",
                                                                   b"HTTP/1.1 431"), True)
            self.assertEqual(service.curl("/healthz")[0], 200)
            self.assertNotIn("\x1b", service.logged())

    def test_slow_clients_do_not_keep_others_waiting(self):
        with Service(self.folder, "--client-timeout", "1s") as service:
            slow = [socket.create_connection(("127.0.0.1", service.port), timeout=10)
                    for _ in range(40)]
            begun = time.monotonic()
            for peer in slow:
                peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
            # One that sends a byte every now and then is cut off as well.
            trickle = slow[0]
            ended = False
            while not ended and time.monotonic() - begun < 8:
                try:
                    trickle.sendall(b"a")
                    trickle.settimeout(0.2)
                    ended = trickle.recv(1000) != b"never"
                except TimeoutError:
                    pass
                except OSError:
                    ended = True
            self.assertTrue(ended)
            self.assertLess(time.monotonic() - begun, 7)
            self.assertEqual(service.curl("/healthz")[0], 200)
            for peer in slow:
                peer.close()

    def test_who_asks_too_often_is_told_when_to_come_back(self):
        with Service(self.folder, "--rate", "1/s", "-q") as service:
            codes = [service.curl("/nowhere")[0] for _ in range(8)]
            self.assertEqual(codes[0], 404)
            self.assertIn(429, codes)
            answer = service.raw(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
            if b"429" in answer[:20]:
                self.assertIn(b"Retry-After: 1", answer)
            self.assertEqual(service.curl("/healthz")[0], 200)


if __name__ == "__main__":
    unittest.main()
