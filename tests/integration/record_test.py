"""`weir record`: what it writes is checked, and runs. The program is given in $WEIR. Standard library only."""

import json
import resource
import subprocess
import tempfile
import unittest
from pathlib import Path

from capacity_test import Target
from servers import WEIR

LINE = '10.0.0.%d - - [10/Oct/2000:13:55:%02d +0000] "GET %s HTTP/1.1" 200 1 "-" "curl" 0.010\n'


class RecordTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        lines = [LINE % (i, 2 * i, path) for i in range(20) for path in ("/", f"/products/{i}")]
        Path(self.folder, "access.log").write_text("".join(lines))

    def weir(self, *arguments):
        done = subprocess.run([WEIR, *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=50, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    def test_what_is_recorded_runs(self):
        with Target() as target:
            made = self.weir("record", "access-log", "access.log", "--name", "shop", "--target",
                             target.url.rstrip("/"), "-o", "shop.yaml")
            self.assertEqual(made, (0, "", ""))
            code, _, err = self.weir("check", "shop.yaml", "--quiet")
            self.assertEqual((code, err), (0, ""))
            # Its stages are as long as the log.
            text = Path(self.folder, "shop.yaml").read_text().replace("for: 3s", "for: 100ms")
            Path(self.folder, "short.yaml").write_text(text.replace("for: 4s", "for: 100ms"))
            code, out, err = self.weir("run", "short.yaml", "--json", "--no-store", "--quiet")
            self.assertEqual(json.loads(out)["requests"]["failed"], 0, err)

    def test_standard_output_is_the_default(self):
        code, out, _ = self.weir("record", "access-log", "access.log")
        self.assertEqual(code, 0)
        self.assertIn("flows:", out)

    def test_a_file_is_not_written_over(self):
        Path(self.folder, "mine.yaml").write_text("precious")
        code, _, err = self.weir("record", "access-log", "access.log", "-o", "mine.yaml")
        self.assertEqual(code, 2)
        self.assertIn("'mine.yaml' exists", err)
        self.assertEqual(Path(self.folder, "mine.yaml").read_text(), "precious")

    def test_a_disk_that_fills_up_leaves_nothing_behind(self):
        # A limit on the size of files, without its signal: writing fails half-way.
        done = subprocess.run([WEIR, "record", "access-log", "access.log", "-o", "shop.yaml"],
                              cwd=self.folder, capture_output=True, text=True, timeout=50,
                              restore_signals=False,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)))
        self.assertEqual(done.returncode, 69, done.stderr)
        self.assertIn("shop.yaml", done.stderr)
        self.assertEqual([file.name for file in self.folder.iterdir()], ["access.log"])

    def test_mistakes_are_usage_errors(self):
        Path(self.folder, "cut.har").write_text('{"log": {"entries": [')
        for arguments, says in [
                ((), "a kind and one file are needed"),
                (("acces-log", "access.log"), "did you mean 'access-log'?"),
                (("har", "nowhere.har"), "cannot read 'nowhere.har'"),
                (("har", "cut.har"), "'cut.har': this is no HTTP archive"),
                (("access-log", "cut.har"), "holds no request"),
                (("access-log", "access.log", "--filter", "("), "--filter"),
                (("access-log", "access.log", "--target", "shop"), "--target"),
        ]:
            code, out, err = self.weir("record", *arguments)
            self.assertEqual((code, out), (2, ""), arguments)
            self.assertIn(says, err)


if __name__ == "__main__":
    unittest.main()
