"""ci/demo --live: breaks a real nginx for a while and prints what happened when, from the fault over
the page, alert and escalation, which somebody acknowledges, to recovery. Around `weir monitor`: nginx, Prometheus, Alertmanager and an
SMTP server, all on free loopback ports in a folder that goes when it ends. The program is given in
$WEIR. Debian's interpreter.

    live.py [--broken SECONDS]"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))

from live_peers import Mailbox, Monitor, WEIR, until  # noqa: E402
from receiver import Receiver  # noqa: E402
from servers import Server, free_port, program  # noqa: E402

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.err;
events {{ worker_connections 256; }}
http {{
  client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
  log_format timed '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent '
                   '"$http_referer" "$http_user_agent" $request_time';
  access_log {folder}/access.log timed;
  server {{ listen 127.0.0.1:{port}; default_type text/plain; location / {{ {answer} }} }}
}}
"""
GOOD = 'return 200 "shop_up 1\\n";'
BROKEN = "return 503;"
BOSS = "boss@example.org"
ESCALATED = "mail to the boss: [ESCALATED"


class Timeline:
    """What happened, in seconds since the fault."""

    def __init__(self):
        self.fault = None
        self.seen = {}

    def note(self, what, at=None):
        if what not in self.seen:
            self.seen[what] = time.time() if at is None else at
            if self.fault is not None:
                print(f"  {self.seen[what] - self.fault:8.2f} s  {what}", flush=True)


