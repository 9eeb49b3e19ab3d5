"""A real HTTPS receiver on the lab's network: it checks every signature and remembers every delivery in order."""

from __future__ import annotations

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable, NamedTuple

import trustme
from standardwebhooks import Webhook, WebhookVerificationError

from tests.harness.waiting import PATIENCE_S
from tests.system.host import GATEWAY
from tests.system.lab import Lab

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


class Delivery(NamedTuple):
    """One accepted request: its webhook-id and the alert in it."""

    id: str
    document: dict


class Receiver:
    """Listens at `url` with a certificate of `authority`, the PEM text that a client has to trust."""

    def __init__(self, lab: Lab) -> None:
        authority = trustme.CA()
        self.authority: bytes = authority.cert_pem.bytes()
        self.deliveries: list[Delivery] = []
        self.changed = threading.Condition()
        self.is_away = False
        self.refused = 0
        listener = lab.listen()
        port = listener.getsockname()[1]
        self.url = f"https://{GATEWAY}:{port}/hook"
        self.server = ThreadingHTTPServer((GATEWAY, port), handler_for(self), bind_and_activate=False)
        self.server.daemon_threads = True
        self.server.socket.close()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(GATEWAY).configure_cert(self.context)
        # The handshake happens in the request's own thread: a half-open client holds nobody up.
        self.server.socket = self.context.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def accept(self, delivery: Delivery) -> None:
        """Remember a delivery, and wake who waits for one."""
        with self.changed:
            self.deliveries.append(delivery)
            self.changed.notify_all()

    def refuse(self) -> None:
        """Count a delivery with a wrong signature, and wake who waits for one."""
        with self.changed:
            self.refused += 1
            self.changed.notify_all()

    def wait_for_refusal(self, seconds: float = PATIENCE_S) -> None:
        """Return as soon as a delivery was refused."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.refused, seconds), "nothing was refused"

    def alerts(self, wanted: Callable[[dict], bool] = lambda _: True) -> list[dict]:
        """Return the different alerts so far that are `wanted`; a repeated webhook-id counts once."""
        with self.changed:
            different = {delivery.id: delivery.document for delivery in self.deliveries}
        return [document for document in different.values() if wanted(document)]

    def wait(self, wanted: Callable[[dict], bool], count: int = 1, seconds: float = PATIENCE_S) -> list[dict]:
        """Return the `wanted` alerts as soon as there are `count` of them; fail with what came instead.

        After a pause that is as long again as the pause at most: the daemon's own pauses double.
        """
        with self.changed:
            self.changed.wait_for(lambda: len(self.alerts(wanted)) >= count, seconds)
        found = self.alerts(wanted)
        came = [summary(document) for document in self.alerts()[-20:]]
        assert len(found) >= count, f"{len(found)} of {count} alerts came; the last of all are {came}"
        return found

    def pause(self) -> None:
        """Answer nothing but 503 until `resume`."""
        self.is_away = True

    def resume(self) -> None:
        """Accept again."""
        self.is_away = False

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


def handler_for(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    """Return the request handler that reports to `receiver`."""

    class Handler(BaseHTTPRequestHandler):
        """Accept signed alerts, refuse everything else."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if receiver.is_away:
                self.send_error(503)
                return
            try:
                Webhook(SECRET).verify(body, dict(self.headers))
            except WebhookVerificationError:
                receiver.refuse()
                self.send_error(401)
                return
            receiver.accept(Delivery(self.headers["webhook-id"], json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet."""

    return Handler


def summary(document: dict) -> str:
    """Return an alert in a few words, for a failed test's message."""
    user, source = document.get("user", {}).get("name"), document.get("source", {}).get("ip")
    return f"{document.get('rule', {}).get('name')} {user} {source}"
