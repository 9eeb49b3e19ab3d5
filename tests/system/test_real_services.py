"""A login reaches real servers: Debian's ntfy, with a token, and OpenSMTPD, which puts the mail into a mailbox."""

from __future__ import annotations

import contextlib
import email.policy
import json
import re
import time
from email.parser import Parser
from typing import NamedTuple

import pytest

from tests.system import attacks
from tests.system.host import Host
from tests.system.monitor import Monitor
from tests.system.receiver import Receiver

NTFY = "http://127.0.0.1:2586"
NTFY_CONFIG = f"""
base-url: "{NTFY}"
listen-http: "127.0.0.1:2586"
auth-file: "/var/lib/ntfy/user.db"
auth-default-access: "deny-all"
cache-file: "/var/cache/ntfy/cache.db"
"""
NTFY_USER = """
set -eu
install -d -o _ntfy -g _ntfy /var/lib/ntfy /var/cache/ntfy
systemctl restart ntfy opensmtpd
until [ -s /var/lib/ntfy/user.db ]; do sleep 0.1; done
export NTFY_PASSWORD=only-for-the-lab
runuser -u _ntfy -- ntfy user add alerts
runuser -u _ntfy -- ntfy access alerts logins read-write
runuser -u _ntfy -- ntfy token add alerts 2>&1
"""
READ = """
import sys, urllib.request
asked = urllib.request.Request(sys.argv[1] + "/logins/json?poll=1", headers={"Authorization": "Bearer " + sys.argv[2]})
sys.stdout.write(urllib.request.urlopen(asked, timeout=10).read().decode())
"""
# An alert in which everything that somebody could choose is 64 k characters, none of them ASCII.
LONGEST = """
import sys
from pamsignal.deliver.sinks import ntfy
from pamsignal.model import Action, Alert, AuthEvent, Secret, Severity
name = chr(0x1F600) * 65536
login = AuthEvent("0" * 32, 0, name, "sshd", Action.LOGIN_SUCCESS, user=name, target_user=name, tty=name, command=name)
settings = ntfy.Settings(Secret("logins"), sys.argv[1], Secret(sys.argv[2]))
print(ntfy.build("n", settings).deliver([Alert("a" * 32, 0, Severity.NOTICE, "login_success", login)]))
"""


class Services(NamedTuple):
    """The host that runs them, pamsignal on it, and the token that ntfy wants."""

    host: Host
    monitor: Monitor
    token: str

    def run_python(self, script: str, *arguments: str) -> str:
        """Run a script there and return what it prints."""
        return self.host.run(f"/usr/bin/python3 - {' '.join(arguments)}", typed=script).stdout

    def notes(self) -> list[dict]:
        """What ntfy has for its readers."""
        return [json.loads(line) for line in self.run_python(READ, NTFY, self.token).splitlines()]

    def mails(self) -> list[email.message.Message]:
        """What lies in alice's mailbox."""
        texts = self.host.run("for file in ~alice/Maildir/new/*; do cat $file; printf '\\f'; done", check=False).stdout
        parser = Parser(policy=email.policy.default)
        return [parser.parsestr(text) for text in texts.split("\f") if "Message-ID" in text]


def wait_for(find, seconds: float = 30):
    """Return what `find` finds first; fail if it finds nothing."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for found in find():
            return found
        time.sleep(0.2)
    raise AssertionError("nothing came")


@pytest.fixture(scope="module")
def services(lab, wheel):
    host = lab.boot_named({"services": "services13"})["services"]
    host.write("/etc/ntfy/server.yml", NTFY_CONFIG.encode())
    token = next(word for word in host.run(NTFY_USER).stdout.split() if word.startswith("tk_"))
    with contextlib.closing(Receiver(lab)) as receiver:
        monitor = Monitor(host, receiver)
        monitor.install(wheel)
        mail = {"type": "email", "host": "localhost", "security": "none", "sender": "pamsignal@localhost"}
        note = {"type": "ntfy", "url": NTFY, "topic": "logins", "token": token}
        monitor.configure(sinks={"mail": {**mail, "to": ["alice@localhost"]}, "note": note})
        monitor.start()
        yield Services(host, monitor, token)


def test_a_login_reaches_the_readers_of_a_topic_and_a_mailbox(services, attacker):
    attacks.key_login(services.host, attacker)
    said = re.compile(f"🔵 Login: alice from {attacker} by publickey SHA256:[A-Za-z0-9+/]{{8}}… on services")
    note = wait_for(lambda: [note for note in services.notes() if said.fullmatch(note.get("title", ""))])
    assert (note["priority"], note["message"].splitlines()[0]) == (3, "User: alice")
    mail = wait_for(lambda: [mail for mail in services.mails() if said.fullmatch(mail["Subject"])])
    assert mail["From"] == "pamsignal <pamsignal@localhost>"
    assert f"From: {attacker} port " in mail.get_content()


def test_the_longest_alert_is_a_message_and_no_attachment(services):
    assert services.run_python(LONGEST, NTFY, services.token) == "Sent()\n"
    note = next(note for note in services.notes() if "\U0001f600" in note["title"])
    assert "attachment" not in note
    assert note["message"].splitlines()[-1].startswith("Look further: journalctl ")


def test_a_token_that_ntfy_does_not_know_holds_the_channel(services):
    answer = services.run_python(LONGEST, NTFY, "tk_" + "x" * 29)
    assert answer == "Refused(reason='authentication', detail='HTTP 401: unauthorized', pause=True)\n"


def test_the_test_alert_says_that_both_took_it(services):
    answer = services.host.run("pamsignal test-alert")
    assert answer.stdout == "mail: sent\nnote: sent\n"
