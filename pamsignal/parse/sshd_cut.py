"""sshd's table, careful about lines that log.c has cut at 500 bytes.

A name of up to 200 bytes that all need escaping, twice in a relayed line, pushes the true address out of the line, and
its owner can place a false one exactly at the cut. So where the cut came before the end of name and address, the line
keeps what sshd wrote in front, and has neither name nor address.
"""

from __future__ import annotations

import re
from typing import Optional

from pamsignal.model import Observation
from pamsignal.parse.table import Table, row
from pamsignal.terms import Action, Outcome, Provenance

CUT_AT_BYTES = 500  # log.c: syslog(pri, "%.500s", fmtbuf); escaped, so bytes are characters
_REMOTE_IS_COMPLETE = re.compile(r":| ssh\d: ")
_FAILURE = Outcome.FAILURE
_observe = Table.observe  # super() has to be looked up for every line

BEGINNINGS = Table(
    "sshd",
    (
        row(
            "sshd.cut_failed",
            "Failed",
            r"Failed (?P<method>[\w-]+)(?:/(?P<submethod>[\w-]+))? for (?P<invalid>invalid user )?.*",
            Action.LOGIN_FAILURE,
            _FAILURE,
        ),
        row(
            "sshd.cut_accepted",
            "Accepted",
            r"Accepted (?P<method>[\w-]+)(?:/(?P<submethod>[\w-]+))? for .*",
            Action.LOGIN_SUCCESS,
            Outcome.SUCCESS,
        ),
        row(
            "sshd.cut_invalid_user",
            "Invalid",
            r"(?P<invalid>Invalid) user .*",
            Action.INVALID_USER,
            _FAILURE,
        ),
        row(
            "sshd.cut_max_attempts",
            "error:",
            r"error: maximum authentication attempts exceeded for (?P<unknown>invalid user )?.*",
            Action.LOGIN_FAILURE,
            _FAILURE,
            reason="max attempts",
            limit=True,
        ),
        row(
            "sshd.cut_closed",
            "Connection Disconnected Disconnecting",
            r"(?:Connection (?:closed|reset) by|Connection from|Disconnected from|Disconnecting) "
            r"(?:(?P<unknown>invalid)|authenticating) user .*",
            Action.CONNECTION_CLOSED,
            _FAILURE,
            preauth=True,
        ),
        row(
            "sshd.cut_scan",
            "Bad Unable banner ssh_dispatch_run_fatal:",
            r"(?:Bad protocol version identification|Unable to negotiate with|banner exchange:|"
            r"ssh_dispatch_run_fatal:) .*",
            Action.CONNECTION_SCAN,
            _FAILURE,
        ),
    ),
)


class SshdTable(Table):
    """The patterns of sshd; no name or address is taken from a line that was cut inside them."""

    def observe(self, message: str, program: str, provenance: Optional[Provenance]) -> Optional[Observation]:
        """Return what `message` means, or None where no pattern fits it."""
        if len(message) != CUT_AT_BYTES:
            return _observe(self, message, program, provenance)
        found = self.find(message)
        if found is None:
            return BEGINNINGS.observe(message, program, provenance)
        shape, match = found
        seen = shape.build(match, program, provenance)
        if "port" in match.re.groupindex and _REMOTE_IS_COMPLETE.match(message, match.end("port")):
            return seen
        return seen._replace(user=None, source=None)
