"""What each tool makes of the lines: fail2ban and sshguard as Debian builds them, unpacked and never started as services.

Each line gets a time of its own and the form in which rsyslog writes it, so that what a tool prints can be led back to
it. pamsignal gets the record, as it would from the journal.
"""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import tempfile
from datetime import datetime, timedelta, timezone
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence

from pamsignal import __version__, parse
from pamsignal.model import Observation
from pamsignal.terms import Action, Outcome
from tests.compare import installed
from tests.compare.lines import SSHD, Line
from tests.harness.checkout import UNPACKED

_BEGIN = datetime(2026, 11, 23, tzinfo=timezone.utc)
# vsftpd's own log file has no header of syslog's, but a time that stands in the message.
_OWN_FILE = re.compile(r"\w{3} \w{3} +\d{1,2} [\d:]{8} \d{4}(?= \[pid )")
_OF_OTHER_MODES = re.compile(
    r"(?:error: )?(?:Connection (?:closed|reset) |Disconnected |Did not receive |Bad protocol |banner exchange: |"
    r"kex_exchange_identification: |Unable to negotiate |Received disconnect from .*: ?14: )"
)
_UTC = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


class Seen(NamedTuple):
    """What a tool says of a line that it knows: from where, and whether it counts the line as a failure by itself."""

    address: Optional[str]
    is_failure: bool = True


class Tool(NamedTuple):
    """A column of the table: its name, which lines are its job, whether it has none where no address is.

    `reads` is what it makes of lines, by their number; `gets` says which lines it gets to see as installed.
    """

    name: str
    wants: Callable[[Line], bool]
    needs_address: bool
    reads: Callable[[Sequence[Line]], Dict[int, Seen]]
    gets: Callable[[Line], bool]


def pamsignal(lines: Sequence[Line]) -> Dict[int, Seen]:
    """What the parser says of each record; a detail only completes another line, and is no failure by itself."""
    seen = {number: parse.observe(line.record) for number, line in enumerate(lines)}
    return {
        number: Seen(str(one.source.ip) if one.source and one.source.ip else None, one.action is not Action.DETAIL)
        for number, one in seen.items()
        if isinstance(one, Observation) and one.outcome is Outcome.FAILURE
    }


def as_syslog(number: int, line: Line) -> str:
    """The line as rsyslog writes it, at a time of its own."""
    record, time = line.record, _BEGIN + timedelta(seconds=number)
    own = _OWN_FILE.match(record.message)
    if own is not None:
        return f"{time:%a %b %e %H:%M:%S %Y}{record.message[own.end() :]}"
    tag = f"{record.identifier or 'unknown'}[{record.pid}]" if record.pid else record.identifier
    host = re.sub(r"\W", "-", line.where.partition(":")[0])  # of each file its own: no process is in two of them
    return f"{time:%Y-%m-%dT%H:%M:%S+00:00} {host} {tag}: {record.message}"


def filter_of(line: Line) -> Optional[str]:
    """Return the filter of fail2ban's that is made for a line; None where its package has none."""
    record = line.record
    if record.identifier in SSHD:
        return "sshd"
    if record.identifier in ("dropbear", "vsftpd"):
        return record.identifier
    if not record.message.startswith("pam_"):
        return None
    return "dovecot" if record.identifier == "auth" else "pam-generic"


def _is_for_normal_mode(line: Line) -> bool:
    """Leave to its modes ddos, extra and aggressive what they are there for."""
    return filter_of(line) is not None and not _OF_OTHER_MODES.match(line.record.message)


def fail2ban(mode: str) -> Callable[[Sequence[Line]], Dict[int, Seen]]:
    """Return a reader: each line by the filter that is made for it, sshd's in `mode`."""

    def read(lines: Sequence[Line]) -> Dict[int, Seen]:
        seen: Dict[int, Seen] = {}
        for name in sorted({filter_of(line) or "" for line in lines} - {""}):
            own = {number: line for number, line in enumerate(lines) if filter_of(line) == name}
            seen.update(_filtered(own, f"sshd[mode={mode}]" if name == "sshd" else name))
        return seen

    return read