def answer(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, b""
    except OSError:
        return 0, b""


def nginx_config(folder, port, what):
    with open(os.path.join(folder, "nginx.conf"), "w", encoding="utf-8") as file:
        file.write(NGINX.format(folder=folder, port=port, answer=what))


def monitor_config(folder, ports, hook, mailbox):
    return {
        "evaluate_every": "500ms",
        "listen": "127.0.0.1:0",
        "sources": [
            {"name": "prom", "prometheus": f"http://127.0.0.1:{ports['prometheus']}",
             "interval": "1s"},
            {"name": "log", "access_log": os.path.join(folder, "access.log"), "interval": "1s"},
        ],
        "rules": [
            {"alert": "ShopDown", "source": "prom", "query": "up{job=\"shop\"}", "below": 1,
             "for": "2s", "labels": {"severity": "page", "service": "shop"},
             "annotations": {"summary": "Prometheus cannot scrape {{ labels.instance }}"}},
            {"alert": "BudgetBurns", "source": "log",
             "burn_rate": {"objective": "99%", "bad": 'weir_log_requests_total{class="5xx"}',
                           "total": "weir_log_requests_total",
                           "windows": [{"long": "1m", "short": "5s", "factor": 10}]},
             "labels": {"severity": "page", "service": "shop"}},
        ],
        "channels": [
            {"name": "hook", "webhook": hook.url},
            {"name": "mail", "email": mailbox.url, "from": "weir@example.org",
             "to": ["ops@example.org"]},
            {"name": "boss", "email": mailbox.url, "from": "weir@example.org", "to": [BOSS]},
            {"name": "am", "alertmanager": f"http://127.0.0.1:{ports['alertmanager']}"},
        ],
        "receivers": [{"name": "team", "channels": ["hook", "mail", "am"],
                       "escalate": [{"wait": "4s", "channels": ["boss"]}], "rounds": 10}],
        "route": {"receiver": "team", "group_by": ["service"], "group_interval": "2s"},
    }


class Watcher:
    """Looks at everything twenty times a second and notes what is new."""

    def __init__(self, ports, hook, mailbox, monitor):
        self.line = Timeline()
        self.ports = ports
        self.hook, self.mailbox, self.monitor = hook, mailbox, monitor
        self.page = re.search(r"http://\S+", monitor.said).group().rstrip("/")
        self.broken = False

    def look(self):
        status, _ = answer(f"http://127.0.0.1:{self.ports['nginx']}/")
        if self.line.fault is None:
            return
        if self.broken and status == 503:
            self.line.note("a client gets the first 503")
        if not self.broken and status == 200:
            self.line.note("a client gets the first 200 again")
        _, body = answer(f"http://127.0.0.1:{self.ports['prometheus']}/api/v1/query?query=up")
        if body:
            up = json.loads(body)["data"]["result"][0]["value"][1]
            if up == "0":
                self.line.note("Prometheus has up = 0")
            elif not self.broken:
                self.line.note("Prometheus has up = 1 again")
        for _, _, body in list(self.hook.got):
            told = json.loads(body)
            for alert in told["alerts"]:
                name = f"{alert['labels']['alertname']} {alert['status']}"
                self.line.note(f"webhook: {name}: {alert['annotations'].get('summary', '')}")
        for mail in list(self.mailbox.got):
            who = "mail to the boss" if mail.rcpt_tos == [BOSS] else "mail"
            self.line.note(f"{who}: {mail['subject']}")
        self.look_at_page()
        _, body = answer(f"http://127.0.0.1:{self.ports['alertmanager']}/api/v2/alerts")
        names = {alert["labels"]["alertname"] for alert in json.loads(body or b"[]")}
        for name in names:
            self.line.note(f"Alertmanager has {name}")
        if not names and any(what.startswith("Alertmanager has") for what in self.line.seen):
            self.line.note("Alertmanager has no alert any more")

    def look_at_page(self):
        _, body = answer(f"{self.page}/api/v1/status")
        alerts = json.loads(body)["alerts"] if body else []
        for alert in alerts:
            if alert["phase"] == "firing":
                self.line.note(f"the page shows {alert['labels']['alertname']}")
            if alert["acknowledged_by"]:
                self.line.note("the page shows who looks after it: " + alert["acknowledged_by"])

    def acknowledge(self):
        subprocess.run([WEIR, "monitor", "ack", "--by", "boss", "--comment", "on it",
                        'service="shop"'],
                       cwd=self.monitor.folder, check=True, stdout=subprocess.DEVNULL)
        self.line.note("the boss acknowledges: nobody is told again")

    def watch(self, seconds, done=lambda: False):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not done():
            self.look()
            time.sleep(0.05)


def peers(stack, folder, ports):
    """Starts nginx, Prometheus and Alertmanager; the process of nginx."""
    nginx_config(folder, ports["nginx"], GOOD)
    os.mkdir(os.path.join(folder, "tmp"))
    server = stack.enter_context(Server(ports["nginx"], "nginx", "-c", f"{folder}/nginx.conf",
                                        "-p", folder))
    with open(os.path.join(folder, "prometheus.yml"), "w", encoding="utf-8") as file:
        json.dump({"global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
                   "scrape_configs": [{"job_name": "shop", "static_configs": [
                       {"targets": [f"127.0.0.1:{ports['nginx']}"]}]}]}, file)
    port = ports["prometheus"]
    stack.enter_context(Server(port, "prometheus", f"--config.file={folder}/prometheus.yml",
                               f"--storage.tsdb.path={folder}/tsdb",
                               f"--web.listen-address=127.0.0.1:{port}"))
    with open(os.path.join(folder, "alertmanager.yml"), "w", encoding="utf-8") as file:
        json.dump({"route": {"receiver": "none"}, "receivers": [{"name": "none"}]}, file)
    port = ports["alertmanager"]
    stack.enter_context(Server(port, "prometheus-alertmanager",
                               f"--config.file={folder}/alertmanager.yml",
                               f"--storage.path={folder}/am",
                               f"--web.listen-address=127.0.0.1:{port}",
                               "--cluster.listen-address="))
    return server.process


def main():
    parser = argparse.ArgumentParser(usage="ci/demo --live [--broken SECONDS]")
    parser.add_argument("--broken", type=float, default=20, help="seconds of fault (20)")
    broken_s = parser.parse_args().broken
    if broken_s < 10:
        parser.error("--broken: it takes 10 s until the boss has been told")
    for name in ("nginx", "prometheus", "prometheus-alertmanager"):
        if not os.path.exists(program(name)):
            sys.exit(f"ci/demo: {name} is missing; ci/setup installs it")
    folder = tempfile.mkdtemp()
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        ports = {name: free_port() for name in ("nginx", "prometheus", "alertmanager", "mail")}
        server = peers(stack, folder, ports)
        hook = stack.enter_context(Receiver())
        mailbox = stack.enter_context(Mailbox(ports["mail"]))
        load = subprocess.Popen(
            [WEIR, "run", "-R", "20", "-d", f"{broken_s + 60:.0f}s", "-c", "2", "--quiet",
             f"http://127.0.0.1:{ports['nginx']}/"], cwd=folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.callback(load.wait, 20)
        stack.callback(load.send_signal, signal.SIGINT)
        monitor = stack.enter_context(
            Monitor(folder, monitor_config(folder, ports, hook, mailbox), "--quiet"))
        watcher = Watcher(ports, hook, mailbox, monitor)
        up = f"http://127.0.0.1:{ports['prometheus']}/api/v1/query?query=up==1"
        until(lambda: b'"up"' in answer(up)[1], 30)
        watcher.watch(5)

        def turn(what):
            nginx_config(folder, ports["nginx"], what)
            server.send_signal(signal.SIGHUP)

        print(f"nginx answers 503 for {broken_s:g} s; seconds since then:", flush=True)
        watcher.line.fault = time.time()
        watcher.broken = True
        turn(BROKEN)
        watcher.watch(broken_s, lambda: ESCALATED in " ".join(watcher.line.seen))
        if ESCALATED in " ".join(watcher.line.seen):
            watcher.acknowledge()
        watcher.watch(watcher.line.fault + broken_s - time.time())
        watcher.broken = False
        turn(GOOD)
        watcher.line.note("nginx is put right")
        watcher.watch(60, lambda: all(
            f"{alert} resolved" in " ".join(watcher.line.seen) for alert in
            ("ShopDown", "BudgetBurns")) and "RESOLVED" in " ".join(watcher.line.seen)
            and "Alertmanager has no alert any more" in watcher.line.seen)
        code = monitor.end()
    seen = " ".join(watcher.line.seen)
    told = sum(mail.rcpt_tos == [BOSS] and "ESCALATED" in mail["subject"] for mail in mailbox.got)
    if told != 1:
        sys.exit(f"ci/demo: the boss was told {told} times, not once")
    for wanted in ("webhook: ShopDown firing", "webhook: BudgetBurns firing", "mail:",
                   "the page shows ShopDown", "the page shows who looks after it", ESCALATED,
                   "Alertmanager has ShopDown", "webhook: ShopDown resolved",
                   "webhook: BudgetBurns resolved", "Alertmanager has no alert any more"):
        if wanted not in seen:
            sys.exit(f"ci/demo: '{wanted}' did not happen")
    sys.exit(code)


if __name__ == "__main__":
    main()
