"""A login reaches real servers: Debian's ntfy, with a token, OpenSMTPD, which puts the mail into a mailbox, and rsyslog.

rsyslog takes TLS alone, and only from those whose certificate its authority signed; our key is a credential.
"""

from __future__ import annotations

import contextlib
import email.policy
import json
import re
from email.parser import Parser
from typing import NamedTuple

import pytest
import trustme

from tests.harness.waiting import until
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
RSYSLOG_CONFIG = """
global(DefaultNetstreamDriver="gtls" DefaultNetstreamDriverCAFile="/etc/rsyslog.d/ca.pem"
       DefaultNetstreamDriverCertFile="/etc/rsyslog.d/server.pem"
       DefaultNetstreamDriverKeyFile="/etc/rsyslog.d/server.key" maxMessageSize="64k")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="x509/certvalid")
input(type="imtcp" port="6514" ruleset="fleet")
template(name="line" type="string" string="%msg%\n")
ruleset(name="fleet") { action(type="omfile" file="/var/log/fleet.log" template="line") }
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
sys.stdout.write(urllib.request.urlopen(asked, timeout=180).read().decode())
"""
# An alert in which everything that somebody could choose is 64 k characters, none of them ASCII.
LONGEST = """
import sys
from pamsignal.deliver.sinks import ntfy
from pamsignal.model import Alert, AuthEvent
from pamsignal.secret import Secret
from pamsignal.terms import Action, Severity
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

    def forwarded(self) -> list[dict]:
        """What rsyslog has kept."""
        kept = self.host.run("cat /var/log/fleet.log", check=False).stdout
        return [json.loads(line) for line in kept.splitlines()]

    def mails(self) -> list[email.message.Message]:
        """What lies in alice's mailbox."""
        texts = self.host.run("for file in ~alice/Maildir/new/*; do cat $file; printf '\\f'; done", check=False).stdout
        parser = Parser(policy=email.policy.default)
        return [parser.parsestr(text) for text in texts.split("\f") if "Message-ID" in text]


def wait_for(find):
    """Return what `find` finds first; fail if it finds nothing."""
    return until(find, lambda: "nothing came", pause_s=0.2)[0]


def collector(host: Host) -> dict:
    """Give rsyslog a certificate and us another; return the sink."""
    authority = trustme.CA()
    server, ours = authority.issue_cert("collector.example.org"), authority.issue_cert("services.example.org")
    authority_pem = authority.cert_pem.bytes()
    files = {
        "/etc/rsyslog.d/ca.pem": authority_pem,
        "/etc/rsyslog.d/server.pem": b"".join(part.bytes() for part in server.cert_chain_pems),
        "/etc/rsyslog.d/server.key": server.private_key_pem.bytes(),
        "/etc/rsyslog.d/fleet.conf": RSYSLOG_CONFIG.encode(),
        "/etc/ssl/certs/fleet.pem": authority_pem,
        "/etc/ssl/certs/ours.pem": b"".join(part.bytes() for part in ours.cert_chain_pems),
    }
    for path, content in files.items():
        host.write(path, content)
    host.write("/etc/pamsignal/credentials/siem-key", ours.private_key_pem.bytes(), 0o600)
    host.run("systemctl restart rsyslog")
    return {
        "type": "syslog",
        "host": "localhost",
        "server_name": "collector.example.org",
        "format": "ecs",
        "ca_file": "/etc/ssl/certs/fleet.pem",
        "client_certificate": "/etc/ssl/certs/ours.pem",
        "client_key": {"credential": "siem-key"},
    }


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
        sinks = {"mail": {**mail, "to": ["alice@localhost"]}, "note": note, "siem": collector(host)}
        monitor.configure(sinks=sinks)
        monitor.start()
        yield Services(host, monitor, token)
    lab.power_off([host])


def test_a_login_reaches_the_readers_of_a_topic_and_a_mailbox(services, attacker):
    attacks.key_login(services.host, attacker)
    said = re.compile(f"🔵 Login: alice from {attacker} by publickey SHA256:[A-Za-z0-9+/]{{8}}… on services")
    note = wait_for(lambda: [note for note in services.notes() if said.fullmatch(note.get("title", ""))])
    assert (note["priority"], note["message"].splitlines()[0]) == (3, "User: alice")
    mail = wait_for(lambda: [mail for mail in services.mails() if said.fullmatch(mail["Subject"])])
    assert mail["From"] == "pamsignal <pamsignal@localhost>"
    assert f"From: {attacker} port " in mail.get_content()


def test_a_collector_hears_of_failures_and_of_the_head_of_the_trail_over_tls_that_asks_who_we_are(services, attacker):
    attacks.wrong_passwords(services.host, attacker)
    failed = wait_for(lambda: [one for one in services.forwarded() if one["event"].get("outcome") == "failure"])
    assert failed["event"]["kind"] == "event"
    assert failed["source"]["ip"] == str(attacker)
    assert failed["pamsignal"]["provenance"] in {"verified", "root-attested"}
    anchor = wait_for(lambda: [one for one in services.forwarded() if one["event"]["action"] == "trail_anchor"])
    head = anchor["event"]["reason"].partition("=")[2]
    assert services.host.run(f"pamsignal verify --anchor {head}").returncode == 0


def test_the_longest_alert_is_a_message_and_no_attachment(services):
    assert services.run_python(LONGEST, NTFY, services.token) == "Sent()\n"
    note = next(note for note in services.notes() if "\U0001f600" in note["title"])
    assert "attachment" not in note
    assert note["message"].splitlines()[-1].startswith("Look further: journalctl ")


def test_a_token_that_ntfy_does_not_know_holds_the_channel(services):
    answer = services.run_python(LONGEST, NTFY, "tk_" + "x" * 29)
    assert answer == "Refused(reason='authentication', detail='HTTP 401: unauthorized', pause=True)\n"


def test_the_test_alert_says_that_all_took_it(services):
    answer = services.host.run("pamsignal test-alert")
    assert answer.stdout == "mail: sent\nnote: sent\nsiem: sent\n"
