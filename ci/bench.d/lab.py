"""The laboratory: clients and servers on processors of their own, and what they really used.

Clients run on processor 0, servers on processor 1. What a client used is the kernel's account of
the process (wait4); how many requests it made is the server's count, never the client's word.
"""

import contextlib
import datetime
import json
import os
import platform
import pty
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WEIR = ROOT / "build/release/cli/weir"
BARE_CLIENT = ROOT / "build/release/tests/bench/bare_client"
RECORDING_CLIENT = ROOT / "build/release/tests/bench/recording_client"
CLIENT_CPU, SERVER_CPU = 0, 1


class BenchError(Exception):
    """What was attempted, and what came instead."""


def prepare():
    """Raises file limit and priority as far as the kernel lets us; children inherit both."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that servers are stopped.
    if os.cpu_count() < 2:
        raise BenchError("client and server need a processor each; this machine has one")


def machine():
    """Words that say what was measured on, without naming the machine."""
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    kernel = ".".join(platform.release().split(".")[:2])
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    virtual = " virtual" if "hypervisor" in Path("/proc/cpuinfo").read_text() else ""
    return (f"{os.cpu_count()}{virtual} processors ({cpu.group(1) if cpu else platform.machine()}),"
            f" {gib:.0f} GiB, Linux {kernel}")


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


@dataclass
class Usage:
    """What one client process used and printed."""

    cpu_s: float
    user_s: float
    wall_s: float
    rss_peak_bytes: int
    others_ratio: float  # share of either processor that neither client nor server had; the larger
    output: str


def _busy_seconds(cpu):
    """Seconds that `cpu` was not idle since boot, steal included."""
    for line in Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{cpu} "):
            ticks = [int(word) for word in line.split()[1:9]]
            return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _cpu_seconds(pid):
    """Processor time of a running process, its threads and its children, to the nanosecond."""
    total = 0
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            total += int((thread / "schedstat").read_text().split()[0]) / 1e9
            total += sum(map(_cpu_seconds, (thread / "children").read_text().split()))
    return total


class Bystanders:
    """Who else had the two processors: their busy time, less that of client and server."""

    def __init__(self, server_pid):
        self._server_pid = server_pid
        self._begin = self._readings()

    def _readings(self):
        server = _cpu_seconds(self._server_pid) if self._server_pid else 0.0
        return time.monotonic(), _busy_seconds(CLIENT_CPU), _busy_seconds(SERVER_CPU), server

    def ratio(self, client_cpu_s):
        wall, client_cpu, server_cpu, server = (
            after - before for before, after in zip(self._begin, self._readings()))
        others = [(client_cpu - client_cpu_s) / wall]
        if self._server_pid:
            others.append((server_cpu - server) / wall)
        return max(0.0, *others)


DISTURBED_RATIO = 0.02
_tries_max = 4


def measure_once():
    """No repeats from here on, however disturbed a run was."""
    global _tries_max
    _tries_max = 1


def undisturbed(measure):
    """Repeats `measure() -> row` while others had more than 2 % of a processor, at most four
    times, and returns the row with the least of it. What was measured plays no part in it."""
    best = None
    for _ in range(_tries_max):
        row = measure()
        if best is None or row["others_ratio"] < best["others_ratio"]:
            best = row
        if best["others_ratio"] <= DISTURBED_RATIO:
            break
    return best


def disturbance(rows):
    """A sentence for the notes of a table."""
    worst = max(row["others_ratio"] for row in rows)
    return f"other work had at most {worst:.0%} of a processor during the runs that count"


def status_bytes(pid, key):
    """A size of /proc/PID/status, such as VmHWM or VmRSS; 0 once the process is gone."""
    with contextlib.suppress(OSError):
        found = re.search(rf"{key}:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        if found:
            return int(found.group(1)) * 1024
    return 0


@contextlib.contextmanager
def _terminal(wanted):
    """A terminal that is read and thrown away, so that a program shows its progress; or null."""
    if not wanted:
        yield subprocess.DEVNULL
        return
    ours, theirs = pty.openpty()

    def drain():
        with contextlib.suppress(OSError):
            while os.read(ours, 65536):
                pass

    thread = threading.Thread(target=drain, daemon=True)
    thread.start()
    try:
        yield theirs
    finally:
        os.close(theirs)
        thread.join(1)
        os.close(ours)


def run_client(command, seconds_max, server_pid=None, terminal=False, watch=None):
    """Runs a client on its processor until it ends. `watch(pid, seconds)` is called every 0.1 s."""
    with tempfile.TemporaryFile() as output, _terminal(terminal) as stderr:
        bystanders, begin = Bystanders(server_pid), time.monotonic()
        process = subprocess.Popen(["taskset", "-c", str(CLIENT_CPU), *map(str, command)],
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=stderr)
        peak = 0
        while True:
            # The peak that the kernel would report with the usage is our own: it survives exec.
            peak = max(peak, status_bytes(process.pid, "VmHWM"))
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid != 0:
                break
            if time.monotonic() - begin > seconds_max:
                process.kill()
                raise BenchError(f"{command[0]} did not end within {seconds_max} s")
            if watch:
                watch(process.pid, time.monotonic() - begin)
            time.sleep(0.1)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - begin
        cpu = used.ru_utime + used.ru_stime
        others = bystanders.ratio(cpu)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode != 0:
        raise BenchError(f"{' '.join(map(str, command))}: exit code {process.returncode}\n{text}")
    return Usage(cpu, used.ru_utime, wall, peak, others, text)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextlib.contextmanager
def _server(command, log):
    process = subprocess.Popen(["taskset", "-c", str(SERVER_CPU), *map(str, command)],
                               stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


NGINX_CONF = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
worker_processes {workers};
worker_rlimit_nofile {files};
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  open_file_cache max=10;
  open_file_cache_valid 3600s;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  {tls}
  server {{ listen 127.0.0.1:{port}{how} backlog=16384; root {folder}; index index.html; }}
  server {{ listen 127.0.0.1:{status_port}; location / {{ stub_status; }} }}
}}
"""


