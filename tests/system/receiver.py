"""A real HTTPS receiver on the lab's network: it checks every signature and remembers every delivery in order."""

from __future__ import annotations

import json
import threading
from typing import Callable, NamedTuple

import trustme
from standardwebhooks import Webhook, WebhookVerificationError

from tests.harness import receiver
from tests.harness.receiver import Received, Reply
from tests.harness.waiting import PATIENCE_S
from tests.system.host import GATEWAY
from tests.system.lab import Lab

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


class Delivery(NamedTuple):
    """One accepted request: its webhook-id and the alert in it."""

    id: str
    document: dict


class Receiver(receiver.Receiver):
    """Listens on `lab` with a certificate of `authority`, the PEM text that a client has to trust."""

    protocol_version = "HTTP/1.0"  # each delivery comes by a connection of its own, with its handshake

    def __init__(self, lab: Lab) -> None:
        authority = trustme.CA()
        self.authority: bytes = authority.cert_pem.bytes()
        self.certificate = authority.issue_cert(GATEWAY)
        self.deliveries: list[Delivery] = []
        self.changed = threading.Condition()
        self.is_away = False
        self.refused = 0
        super().__init__(certificate=self.certificate, listener=lab.listen())

    def reply_to(self, request: Received) -> Reply:
        """Accept signed alerts, refuse everything else."""
        if self.is_away:
            return Reply(503)
        try:
            Webhook(SECRET).verify(request.body, request.headers)
        except WebhookVerificationError:
            self.refuse()
            return Reply(401)
        self.accept(Delivery(request.headers["webhook-id"], json.loads(request.body)))
        return Reply(204, body=b"")

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


def summary(document: dict) -> str:
    """Return an alert in a few words, for a failed test's message."""
    user, source = document.get("user", {}).get("name"), document.get("source", {}).get("ip")
    return f"{document.get('rule', {}).get('name')} {user} {source}"
