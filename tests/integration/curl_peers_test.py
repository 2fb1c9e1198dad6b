"""What weir leaves to libcurl, against servers that are not ours: tinyproxy as forward proxy,
microsocks as SOCKS proxy, lighttpd for Digest. The program is given in $WEIR. Standard library
only."""

import hashlib
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from servers import Server, free_port, weir

PLANNED = 50
USER, PASSWORD = "weir", "opensesame"

NGINX = """
{user}
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  log_format via "$server_port $remote_addr $status $http_via";
  access_log {folder}/access.log via;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port};
    listen 127.0.0.1:{tls_port} ssl;
    ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
    location / {{ return 200 "hello weir"; }}
  }}
}}
"""

TINYPROXY = """
Port {port}
Listen 127.0.0.1
Timeout 20
Allow 127.0.0.1
ConnectPort {tls_port}
LogLevel Error
LogFile "{folder}/tinyproxy.log"
{more}
"""

LIGHTTPD = """
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{folder}"
server.modules = ( "mod_auth", "mod_authn_file", "mod_accesslog" )
accesslog.filename = "{folder}/lighttpd.log"
accesslog.format = "%s %u"
auth.backend = "htdigest"
auth.backend.htdigest.userfile = "{folder}/users"
auth.require = ( "/" => ( "method" => "digest", "realm" => "weir", "require" => "valid-user",
                          "algorithm" => "{algorithm}" ) )
"""


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o755)

    def serve(self, port, *command):
        server = Server(port, *command)
        server.__enter__()
        self.addCleanup(server.__exit__)

    def write(self, name, text):
        path = Path(self.folder, name)
        path.write_text(text)
        return path

    def expect_complete(self, url, *options):
        code, run, err = weir(self.folder, url, "--engine", "curl", *options)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(run["requests"]["planned"], PLANNED)
        self.assertEqual(run["requests"]["completed"], PLANNED, run["errors"])
        return run

    def expect_kind(self, kind, url, *options, rate=2 * PLANNED):
        """Every request fails, each for this reason."""
        code, run, err = weir(self.folder, url, "--engine", "curl", *options, rate=rate)
        self.assertEqual(run["errors"], {kind: rate // 2}, err)
        self.assertEqual(code, 0 if kind == "status" else 69, err)


class Origin(Case):
    """nginx in cleartext and under TLS; it writes down through whom each request came."""

    def setUp(self):
        super().setUp()
        self.port, self.tls_port = free_port(), free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        f"{self.folder}/key.pem", "-out", f"{self.folder}/certificate.pem"],
                       check=True, capture_output=True)
        conf = self.write("nginx.conf", NGINX.format(
            folder=self.folder, port=self.port, tls_port=self.tls_port,
            user="user root;" if os.geteuid() == 0 else ""))
        self.serve(self.port, "nginx", "-p", self.folder, "-c", conf, "-e",
                   f"{self.folder}/error.log")
        self.url = f"http://127.0.0.1:{self.port}/"
        self.tls_url = f"https://127.0.0.1:{self.tls_port}/"
        self.trust = ("--cacert", f"{self.folder}/certificate.pem")

    def requests(self):
        """[port, peer, status, via] of each request that arrived."""
        return [line.split(" ", 3)
                for line in Path(self.folder, "access.log").read_text().splitlines()]


class ForwardProxyTest(Origin):
    def proxy(self, more=""):
        port = free_port()
        conf = self.write("tinyproxy.conf", TINYPROXY.format(
            folder=self.folder, port=port, tls_port=self.tls_port, more=more))
        self.serve(port, "tinyproxy", "-d", "-c", conf)
        return f"http://127.0.0.1:{port}"

    def test_every_request_goes_through_it(self):
        self.expect_complete(self.url, "--proxy", self.proxy())
        vias = [via for _, _, _, via in self.requests()]
        self.assertEqual(len(vias), PLANNED)
        self.assertTrue(all("tinyproxy" in via for via in vias), vias[:3])

    def test_https_goes_through_a_tunnel(self):
        run = self.expect_complete(self.tls_url, *self.trust, "--proxy", self.proxy())
        # Nobody on the way has read or changed anything.
        self.assertEqual({tuple(request) for request in self.requests()},
                         {(str(self.tls_port), "127.0.0.1", "200", "-")})
        self.assertEqual(len(self.requests()), run["requests"]["planned"])

    def test_with_a_password(self):
        proxy = self.proxy(f"BasicAuth {USER} {PASSWORD}")
        self.expect_complete(self.url, "--proxy", proxy, "--proxy-user", f"{USER}:{PASSWORD}")
        self.expect_kind("status", self.url, "--proxy", proxy, "--proxy-user", f"{USER}:wrong")

    def test_a_tunnel_that_it_refuses_is_its_fault(self):
        # To this port it may not connect.
        self.expect_kind("proxy", f"https://127.0.0.1:{self.port}/", "--proxy", self.proxy())

    def test_one_that_is_not_there_is_its_fault(self):
        self.expect_kind("proxy", self.url, "--proxy", f"http://127.0.0.1:{free_port()}")


