"""What weir monitor posts, beside what a real Alertmanager posts for the same alert: webhook, Slack,
PagerDuty, e-mail; and a real Alertmanager that takes its alerts. The program is given in $WEIR.
Debian's interpreter."""

import json
import os
import shutil
import tempfile
import unittest
import urllib.request

from live_peers import Mailbox, Monitor, Page, until
from receiver import Receiver
from servers import Server, free_port

LABELS = {"alertname": "HighErrors", "host": "a", "severity": "critical"}


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def alertmanager(folder, port, config):
    path = os.path.join(folder, "alertmanager.yml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    return Server(port, "prometheus-alertmanager", f"--config.file={path}",
                  f"--storage.path={folder}/am", f"--web.listen-address=127.0.0.1:{port}",
                  "--cluster.listen-address=")


def monitor_config(page, channels):
    names = [channel["name"] for channel in channels]
    return {"evaluate_every": "100ms", "link": "http://weir.example",
            "sources": [{"name": "shop", "scrape": page.url, "interval": "100ms"}],
            "rules": [{"alert": "HighErrors", "source": "shop", "metric": "errors", "above": 10,
                       "labels": {"severity": "critical"},
                       "annotations": {"summary": "too many errors"}}],
            "channels": channels,
            "receivers": [{"name": "all", "channels": names}],
            "route": {"receiver": "all", "group_by": ["alertname"], "group_interval": "1s"}}


class ChannelsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def test_payloads_are_those_of_alertmanager(self):
        with Receiver() as theirs, Receiver() as ours, Mailbox(free_port()) as their_mail, \
                Mailbox(free_port()) as our_mail, Page('errors{host="a"} 11\n') as page:
            self.tell_alertmanager(theirs, their_mail)
            with open(os.path.join(self.folder, "key"), "w", encoding="utf-8") as file:
                file.write("R" * 32)
            channels = [{"name": "hook", "webhook": ours.url + "/hook"},
                        {"name": "chat", "slack": ours.url + "/slack", "channel": "#ops"},
                        {"name": "pager", "pagerduty": ours.url + "/pd", "secret_file": "key"},
                        {"name": "mail", "email": our_mail.url, "from": "a@example.org",
                         "to": ["b@example.org"]}]
            with Monitor(self.folder, monitor_config(page, channels)):
                until(lambda: len(ours.got) == 3 and our_mail.got)
            self.compare({got[0]: json.loads(got[2]) for got in theirs.got},
                         {got[0]: json.loads(got[2]) for got in ours.got})
            self.assertEqual(our_mail.got[0]["Subject"], their_mail.got[0]["Subject"])
            self.assertEqual(our_mail.got[0].mail_from, their_mail.got[0].mail_from)
            self.assertEqual(our_mail.got[0].rcpt_tos, their_mail.got[0].rcpt_tos)

    def tell_alertmanager(self, receiver, mailbox):
        port = free_port()
        smarthost = mailbox.url.split("/")[2]
        config = {
            "route": {"receiver": "all", "group_wait": "0s", "group_by": ["alertname"]},
            "receivers": [{
                "name": "all",
                "webhook_configs": [{"url": receiver.url + "/hook"}],
                "slack_configs": [{"api_url": receiver.url + "/slack", "channel": "#ops"}],
                "pagerduty_configs": [{"routing_key": "R" * 32, "url": receiver.url + "/pd"}],
                "email_configs": [{"to": "b@example.org", "from": "a@example.org",
                                   "smarthost": smarthost, "require_tls": False}]}]}
        with alertmanager(self.folder, port, config):
            alert = [{"labels": LABELS, "annotations": {"summary": "too many errors"}}]
            urllib.request.urlopen(urllib.request.Request(
                f"http://127.0.0.1:{port}/api/v2/alerts", json.dumps(alert).encode(),
                {"Content-Type": "application/json"}), timeout=5).close()
            until(lambda: len(receiver.got) == 3 and mailbox.got)

    def compare(self, theirs, ours):
        hook, ref = ours["/hook"], theirs["/hook"]
        self.assertLessEqual(set(ref), set(hook))
        for key in ("version", "status", "receiver", "groupLabels", "commonLabels",
                    "commonAnnotations", "truncatedAlerts", "groupKey"):
            self.assertEqual(hook[key], ref[key], key)
        self.assertEqual(set(hook["alerts"][0]), set(ref["alerts"][0]))
        for key in ("status", "labels", "annotations", "endsAt"):
            self.assertEqual(hook["alerts"][0][key], ref["alerts"][0][key], key)
        slack, ref = ours["/slack"], theirs["/slack"]
        self.assertEqual(slack["channel"], ref["channel"])
        self.assertLessEqual(set(slack["attachments"][0]) - {"callback_id"},
                             set(ref["attachments"][0]) | {"text"})
        for key in ("title", "color", "mrkdwn_in"):
            self.assertEqual(slack["attachments"][0][key], ref["attachments"][0][key], key)
        pager, ref = ours["/pd"], theirs["/pd"]
        self.assertEqual(pager["routing_key"], ref["routing_key"])
        self.assertEqual(pager["event_action"], ref["event_action"])
        self.assertEqual(pager["payload"]["summary"], ref["payload"]["summary"])
        self.assertEqual(len(pager["dedup_key"]), len(ref["dedup_key"]))
        self.assertLessEqual(set(ref["payload"]["custom_details"]),
                             set(pager["payload"]["custom_details"]))

    def test_a_real_alertmanager_takes_alerts_and_their_end(self):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        nobody = {"route": {"receiver": "none"}, "receivers": [{"name": "none"}]}
        with alertmanager(self.folder, port, nobody), Page('errors{host="a"} 11\n') as page:
            channels = [{"name": "am", "alertmanager": url}]
            with Monitor(self.folder, monitor_config(page, channels)):
                alert = until(lambda: get(url + "/api/v2/alerts"))[0]
                self.assertEqual(alert["labels"], LABELS)
                self.assertEqual(alert["annotations"]["summary"], "too many errors")
                page.text = 'errors{host="a"} 1\n'
                until(lambda: not get(url + "/api/v2/alerts"))


if __name__ == "__main__":
    unittest.main()
