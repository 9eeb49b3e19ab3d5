"""The tutorial's commands as they stand, and the server of its channel, under the name that the tutorial has for it."""

from __future__ import annotations

import contextlib
import json
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable, Iterator

import trustme

from tests.harness.waiting import PATIENCE_S
from tests.packaging.deb import PROJECT
from tests.system.host import GATEWAY, Host

TUTORIAL = PROJECT / "docs/tutorial/first-hour.md"
SERVER = "ntfy.sh"
_STEP = re.compile(r"^<!-- host: (\w+) -->\n```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def steps() -> dict[str, str]:
    """Return the shell blocks that are for the server, by name, in their order."""
    return dict(_STEP.findall(TUTORIAL.read_text()))


class Messages:
    """What the server was sent, as its app shows it: topic, title and text."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self._changed = threading.Condition()

    def add(self, message: dict[str, str]) -> None:
        """Take a message, and wake who waits for one."""
        with self._changed:
            self.sent.append(message)
            self._changed.notify_all()

    def wait(self, wanted: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        """Return the first message that is `wanted`; raise if none comes."""
        with self._changed:
            found = self._changed.wait_for(lambda: list(filter(wanted, self.sent)), PATIENCE_S)
            assert found, f"not among {[message['title'] for message in self.sent]}"
            return found[0]


@contextlib.contextmanager
def channel_for(host: Host) -> Iterator[Messages]:
    """Let `host` believe that a server of ours is ntfy.sh: its name, and a certificate that the host trusts."""
    authority, messages = trustme.CA(), Messages()
    host.write("/usr/local/share/ca-certificates/lab.crt", authority.cert_pem.bytes())
    host.run(f"update-ca-certificates && echo '{GATEWAY} {SERVER}' >>/etc/hosts")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(SERVER).configure_cert(context)
    server = ThreadingHTTPServer((GATEWAY, 443), handler_for(messages), bind_and_activate=False)
    server.socket.close()
    server.socket = context.wrap_socket(host.lab.listen(443), server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield messages
    finally:
        server.shutdown()
        server.server_close()


def handler_for(messages: Messages) -> type[BaseHTTPRequestHandler]:
    """Return the request handler that reports to `messages`."""

    class Handler(BaseHTTPRequestHandler):
        """Take what is published as JSON: https://docs.ntfy.sh/publish/#publish-as-json."""

        def do_POST(self) -> None:
            messages.add(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet."""

    return Handler
