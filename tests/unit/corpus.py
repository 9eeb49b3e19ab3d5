"""The lines of the CrowdSec corpus, and a strict reader of what its authors state about them.

An assertion file holds one statement a line. `parser.assert` tells of lines by their number, `scenario.assert` of the
events that filled a bucket, by their time. A statement of unknown shape is an error, so that none is overlooked.
"""

import json
import re
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import Dict, Hashable, List, Mapping, NamedTuple, Optional, Set, Tuple

from pamsignal.model import JournalRecord

_CORPUS = Path(__file__).parents[1] / "data" / "corpora" / "crowdsec-hub" / "tests"
SUITES = sorted(folder.name for folder in _CORPUS.iterdir())
FAILURE, SUCCESS = "failure", "success"
YEAR = 2026  # what its authors assumed where a line names none
_HEADERS = (
    r"(?P<time>[A-Z][a-z]{2} +\d+ [\d:]{8}|\d{4}-\S+) \S+ (?P<identifier>[^\s:\[]+)(?:\[(?P<pid>\d+)\])?: (?P<message>.*)",
    r"<\d+>1 (?P<time>\S+) \S+ (?P<identifier>\S+) (?P<pid>\d+) - \[[^\]]*\] (?P<message>.*)",
    r"(?P<message>(?P<identifier>)(?P<time>\w{3} \w{3} +\d+ [\d:]{8} \d{4}) \[pid (?P<pid>\d+)\] .*)",
)

_TEXT = r'"(?:[^"\\]|\\.)*"'
_LINE = r'results\["s01-parse"\]\["[^"]+"\]\[(?P<line>\d+)\]'
_OVERFLOW = r"results\[(?P<overflow>\d+)\]\.Overflow"
_STATEMENTS = {
    "line_is_theirs": rf"{_LINE}\.Success == (?P<value>true|false)",
    "line": rf"{_LINE}\.Evt\.Meta\[(?P<key>{_TEXT})\] == (?P<value>{_TEXT})",
    "line_count": r'len\(results\["s01-parse"\]\["[^"]+"\]\) == (?P<value>\d+)',
    # Where the line names no year, theirs is cut off.
    "event": rf"{_OVERFLOW}\.Alert\.Events\[(?P<event>\d+)\]\.GetMeta\((?P<key>{_TEXT})\)(?:\[4:\])? == (?P<value>{_TEXT})",
    "source": rf"(?P<value>{_TEXT}) in {_OVERFLOW}\.GetSources\(\)",
}
# Its other stages, how it saw the file, and how it describes what it found.
_OF_NO_CONCERN = (
    rf"basename\(.*\) == {_TEXT}",
    r"len\(results(?:\[.*\])?\) == \d+",
    rf'results\["s0[02]-\w+"\].* == (?:{_TEXT}|true|false)',
    rf"{_LINE}\.Evt\.(?:Parsed\[{_TEXT}\] == {_TEXT}|Whitelisted == false)",
    rf"{_OVERFLOW}\.Sources\[{_TEXT}\]\.\S+ == {_TEXT}",
    rf"{_OVERFLOW}\.Alert\.(?:Remediation == (?:true|false)|GetScenario\(\) == {_TEXT}|GetEventsCount\(\) == \d+)",
)

# Their classes; all but one say that somebody did not get in.
_KINDS = {
    "auth_success": SUCCESS,
    "ssh_failed-auth": FAILURE,
    "ssh_bad_keyexchange": FAILURE,
    "ssh_dispatch_fatal": FAILURE,
    "ssh_auth_timeout": FAILURE,
    "ssh_refused_conn": FAILURE,
    "pam_failed_auth": FAILURE,
    "pam_user_lock": FAILURE,
    "ftp_failed_auth": FAILURE,
}

Place = Tuple[Hashable, ...]


class Statement(NamedTuple):
    """What one line of an assertion file says about which place."""

    about: str
    named: Mapping[str, Optional[str]]
    value: object


class Fact(NamedTuple):
    """What a log line says. `where` is its number, its time without the year, or nothing where neither is stated."""

    where: str
    kind: str
    address: Optional[str]
    account: Optional[str]


def lines_of(suite: str) -> List[str]:
    """Return the log lines of a suite; empty ones have no number."""
    (file,) = (path for path in (_CORPUS / suite).iterdir() if path.suffix == ".log")
    return [line for line in file.read_text(encoding="utf-8").split("\n") if line]


