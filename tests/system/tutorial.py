"""The tutorial's commands as they stand, and the server of its channel, under the name that the tutorial has for it."""

from __future__ import annotations

import json
import re
import socket
import threading
from typing import Callable

import trustme

from tests.harness.receiver import Received, Receiver, Reply
from tests.harness.waiting import PATIENCE_S
from tests.packaging.deb import PROJECT
from tests.system.host import GATEWAY, Host

TUTORIAL = PROJECT / "docs/tutorial/first-hour.md"
SERVER = "ntfy.sh"
_STEP = re.compile(r"^<!-- host: (\w+) -->\n```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def steps() -> dict[str, str]:
    """Return the shell blocks that are for the server, by name, in their order."""
    return dict(_STEP.findall(TUTORIAL.read_text()))


class Channel(Receiver):
    """Takes what is published as JSON (https://docs.ntfy.sh/publish/#publish-as-json): topic, title and text."""

    def __init__(self, certificate: trustme.LeafCert, listener: socket.socket) -> None:
        self.sent: list[dict[str, str]] = []
        self._changed = threading.Condition()
        super().__init__(certificate=certificate, listener=listener)

    def reply_to(self, request: Received) -> Reply:
        """Take a message, and wake who waits for one."""
        with self._changed:
            self.sent.append(json.loads(request.body))
            self._changed.notify_all()
        return Reply(body=b"")

    def wait(self, wanted: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        """Return the first message that is `wanted`; raise if none comes."""
        with self._changed:
            found = self._changed.wait_for(lambda: list(filter(wanted, self.sent)), PATIENCE_S)
            assert found, f"not among {[message['title'] for message in self.sent]}"
            return found[0]


def channel_for(host: Host) -> Channel:
    """Let `host` believe that a server of ours is ntfy.sh: its name, and a certificate that the host trusts."""
    authority = trustme.CA()
    host.write("/usr/local/share/ca-certificates/lab.crt", authority.cert_pem.bytes())
    host.run(f"update-ca-certificates && echo '{GATEWAY} {SERVER}' >>/etc/hosts")
    return Channel(authority.issue_cert(SERVER), host.lab.listen(443))
