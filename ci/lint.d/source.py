"""The files of the checkout, and what every check returns: a list of Problem."""

import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CPP_SUFFIXES = {".h", ".cc"}


@dataclass(frozen=True, order=True)
class Problem:
    path: str
    line: int  # 0 = the file as a whole
    message: str

    def __str__(self):
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"


class Tree:
    """A folder of sources. In a git checkout: tracked files and new ones that are not ignored."""

    def __init__(self, root):
        self.root = Path(root)
        self._texts = {}

    @cached_property
    def files(self):
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=self.root, capture_output=True, check=True, text=True).stdout
        names = sorted(set(filter(None, listing.split("\0"))))
        return [name for name in names if (self.root / name).is_file()]

    @cached_property
    def cpp(self):
        return [name for name in self.files if Path(name).suffix in CPP_SUFFIXES]

    def with_suffix(self, *suffixes):
        return [name for name in self.files if name.endswith(suffixes)]

    def text(self, name):
        """The text of a file; None when there is none: missing, or not UTF-8 text."""
        if name not in self._texts:
            try:
                data = (self.root / name).read_bytes()
                self._texts[name] = None if b"\0" in data else data.decode()
            except (FileNotFoundError, UnicodeDecodeError):
                self._texts[name] = None
        return self._texts[name]

    def lines(self, name):
        return (self.text(name) or "").splitlines()


_CPP_TOKEN = re.compile(
    r"""
    //[^\n]*                                          # line comment
  | /\*.*?\*/                                         # block comment
  | R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"      # raw string
  | "(?:\\.|[^"\\\n])*"                               # string
  | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'               # character, not a digit separator
    """,
    re.DOTALL | re.VERBOSE)


def code_of(text):
    """C++ with comments blanked and strings emptied; every line stays where it is."""

    def blank(match):
        token = match.group()
        newlines = "\n" * token.count("\n")
        return newlines if token.startswith(("//", "/*")) else f'""{newlines}'

    return _CPP_TOKEN.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
