"""Peers of weir monitor: a page of metrics that a test sets, an SMTP server, and weir itself.
Debian's interpreter; the SMTP server is python3-aiosmtpd."""

import email
import email.policy
import http.server
import json
import os
import signal
import subprocess
import threading
import time
import urllib.parse
import urllib.request

from aiosmtpd.controller import Controller

WEIR = os.path.abspath(os.environ["WEIR"])


def until(condition, seconds=15):
    """What `condition()` returns as soon as it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def get(address, path, token=None):
    """The text of an answer of the monitor at `address`."""
    asked = urllib.request.Request(f"http://{address}{path}")
    if token:
        asked.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return answer.read().decode()


class Page:
    """A page of metrics: `text` is what it says, `status` how it answers."""

    def __init__(self, text=""):
        self.text = text
        self.status = 200
        self.looks = 0

    def __enter__(self):
        page = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                page.looks += 1
                body = page.text.encode()
                self.send_response(page.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/metrics"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class PromPeer:
    """Answers the API of Prometheus as `answer(path, form)` says: (status, document, or text);
    `asked`: the newest 1,000 of (path, form)."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def __enter__(self):
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self, form):
                peer.asked[:-999] = []
                peer.asked.append((self.path, form))
                status, document = peer.answer(self.path, form)
                body = (document if isinstance(document, str) else json.dumps(document)).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.reply({})

            def do_POST(self):
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.reply(dict(urllib.parse.parse_qsl(text)))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Mailbox:
    """An SMTP server; `got`: the mails, parsed, with .mail_from and .rcpt_tos."""

    def __init__(self, port):
        self.got = []
        self.controller = Controller(self, hostname="127.0.0.1", port=port)
        self.url = f"smtp://127.0.0.1:{port}"

    async def handle_DATA(self, _server, _session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        mail.mail_from, mail.rcpt_tos = envelope.mail_from, envelope.rcpt_tos
        self.got.append(mail)
        return "250 OK"

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()


class Monitor:
    """weir monitor in `folder` on a configuration, which is written as JSON (that is YAML)."""

    def __init__(self, folder, config, *options):
        self.folder = folder
        self.options = options
        with open(os.path.join(folder, "monitor.yaml"), "w", encoding="utf-8") as file:
            json.dump(config, file)

    def __enter__(self):
        self.start()
        return self

    def start(self):
        self.log = open(os.path.join(self.folder, "monitor.log"), "a", encoding="utf-8")
        self.process = subprocess.Popen([WEIR, "monitor", "monitor.yaml", *self.options],
                                        cwd=self.folder, stdout=subprocess.PIPE, stderr=self.log,
                                        stdin=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        if not line:
            self.end(signal.SIGTERM)
            raise AssertionError(self.complaints())
        self.said = line

    def end(self, how=signal.SIGTERM):
        """Its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(20)
        self.process.stdout.close()
        self.log.close()
        return code

    def complaints(self):
        with open(os.path.join(self.folder, "monitor.log"), encoding="utf-8") as file:
            return file.read()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()