class SocksTest(Origin):
    def proxy(self, *more):
        port = free_port()
        self.serve(port, "microsocks", "-i", "127.0.0.1", "-p", port, "-b", "127.0.0.1",
                   *more)
        return port

    def test_addresses_and_names_are_reached(self):
        port = self.proxy()
        self.expect_complete(self.url, "--proxy", f"socks5://127.0.0.1:{port}")
        # The name is looked up at the other end.
        self.expect_complete(self.url.replace("127.0.0.1", "localhost"), "--proxy",
                             f"socks5h://127.0.0.1:{port}")
        self.expect_complete(self.tls_url, *self.trust, "--proxy", f"socks5h://127.0.0.1:{port}")
        self.assertEqual(len(self.requests()), 3 * PLANNED)

    def test_with_a_password(self):
        proxy = f"socks5h://127.0.0.1:{self.proxy('-u', USER, '-P', PASSWORD)}"
        self.expect_complete(self.url, "--proxy", proxy, "--proxy-user", f"{USER}:{PASSWORD}")
        self.expect_kind("proxy", self.url, "--proxy", proxy, "--proxy-user", f"{USER}:wrong")

    def test_a_target_that_it_cannot_reach_is_told(self):
        self.expect_kind("proxy", f"http://127.0.0.1:{free_port()}/", "--proxy",
                         f"socks5h://127.0.0.1:{self.proxy()}")


class DigestTest(Case):
    def serve_digest(self, algorithm, hashed):
        port = free_port()
        self.write("index.html", "hello weir")
        secret = hashed(f"{USER}:weir:{PASSWORD}".encode()).hexdigest()
        self.write("users", f"{USER}:weir:{secret}\n")
        conf = self.write("lighttpd.conf", LIGHTTPD.format(folder=self.folder, port=port,
                                                           algorithm=algorithm))
        self.serve(port, "lighttpd", "-D", "-f", conf)
        return f"http://127.0.0.1:{port}/index.html"

    def test_md5(self):
        url = self.serve_digest("MD5", hashlib.md5)
        self.expect_complete(url, "--user", f"{USER}:{PASSWORD}", "--digest")

    def test_sha256(self):
        url = self.serve_digest("SHA-256", hashlib.sha256)
        self.expect_complete(url, "--user", f"{USER}:{PASSWORD}", "--digest")

    def test_what_the_server_offers_is_found_out(self):
        url = self.serve_digest("MD5", hashlib.md5)
        self.expect_complete(url, "--user", f"{USER}:{PASSWORD}", "--anyauth")

    def test_a_wrong_password_is_a_status(self):
        url = self.serve_digest("MD5", hashlib.md5)
        # lighttpd takes its time to say no.
        self.expect_kind("status", url, "--user", f"{USER}:wrong", "--digest", rate=8)


class NoLibcurlTest(Case):
    """libcurl is loaded when it is needed: without it, all else works."""

    def setUp(self):
        super().setUp()
        self.write("libcurl.so.4", "this is no library\n" * 100)
        self.env = {"LD_LIBRARY_PATH": self.folder}

    def test_is_said_with_a_way_out(self):
        code, run, err = weir(self.folder, f"http://127.0.0.1:{free_port()}/", "--engine", "curl",
                              env=self.env)
        self.assertEqual((code, run), (69, None))
        self.assertTrue(err.startswith("weir run: cannot load libcurl: "), err)
        self.assertIn("hint: install it (Debian: libcurl4)", err)

    def test_is_not_missed_otherwise(self):
        _, _, err = weir(self.folder, f"http://127.0.0.1:{free_port()}/", env=self.env)
        self.assertIn("Connection refused", err)
        self.assertNotIn("libcurl", err)


if __name__ == "__main__":
    unittest.main()
