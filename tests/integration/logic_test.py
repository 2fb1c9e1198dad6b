"""Cookies, redirects, branches and loops, against a server that writes down what it was asked, by
both engines. The program is given in $WEIR. Standard library only."""

import collections
import http.server
import itertools
import json
import subprocess
import tempfile
import unittest
from pathlib import Path

from servers import WEIR, Peer

ENGINES = [("--engine", "native"), ("--engine", "curl")]
LOAD = "load: { rounds: %d, stages: [ { users: %d, for: 20s } ] }\n"


class Site(Peer):
    def __init__(self):
        self.sessions = itertools.count()
        self.asked = []
        self.polls = collections.Counter()
        super().__init__(Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        site = self.server
        site.asked.append((self.command, self.path, body, self.headers.get("Cookie"),
                           self.headers.get("Authorization")))
        path, _, query = self.path.partition("?")
        headers, status, text = [], 200, "{}"
        if path == "/login":
            status = 302
            headers = [("Location", "home?from=login"),
                       ("Set-Cookie", f"sid=s{next(site.sessions)}; Path=/; HttpOnly"),
                       ("Set-Cookie", "cart=1; Path=/cart"), ("Set-Cookie", "tls=1; Secure")]
        elif path == "/logout":
            headers = [("Set-Cookie", "sid=; Path=/; Max-Age=0")]
        elif path == "/circle":
            status, headers = 307, [("Location", "/circle")]
        elif path == "/away":
            status, headers = 301, [("Location", "http://127.0.0.1:1/")]
        elif path == "/absolute":
            status, headers = 308, [("Location", site.url + "/home")]
        elif path == "/job":
            site.polls[query] += 1
            text = json.dumps({"state": "done" if site.polls[query] == 3 else "busy",
                               "role": "admin" if query == "1" else "guest"})
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text.encode())

    do_GET = do_POST = do_HEAD = answer

    def log_message(self, *_):
        pass


class LogicTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.site = Site()
        self.addCleanup(self.site.server_close)
        self.addCleanup(self.site.shutdown)

    def run_weir(self, text, *options, rounds=1, users=1, load=None, target=None):
        """The run, and what the site was asked."""
        self.site.asked.clear()
        Path(self.folder, "site.yaml").write_text(text + (load or LOAD % (rounds, users)))
        done = subprocess.run([WEIR, "run", "--quiet", "--json", "-t", "1", "--target",
                               target or self.site.url, *options, "site.yaml"], cwd=self.folder,
                              capture_output=True, text=True, timeout=50,
                              stdin=subprocess.DEVNULL)
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout), list(self.site.asked)

    def test_a_redirect_is_followed_as_a_request_of_its_own(self):
        text = ("steps:\n"
                "- { post: /login, name: login, redirects: 2, form: { user: ann },"
                " auth: { bearer: T }, check: { status: 200 } }\n")
        for engine in ENGINES:
            run, asked = self.run_weir(text, *engine)
            self.assertEqual([one[:3] for one in asked],
                             [("POST", "/login", "user=ann"), ("GET", "/home?from=login", "")])
            self.assertEqual([one[4] for one in asked], ["Bearer T"] * 2)
            self.assertEqual([one[3] for one in asked], [None, None])
            self.assertEqual(run["requests"]["planned"], 2)
            self.assertEqual([(step["name"], step["requests"]["completed"])
                              for step in run["steps"]],
                             [("login", 1), ("login (redirected)", 1)])

    def test_what_cannot_be_followed_is_a_failed_check(self):
        for engine in ENGINES:
            for path, count, errors in [("/circle", 3, {"status": 1}),
                                        ("/away", 1, {"check_header": 1}), ("/absolute", 2, {})]:
                run, asked = self.run_weir(f"steps: [ {{ post: {path}, redirects: 2, body: x }} ]\n",
                                           *engine)
                self.assertEqual(len(asked), count)
                self.assertEqual(run["errors"], errors)
                self.assertEqual({one[2] for one in asked}, {"x"})

    def test_a_redirect_stands_beside_the_prefix_of_the_target(self):
        for engine in ENGINES:
            _, asked = self.run_weir("steps: [ { get: /login, redirects: 1 } ]\n", *engine,
                                     target=self.site.url + "/api/..")
            self.assertEqual([one[1] for one in asked], ["/api/../login"])
            _, asked = self.run_weir("steps: [ { get: /absolute, redirects: 1 } ]\n", *engine)
            self.assertEqual([one[1] for one in asked], ["/absolute", "/home"])

    def test_each_user_has_cookies_of_his_own(self):
        text = ("cookies: %s\nsteps:\n- { get: /login, name: login, redirects: 1 }\n"
                "- get: /cart/items\n- get: /plain\n  headers: { cookie: own=1 }\n"
                "- get: /logout\n- get: /after\n")
        for engine in ENGINES:
            self.site.sessions = itertools.count()
            _, asked = self.run_weir(text % "user", *engine, rounds=6, users=3)
            sent = collections.defaultdict(list)
            for _, path, _, cookie, _ in asked:
                sent[path].append(cookie)
            self.assertEqual(sorted(sent["/home?from=login"]), [f"sid=s{i}" for i in range(6)])
            self.assertEqual(sorted(sent["/cart/items"]), [f"cart=1; sid=s{i}" for i in range(6)])
            self.assertEqual(sent["/plain"], ["own=1"] * 6)
            self.assertEqual(sent["/after"], [None] * 6)

    def test_cookies_end_with_the_round_or_with_the_user(self):
        text = "cookies: %s\nsteps: [ { get: /login }, { get: /home } ]\n"
        for engine in ENGINES:
            for kind, first in [("round", [None, None]), ("user", [None, "sid=s0"])]:
                self.site.sessions = itertools.count()
                _, asked = self.run_weir(text % kind, *engine, rounds=2)
                self.assertEqual([one[3] for one in asked if one[1] == "/login"], first)
            load = "load: { stages: [ { rate: 20/s, for: 100ms } ] }\n"
            _, asked = self.run_weir(text % "user", *engine, load=load)
            self.assertEqual([one[3] for one in asked if one[1] == "/login"], [None, None])

    def test_loops_and_branches_follow_what_answers_say(self):
        text = ("steps:\n"
                "- get: /job?{{ counter() }}\n  name: ask\n"
                "  extract: { state: json $.state, role: json $.role, code: status }\n"
                "- while: state != 'done'\n  at_most: 10\n  steps:\n"
                "  - { get: '/job?{{ counter() }}', name: poll, extract: { state: json $.state } }\n"
                "- if: role == 'admin'\n  steps: [ { get: /admin } ]\n  else: [ { get: /guest } ]\n"
                "- repeat: 2\n  steps:\n  - get: /outer\n"
                "  - repeat: 2\n    steps: [ { get: /inner } ]\n"
                "- if: code > 200\n  steps: [ { get: /never } ]\n")
        for engine in ENGINES:
            self.site.polls.clear()
            _, asked = self.run_weir(text, *engine, rounds=2)
            paths = [one[1] for one in asked]
            tail = ["/outer", "/inner", "/inner"] * 2
            self.assertEqual(paths, ["/job?1"] * 3 + ["/admin"] + tail +
                             ["/job?2"] * 3 + ["/guest"] + tail)

    def test_a_while_ends_at_its_bound(self):
        text = ("steps:\n- while: 1 == 1\n  at_most: 4\n  steps: [ { get: /a } ]\n- get: /b\n")
        _, asked = self.run_weir(text)
        self.assertEqual([one[1] for one in asked], ["/a"] * 4 + ["/b"])

    def test_rounds_that_send_nothing_neither_spin_nor_hang(self):
        idle = "steps: [ { if: 1 == 2, steps: [ { get: / } ] } ]\n"
        endless = ("steps: [ { repeat: 10000, steps: [ { repeat: 10000, steps: [ { if: 1 == 2, "
                   "steps: [ { get: / } ] } ] } ] } ]\n")
        for text in (idle, endless):
            for load in ("users: 2", "rate: 100/s"):
                run, asked = self.run_weir(
                    text, load=f"load: {{ stages: [ {{ {load}, for: 300ms }} ] }}\n")
                self.assertEqual(asked, [])
                self.assertEqual(run["requests"]["planned"], 0)
                self.assertLess(run["duration_s"], 2)


if __name__ == "__main__":
    unittest.main()
