"""No two headers define a type of one name in one namespace: the linker would take either."""

import collections
import re

from source import Problem, code_of, line_of

_NAMESPACE = re.compile(r"^namespace ([\w:]+) \{", re.MULTILINE)
_TYPE = re.compile(r"^(?:struct|class|enum class)\s+(\w+)\b[^;{(]*\{", re.MULTILINE)


def check(tree):
    places = collections.defaultdict(dict)
    for name in tree.cpp:
        if not name.endswith(".h"):
            continue
        code = code_of(tree.text(name))
        namespaces = tuple(_NAMESPACE.findall(code))
        for match in _TYPE.finditer(code):
            places[namespaces, match[1]].setdefault(name, line_of(code, match.start()))
    problems = []
    for (namespaces, type_name), found in places.items():
        (first, _), *others = found.items()
        problems += [Problem(name, line, f"{'::'.join((*namespaces, type_name))} is also defined in "
                                         f"{first}: rename one of them")
                     for name, line in others]
    return problems
