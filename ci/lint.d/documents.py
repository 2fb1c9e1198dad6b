"""Documents say what is true: links lead somewhere, and the list of dependencies is the real one."""

import re
import subprocess
from pathlib import PurePosixPath

from source import Problem

_LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^()\s]+(?:\([^()\s]*\))?)(?:\s+\"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)


def _without_code(text):
    text = _FENCE.sub(lambda match: "\n" * match.group().count("\n"), text)
    return re.sub(r"`[^`\n]*`", "``", text)


def anchors_of(text):
    """The anchors that GitHub and GitLab make of the headings."""
    anchors = set()
    for title in _HEADING.findall(_FENCE.sub("", text)):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
        anchors.add(re.sub(r"[^\w\- ]", "", title).replace(" ", "-"))
    return anchors


def _resolve(document, target):
    parts = []
    for part in (PurePosixPath(document).parent / target).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _judge_link(tree, document, link):
    target, _, anchor = link.partition("#")
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return None
    path = _resolve(document, target) if target else document
    if path is None or not (tree.root / path).exists():
        return f"link to '{link}' leads nowhere"
    if anchor and path.endswith(".md") and anchor not in anchors_of(tree.text(path) or ""):
        return f"'{path}' has no heading for '#{anchor}'"
    return None


def check_links(tree):
    problems = []
    for document in tree.with_suffix(".md"):
        for number, line in enumerate(_without_code(tree.text(document) or "").splitlines(), 1):
            for link in _LINK.findall(line):
                if reason := _judge_link(tree, document, link):
                    problems.append(Problem(document, number, reason))
    return problems


def documented_packages(document):
    """Names in the first column of the tables of docs/dependencies.md: `name` or `a`, `b`."""
    names = set()
    for line in document.splitlines():
        if line.startswith("|"):
            names.update(re.findall(r"`([^`]+)`", line.split("|")[1]))
    return names


def compare_packages(installed, documented):
    problems = [Problem("docs/dependencies.md", 0, f"does not explain the package '{name}'")
                for name in sorted(installed - documented)]
    problems += [Problem("docs/dependencies.md", 0, f"explains '{name}', which nothing installs")
                 for name in sorted(documented - installed)]
    return problems


def _npm_packages(tree):
    names = set()
    for path in tree.with_suffix("/package.json"):
        for key in ("dependencies", "devDependencies"):
            block = re.search(rf'"{key}"\s*:\s*{{([^}}]*)}}', tree.text(path) or "")
            names.update(re.findall(r'"([^"]+)"\s*:', block.group(1)) if block else ())
    return names


def check_dependencies(tree):
    listing = subprocess.run(["ci/setup", "--list"], cwd=tree.root, capture_output=True,
                             check=True, text=True).stdout
    installed = {line.split()[1] for line in listing.splitlines()}
    documented = documented_packages(tree.text("docs/dependencies.md") or "")
    return compare_packages(installed | _npm_packages(tree), documented)
