"""The ready-made pipeline files in ci/pipelines, run: their shell steps are taken out of them as they
stand and given two real `weir target`s, one of which is four times slower. The program is given in
$WEIR. Standard library only."""

import json
import os
import re
import subprocess
import tempfile
import textwrap
import unittest
from pathlib import Path
from xml.etree import ElementTree

WEIR = Path(os.environ["WEIR"]).resolve()
PIPELINES = Path(__file__).resolve().parents[2] / "ci" / "pipelines"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

SCENARIO = """
name: shop
flows: [ { name: browse, steps: [ { get: /, name: list } ] } ]
load: { warm_up: 100ms, stages: [ { rate: 200/s, for: 600ms } ] }
"""
# Shared machines are no measuring rooms: what must come out is far from what noise can do.
LENIENT = "criteria: [ { response_time: p50, limit: < 5s }, { error_rate: { limit: < 50% } } ]\n"
LENIENT += "on_invalid: warn\n"
STRICT = "criteria: [ { response_time: body, tolerance: 50% } ]\non_invalid: warn\n"


def block_scalars(text, head):
    """The block scalars of a YAML text behind lines that match `head`."""
    lines = text.splitlines()
    steps = []
    for number, line in enumerate(lines):
        if not re.match(head, line):
            continue
        indent = len(line) - len(line.lstrip())
        body = []
        for following in lines[number + 1 :]:
            if following.strip() and len(following) - len(following.lstrip()) <= indent:
                break
            body.append(following)
        steps.append(textwrap.dedent("\n".join(body)))
    return steps


def steps_of(name):
    """The shell steps of a pipeline file, in order."""
    text = (PIPELINES / name).read_text()
    if name == "Jenkinsfile":
        return [textwrap.dedent(step) for step in re.findall(r"'''\n(.*?)'''", text, re.DOTALL)]
    if name == "gitlab-ci.yml":
        after = re.findall(r"after_script:\n\s*- (.*)", text)
        return block_scalars(text, r"\s*- \|$") + after
    return block_scalars(text, r"\s*run: \|$")


class Pipelines(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "performance").mkdir()
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "weir").symlink_to(WEIR)
        (self.folder / "performance" / "shop.yaml").write_text(SCENARIO)
        self.summary = self.folder / "summary.md"
        self.env = dict(
            os.environ,
            PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}",
            BASELINE_URL=self.target("fixed:2ms"),
            CANDIDATE_URL=self.target("fixed:8ms"),
            SCENARIO="performance/shop.yaml",
            ROUNDS="3",
            GITHUB_SHA=COMMIT,
            CI_COMMIT_SHA=COMMIT,
            GIT_COMMIT=COMMIT,
            GITHUB_STEP_SUMMARY=str(self.summary),
        )
        self.env.pop("WEIR_STORE", None)

    def target(self, latency):
        process = subprocess.Popen(
            [WEIR, "target", "--port", "0", "--latency", latency],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

        def stop():
            process.terminate()
            process.wait(10)
            process.stdout.close()

        self.addCleanup(stop)
        line = process.stdout.readline()
        return re.search(r"http://\S*:\d+", line).group()

    def step(self, script, policy=LENIENT):
        (self.folder / "performance" / "gate.yaml").write_text(policy)
        # As the runners do: the first command that fails ends the step.
        return subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def check(self, name):
        steps = steps_of(name)
        self.assertEqual(len(steps), 3, steps)
        record, judge, report = steps
        self.assertIn("weir run", record)
        self.assertIn("weir gate", judge)
        recorded = self.step(record)
        self.assertEqual(recorded.returncode, 0, recorded.stderr)
        passed = self.step(judge)
        self.assertEqual(passed.returncode, 0, passed.stdout + passed.stderr)
        failed = self.step(judge, STRICT)
        self.assertEqual(failed.returncode, 10, failed.stdout + failed.stderr)
        reported = self.step(report)
        self.assertEqual(reported.returncode, 0, reported.stderr)
        self.assertTrue((self.folder / "site" / "index.html").exists())
        self.assertTrue((self.folder / "gate.md").read_text().startswith("<!-- weir gate: shop -->"))
        suite = ElementTree.parse(self.folder / "gate.xml").getroot().find("testsuite")
        self.assertEqual(suite.get("failures"), "2")
        return failed

    def test_github_actions(self):
        failed = self.check("github-actions.yml")
        self.assertIn("::error title=weir gate%3A fail::", failed.stdout)
        self.assertIn("### ❌ weir gate: fail", self.summary.read_text())

    def test_gitlab(self):
        self.check("gitlab-ci.yml")
        performance = json.loads((self.folder / "load-performance.json").read_text())
        self.assertGreater(performance["metrics"]["http_reqs"]["count"], 0)
        self.assertIn("p(95)", performance["metrics"]["http_req_waiting"])
        self.assertTrue((self.folder / "metrics.txt").read_text().endswith("# EOF\n"))

    def test_jenkins(self):
        self.check("Jenkinsfile")


if __name__ == "__main__":
    unittest.main()
