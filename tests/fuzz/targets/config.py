"""The configuration's loader: any text of a file. It gives settings, or errors with file, line and column.

A document that it took reads the same when it is written down and read again.
"""

from __future__ import annotations

import re

from pamsignal.config.check import check_text
from pamsignal.config.document import written
from pamsignal.config.problem import ERROR
from pamsignal.config.settings import settings_from
from pamsignal.secret import Secret

MOST_BYTES = 20_000
_COMPLAINT = re.compile(r"FILE:([1-9][0-9]*):([1-9][0-9]*): \S.*")


def target(data: bytes) -> None:
    """Check one file."""
    text = data[:MOST_BYTES].decode("utf-8", "replace")
    report = check_text(text, "FILE")
    errors = [problem for problem in report.problems if problem.level == ERROR]
    assert (report.document is None) == bool(errors), "neither settings nor an error"
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
    for said in report.lines:
        place = _COMPLAINT.fullmatch(said)
        assert place is not None, said
        assert said.isprintable(), said
        assert int(place[1]) <= len(lines) + 1, said
    if report.document is not None:
        settings_from(report.document, lambda _: Secret("x"))
        again = check_text(written(report.document), "FILE")
        assert again.document == report.document, "written down, it reads differently"
        assert again.fingerprint == report.fingerprint
