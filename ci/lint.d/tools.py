"""Checks that other programs make: clang-format, ctags, shellcheck, tsc; and the lock files."""

import json
import re
import subprocess

from source import Problem

FUNCTION_LINES_MAX = 70
_GCC_STYLE = re.compile(r"^(.+?):(\d+):(?:\d+:)? (.*)$")


def run(tree, command):
    return subprocess.run(command, cwd=tree.root, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)


def gcc_style_problems(output):
    """Lines of the form path:line:column: message."""
    return [Problem(match[1], int(match[2]), match[3])
            for match in map(_GCC_STYLE.match, output.splitlines()) if match]


def check_format(tree):
    if not tree.cpp:
        return []
    done = run(tree, ["clang-format", "--dry-run", "-Werror", *tree.cpp])
    wrong = sorted({problem.path for problem in gcc_style_problems(done.stderr)})
    if done.returncode != 0 and not wrong:
        return [Problem("clang-format", 0, done.stderr.strip())]
    return [Problem(path, 0, f"is not formatted; run: clang-format -i {path}") for path in wrong]


def check_function_length(tree):
    if not tree.cpp:
        return []
    done = run(tree, ["ctags", "--languages=C++", "--langmap=C++:.h.cc", "--kinds-C++=f",
                      "--fields=+ne", "--output-format=json", "-f", "-", *tree.cpp])
    problems = []
    for line in done.stdout.splitlines():
        tag = json.loads(line)
        length = tag.get("end", tag["line"]) - tag["line"] + 1
        if length > FUNCTION_LINES_MAX:
            problems.append(Problem(tag["path"], tag["line"],
                                    f"{tag['name']} has {length} lines (at most "
                                    f"{FUNCTION_LINES_MAX}); ask what it is really doing"))
    return problems


def check_shell(tree):
    scripts = [path for path in tree.files
               if re.match(r"#!.*\b(?:ba)?sh\b", (tree.text(path) or "")[:80])]
    problems = []
    for path in scripts:
        done = run(tree, ["bash", "-n", path])
        if done.returncode != 0:
            problems.append(Problem(path, 0, done.stderr.strip()))
    if scripts:
        problems += gcc_style_problems(run(tree, ["shellcheck", "-f", "gcc", *scripts]).stdout)
    return problems


def check_lock_files(tree):
    """A lock file pins versions and hashes; where packages come from is the machine's affair."""
    problems = []
    for path in tree.with_suffix("package-lock.json"):
        for number, line in enumerate(tree.lines(path), 1):
            if re.search(r'"resolved"\s*:\s*"https?:', line):
                problems.append(Problem(path, number, "names a registry; run: npm install "
                                        "--package-lock-only --omit-lockfile-registry-resolved"))
                break
    for path in tree.with_suffix(".npmrc"):
        for number, line in enumerate(tree.lines(path), 1):
            if "registry" in line.split("=")[0] and "omit-lockfile" not in line:
                problems.append(Problem(path, number, "sets a registry; leave it to the machine"))
    for path in tree.with_suffix("package.json"):
        if path.replace("package.json", "package-lock.json") not in tree.files:
            problems.append(Problem(path, 0, "has no package-lock.json beside it"))
    return problems


def check_eslint(tree):
    folder = "ci/eslint"
    if not (tree.root / folder / "node_modules").is_dir():
        return [Problem(folder, 0, "is not installed; run: ci/setup")]
    done = run(tree, ["npm", "run", "--silent", "--prefix", folder, "lint"])
    return [Problem(folder, 0, "eslint found:\n" + (done.stdout + done.stderr).strip())] \
        if done.returncode != 0 else []


def check_web(tree):
    problems = []
    for path in tree.with_suffix("/package.json"):
        folder = path.rsplit("/", 1)[0]
        scripts = json.loads(tree.text(path)).get("scripts", {})
        if "check" not in scripts:
            continue
        if not (tree.root / folder / "node_modules").is_dir():
            problems.append(Problem(folder, 0, "is not installed; run: ci/setup"))
            continue
        done = run(tree, ["npm", "run", "--silent", "--prefix", folder, "check"])
        if done.returncode != 0:
            problems.append(Problem(folder, 0, "npm run check failed:\n"
                                    + (done.stdout + done.stderr).strip()))
    return problems
