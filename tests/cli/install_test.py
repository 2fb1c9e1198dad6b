"""`cmake --install` gives a program that works from there, without the checkout.

  install_test.py CMAKE BUILD_FOLDER
"""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CMAKE, BUILD = sys.argv[1], str(Path(sys.argv[2]).resolve())


class InstallTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        subprocess.run([CMAKE, "--install", BUILD, "--prefix", self.root / "usr"], check=True,
                       capture_output=True)
        self.weir = self.root / "usr/bin/weir"

    def run_weir(self, *arguments):
        return subprocess.run([self.weir, *arguments], cwd=self.root, check=True, text=True,
                              capture_output=True, timeout=50).stdout

    def test_installed_program_does_the_main_job(self):
        target = subprocess.Popen([self.weir, "target", "--host", "127.0.0.1", "--port", "0"],
                                  cwd=self.root, stdout=subprocess.PIPE, text=True)
        try:
            url = re.search(r"http://\S+", target.stdout.readline())[0]
            run = json.loads(self.run_weir("run", "-R", "100", "-d", "200ms", "--json", url))
            self.run_weir("report", "-o", "page/")
        finally:
            target.kill()
            target.communicate()
        self.assertEqual(run["requests"]["completed"], 20)
        self.assertIn("<html", (self.root / "page/index.html").read_text())

    def test_shipped_scenarios_come_along(self):
        shipped = sorted(path.name for path in (self.root / "usr/share/weir/scenarios").iterdir())
        self.assertIn("browse-and-buy.yaml", shipped)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