@dataclass(frozen=True)
class Speech:
    """What a server speaks."""

    tls: bool = False
    http2: bool = False


class Nginx:
    """nginx with one file of 1 KiB."""

    def __init__(self, port, status_port, pid, tls):
        self.pid = pid
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/"
        self.port = port
        self._status_url = f"http://127.0.0.1:{status_port}/"
        self._asked = 0

    def requests(self):
        """Requests of others so far, by nginx's own count."""
        self._asked += 1
        with urllib.request.urlopen(self._status_url, timeout=10) as answer:
            text = answer.read().decode()
        return int(re.search(r"\n\s*\d+\s+\d+\s+(\d+)", text).group(1)) - self._asked


def _certificate(folder):
    """The lines of a server with a certificate of its own (P-256), made anew."""
    key, certificate = Path(folder, "key.pem"), Path(folder, "certificate.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return f"ssl_certificate {certificate}; ssl_certificate_key {key};"


@contextlib.contextmanager
def nginx(speech=Speech(), workers=1):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        Path(folder, "index.html").write_text("weir" * 256)
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        port, status_port = free_port(), free_port()
        conf = Path(folder, "nginx.conf")
        # Above what it may open: with a sixteenth of these left nginx closes 32 connections at a time.
        conf.write_text(NGINX_CONF.format(
            user="user root;" if os.geteuid() == 0 else "", folder=folder, port=port, files=files,
            connections=files * 2, status_port=status_port, workers=workers,
            tls=_certificate(folder) if speech.tls else "",
            how=(" ssl" if speech.tls else "") + (" http2" if speech.http2 else "")
            + (" reuseport" if workers > 1 else "")))
        with open(Path(folder, "log"), "wb") as log, _server(
                ["nginx", "-p", folder, "-c", conf, "-e", Path(folder, "error.log")], log) as process:
            server = Nginx(port, status_port, process.pid, speech.tls)
            for _ in range(100):
                try:
                    server.requests()
                    break
                except OSError:
                    server._asked = 0
                    time.sleep(0.05)
            else:
                raise BenchError("nginx did not start: " + Path(folder, "log").read_text())
            yield server


class Target:
    """`weir target --spin`: its stamps are exact to a microsecond."""

    def __init__(self, url, truth, process):
        self.url = url
        self.truth = truth
        self.pid = process.pid


@contextlib.contextmanager
def target(*options, truth=None):
    """Yields the target; the truth file is whole after the context has ended."""
    with tempfile.TemporaryDirectory() as folder:
        log_path = Path(folder, "log")
        command = [WEIR, "target", "--host", "127.0.0.1", "--spin", *options]
        if truth:
            command += ["--truth", truth]
        with open(log_path, "wb") as log, _server(command, log) as process:
            for _ in range(100):
                found = re.search(r"http://\S+:\d+/", log_path.read_text())
                if found:
                    break
                time.sleep(0.05)
            else:
                raise BenchError("weir target did not start: " + log_path.read_text())
            yield Target(found.group(), truth, process)


def run_weir(server, *options, seconds, **kwargs):
    """(usage, document of schema weir.run/1) of one run of weir."""
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder, "run.json")
        usage = run_client([WEIR, "run", *options, "-d", f"{seconds}s", f"--json={document}",
                            server.url], seconds * 2 + 20, server_pid=server.pid, **kwargs)
        return usage, json.loads(document.read_text())


def say(text):
    print(text, file=sys.stderr, flush=True)
