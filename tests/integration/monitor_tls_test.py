"""weir monitor answers over TLS: to curl, to openssl, to itself, and to clients that misbehave. The
program is given in $WEIR. Debian's interpreter."""

import http.client
import json
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

from live_peers import WEIR, Monitor, until
from servers import free_port


class MonitorTlsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.port = free_port()
        self.certificate("one")
        self.use("one")
        self.setup = {
            "evaluate_every": "100ms",
            "listen": f"127.0.0.1:{self.port}",
            "tls": {"certificate_file": "certificate.pem", "key_file": "key.pem"},
            "sources": [{"name": "here", "host": "/"}],
            "rules": [{"alert": "Busy", "source": "here", "above": 2,
                       "metric": "weir_host_cpu_busy_ratio"}],
            "channels": [{"name": "file", "file": "told"}],
        }

    def path(self, name):
        return os.path.join(self.folder, name)

    def certificate(self, name, *options):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "2",
                        "-keyout", self.path(name + ".key"), "-out", self.path(name + ".pem"),
                        "-subj", f"/CN={name}.example", "-addext", "subjectAltName=DNS:localhost",
                        *(options or ["-noenc"])], check=True, capture_output=True)

    def use(self, name, key=None):
        shutil.copy(self.path(name + ".pem"), self.path("certificate.pem"))
        shutil.copy(self.path((key or name) + ".key"), self.path("key.pem"))

    def curl(self, path, *options, authority="one"):
        return subprocess.run(["curl", "--silent", "--show-error", "--max-time", "10", "--cacert",
                               self.path(authority + ".pem"), *options,
                               f"https://localhost:{self.port}{path}"],
                              capture_output=True, text=True, timeout=20)

    def status(self, *arguments):
        return subprocess.run([WEIR, "monitor", "status", *arguments], cwd=self.folder,
                              capture_output=True, text=True, timeout=20)

    def reload(self, monitor):
        says = monitor.complaints().count("read again")
        monitor.process.send_signal(signal.SIGHUP)
        until(lambda: monitor.complaints().count("read again") > says)

    def test_curl_and_openssl_are_answered_by_1_2_and_1_3_only(self):
        with Monitor(self.folder, self.setup) as monitor:
            for version in (["--tlsv1.2", "--tls-max", "1.2"], ["--tlsv1.3"]):
                self.assertEqual(self.curl("/healthz", *version).stdout, "ok\n")
            # A page of many records, and a body that is sent.
            self.assertGreater(len(self.curl("/").stdout), 20_000)
            refused = self.curl("/api/v1/acknowledge", "--json", '{"alerts": ["' + "0" * 9000 + '"]}',
                                "--write-out", "%{http_code}")
            self.assertRegex(refused.stdout, "4[0-9][0-9]$")
            for version, said in (("-tls1_1", "alert protocol version|no protocols available"),
                                  ("-tls1_2", "Cipher is ECDHE")):
                got = subprocess.run(["openssl", "s_client", version, "-connect",
                                      f"127.0.0.1:{self.port}"], stdin=subprocess.DEVNULL,
                                     capture_output=True, text=True, timeout=20)
                self.assertRegex(got.stdout + got.stderr, said)
            # A ticket spares the next connection the certificate.
            session = self.path("session")
            for option, said in (("-sess_out", "New, TLS"), ("-sess_in", "Reused, TLS")):
                got = subprocess.run(["openssl", "s_client", "-tls1_2", option, session, "-connect",
                                      f"127.0.0.1:{self.port}"], stdin=subprocess.DEVNULL,
                                     capture_output=True, text=True, timeout=20)
                self.assertIn(said, got.stdout)
            self.assertEqual(monitor.end(), 0)

    def test_events_come_with_the_evaluations(self):
        trusted = ssl.create_default_context(cafile=self.path("one.pem"))
        with Monitor(self.folder, self.setup):
            seen = []
            while len(seen) < 5:
                asked = http.client.HTTPSConnection("localhost", self.port, timeout=5,
                                                    context=trusted)
                asked.request("GET", "/api/v1/events",
                              headers={"Last-Event-ID": seen[-1]} if seen else {})
                answer = asked.getresponse().read().decode()
                asked.close()
                fields = dict(line.split(": ", 1) for line in answer.splitlines()
                              if line)
                self.assertEqual(json.loads(fields["data"])["schema"], "weir.monitor_status/1")
                seen.append(fields["id"])
            self.assertEqual(seen, sorted(set(seen), key=lambda one: int(one.split(".")[0])))

    def test_who_speaks_http_is_told_so(self):
        with Monitor(self.folder, self.setup):
            asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            asked.request("GET", "/healthz")
            answer = asked.getresponse()
            self.assertEqual((answer.status, answer.read()),
                             (400, b"this port speaks TLS: write https://...\n"))
            asked.close()

    def test_garbage_harms_nobody(self):
        chance = random.Random(1)
        with Monitor(self.folder, self.setup) as monitor:
            for turn in range(200):
                # Half of them begin as a handshake does.
                begin = b"\x16\x03\x01\x02\x00\x01" if turn % 2 else b""
                with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
                    try:
                        client.sendall(begin + chance.randbytes(chance.randrange(1, 600)))
                        client.shutdown(socket.SHUT_WR)
                        while client.recv(4096):
                            pass
                    except ConnectionError:
                        pass
            self.assertEqual(self.curl("/healthz").stdout, "ok\n")
            self.assertEqual(monitor.end(), 0)

    # There are 8 threads: more handshakes than that stall, each in another place.
    def test_handshakes_that_stall_end_and_others_are_answered(self):
        hello = ssl.MemoryBIO()
        client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), hello,
                                                       server_hostname="localhost")
        with self.assertRaises(ssl.SSLWantReadError):
            client.do_handshake()
        hello = hello.read()
        with Monitor(self.folder, self.setup) as monitor:
            stalled = []
            for part in range(12):
                stalled.append(socket.create_connection(("127.0.0.1", self.port), timeout=20))
                stalled[-1].sendall(hello[:len(hello) * part // 11])
            began = time.monotonic()
            self.assertEqual(self.curl("/healthz").stdout, "ok\n")
            self.assertLess(time.monotonic() - began, 8)
            for one in stalled:
                try:
                    while one.recv(4096):
                        pass
                except ConnectionError:
                    pass
                one.close()
            self.assertLess(time.monotonic() - began, 15)
            # One that stalls does not hold up the end either.
            with socket.create_connection(("127.0.0.1", self.port), timeout=20):
                until(lambda: self.curl("/healthz").stdout == "ok\n")
                began = time.monotonic()
                self.assertEqual(monitor.end(), 0)
                self.assertLess(time.monotonic() - began, 4)

    def test_a_certificate_is_replaced_while_it_runs_and_a_wrong_one_is_not_taken(self):
        self.certificate("two")
        self.certificate("locked", "-passout", "pass:secret")
        with Monitor(self.folder, self.setup) as monitor:
            self.assertEqual(self.curl("/healthz").stdout, "ok\n")
            self.use("two")
            self.reload(monitor)
            self.assertEqual(self.curl("/healthz", authority="two").stdout, "ok\n")
            self.assertNotEqual(self.curl("/healthz").returncode, 0)
            for pair, said in ((("two", "one"), "the key does not go with the first certificate"),
                               (("locked",), "the key has a password")):
                self.use(*pair)
                self.reload(monitor)
                self.assertIn(said, monitor.complaints())
                self.assertEqual(self.curl("/healthz", authority="two").stdout, "ok\n")
            self.assertNotIn("PRIVATE KEY", monitor.complaints())

    def test_its_own_status_knows_it_by_the_key_in_the_file(self):
        self.certificate("two")
        with Monitor(self.folder, self.setup):
            until(lambda: self.status("monitor.yaml").stdout.startswith("integrated"))
            unknown = self.status(f"https://127.0.0.1:{self.port}")
            self.assertEqual(unknown.returncode, 69)
            self.assertIn("unless you name its file", unknown.stderr)
            # Another one answers at that address.
            self.use("two")
            self.assertEqual(self.status("monitor.yaml").returncode, 69)

    def test_what_the_check_says(self):
        with open(self.path("monitor.yaml"), "w", encoding="utf-8") as file:
            json.dump(self.setup, file)
        said = subprocess.run([WEIR, "monitor", "--check", "monitor.yaml"], cwd=self.folder,
                              capture_output=True, text=True, timeout=20)
        self.assertRegex(said.stdout, r"answers +127\.0\.0\.1:\d+ +over TLS; its certificate is "
                                      r"good until 20\d\d-\d\d-\d\dT")


if __name__ == "__main__":
    unittest.main()
