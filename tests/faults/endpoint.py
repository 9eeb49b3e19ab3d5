"""An endpoint on loopback with a bad day: by the seed it takes an alert, refuses it, answers late, wrongly or never."""

from __future__ import annotations

import json
import random
import threading
import time

from tests.harness.receiver import Receiver, Reply

# How many of a hundred requests; what is left is taken at once.
BAD_DAY = {"500": 6, "429": 6, "slow": 4, "garbage": 4, "closed": 4, "silent": 2}
GOOD_DAY = {}
TAKEN = frozenset({"taken", "slow"})
SLOWEST_S = 0.2
REPLIES = {
    "taken": Reply(204, body=b""),
    "slow": Reply(204, body=b""),
    "500": Reply(500, body=b""),
    "429": Reply(429, {"Retry-After": "1"}, b""),
    "garbage": Reply(raw=b"\x16\x03\x01 this is no HTTP\r\n\r\n"),
    "closed": Reply(raw=b""),
    "silent": Reply(raw=b"", hangs=True),
}


class Attempt:
    """One whole request. `answered` is when (`time.monotonic`) a 2xx for it was handed to the system, None if it never was."""

    __slots__ = ("alert_id", "answered", "document")

    def __init__(self, document):
        self.alert_id = document["event"]["id"]
        self.document = document
        self.answered = None

    def was_answered(self):
        self.answered = time.monotonic()


class Endpoint(Receiver):
    """Answers as `day` says; `attempts` has every whole request in the order it came."""

    def __init__(self, seed, day):
        self.attempts = []
        self._dice = random.Random(seed)
        self._day = day
        self._lock = threading.Lock()
        super().__init__()

    def reply_to(self, request):
        attempt = Attempt(json.loads(request.body))
        with self._lock:
            (answer,) = self._dice.choices([*self._day, "taken"], [*self._day.values(), 100 - sum(self._day.values())])
            self.attempts.append(attempt)
            delay_s = self._dice.random() * SLOWEST_S
        reply = REPLIES[answer]._replace(delay_s=delay_s if answer == "slow" else 0)
        return reply._replace(sent=attempt.was_answered) if answer in TAKEN else reply

    def taken(self):
        """The alerts that were taken, each once, by id, in the order of their first time."""
        return {one.alert_id: one.document for one in list(self.attempts) if one.answered is not None}
