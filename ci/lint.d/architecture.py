"""Which module may include what: the table in ARCHITECTURE.md is the rule, this check holds it.
And a source includes its own header first, which shows that the header compiles on its own."""

import re
from dataclasses import dataclass

from source import Problem

# Libraries as the table names them, and the beginnings of their headers.
LIBRARY_HEADERS = {
    "fmt": ("fmt/",),
    "tl-expected": ("tl/",),
    "zlib": ("zlib.h",),
    "yaml-cpp": ("yaml-cpp/",),
    "nlohmann-json": ("nlohmann/",),
    "libuv": ("uv.h", "uv/"),
    "RE2": ("re2/",),
    "brotli": ("brotli/",),
    "LuaJIT": ("lua.hpp", "luajit.h"),
    "OpenSSL": ("openssl/",),
    "SQLite": ("sqlite3.h",),
    "Boost": ("boost/",),
    "Eigen": ("Eigen/",),
    "nghttp2": ("nghttp2/",),
    "protozero": ("protozero/",),
    "cURL": ("curl/",),
    "GoogleTest": ("gtest/", "gmock/"),
    "Google Benchmark": ("benchmark/",),
    "POSIX": ("sys/", "netinet/", "arpa/", "net/", "linux/", "unistd.h", "fcntl.h", "poll.h",
              "netdb.h", "signal.h", "sched.h", "pthread.h", "time.h", "errno.h", "limits.h",
              "dirent.h", "spawn.h", "termios.h", "dlfcn.h", "pwd.h", "malloc.h", "cxxabi.h"),
}
ALWAYS = ("fmt", "tl-expected")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


@dataclass
class Room:
    modules: frozenset
    libraries: tuple
    everything: bool


def _cell_words(cell):
    words = [word.strip().strip("`/") for word in cell.split(",")]
    return [word for word in words if word not in ("", "–", "-")]


def read_table(document):
    """{folder: Room} from the table whose header is `module | may include | libraries`."""
    rooms = {}
    inside = False
    for line in document.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if [cell.lower() for cell in cells[:3]] == ["module", "may include", "libraries"]:
            inside = True
        elif inside and line.startswith("|"):
            if not set(cells[0]) <= set("-: "):
                modules = _cell_words(cells[1])
                rooms[cells[0].strip("`/")] = Room(
                    frozenset(modules), tuple(_cell_words(cells[2])) + ALWAYS, "all" in modules)
        elif inside:
            break
    return rooms


def _room_of(rooms, path):
    """The longest listed folder that holds `path`; None if there is none."""
    folders = [folder for folder in rooms if path.startswith(folder + "/")]
    return max(folders, key=len, default=None)


def _judge_own(rooms, path, included):
    home = _room_of(rooms, path)
    module = home.split("/")[0]
    owner = included.split("/")[0]
    if "/internal/" in f"/{included}" and owner != module and module != "tests":
        return f'"{included}" is internal to {owner}/; use a public header of it'
    if owner == module or rooms[home].everything or owner in rooms[home].modules:
        return None
    allowed = ", ".join(sorted(rooms[home].modules)) or "nothing else"
    return (f'{home}/ may not include "{included}" (it may include: {allowed}); '
            "the table is in ARCHITECTURE.md")


def _judge_library(rooms, path, included):
    home = _room_of(rooms, path)
    if re.fullmatch(r"[a-z_0-9]+", included) or rooms[home].everything:
        return None  # The standard library.
    for library, prefixes in LIBRARY_HEADERS.items():
        if included.startswith(prefixes):
            if library in rooms[home].libraries:
                return None
            return (f"{home}/ may not use {library} (<{included}>); "
                    "the table is in ARCHITECTURE.md")
    return f"<{included}> is of a library that the table in ARCHITECTURE.md does not name"


def check(tree):
    rooms = read_table(tree.text("ARCHITECTURE.md") or "")
    if not rooms:
        return [Problem("ARCHITECTURE.md", 0, "has no table 'module | may include | libraries'")]
    problems = []
    for path in tree.cpp:
        if _room_of(rooms, path) is None:
            problems.append(Problem(path, 0, "lies in no module of the table in ARCHITECTURE.md"))
            continue
        text = tree.text(path) or ""
        header = path.removesuffix(".cc") + ".h"
        first = _INCLUDE.search(text)
        if path.endswith(".cc") and tree.text(header) is not None and (
                first is None or first.group(1) != header):
            problems.append(Problem(path, 1, f'include "{header}" first: it must need nothing else'))
        for match in _INCLUDE.finditer(text):
            own, library = match.groups()
            if own and "/" not in own:
                reason = f'"{own}": include from the root, as "{path.rsplit("/", 1)[0]}/{own}"'
            elif own:
                reason = _judge_own(rooms, path, own)
            else:
                reason = _judge_library(rooms, path, library)
            if reason:
                problems.append(Problem(path, text.count("\n", 0, match.start()) + 1, reason))
    return problems