def records_of(suite: str) -> List[JournalRecord]:
    """Return the lines as records that nothing vouches for, as an import of a log file has them."""
    return [_record_of(number, line) for number, line in enumerate(lines_of(suite))]


def _record_of(number: int, line: str) -> JournalRecord:
    (match,) = filter(None, (re.fullmatch(header, line) for header in _HEADERS))
    return JournalRecord(f"i={number:x}", 0, *[None] * 10, "")._replace(
        time_us=int(_time_of(match["time"]).timestamp()) * 1_000_000,
        pid=int(match["pid"]) if match["pid"] else None,
        identifier=match["identifier"] or "vsftpd",
        message=match["message"],
    )


def _time_of(text: str) -> datetime:
    if text[0].isdigit():
        return datetime.fromisoformat(text)
    words = text.split()
    words = words[1:] if len(words) == 5 else [*words, str(YEAR)]
    return datetime.strptime(" ".join([*words, "+0000"]), "%b %d %H:%M:%S %Y %z")


def wheres_of(suite: str, records: List[JournalRecord]) -> List[str]:
    """Return, for each record of the suite, what `Fact.where` calls it."""
    known = {fact.where for fact in facts_of(suite)}
    if has_facts_of_lines(suite):
        return [str(number) for number in range(len(records))]
    moments = [
        datetime.fromtimestamp(record.time_us // 1_000_000, timezone.utc).strftime("-%m-%dT%H:%M:%SZ")
        for record in records
    ]
    return [moment if moment in known or "" not in known else "" for moment in moments]


def statement_of(text: str) -> Optional[Statement]:
    """Read one line of an assertion file: None if it is of no concern; ValueError if nobody knows its shape."""
    for about, shape in _STATEMENTS.items():
        match = re.fullmatch(shape, text)
        if match is not None:
            return Statement(about, match.groupdict(), json.loads(match["value"]))
    if any(re.fullmatch(shape, text) for shape in _OF_NO_CONCERN):
        return None
    raise ValueError(f"nobody knows this kind of assertion: {text}")


def has_facts_of_lines(suite: str) -> bool:
    """Tell whether its authors say something of every line, and not only of what filled a bucket."""
    return bool(_statements(suite, "parser"))


def facts_of(suite: str) -> "Counter[Fact]":
    """Return the facts that its authors state; a line that fills two buckets is one fact."""
    of_lines = _statements(suite, "parser")
    if of_lines:
        return Counter(_fact(str(line), meta) for (line,), meta in _grouped(of_lines, "line", "line").items())
    told: Counter[Fact] = Counter()
    events = _grouped(_statements(suite, "scenario"), "event", "overflow", "event")
    for bucket in {overflow for overflow, _ in events}:
        of_bucket = [meta for (overflow, _), meta in events.items() if overflow == bucket]
        told |= Counter(_fact(meta.get("timestamp", "").lstrip("0123456789"), meta) for meta in of_bucket)
    return told


def sources_of(suite: str) -> Set[str]:
    """Return the addresses that its authors want to hear of."""
    return {str(one.value) for one in _statements(suite, "scenario") if one.about == "source"}


def claims_of(suite: str) -> Dict[str, object]:
    """Return what the files say of themselves, to test the reading: how many lines, and how many of them are theirs."""
    told = _statements(suite, "parser")
    return {
        "lines": [one.value for one in told if one.about == "line_count"],
        "theirs": sum(one.about == "line_is_theirs" and one.value is True for one in told),
    }


def _statements(suite: str, stage: str) -> List[Statement]:
    file = _CORPUS / suite / f"{stage}.assert"
    texts = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [one for one in map(statement_of, filter(None, texts)) if one is not None]


def _grouped(statements: List[Statement], about: str, *by: str) -> Dict[Place, Dict[str, str]]:
    groups: Dict[Place, Dict[str, str]] = {}
    for one in statements:
        if one.about == about:
            place = tuple(one.named[name] for name in by)
            groups.setdefault(place, {})[json.loads(str(one.named["key"]))] = str(one.value)
    return groups


def _fact(where: str, meta: Mapping[str, str]) -> Fact:
    account = meta.get("target_user") or meta.get("username") or meta.get("user")
    return Fact(where, _KINDS[meta["log_type"]], meta.get("source_ip"), account)
