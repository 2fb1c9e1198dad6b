"""The checks' own tests: each rule accepts a good example and refuses a bad one."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import architecture
import bans
import documents
import one_definition
import text
import tidy
import tools
from source import Tree, code_of

ARCHITECTURE = """# A
| module | may include | libraries |
|---|---|---|
| `base` | – | zlib |
| `store` | base | SQLite, POSIX |
| `net` | base | – |
| `net/shell` | base | libuv |
| `tests` | all | all |

| other | table |
|---|---|
| `cli` | all |
"""


class LintTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.git("init", "-q", "-b", "main")
        self.write("ARCHITECTURE.md", ARCHITECTURE)

    def git(self, *arguments):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *arguments],
                       cwd=self.root, check=True, capture_output=True)

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")

    def write(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def tree(self):
        return Tree(self.root)

    def messages(self, check, name, content):
        self.write(name, content)
        return [str(problem) for problem in check(self.tree())]

    def assert_good(self, check, name, content):
        self.assertEqual(self.messages(check, name, content), [])

    def assert_bad(self, check, name, content, expected):
        found = self.messages(check, name, content)
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])


class SourceTest(LintTest):
    def test_code_keeps_lines_and_loses_comments_and_strings(self):
        source = 'a(); // b\n/* c\nd */ e("f\\"g"); R"(h\ni)" \'j\' 1\'000\n'
        self.assertEqual(code_of(source), 'a(); \n\n e(""); ""\n "" 1\'000\n')

    def test_ignored_files_are_left_alone_and_new_ones_are_seen(self):
        self.write(".gitignore", "/build/\n")
        self.write("build/x.cc", "")
        self.write("base/y.cc", "")
        self.assertEqual(self.tree().cpp, ["base/y.cc"])


class ArchitectureTest(LintTest):
    def test_allowed_directions(self):
        for name, line in (("store/x.cc", '#include "base/run.h"'),
                           ("store/x.cc", '#include "store/internal/sql.h"'),
                           ("store/x.cc", "#include <sqlite3.h>"),
                           ("store/x.cc", "#include <fmt/format.h>"),
                           ("store/x.cc", "#include <sys/stat.h>"),
                           ("base/x.cc", "#include <zlib.h>"),
                           ("net/shell/y.cc", "#include <uv.h>"),
                           ("net/x.cc", '#include "net/shell/y.h"'),
                           ("tests/store/x.cc", '#include "store/internal/sql.h"'),
                           ("tests/store/x.cc", "#include <gtest/gtest.h>")):
            with self.subTest(name=name, line=line):
                self.assert_good(architecture.check, name, line + "\n")

    def test_forbidden_directions(self):
        for name, line, expected in (
                ("base/x.cc", '#include "store/reader.h"', 'base/ may not include "store/reader.h"'),
                ("store/x.cc", '#include "net/y.h"', "it may include: base"),
                ("store/x.cc", '#include "y.h"', 'as "store/y.h"'),
                ("net/x.cc", "#include <uv.h>", "net/ may not use libuv"),
                ("net/x.cc", "#include <unistd.h>", "net/ may not use POSIX"),
                ("store/x.cc", "#include <eigen3/Eigen/Core>", "does not name"),
                ("store/x.cc", '  #  include "base/internal/z.h"', "internal to base/"),
                ("cli/x.cc", "\n", "lies in no module")):
            with self.subTest(name=name, line=line):
                self.assert_bad(architecture.check, name, line + "\n", expected)
            (self.root / name).unlink()

    def test_own_header_first(self):
        self.write("base/a.h", "#pragma once\n")
        self.assert_good(architecture.check, "base/a.cc", '#include "base/a.h"\n#include <span>\n')
        self.assert_bad(architecture.check, "base/a.cc", '#include <span>\n#include "base/a.h"\n',
                        'include "base/a.h" first')

    def test_document_without_table(self):
        self.assert_bad(architecture.check, "ARCHITECTURE.md", "# A\n", "has no table")


class OneDefinitionTest(LintTest):
    HEADER = "namespace weir::analysis {\nstruct Season {\n  int period;\n};\n}\n"

    def test_good(self):
        self.write("store/a.h", self.HEADER)
        for name, text in (("store/b.h", self.HEADER.replace("Season", "History")),
                           ("net/b.h", self.HEADER.replace("analysis", "net")),
                           ("net/c.h", "namespace weir::analysis {\nstruct Season;\n}\n"),
                           ("net/d.cc", self.HEADER)):
            with self.subTest(name=name):
                self.assert_good(one_definition.check, name, text)
            (self.root / name).unlink()

    def test_bad(self):
        self.write("store/a.h", self.HEADER)
        self.assert_bad(one_definition.check, "store/b.h", self.HEADER,
                        "weir::analysis::Season is also defined in store/a.h")


class BansTest(LintTest):
    def test_good(self):
        for name, line in (("store/x.cc", "// std::cout << steady_clock::now();"),
                           ("store/x.cc", 'auto s = "throw rand()";'),
                           ("store/x.cc", "using namespace std::chrono_literals;"),
                           ("store/x.cc", "static_assert(sizeof(int) == 4);"),
                           ("store/x.cc", "report.print(); snprintf(b, 9, f); throw std::bad_alloc();"),
                           ("store/x.cc", "operand(1); strand(2); histo(3);"),
                           ("base/clock.cc", "clock_gettime(id, &at);"),
                           ("cli/x.cc", "fmt::print(f);")):
            with self.subTest(line=line):
                self.assert_good(bans.check, name, line + "\n")

    def test_bad(self):
        for line, expected in (("auto t = std::chrono::steady_clock::now();", "Clock&"),
                               ("auto t = system_clock :: now();", "Clock&"),
                               ("std::random_device d;", "Rng&"),
                               ("int a = rand();", "Rng&"),
                               ("std::this_thread::sleep_for(t);", "fake clock"),
                               ("usleep(5);", "fake clock"),
                               ("std::cout << 1;", "cli/"),
                               ("fprintf(stderr, f);", "cli/"),
                               ("fmt::print(f);", "cli/"),
                               ("using namespace std;", "name what you use"),
                               ("throw 1;", "Result"),
                               ("assert(x);", "WEIR_CHECK"),
                               ("auto i = std::stoi(s);", "from_chars"),
                               ("TEST(A, DISABLED_B) {}", "mend the test")):
            with self.subTest(line=line):
                self.assert_bad(bans.check, "store/x.cc", line + "\n", expected)


class TextTest(LintTest):
    def test_markers(self):
        self.assert_bad(text.check, "a.py", "# TO" "DO: later\n", "do it or open an issue")
        self.assert_good(text.check, "a.py", "# TODOS are fine\n")

    def test_form(self):
        self.assert_bad(text.check, "a.py", "a \n", "space at the end")
        self.assert_bad(text.check, "a.py", "a", "newline")
        (self.root / "a.py").unlink()
        self.assert_good(text.check, "tests/golden/a.txt", "a ")

    def test_width(self):
        wide = "x" * 101
        self.assert_bad(text.check_cpp, "a.cc", wide + "\n", "101 columns")
        self.assert_good(text.check_cpp, "a.cc", f'auto a = R"(\n{wide}\n)";\n')
        self.assert_good(text.check_cpp, "a.cc", f"// https://localhost/{wide}\n")

    def test_header_guard(self):
        self.assert_bad(text.check_cpp, "a.h", "int a;\n", "#pragma once")
        self.assert_good(text.check_cpp, "a.h", "#pragma once\n")


class DocumentsTest(LintTest):
    def test_good_links(self):
        self.write("docs/b.md", "# Über `x`, once!\n")
        for line in ("[b](docs/b.md)", "[b](docs/b.md#über-x-once)", "[a](#a-title)", "[f](docs)",
                     "[w](https://localhost/x)", "`[no](nowhere.md)`"):
            with self.subTest(line=line):
                self.assert_good(documents.check_links, "a.md", f"# A title\n{line}\n")

    def test_bad_links(self):
        for line, expected in (("[b](docs/c.md)", "leads nowhere"), ("[b](../a.md)", "nowhere"),
                               ("[a](#other)", "no heading")):
            with self.subTest(line=line):
                self.assert_bad(documents.check_links, "a.md", f"# A\n{line}\n", expected)

    def test_package_lists_must_agree(self):
        document = "| package | why |\n|---|---|\n| `a`, `b` | for `x` |\n"
        self.assertEqual(documents.documented_packages(document), {"a", "b"})
        self.assertEqual(documents.compare_packages({"a", "b"}, {"a", "b"}), [])
        differences = documents.compare_packages({"a", "c"}, {"a", "b"})
        self.assertEqual([p.message for p in differences],
                         ["does not explain the package 'c'", "explains 'b', which nothing installs"])


class ToolsTest(LintTest):
    def test_function_length(self):
        body = "  f();\n" * 68
        self.assert_good(tools.check_function_length, "a.cc", "void G() {\n" + body + "}\n")
        self.assert_bad(tools.check_function_length, "a.cc", "void G() {\n  f();\n" + body + "}\n",
                        "G has 71 lines")

    def test_format(self):
        self.write(".clang-format", "BasedOnStyle: Google\n")
        self.assert_good(tools.check_format, "a.cc", "int a;\n")
        self.assert_bad(tools.check_format, "a.cc", "int  a ;\n", "clang-format -i a.cc")

    def test_shell(self):
        self.assert_good(tools.check_shell, "run", "#!/usr/bin/env bash\nset -eu\necho \"$1\"\n")
        self.assert_bad(tools.check_shell, "run", "#!/bin/sh\necho $1\n", "quote")

    def test_lock_files(self):
        self.write("web/package.json", "{}\n")
        self.assert_good(tools.check_lock_files, "web/package-lock.json", '{"version": "1"}\n')
        self.assert_bad(tools.check_lock_files, "web/package-lock.json",
                        '{"resolved": "https://host/x"}\n', "names a registry")
        (self.root / "web/package-lock.json").unlink()
        self.assertIn("has no package-lock.json", str(tools.check_lock_files(self.tree())[0]))
        self.assert_good(tools.check_lock_files, "web/package-lock.json", "{}\n")
        self.assert_bad(tools.check_lock_files, ".npmrc", "registry=x\n", "leave it to the machine")


class TidyTest(LintTest):
    def test_key_follows_headers_and_command_but_not_the_place(self):
        self.write("a.cc", '#include "b.h"\n')
        self.write("b.h", "int b;\n")
        key = tidy.key_of(self.tree(), "a.cc", f"c++ -I{self.root} a.cc", "14")
        self.assertEqual(key, tidy.key_of(self.tree(), "a.cc", "c++ -I. a.cc", "14"))
        self.assertNotEqual(key, tidy.key_of(self.tree(), "a.cc", "c++ -I. -O1 a.cc", "14"))
        self.write("b.h", "long b;\n")
        self.assertNotEqual(key, tidy.key_of(self.tree(), "a.cc", "c++ -I. a.cc", "14"))

    def test_changed_files_come_first_then_the_latest_commit(self):
        for name in ("old.cc", "new.cc", "edited.cc", "user.cc", "b.h"):
            self.write(name, '#include "b.h"\n' if name == "user.cc" else "int a;\n")
            self.commit()
        self.write("edited.cc", "long a;\n")
        changed = tidy.changed_files(self.tree())
        self.assertEqual(changed, {"edited.cc", "b.h"})
        names = ["old.cc", "new.cc", "edited.cc", "user.cc"]
        self.assertEqual(tidy.in_order(self.tree(), names, changed),
                         ["edited.cc", "user.cc", "new.cc", "old.cc"])

    def test_memory(self):
        memory = tidy.Memory(self.root / "memory")
        self.assertFalse(memory.is_clean("k"))
        memory.remember("k")
        self.assertTrue(memory.is_clean("k"))


def run():
    suite = unittest.defaultTestLoader.loadTestsFromModule(__import__(__name__))
    return 0 if unittest.TextTestRunner(verbosity=1).run(suite).wasSuccessful() else 1
