"""An HTTP server on a free loopback port that keeps what is posted to it."""

import http.server
import threading


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024  # Of 5, it keeps a burst of connections waiting for seconds.


class Receiver:
    """`got`: (path, headers, body) of each POST, oldest first; `arrived`: one has come."""

    def __init__(self, status=200):
        self.status = status
        self.got = []
        self.arrived = threading.Event()

    def __enter__(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                self.send_response(receiver.status)
                self.end_headers()
                receiver.arrived.set()

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
