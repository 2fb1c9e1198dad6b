"""clang's view: every header compiles alone, and clang-tidy, with a memory of what was clean.

clang-tidy takes seconds per file, and a fresh clone may have hundreds. So files are checked in the
order in which they matter (changed against main, then by their latest commit) until the time is
up; a file that was clean is not checked again until it, a header of ours that it includes, its
compile command or .clang-tidy changes. What was left over is said, and is done by the next run.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import time
from pathlib import Path

from source import Problem
from tools import gcc_style_problems, run

BUILD = "build/clang"
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)
_MEMORY_DAYS_MAX = 30


def configure(tree):
    """Makes build/clang; returns the problem, if any."""
    done = run(tree, ["cmake", "--preset", "clang"])
    if done.returncode != 0:
        return [Problem("cmake --preset clang", 0, (done.stdout + done.stderr)[-2000:])]
    return []


def check_headers(tree):
    if problems := configure(tree):
        return problems
    done = run(tree, ["cmake", "--build", BUILD, "-j2", "--target",
                      "all_verify_interface_header_sets"])
    if done.returncode == 0:
        return []
    own = [problem for problem in gcc_style_problems(done.stdout) if " error" in problem.message
           or problem.message.startswith(("error", "fatal error"))]
    root = str(tree.root) + "/"
    return ([Problem(p.path.replace(root, ""), p.line, p.message) for p in own]
            or [Problem(BUILD, 0, done.stdout[-2000:])])


class Memory:
    """Which (file, everything it depends on) was found clean; empty files named by hash."""

    def __init__(self, folder=None):
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        self._folder = Path(folder or Path(base) / "weir-lint")
        self._folder.mkdir(parents=True, exist_ok=True)

    def is_clean(self, key):
        try:
            os.utime(self._folder / key)
            return True
        except FileNotFoundError:
            return False

    def remember(self, key):
        (self._folder / key).touch()

    def forget_old(self):
        oldest = time.time() - _MEMORY_DAYS_MAX * 86400
        for entry in self._folder.iterdir():
            if entry.stat().st_mtime < oldest:
                entry.unlink(missing_ok=True)


def headers_of(tree, path):
    """Our headers that `path` includes, directly or not."""
    seen, todo = set(), [path]
    while todo:
        for name in _INCLUDE.findall(tree.text(todo.pop()) or ""):
            if name not in seen and (tree.root / name).is_file():
                seen.add(name)
                todo.append(name)
    return sorted(seen)


def key_of(tree, path, command, version):
    digest = hashlib.sha256()
    root = str(tree.root)
    for part in (version, tree.text(".clang-tidy") or "", command.replace(root, "."),
                 *(f"{name}\n{tree.text(name)}" for name in (path, *headers_of(tree, path)))):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _git_lines(tree, *arguments):
    return run(tree, ["git", *arguments]).stdout.splitlines()


def changed_files(tree):
    """Changed in the working tree or since this branch left main (on main: in its last commit)."""
    base = "HEAD~1"
    for main in ("origin/main", "main"):
        merge_base = _git_lines(tree, "merge-base", "HEAD", main)
        if merge_base and merge_base != _git_lines(tree, "rev-parse", "HEAD"):
            base = merge_base[0]
            break
    changed = set(_git_lines(tree, "diff", "--name-only", base))
    return changed | set(_git_lines(tree, "ls-files", "--others", "--exclude-standard"))


def in_order(tree, paths, changed):
    """`paths`, those touched by `changed` (or a header in it) first, then the latest commits."""
    latest = {}
    for name in _git_lines(tree, "log", "--name-only", "--format=", "-n", "200"):
        latest.setdefault(name, len(latest))

    def rank(path):
        if path in changed:
            return (0, 0)
        if changed.intersection(headers_of(tree, path)):
            return (1, 0)
        return (2, latest.get(path, len(latest)))

    return sorted(paths, key=lambda path: (rank(path), path))


def _tidy(tree, path):
    done = run(tree, ["clang-tidy", "-p", BUILD, "--quiet", path])
    if done.returncode == 0:
        return []
    root = str(tree.root) + "/"
    problems = [problem for problem in gcc_style_problems(done.stdout.replace(root, ""))
                if problem.message.startswith(("error", "warning"))]
    return problems or [Problem(path, 0, (done.stdout + done.stderr)[-2000:])]


def _compile_commands(tree):
    """{path: command} of our own sources; generated ones are not linted."""
    entries = json.loads((tree.root / BUILD / "compile_commands.json").read_text())
    known = set(tree.cpp)
    commands = {}
    for entry in entries:
        path = os.path.relpath(entry["file"], tree.root)
        if path in known:
            commands[path] = entry["command"]
    return commands


def check_tidy(tree, seconds, changed_only=False):
    """(problems, note). Starts no further file once `seconds` are over; None = no limit."""
    if problems := configure(tree):
        return problems, ""
    commands = _compile_commands(tree)
    changed = changed_files(tree)
    if changed_only:
        commands = {path: command for path, command in commands.items() if path in changed}
    version = run(tree, ["clang-tidy", "--version"]).stdout
    memory = Memory()
    keys = {path: key_of(tree, path, command, version) for path, command in commands.items()}
    unknown = in_order(tree, [p for p in keys if not memory.is_clean(keys[p])], changed)
    deadline = time.monotonic() + seconds if seconds is not None else None

    def judge(path):
        if deadline is not None and time.monotonic() > deadline:
            return path, None
        return path, _tidy(tree, path)

    problems, left = [], []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, found in pool.map(judge, unknown):
            if found is None:
                left.append(path)
            elif found:
                problems += found
            else:
                memory.remember(keys[path])
    memory.forget_old()
    note = f"{len(keys)} files, {len(keys) - len(unknown)} known to be clean"
    if left:
        mattering = len(changed.intersection(left))
        note += (f"; {len(left)} left for the next run when the time was up"
                 + (f", {mattering} of them changed" if mattering else "") + " (ci/lint --all)")
    return sorted(set(problems)), note
