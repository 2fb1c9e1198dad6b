"""Form of the text itself: leftovers, whitespace, width, header guards."""

import re

from source import Problem

COLUMNS_MAX = 100
_MARKERS = re.compile(r"\b(?:" + "|".join(("TO" "DO", "FIX" "ME", "X" "XX")) + r")\b")
_RAW_STRING = re.compile(r'R"([^()\s\\]{0,16})\(.*?\)\1"', re.DOTALL)
# Recorded from elsewhere, byte for byte.
_VERBATIM = ("tests/golden/", "tests/fuzz/corpus/")
_VERBATIM_NAMES = ("package-lock.json", "LICENSE")
_SPACE_MATTERS = (".patch", ".svg", ".md")


def _is_verbatim(path):
    return path.startswith(_VERBATIM) or path.endswith(_VERBATIM_NAMES)


def check(tree):
    problems = []
    for path in tree.files:
        text = tree.text(path)
        if text is None or _is_verbatim(path):
            continue
        if text and not text.endswith("\n"):
            problems.append(Problem(path, 0, "does not end with a newline"))
        for number, line in enumerate(text.splitlines(), 1):
            if marker := _MARKERS.search(line):
                problems.append(Problem(path, number, f"'{marker.group()}': do it or open an issue"))
            if line != line.rstrip() and not path.endswith(_SPACE_MATTERS):
                problems.append(Problem(path, number, "space at the end of the line"))
    return problems


def _raw_string_lines(text):
    lines = set()
    for match in _RAW_STRING.finditer(text):
        first = text.count("\n", 0, match.start()) + 1
        lines.update(range(first, first + match.group().count("\n") + 1))
    return lines


def check_cpp(tree):
    problems = []
    for path in tree.cpp:
        text = tree.text(path) or ""
        if path.endswith(".h") and "#pragma once" not in text:
            problems.append(Problem(path, 0, "lacks '#pragma once'"))
        exempt = _raw_string_lines(text)
        for number, line in enumerate(text.splitlines(), 1):
            # A URL or a path cannot be broken; a raw string is data.
            if len(line) > COLUMNS_MAX and number not in exempt and "://" not in line:
                problems.append(Problem(path, number,
                                        f"{len(line)} columns wide (at most {COLUMNS_MAX})"))
    return problems
