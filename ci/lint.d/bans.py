"""What code must not use, each with what to use instead. Comments and strings do not count."""

import re
from dataclasses import dataclass

from source import Problem, code_of, line_of


@dataclass(frozen=True)
class Ban:
    pattern: str
    instead: str
    allowed: tuple = ()  # beginnings of paths


BANS = (
    Ban(r"\b(?:steady|system|high_resolution)_clock\s*::\s*now\b|\bclock_gettime\s*\("
        r"|\bgettimeofday\s*\(",
        "take a Clock& (base/clock.h), so that tests run on a fake one", ("base/clock.cc",)),
    Ban(r"\brandom_device\b|\bs?rand\s*\(|\bdrand48\s*\(",
        "take an Rng& or a seed (base/rng.h), so that a run can be repeated", ("base/rng.cc",)),
    Ban(r"\bsleep_(?:for|until)\b|\bu?sleep\s*\(|\bnanosleep\s*\(",
        "wait for the event itself, or step a fake clock"),
    Ban(r"\bstd\s*::\s*(?:cout|cerr|clog)\b|(?<![\w.>])(?:std\s*::\s*|fmt\s*::\s*)?"
        r"f?(?:print|printf|puts|putchar)\s*\(",
        "return the text; cli/ prints it", ("cli/", "base/check.cc", "tests/")),
    Ban(r"\busing\s+namespace\s+(?!std\s*::\s*(?:chrono|string|string_view)_literals\s*;)",
        "name what you use (only std::..._literals may be opened)"),
    Ban(r"\bthrow\b(?!\s+std\s*::\s*bad_alloc)", "return a Result (base/result.h)"),
    Ban(r"(?<![\w:.>])assert\s*\(", "WEIR_CHECK (base/check.h), which release builds keep"),
    Ban(r"\bato[ifl]+\s*\(|\bstrto(?:l|ul|ll|ull|d|f)\s*\(|\bsto(?:i|l|ul|ll|ull|d|f)\s*\(",
        "std::from_chars or base/text.h, which say what is wrong"),
    Ban(r"\bv?sprintf\s*\(|\bstrcpy\s*\(|\bstrcat\s*\(|\bstrtok\s*\(", "fmt::format or std::string"),
    Ban(r"\bstd\s*::\s*endl\b", r"'\n'"),
    Ban(r"\bDISABLED_\w+", "mend the test or delete it"),
)


def _applies(ban, path):
    return not path.startswith(ban.allowed) if ban.allowed else True


def check(tree):
    problems = []
    for path in tree.cpp:
        code = code_of(tree.text(path) or "")
        for ban in BANS:
            if not _applies(ban, path):
                continue
            for match in re.finditer(ban.pattern, code):
                found = " ".join(match.group().split())
                problems.append(Problem(path, line_of(code, match.start()),
                                        f"'{found}' is banned here; instead: {ban.instead}"))
    return problems