def _filtered(lines: Dict[int, Line], name: str) -> Dict[int, Seen]:
    """Read its statistics: each match by time; a line that it only remembers for later ones is "ignored" there.

    The first match is what the server takes.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
        log.writelines(f"{as_syslog(number, line)}\n" for number, line in lines.items())
        log.flush()
        options = ("--usedns=no", "--verbose", "--print-no-missed", "--print-all-ignored")
        told = _run(FAIL2BAN, f"--config={UNPACKED / 'etc/fail2ban'}", *options, log.name, name)
    remembered = {
        _number(f"{time}+0000", "%Y-%m-%dT%H:%M:%S%z")
        for time in re.findall(r"(?m)^\| +(2026-[\dT:-]{14})\+00:00 ", told)
    }
    seen: Dict[int, Seen] = {}
    for address, time in re.findall(r"(?m)^\| +(\S+)  (\w{3} \w{3} \d\d [\d:]{8} \d{4})(?: \(multiple|$)", told):
        number = _number(f"{time} +0000", "%a %b %d %H:%M:%S %Y %z")
        seen.setdefault(number, Seen(None if address == "None" else address, number not in remembered))
    return seen


def _number(time: str, form: str) -> int:
    return round((datetime.strptime(time, form) - _BEGIN).total_seconds())  # noqa: DTZ007 - each form has a zone


def sshguard(lines: Sequence[Line]) -> Dict[int, Seen]:
    """One run marks the lines that are attacks, the other names their addresses, in the same order."""
    text = "".join(f"{as_syslog(number, line)}\n" for number, line in enumerate(lines))
    marked = _run(SSHGUARD, "-a", typed=text).splitlines()
    attacks = [number for number, line in enumerate(marked) if line.startswith("*")]
    told = [line.split(" ") for line in _run(SSHGUARD, typed=text).splitlines()]
    if len(marked) != len(lines) or len(attacks) != len(told):
        raise ValueError(
            f"sshg-parser: {len(lines)} lines, {len(marked)} marked, {len(attacks)} attacks, {len(told)} told"
        )
    return {number: Seen(address) for number, (_service, address, *_) in zip(attacks, told)}


def _is_for_sshguard(line: Line) -> bool:
    """It leaves PAM's lines to the program's own, which tells the same attempt; of Cockpit alone it reads PAM's."""
    record = line.record
    if record.message.startswith(("pam_", "PAM ")):
        return record.identifier == "cockpit-session"
    return record.identifier in SSHD or record.identifier == "vsftpd"


FAIL2BAN = (str(UNPACKED / "usr/bin/fail2ban-regex"),)
SSHGUARD = (str(UNPACKED / "usr/libexec/sshguard/sshg-parser"),)


def _is_jailed(line: Line) -> bool:
    return filter_of(line) in installed.jails()


TOOLS = (
    Tool("pamsignal", lambda _: True, False, pamsignal, lambda _: True),
    Tool("fail2ban", _is_for_normal_mode, True, fail2ban("normal"), _is_jailed),
    Tool("fail2ban, aggressive", lambda line: filter_of(line) is not None, True, fail2ban("aggressive"), _is_jailed),
    Tool("sshguard", _is_for_sshguard, True, sshguard, lambda line: line.record.identifier in installed.identifiers()),
)


def versions() -> List[str]:
    """Return each tool's name with its version, the others' by their packages."""
    return [f"pamsignal {__version__}", *(f"{name} {_version(name)}" for name in ("fail2ban", "sshguard"))]


def _version(package: str) -> str:
    changes = UNPACKED / "usr/share/doc" / package / "changelog.Debian.gz"
    return gzip.decompress(changes.read_bytes()).decode().partition("(")[2].partition(")")[0]


def _run(command: Sequence[str], *arguments: str, typed: str = "") -> str:
    """Return what a program prints; it is unpacked, so its Python modules are, too."""
    environ = {**os.environ, **_UTC, "PYTHONPATH": str(UNPACKED / "usr/lib/python3/dist-packages")}
    done = subprocess.run(
        [*command, *arguments], input=typed, capture_output=True, text=True, errors="replace", env=environ, check=True
    )
    return done.stdout
