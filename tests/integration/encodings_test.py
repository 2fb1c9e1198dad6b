"""Bodies that come compressed and are looked into: by nginx, and by a server that sends damaged ones
and bombs. The program is given in $WEIR. Standard library only."""

import gzip
import http.server
import json
import subprocess
import tempfile
import unittest
import zlib
from pathlib import Path

from servers import WEIR, Peer, Server, free_port

WORD = "needle in the haystack"
PLAIN = (json.dumps({"name": WORD, "items": list(range(2000))})).encode()

# As brotli writes what is not worth compressing; the standard library has none.
BROTLI = bytes([0x8b, 0x05, 0x80]) + b"hello needle" + bytes([0x03])

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  gzip on; gzip_types *; gzip_min_length 1;
  server {{ listen 127.0.0.1:{port}; listen 127.0.0.1:{port2} http2; root {folder}; }} }}
"""


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


BODIES = {
    "/plain": (None, PLAIN),
    "/gzip": ("gzip", gzip.compress(PLAIN)),
    "/members": ("x-gzip", gzip.compress(PLAIN[:100]) + gzip.compress(PLAIN[100:])),
    "/deflate": ("deflate", zlib.compress(PLAIN)),
    "/raw": ("deflate", raw_deflate(PLAIN)),
    "/twice": ("gzip, deflate", zlib.compress(gzip.compress(PLAIN))),
    "/br": ("br", BROTLI),
    "/unknown": ("zstd", PLAIN),
    "/cut": ("gzip", gzip.compress(PLAIN)[:-9]),
    "/damaged": ("gzip", gzip.compress(PLAIN)[:40] + b"\xff" * 40),
    "/none": ("gzip", PLAIN),
    "/behind": ("gzip", gzip.compress(PLAIN) + b"more"),
    "/broken-br": ("br", BROTLI[:6]),
    "/bomb": ("gzip", gzip.compress(bytes(64 << 20))),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        encoding, body = BODIES[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class EncodingsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Peer(Handler)
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_weir(self, url, step, connection=""):
        """(counts, errors, resident memory) of four rounds of one step."""
        Path(self.folder, "look.yaml").write_text(
            f"name: look\n{connection}\nsteps:\n{step}\nload: {{ rounds: 4, stages: [ {{ users: 1, for: 20s }} ] }}\n")
        done = subprocess.run([WEIR, "run", "--no-store", "--quiet", "--json", "--target", url, "look.yaml"], cwd=self.folder, capture_output=True, text=True,
                              timeout=50, stdin=subprocess.DEVNULL)
        self.assertTrue(done.stdout, done.stderr)
        document = json.loads(done.stdout)
        return document["requests"], document["errors"], document["resources"]

    def look(self, url, path, connection="", word="needle", header=""):
        return self.run_weir(url, f"  - get: {path}\n    name: look\n{header}"
                                  f"    check: {{ body: '{word}' }}", connection)

    def test_nginx_by_every_engine(self):
        Path(self.folder, "page").write_bytes(PLAIN)
        Path(self.folder, "nginx.conf").write_text(NGINX.format(
            folder=self.folder, port=(port := free_port()), port2=(port2 := free_port())))
        asks = "    headers: { accept-encoding: gzip }\n"
        with Server(port, "nginx", "-c", f"{self.folder}/nginx.conf"):
            for how, at in [("", port), ("protocol: h2", port2), ("engine: curl", port)]:
                with self.subTest(how=how):
                    url = f"http://127.0.0.1:{at}"
                    counts, errors, _ = self.look(url, "/page", how, header=asks)
                    self.assertEqual((counts["completed"], errors), (4, {}))
                    counts, errors, _ = self.look(url, "/page", how, header=asks, word="absent")
                    self.assertEqual((counts["failed"], errors), (4, {"check_body": 4}))
                    counts, errors, _ = self.run_weir(
                        url, f"  - get: /page\n{asks}    extract: {{ name: json $.name }}\n"
                             "  - get: '/page?{{ name }}'\n", how)
                    self.assertEqual((counts["completed"], errors), (8, {}))

    def test_every_encoding_is_undone(self):
        url = self.server.url
        for path in ("/plain", "/gzip", "/members", "/deflate", "/raw", "/twice", "/br", "/unknown"):
            with self.subTest(path=path):
                counts, errors, _ = self.look(url, path)
                self.assertEqual((counts["completed"], errors), (4, {}))

    def test_a_damaged_body_is_a_failed_check_with_its_reason(self):
        url = self.server.url
        for path in ("/cut", "/damaged", "/none", "/behind", "/broken-br"):
            with self.subTest(path=path):
                counts, errors, _ = self.look(url, path)
                self.assertEqual((counts["failed"], errors), (4, {"malformed": 4}))

    def test_a_bomb_is_an_error_and_not_memory(self):
        counts, errors, resources = self.look(self.server.url, "/bomb")
        self.assertEqual((counts["failed"], errors), (4, {"too_large": 4}))
        self.assertLess(resources["rss_bytes_max"], 64 << 20)

    def test_a_body_that_nobody_looks_into_is_not_undone(self):
        url = self.server.url
        for path in ("/damaged", "/bomb"):
            with self.subTest(path=path):
                counts, errors, _ = self.run_weir(url, f"  - get: {path}\n    check: {{ status: 200 }}")
                self.assertEqual((counts["completed"], errors), (4, {}))


if __name__ == "__main__":
    unittest.main()
