"""A secret of each kind that no host knows otherwise, kept in each way, and a service that throws them all back.

Each secret holds a word of its own, of letters and digits alone: quoting for URLs or JSON leaves it as it is, and what
base64 makes of it is looked for in its three positions.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from contextlib import suppress
from typing import Any

import trustme
import yaml

from tests.harness.waiting import PATIENCE_S
from tests.harness.web import context_of
from tests.system.host import GATEWAY
from tests.system.lab import Lab

CREDENTIALS = "/etc/pamsignal/credentials"
FILES = "/etc/pamsignal/files"
AUTHORITY = "/etc/pamsignal/canaries.pem"
METRICS = 9815


def word(kind: str) -> str:
    """The word of a kind of secret."""
    return f"c4n4ry{kind}9w8x7"


# By kind; what a service's rules for its secrets ask for stands around the word.
SECRETS = {
    "telegram": f"123456789:AA{word('telegram'):-<33}",
    "discord": word("discord"),
    "gotify": f"A.{word('gotify')}",
    "mail": f'{word("mail")} "/+=&',
    "ntfytoken": f"tk_{word('ntfytoken')}",
    "ntfytopic": word("ntfytopic"),
    "pagerduty": f"{word('pagerduty'):0<32}",
    "slack": word("slack"),
    "teams": f"{word('teams')}%2F",
    "webhookheader": f"Bearer {word('webhookheader')}",
    "webhookkey": f"whsec_{base64.b64encode(word('webhookkey').encode() * 2).decode()}",
    "webhookurl": word("webhookurl"),
    "whatsapp": f"EAA{word('whatsapp')}",
    "heartbeat": word("heartbeat"),
    "trail": word("trail"),
}
IN_FILES = ("gotify", "mail", "webhookheader")
AS_CREDENTIALS = ("telegram", "pagerduty", "ntfytoken", "webhookkey", "trail")
# Never sent as they are: they sign what is sent or written.
SIGNING = {"webhookkey", "trail"}


def forms(kind: str) -> set[str]:
    """Return what to look for: the word, and its inner part in base64 at each position."""
    found = {word(kind)}
    for before in range(3):
        text = base64.b64encode(b"x" * before + word(kind).encode()).decode()
        found.add(text[(0, 2, 3)[before] : len(text) // 4 * 4 - 4])
    return found


LEAK = re.compile("|".join(map(re.escape, sorted({form for kind in SECRETS for form in forms(kind)}))))


def leaked(text: str) -> list[str]:
    """Return the secrets' traces in a text."""
    return sorted(set(LEAK.findall(text)))


def kept(kind: str) -> Any:
    """Return how the configuration has a secret."""
    if kind in IN_FILES:
        return {"file": f"{FILES}/{kind}"}
    return {"credential": kind} if kind in AS_CREDENTIALS else SECRETS[kind]


def configuration(service: Echo) -> str:
    """Return a configuration with all of them, each for a sink that `service` refuses."""
    base, ca = service.base, {"ca_file": AUTHORITY, "min_severity": "info"}
    host, port = service.mail
    sinks: dict[str, dict[str, Any]] = {
        "telegram": {"token": kept("telegram"), "chat_id": 1, "api_url": base},
        "discord": {"url": f"{base}/api/webhooks/1/{SECRETS['discord']}"},
        "gotify": {"token": kept("gotify"), "url": base},
        "email": {"host": host, "port": port, "security": "tls", "username": "alerts", "password": kept("mail")},
        "ntfy": {"token": kept("ntfytoken"), "topic": kept("ntfytopic"), "url": base},
        "pagerduty": {"routing_key": kept("pagerduty"), "api_url": base},
        "slack": {"url": f"{base}/services/T/B/{SECRETS['slack']}"},
        "teams": {"url": f"{base}/workflows/x?sig={SECRETS['teams']}"},
        "webhook": {"url": f"{base}/{SECRETS['webhookurl']}", "secrets": [kept("webhookkey")]},
        "whatsapp": {"token": kept("whatsapp"), "phone_number_id": "1065403522", "to": "+15551234567", "api_url": base},
    }
    sinks["email"] |= {"sender": "alerts@example.org", "to": ["admin@example.org"]}
    sinks["webhook"]["headers"] = {"Authorization": kept("webhookheader")}
    sinks["whatsapp"] |= {"template": "pamsignal_alert", "language": "de"}
    whole = {
        "log_level": "debug",
        "sinks": {kind: {"type": kind, **ca, **sink} for kind, sink in sinks.items()},
        "heartbeat": {"url": f"{base}/ping/{SECRETS['heartbeat']}", "every_seconds": 60, "ca_file": AUTHORITY},
        "trail": {"key": kept("trail")},
        "metrics": {"enabled": True, "listen": f"127.0.0.1:{METRICS}"},
    }
    return yaml.safe_dump(whole)


class Echo:
    """HTTPS and SMTP over TLS, on the lab's network: refuses everything, and quotes all that came in each way it can.

    No server of a library, which would have taken apart what is to be quoted as it came.
    """

    def __init__(self, lab: Lab) -> None:
        authority = trustme.CA()
        self.authority: bytes = authority.cert_pem.bytes()
        self.heard = ""
        self.context = context_of(authority.issue_cert(GATEWAY))
        self.listeners = [lab.listen(), lab.listen()]
        self.base = f"https://{GATEWAY}:{self.listeners[0].getsockname()[1]}"
        self.mail = self.listeners[1].getsockname()
        for listener, answer in zip(self.listeners, (self.refuse_request, self.refuse_login)):
            threading.Thread(target=self.serve, args=(listener, answer), daemon=True).start()

    def serve(self, listener: socket.socket, answer: Any) -> None:
        """Answer each connection in a thread of its own, until the listener is closed."""
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self.converse, args=(connection, answer), daemon=True).start()

    def converse(self, connection: socket.socket, answer: Any) -> None:
        """Speak TLS, and let `answer` do the rest."""
        with suppress(OSError), self.context.wrap_socket(connection, server_side=True) as client:
            client.settimeout(PATIENCE_S)
            with client.makefile("rwb", buffering=0) as stream:
                answer(stream)

    def refuse_request(self, stream: Any) -> None:
        """Read one request; answer 403, with all of it wherever a client may look for a reason."""
        lines = list(iter(lambda: stream.readline().decode().strip(), ""))
        length = next((int(line.split()[1]) for line in lines if line.lower().startswith("content-length:")), 0)
        said = "\n".join([*lines, stream.read(length).decode() if length else ""])
        self.heard += said
        error = {"message": said, "code": said, "type": said, "error_user_msg": said}
        body = {"ok": False, "error": error, "errors": [said], "errorDescription": said, "description": said, **error}
        content = json.dumps(body).encode()
        stream.write(b"HTTP/1.1 403 %s\r\n" % said.replace("\n", " ").encode())
        stream.write(b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(content), content))

    def refuse_login(self, stream: Any) -> None:
        """Let nobody log in, and quote what was tried."""
        stream.write(b"220 mail\r\n")
        while line := stream.readline().decode().strip():
            self.heard += f"{line}\n"
            verb = line.split()[0].upper()
            if verb in {"EHLO", "HELO"}:
                stream.write(b"250-mail\r\n250 AUTH PLAIN\r\n")
            else:
                stream.write(f"535 5.7.8 {line} is wrong\r\n".encode())

    def close(self) -> None:
        """Stop listening."""
        for listener in self.listeners:
            listener.close()
