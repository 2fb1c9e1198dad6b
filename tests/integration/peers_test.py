"""weir against servers that are not ours: nginx as it should be, and small servers as they should
not be. The program is given in $WEIR. Standard library only."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from servers import WEIR, free_port, program, wait_for, weir

BIG = 3_000_000

CONF = """
{user}
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port}; {ipv6}
    root {folder}/www;
    location /chunked {{ gzip on; gzip_types text/plain; gzip_min_length 1; }}
    location /close {{ keepalive_timeout 0; }}
  }}
}}
"""


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


class NginxTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        os.chmod(cls.folder, 0o755)
        www = Path(cls.folder, "www")
        (www / "chunked").mkdir(parents=True)
        (www / "close").mkdir()
        (www / "index.html").write_text("hello weir\n")
        (www / "close/index.html").write_text("bye\n")
        (www / "chunked/a.txt").write_text("hello weir\n" * 5000)
        (www / "big").write_bytes(b"x" * BIG)
        cls.port = free_port()
        conf = Path(cls.folder, "nginx.conf")
        conf.write_text(CONF.format(
            folder=cls.folder, port=cls.port, user="user root;" if os.geteuid() == 0 else "",
            ipv6=f"listen [::1]:{cls.port};" if has_ipv6() else ""))
        cls.nginx = subprocess.Popen([program("nginx"), "-p", cls.folder, "-c", conf, "-e",
                                      Path(cls.folder, "error.log")])
        wait_for(cls.port)
        cls.url = f"http://127.0.0.1:{cls.port}"

    @classmethod
    def tearDownClass(cls):
        cls.nginx.terminate()
        cls.nginx.wait(10)
        shutil.rmtree(cls.folder)

    def expect_complete(self, url, *options, rate=100):
        code, run, err = weir(self.folder, url, *options, rate=rate)
        planned = rate // 2
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(run["requests"]["planned"], planned)
        self.assertEqual(run["requests"]["completed"], planned, run["errors"])
        return run

    def test_keep_alive(self):
        self.expect_complete(self.url + "/")

    def test_server_that_closes_after_each_answer(self):
        self.expect_complete(self.url + "/close/")

    def test_chunked_body(self):
        self.expect_complete(self.url + "/chunked/a.txt", "-H", "Accept-Encoding: gzip")

    def test_head_has_no_body(self):
        self.expect_complete(self.url + "/", "-X", "HEAD")

    def test_large_body(self):
        self.expect_complete(self.url + "/big", rate=20)

    def test_not_found_is_a_failure_of_its_kind(self):
        code, run, _ = weir(self.folder, self.url + "/nothing")
        self.assertEqual(code, 0)
        self.assertEqual(run["errors"], {"status": 50})

    def test_ipv6(self):
        if not has_ipv6():
            self.skipTest("this machine has no IPv6")
        self.expect_complete(f"http://[::1]:{self.port}/")

    def test_reload_during_load_loses_nothing_that_was_not_in_flight(self):
        reload = threading.Timer(0.3, lambda: self.nginx.send_signal(1))
        reload.start()
        code, run, err = weir(self.folder, self.url + "/", duration="1500ms")
        reload.join()
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(run["requests"]["planned"], 150)
        self.assertGreaterEqual(run["requests"]["completed"], 146, run["errors"])


class BadServer:
    """Reads a request and gives the connection to `behave`; again until that returns False."""

    def __init__(self, behave):
        self._behave = behave
        self._server = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = "http://127.0.0.1:%d/" % self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                while connection.recv(65536) and self._behave(connection):
                    pass
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()


def endless(head, piece):
    def behave(connection):
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(0.01)
    return behave


def once(answer):
    def behave(connection):
        connection.sendall(answer)
        return False
    return behave


HEAD = b"HTTP/1.1 200 OK\r\n"


class BadServerTest(unittest.TestCase):
    """No valid answer at all: exit code 69, one sentence that names the kind, an aborted run."""

    def expect(self, behave, kind, *options):
        with tempfile.TemporaryDirectory() as folder, BadServer(behave) as server:
            code, run, err = weir(folder, server.url, "--timeout", "300ms", *options)
            history = subprocess.run([WEIR, "history"], cwd=folder, capture_output=True, text=True)
        self.assertEqual(code, 69)
        self.assertTrue(err.startswith(f"weir run: target {server.url[:-1]} gave no valid answer"),
                        err)
        self.assertIn(kind, err)
        self.assertIn("aborted", history.stdout)
        self.assertEqual(run["requests"]["completed"], 0)
        outcomes = ("completed", "failed", "timed_out", "dropped", "unfinished")
        self.assertEqual(sum(run["requests"][name] for name in outcomes), 50)

    def test_garbage(self):
        self.expect(once(bytes(range(128, 256)) * 4 + b"\r\n"), "malformed")

    def test_closes_at_once(self):
        self.expect(lambda _: False, "closed_early")

    def test_closes_in_the_body(self):
        self.expect(once(HEAD + b"Content-Length: 100\r\n\r\nabc"), "closed_early")

    def test_never_answers(self):
        self.expect(lambda _: True, "timeout")

    def test_answers_forever(self):
        self.expect(endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"4\r\nabcd\r\n"),
                    "timeout")

    def test_head_without_end(self):
        self.expect(endless(HEAD, b"X-Filler: " + b"y" * 60_000 + b"\r\n"), "too_large")


if __name__ == "__main__":
    unittest.main()
