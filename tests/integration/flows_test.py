"""Steps that hand values on to the next, and rows of data, against a server that writes down what
it was asked. The program is given in $WEIR. Standard library only."""

import hashlib
import hmac
import http.server
import itertools
import json
import subprocess
import tempfile
import unittest
from pathlib import Path

from servers import WEIR, Peer

USERS_LOAD = "load: { rounds: 12, stages: [ { users: 3, for: 20s } ] }"
SCENARIO = r"""
name: buy
data: { users: { file: users.csv, %s } }
steps:
  - get: "/products?u={{ users.name }}&r={{ random(1, 3) }}"
    name: list
    extract:
      product: json $.items[-1].id
      token: header x-token
      sid: cookie sid
      number: regex /"number":\s*(\d+)/
  - post: /cart
    headers: { x-token: "{{ token }}", cookie: "sid={{ sid }}", x-sig: "{{ hmac('k', product) }}" }
    json: { user: "{{ users.id }}", product: "{{ product }}", number: "{{ number(number) }}",
            note: "{{ users.note }}", count: "{{ counter() }}" }
%s
"""
USERS = 'id,name,note\n1,ann,"says ""hi"", twice"\n2,bob,plain\n3,"carl\njr",\n'


class Shop(Peer):
    """Each product is named by the request that asked for it."""

    def __init__(self):
        self.numbers = itertools.count()
        self.asked, self.bought = [], []
        super().__init__(Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        number = next(self.server.numbers)
        self.server.asked.append(self.path)
        items = [] if "nothing" in self.path else [{"id": 0}, {"id": f'p/{number} "x" é'}]
        body = json.dumps({"items": items, "number": number}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Token", f"t{number}")
        self.send_header("Set-Cookie", "other=1")
        self.send_header("Set-Cookie", f"sid=s{number}; Path=/; HttpOnly")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bought.append((dict(self.headers), json.loads(body)))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class FlowsTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.shop = Shop()
        self.addCleanup(self.shop.server_close)
        self.addCleanup(self.shop.shutdown)
        Path(self.folder, "users.csv").write_text(USERS)

    def run_weir(self, *options, data="order: sequential", load=USERS_LOAD, text=None):
        Path(self.folder, "buy.yaml").write_text(text or SCENARIO % (data, load))
        done = subprocess.run([WEIR, "run", "--quiet", "--json", "--target", self.shop.url, *options,
                               "buy.yaml"], cwd=self.folder, capture_output=True, text=True,
                              timeout=50, stdin=subprocess.DEVNULL)
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def check_bought(self, count):
        """Every purchase says what its own round was told, whichever round that was."""
        self.assertEqual(len(self.shop.bought), count)
        numbers = set()
        for headers, cart in self.shop.bought:
            number = cart["number"]
            numbers.add(number)
            self.assertEqual(cart["product"], f'p/{number} "x" é')
            self.assertEqual(headers["x-token"], f"t{number}")
            self.assertEqual(headers["cookie"], f"sid=s{number}")
            self.assertEqual(headers["x-sig"], hmac.new(b"k", cart["product"].encode(),
                                                        hashlib.sha256).hexdigest())
            user = {"1": ("ann", 'says "hi", twice'), "2": ("bob", "plain"), "3": ("carl%0Ajr", "")}
            name, note = user[cart["user"]]
            self.assertEqual(cart["note"], note)
            self.assertIn(f"u={name}&", self.shop.asked[number])
        self.assertEqual(len(numbers), count)

    def test_values_go_from_step_to_step(self):
        for engine in ("native", "curl"):
            with self.subTest(engine):
                self.shop.asked.clear()
                self.shop.bought.clear()
                self.shop.numbers = itertools.count()
                code, run, err = self.run_weir("--engine", engine, "-t", "2")
                self.assertEqual((code, err), (0, ""))
                self.assertEqual(run["requests"]["completed"], 24)
                self.check_bought(12)
                self.assertEqual(sorted(cart["count"] for _, cart in self.shop.bought),
                                 list(range(1, 13)))

    def test_an_open_load_shares_the_rows(self):
        load = "load: { stages: [ { rate: 30/s, for: 500ms } ] }"
        code, run, _ = self.run_weir("-t", "2", load=load)
        self.assertEqual(code, 0)
        self.check_bought(15)
        self.assertEqual(sorted(cart["user"] for _, cart in self.shop.bought),
                         ["1"] * 5 + ["2"] * 5 + ["3"] * 5)

    def test_data_that_stop_end_the_load(self):
        code, run, _ = self.run_weir("-t", "1", data="at_end: stop")
        self.assertEqual(code, 0)
        self.check_bought(3)

    def test_an_extraction_that_finds_nothing_ends_the_round(self):
        text = (SCENARIO % ("order: random", USERS_LOAD)).replace("/products?", "/nothing?")
        _, run, _ = self.run_weir(text=text)
        self.assertEqual(self.shop.bought, [])
        self.assertEqual(run["requests"]["failed"], 12)
        self.assertEqual(run["errors"], {"check_body": 12})

    def test_mistakes_are_found_before_the_run(self):
        good = SCENARIO % ("order: random", "load: { stages: [ { users: 1, for: 1s } ] }")
        for old, new, says in [
                ("{{ users.id }}", "{{ users.idd }}", "users.csv"),
                ("{{ users.id }}", "{{ user.id }}", "did you mean 'users'?"),
                ("{{ product }}", "{{ produkt }}", "did you mean 'product'?"),
                ("hmac('k'", "hmak('k'", "did you mean 'hmac'?"),
                ("json $.items[-1].id", "json items", "is not a JSON path"),
                ("users.csv", "user.csv", "user.csv: No such file"),
        ]:
            with self.subTest(new):
                code, run, err = self.run_weir(text=good.replace(old, new))
                self.assertEqual((code, run), (2, None))
                self.assertIn(says, err)
        self.assertEqual(self.shop.asked, [])


if __name__ == "__main__":
    unittest.main()
