"""Scripts for wrk: what those do that wrk ships, and scripts that go wrong. The server writes down
what it was asked. The program is given in $WEIR. Standard library only."""

import http.server
import json
import re
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from servers import WEIR, Peer

SCRIPTS = Path(__file__).parent / "wrk_scripts"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        with self.server.lock:
            self.server.asked.append((self.command, self.path, dict(self.headers), body,
                                      self.client_address))
        try:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.send_header("X-Token", "open sesame")
            self.end_headers()
            self.wfile.write(b"hello")
        except OSError:
            self.close_connection = True  # The script has ended the run.

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Recorder(Peer):
    def __init__(self):
        self.lock = threading.Lock()
        self.asked = []
        super().__init__(Handler)


class WrkScriptsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Recorder()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.server.asked = []

    def run_script(self, script, *options, words=()):
        """(exit code, document, standard output, standard error) of 100 requests at most."""
        path = script
        if not isinstance(script, Path):
            path = Path(self.folder, "script.lua")
            path.write_text(script)
        options = options or ("-n", "100", "-t", "2", "-c", "4")
        done = subprocess.run([WEIR, "run", "--quiet", "--json=run.json", "--wrk-script", path,
                               *options, self.server.url + "/start?x=1", *words],
                              cwd=self.folder, capture_output=True, text=True, timeout=50,
                              stdin=subprocess.DEVNULL)
        document = Path(self.folder, "run.json")
        said = json.loads(document.read_text()) if document.exists() and \
            document.stat().st_size else None
        return done.returncode, said, done.stdout, done.stderr

    def run_shipped(self, name, *options):
        code, document, out, err = self.run_script(SCRIPTS / f"{name}.lua", *options)
        self.assertEqual(code, 0, err)
        counts = document["requests"]
        self.assertEqual(counts["planned"], counts["completed"])
        self.assertEqual(counts["planned"], len(self.server.asked))
        return counts["planned"], out

    def test_addr_chooses_an_address_for_each_thread(self):
        count, out = self.run_shipped("addr")
        self.assertEqual(count, 100)
        self.assertEqual(out, f"thread addr: 127.0.0.1:{self.server.server_port}\n" * 2)

    def test_auth_sends_what_an_answer_gave(self):
        self.run_shipped("auth", "-n", "100", "-t", "1", "-c", "1")
        paths = [path for _, path, *_ in self.server.asked]
        self.assertEqual(paths, ["/authenticate"] + ["/resource"] * 99)
        self.assertNotIn("X-Token", self.server.asked[0][2])
        self.assertTrue(all(headers["X-Token"] == "open sesame"
                            for _, _, headers, *_ in self.server.asked[1:]))

    def test_counter_makes_each_request_another(self):
        self.run_shipped("counter", "-n", "100", "-t", "1", "-c", "1")
        self.assertEqual([(path, headers["X-Counter"]) for _, path, headers, *_ in self.server.asked],
                         [(f"/{i}", str(i)) for i in range(100)])

    def test_delay_pauses_before_each_request(self):
        begun = time.monotonic()
        self.run_shipped("delay", "-n", "40", "-t", "1", "-c", "2")
        # Twenty each, of 30 ms on average; 10 ms at least.
        self.assertGreater(time.monotonic() - begun, 20 * 0.010)

    def test_pipeline_sends_several_on_a_connection_at_a_time(self):
        count, _ = self.run_shipped("pipeline", "-n", "120", "-t", "1", "-c", "2")
        self.assertEqual(count, 120)
        paths = [path for _, path, *_ in self.server.asked]
        self.assertEqual([paths.count(f"/?{name}") for name in ("foo", "bar", "baz")], [40] * 3)
        self.assertEqual(len({address for *_, address in self.server.asked}), 2)

    def test_post_sends_what_is_in_the_table(self):
        self.run_shipped("post")
        for method, path, headers, body, _ in self.server.asked:
            self.assertEqual((method, path, body), ("POST", "/start?x=1", "foo=bar&baz=quux"))
            self.assertEqual(headers["Content-Type"], "application/x-www-form-urlencoded")
            self.assertEqual(headers["Host"], f"127.0.0.1:{self.server.server_port}")

    def test_report_hears_the_percentiles(self):
        _, out = self.run_shipped("report")
        said = re.fullmatch(r"-{30}\n50%,(\d+)\n90%,(\d+)\n99%,(\d+)\n99.999%,(\d+)\n", out)
        values = [int(value) for value in said.groups()]
        self.assertEqual(values, sorted(values))
        latency = json.loads(Path(self.folder, "run.json").read_text())["latency_ns"]["response"]
        self.assertEqual(values[0], latency["p50"] // 1000)

    def test_setup_gives_to_threads_and_takes_from_them(self):
        count, out = self.run_shipped("setup")
        lines = out.splitlines()
        self.assertEqual(lines[:2], ["thread 1 created", "thread 2 created"])
        made = [re.fullmatch(r"thread (\d) made (\d+) requests and got \2 responses", line)
                for line in lines[2:]]
        # Each asks for one more, to learn how many come at a time; none is thrown away.
        self.assertEqual([found.group(1) for found in made], ["1", "2"])
        self.assertEqual(sum(int(found.group(2)) for found in made), count)

    def test_stop_ends_a_thread(self):
        count, _ = self.run_shipped("stop", "-d", "30s", "-t", "2", "-c", "2")
        self.assertEqual(count, 200)

    def test_an_open_load_asks_the_script_at_its_rate(self):
        count, _ = self.run_shipped("counter", "-d", "500ms", "-R", "200", "-t", "1", "-c", "4")
        self.assertEqual(count, 100)
        self.assertEqual({path for _, path, *_ in self.server.asked},
                         {f"/{i}" for i in range(100)})

    def test_flags_and_words_reach_the_script(self):
        code, _, out, err = self.run_script(
            "function init(args) print(wrk.scheme, wrk.method, wrk.path, wrk.body, "
            "wrk.headers['X-A'], args[0], args[1], args[2], #args) end",
            "-n", "10", "-t", "1", "-c", "1", "-X", "PUT", "--data", "x=1", "-H", "X-A: b",
            words=("--", "one", "--two"))
        self.assertEqual(code, 0, err)
        self.assertEqual(out.split(), ["http", "PUT", "/start?x=1", "x=1", "b",
                                       self.server.url + "/start?x=1", "one", "--two", "2"])

    def test_done_hears_what_the_run_came_to(self):
        code, document, out, err = self.run_script("""
            function done(summary, latency, requests)
              local count, values = 0, #latency
              for i = 1, values do
                local value, times = latency(i)
                count = count + times
              end
              print(summary.requests, summary.bytes, count, summary.errors.status,
                    summary.errors.connect + summary.errors.read + summary.errors.write +
                    summary.errors.timeout)
              print(latency.min <= latency.mean and latency.mean <= latency.max, latency.stdev >= 0,
                    latency(values + 1), summary.duration > 0, requests.max > 0)
            end""")
        self.assertEqual(code, 0, err)
        lines = [line.split() for line in out.splitlines()]
        self.assertEqual(lines[0], ["100", lines[0][1], "100", "0", "0"])
        self.assertEqual(document["requests"]["completed"], 100)
        # A status line, five headers and a body.
        self.assertGreater(int(lines[0][1]), 100 * 100)
        self.assertEqual(lines[1], ["true", "true", "0", "true", "true"])

    def check_fails(self, script, message, *options):
        code, document, _, err = self.run_script(script, *options)
        self.assertEqual(code, 2, err)
        self.assertIn(message, err)
        return document

    def test_a_script_that_throws_ends_the_run(self):
        script = "local n = 0\nfunction request()\n  n = n + 1\n" \
                 "  if n == 20 then local x; x.y = 1 end\n  return wrk.format()\nend"
        document = self.check_fails(
            script, "script.lua:4: attempt to index local 'x'", "-d", "30s", "-t", "2", "-c", "2")
        self.assertEqual(document["state"], "aborted")
        self.assertIn("script.lua:4", document["state_reason"])

    def test_a_response_that_never_ends_is_an_error_within_seconds(self):
        begun = time.monotonic()
        self.check_fails("function response()\n  while true do\n"
                         "    pcall(function() while true do end end)\n  end\nend",
                         "script.lua:3: this takes too long", "-d", "30s", "-t", "1", "-c", "1")
        self.assertLess(time.monotonic() - begun, 10)

    def test_what_is_no_script_is_an_error_before_the_run(self):
        for script, message in [
                ("function request( return 1 end", "script.lua:1: <name> or '...' expected"),
                ("function setup(thread) error('no') end", "script.lua:1: no"),
                ("function init() thread.x = 1 end", "script.lua:1: attempt to index"),
                ("function request() return nil end", "returned a nil, not a text"),
                ("function request() return 'GET /\\r\\n\\r\\n' end", "'GET /' is not a request line"),
                ("function request() return 'GET / HTTP/1.1\\r\\nContent-Length: 9\\r\\n\\r\\nabc' end",
                 "its Content-Length is 9, and 3 bytes follow its head"),
                ("function setup(t) t:set('f', print) end", "a function stays where it is"),
                ("function setup(t) t.name = 1 end", "only the addr of a thread can be set"),
                ("function init() wrk.lookup('no such host', 'http') end", "cannot resolve"),
        ]:
            with self.subTest(script=script):
                self.check_fails(script, message)
        self.assertEqual(self.server.asked, [])

    def test_a_delay_that_is_no_time_is_an_error(self):
        self.check_fails("function delay() return 'soon' end", "delay() returned a string")
        self.check_fails("function delay() return -1 end", "delay() returned -1")

    def test_what_does_not_go_with_a_script_is_refused(self):
        for options, message in [(("--http2",), "scripts of wrk write HTTP/1.1"),
                                 (("--dry-run",), "known when it runs")]:
            with self.subTest(options=options):
                self.check_fails("", message, *options)


if __name__ == "__main__":
    unittest.main()
