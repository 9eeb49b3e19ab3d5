"""An endpoint on loopback with a bad day: by the seed it takes an alert, refuses it, answers late, wrongly or never."""

from __future__ import annotations

import json
import random
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# How many of a hundred requests; what is left is taken at once.
BAD_DAY = {"500": 6, "429": 6, "slow": 4, "garbage": 4, "closed": 4, "silent": 2}
GOOD_DAY = {}
TAKEN = frozenset({"taken", "slow"})
SLOWEST_S = 0.2


class Attempt:
    """One whole request. `answered` is when a 2xx for it was handed to the system, None if it never was."""

    __slots__ = ("alert_id", "answer", "answered", "document")

    def __init__(self, document, answer):
        self.alert_id = document["event"]["id"]
        self.document = document
        self.answer = answer
        self.answered = None


class Endpoint:
    """Listens on loopback and answers as `day` says; `attempts` has every whole request in the order it came."""

    def __init__(self, seed, day):
        self.attempts = []
        self._dice = random.Random(seed)
        self._day = day
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._server.shutdown()
        self._server.server_close()

    def taken(self):
        """The alerts that were taken, each once, by id, in the order of their first time."""
        return {one.alert_id: one.document for one in list(self.attempts) if one.answered is not None}

    def draw(self, document):
        with self._lock:
            (answer,) = self._dice.choices([*self._day, "taken"], [*self._day.values(), 100 - sum(self._day.values())])
            attempt = Attempt(document, answer)
            self.attempts.append(attempt)
            return attempt, self._dice.random() * SLOWEST_S


def _handler(endpoint):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self):
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:  # killed half-way: it sent no request
                self.close_connection = True
                return
            attempt, delay_s = endpoint.draw(json.loads(body))
            with suppress(OSError):
                _answer(self, attempt, delay_s)

        def log_message(self, *_arguments):
            """Say nothing."""

    return Handler


def _answer(handler, attempt, delay_s):
    answer = attempt.answer
    if answer in {"garbage", "closed", "silent"}:
        handler.close_connection = True
        if answer == "garbage":
            handler.wfile.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        elif answer == "silent":
            handler.connection.settimeout(30)
            handler.connection.recv(1)  # returns when the client has enough of it
        return
    if answer == "slow":
        time.sleep(delay_s)
    handler.send_response({"500": 500, "429": 429}.get(answer, 204))
    if answer == "429":
        handler.send_header("Retry-After", "1")
    handler.send_header("Content-Length", "0")
    handler.end_headers()
    if answer in TAKEN:
        attempt.answered = time.monotonic()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_arguments):
        """Clients that break off are what this is about."""
