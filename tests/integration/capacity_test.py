"""`weir capacity` against queues whose capacity the books give. The program is given in $WEIR;
$CAPACITY=books: three shapes of queue to 5 %, some minutes. Standard library only."""

import json
import math
import os
import re
import subprocess
import tempfile
import unittest

from servers import WEIR


class Target:
    """`weir target` with these flags, until the end of the with block."""

    def __init__(self, *flags):
        self._command = [WEIR, "target", *flags]

    def __enter__(self):
        self.process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"http://\S+", self.process.stdout.readline()).group()
        self.url = self.url.replace("localhost", "127.0.0.1")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=10)


def capacity(url, *flags):
    """(exit code, document or None, standard error)."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([WEIR, "capacity", *flags, "--json", url], capture_output=True,
                              text=True, timeout=900, cwd=folder, stdin=subprocess.DEVNULL)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def erlang_c(servers, offered):
    """The chance to wait in M/M/c."""
    last = offered ** servers / math.factorial(servers) * servers / (servers - offered)
    return last / (sum(offered ** k / math.factorial(k) for k in range(servers)) + last)


def highest(keeps, low, high):
    """The highest rate that keeps, by bisection."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if keeps(middle) else (low, middle)
    return low


MU = 1000.0  # A service takes 1 ms on average.

# Flags of the target, demand, and the rate that theory gives for it.
BOOKS = {
    # M/M/1: times in the system are exponential with rate mu - lambda.
    "M/M/1": (["--workers", "1", "--latency", "exponential:1ms"], "p(95) < 10ms",
              MU - math.log(20) / 0.010),
    # M/D/1: Pollaczek-Khinchine, mean wait rho / (2 mu (1 - rho)).
    "M/D/1": (["--workers", "1", "--latency", "fixed:1ms"], "avg < 3ms",
              highest(lambda x: 1 / MU + x / MU / (2 * MU * (1 - x / MU)) < 0.003, 0, MU)),
    # M/M/3: Erlang C.
    "M/M/3": (["--workers", "3", "--latency", "exponential:3ms"], "avg < 6ms",
              highest(lambda x: 0.003 + erlang_c(3, 3 * x / MU) / (MU - x) < 0.006, 0, MU)),
}


class CapacityTest(unittest.TestCase):
    def check_books(self, name, share, *flags):
        options, demand, theory = BOOKS[name]
        with Target(*options) as target:
            code, found, err = capacity(target.url, "--slo", demand, *flags)
        self.assertEqual((code, found["end"]), (0, "found"), err)
        middle = math.sqrt(found["kept_per_s"] * found["broken_per_s"])
        print(f"{name} {demand}: theory {theory:.1f}/s, found {found['kept_per_s']:.1f} to "
              f"{found['broken_per_s']:.1f}/s, {100 * (middle / theory - 1):+.1f} %, "
              f"{len(found['runs'])} runs")
        self.assertLess(abs(middle / theory - 1), share)
        self.assertLess(found["kept_per_s"], found["broken_per_s"])

    @unittest.skipUnless(os.environ.get("CAPACITY") == "books", "takes minutes")
    def test_finds_what_the_books_say(self):
        for name in BOOKS:
            with self.subTest(name):
                self.check_books(name, 0.05, "--from", "100", "--probe", "4s", "--confirm", "60s")

    def test_finds_about_what_the_book_says_in_seconds(self):
        self.check_books("M/M/1", 0.5, "--from", "200", "--probe", "1s", "--confirm", "2s",
                         "--tolerance", "20%")

    def test_the_highest_rate_to_be_tried_is_a_lower_bound(self):
        with Target() as target:
            code, found, _ = capacity(target.url, "--slo", "p(50) < 1s", "--from", "50", "--to",
                                      "100", "--probe", "1s", "--confirm", "1s")
        self.assertEqual((code, found["end"]), (11, "at_max"))
        self.assertEqual((found["kept_per_s"], found["broken_per_s"]), (100, None))
        self.assertEqual([run["kind"] for run in found["runs"]], ["grow", "grow", "confirm"])

    def test_a_demand_that_nothing_keeps_fails(self):
        with Target("--latency", "fixed:5ms") as target:
            code, found, _ = capacity(target.url, "--slo", "min < 1ms", "--from", "20000/m",
                                      "--probe", "1s", "--confirm", "1s", "--to", "400")
        self.assertEqual((code, found["kept_per_s"]), (10, None))

    def test_mistakes_are_usage_errors(self):
        for flags, says in [([], "nothing is demanded"), (["--slo", "p(95) < 1s", "--from", "0"], "--from"),
                            (["--slo", "p95 <"], "--slo"),
                            (["--slo", "p(95) < 1s", "--confirm", "1s"], "--probe is at least")]:
            code, found, err = capacity("http://127.0.0.1:1/", *flags)
            self.assertEqual((code, found), (2, None))
            self.assertIn(says, err)

    def test_a_dead_target_is_no_capacity(self):
        code, found, _ = capacity("http://127.0.0.1:1/", "--slo", "p(95) < 1s")
        self.assertEqual((code, found), (69, None))


if __name__ == "__main__":
    unittest.main()
