"""Every scenario of scenarios/library, shortened, against a server that is one: what is sent must be what the server
understands. The program is given in $WEIR. Standard library only."""

import http.server
import itertools
import json
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from urllib.parse import parse_qs

from servers import WEIR, Peer

LIBRARY = Path(__file__).resolve().parents[2] / "scenarios" / "library"
PASSWORDS = dict(line.split(",") for line in (LIBRARY / "users.csv").read_text().splitlines()[1:])


class Service(Peer):
    """An API, a shop and a few probes; 400 for what it does not understand."""

    def __init__(self):
        self.jobs = itertools.count()
        self.polls = {}
        self.refused = []
        super().__init__(Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def respond(self, status, value=None, headers=()):
        body = json.dumps({} if value is None else value).encode()
        self.send_response(status)
        for name, text in (("Content-Type", "application/json"), *headers):
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        place = f"{self.command} /{path.split('/')[1]}"
        route = getattr(self, ROUTES.get(f"{self.command} {path}", ROUTES.get(place, "unknown")))
        try:
            route(path, body)
        except (KeyError, ValueError, AssertionError) as wrong:
            self.server.refused.append((self.command, self.path, body[:200], repr(wrong)))
            self.respond(400)

    do_GET = do_POST = do_PUT = answer

    def unknown(self, *_):
        raise KeyError("no such route")

    def page(self, *_):
        self.respond(200, {"items": [{"id": "p1"}]})

    def probe(self, *_):
        self.respond(200, "ok")

    def api_login(self, _, body):
        user = json.loads(body)
        assert PASSWORDS[user["user"]] == user["password"]
        self.respond(200, {"token": "t-" + user["user"]})

    def api_items(self, *_):
        assert self.headers["Authorization"].removeprefix("Bearer t-") in PASSWORDS
        self.respond(200, [])

    def shop_login(self, _, body):
        form = parse_qs(body.decode(), strict_parsing=True)
        assert PASSWORDS[form["user"][0]] == form["password"][0]
        self.respond(302, headers=[("Location", "/account"), ("Set-Cookie", "sid=1; Path=/")])

    def order(self, _, body):
        assert json.loads(body)["lines"][0]["product"] == 42
        self.respond(201, headers=[("Location", "/orders/17")])

    def with_session(self, path, body):
        if path == "/cart" and json.loads(body)["product"] == 42:
            self.respond(201)
            return
        assert "sid=1" in self.headers["Cookie"]
        if path == "/cart":
            assert json.loads(body)["product"] == "p1" and json.loads(body)["quantity"] in (1, 2, 3)
        if path == "/checkout":
            assert re.fullmatch(r"[0-9a-f-]{36}", self.headers["Idempotency-Key"])
        self.respond(201 if path == "/checkout" else 200)

    def graphql(self, _, body):
        asked = json.loads(body)
        if asked["query"].startswith("mutation"):
            assert asked["variables"]["id"] == "p1" and 1 <= asked["variables"]["stars"] <= 5
        else:
            assert 1 <= asked["variables"]["first"] <= 20
        self.respond(200, {"data": {"products": [{"id": "p1"}]}})

    def upload(self, _, body):
        assert body == (LIBRARY / "upload.bin").read_bytes()
        job = str(next(self.server.jobs))
        self.server.polls[job] = 0
        self.respond(201, {"job": job, "state": "busy"})

    def job(self, path, _):
        job = path.rpartition("/")[2]
        self.server.polls[job] += 1
        self.respond(200, {"state": "done" if self.server.polls[job] == 2 else "busy"})

    def log_message(self, *_):
        pass


ROUTES = {"GET /": "page", "GET /products": "page", "GET /healthz": "probe", "GET /readyz": "probe",
          "POST /api/login": "api_login", "GET /api/items": "api_items",
          "POST /account/login": "shop_login", "GET /account": "with_session",
          "GET /cart": "page", "GET /search": "page", "POST /orders": "order", "POST /cart": "with_session", "POST /checkout": "with_session",
          "POST /graphql": "graphql", "PUT /files": "upload", "GET /jobs": "job"}


def shortened(text):
    """Half a second, gently; pauses of some milliseconds."""
    text = re.sub(r"\bwarm_up: \w+", "warm_up: 1ms", text)
    text = re.sub(r"rate: [^,}]+", "rate: 30/s", text)
    text = re.sub(r"users: [^,}]+(, for)", r"users: 3\1", text)
    text = re.sub(r"for: \w+", "for: 500ms", text)
    text = re.sub(r"start: \w+", "start: 200ms", text)
    return re.sub(r"think: .*?(?=\n| })", "think: 5ms", text)


class LibraryTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.service = Service()
        self.addCleanup(self.service.server_close)
        self.addCleanup(self.service.shutdown)

    def run_weir(self, *arguments):
        return subprocess.run([WEIR, *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=50, stdin=subprocess.DEVNULL)

    def test_each_is_valid(self):
        files = sorted(str(path) for path in LIBRARY.glob("*.yaml"))
        self.assertGreaterEqual(len(files), 10)
        done = self.run_weir("check", "--quiet", *files)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_each_does_what_its_server_understands(self):
        shutil.copytree(LIBRARY, self.folder, dirs_exist_ok=True)
        for path in sorted(LIBRARY.glob("*.yaml")):
            if path.stem == "program":
                continue  # It needs no server.
            with self.subTest(path.name):
                text = shortened(path.read_text())
                Path(self.folder, path.name).write_text(text)
                done = self.run_weir("run", "--no-store", "--json", "--quiet", "-t", "1", "--seed", "1",
                                     "--target", self.service.url, path.name)
                self.assertTrue(done.stdout, done.stderr)
                run = json.loads(done.stdout)
                self.assertEqual(self.service.refused, [])
                self.assertEqual(run["errors"], {})
                idle = [step["name"] for step in run["steps"] if step["requests"]["completed"] == 0]
                self.assertEqual(idle, [])
                self.assertIn(done.returncode, (0, 10, 11))


if __name__ == "__main__":
    unittest.main()
