"""One journal entry's fields → JournalRecord. Total: no bytes that anybody can write make it fail.

Every value is bytes, or a list of bytes where a field came more than once. journald sets a field that begins with
an underscore once and itself (systemd.journal-fields(7)); the others are the writer's, who may repeat them: the
first one counts.
"""

from __future__ import annotations

from sys import intern
from typing import Dict, List, Mapping, Optional, Union

from pamsignal.model import JournalRecord

Value = Union[bytes, List[bytes]]

MESSAGE_CAP_BYTES = 64 * 1024
NAME_CAP_BYTES = 256
DIGITS = 19  # 2**63 has 19: a longer number is no pid, no uid and no time
_DAY_US = 86_400_000_000

SESSION_NEW = "8d45620c1a4348dbb17410da57c60c66"
SESSION_REMOVED = "3354939424b4456d9802ca8333ed424a"
MESSAGES_SUPPRESSED = "a596d6fe7bfa4994828e72309e95d61e"
# sd-messages.h: SD_MESSAGE_SESSION_START, SD_MESSAGE_SESSION_STOP, SD_MESSAGE_JOURNAL_DROPPED
STRUCTURED_MESSAGES = (SESSION_NEW, SESSION_REMOVED, MESSAGES_SUPPRESSED)
_STRUCTURED_IDS = frozenset(name.encode() for name in STRUCTURED_MESSAGES)
_STRUCTURED_FIELDS = (
    "MESSAGE_ID",
    "SESSION_ID",
    "USER_ID",
    "LEADER",
    "N_DROPPED",
    "OBJECT_SYSTEMD_UNIT",
    "OBJECT_COMM",
)
_NONE: Mapping[str, str] = {}
_new = tuple.__new__


def record_from_fields(fields: Mapping[str, Value], cursor: Optional[str], time_us: int) -> JournalRecord:
    """Return the record of an entry that journald stored at `time_us`; without MESSAGE its text is empty.

    The record's time is when the message was sent (_SOURCE_REALTIME_TIMESTAMP) as far as that is believable:
    not after it was stored, and not a day before.
    """
    try:
        return _plain(fields, cursor, time_us)  # type: ignore[arg-type]  # a list has no decode
    except (AttributeError, KeyError, TypeError, ValueError):
        return _careful(_first_values(fields), cursor, time_us)


def _plain(fields: Mapping[str, bytes], cursor: Optional[str], time_us: int) -> JournalRecord:
    """Convert what nearly every entry is: UTF-8, one value each, numbers where they belong. Anything else raises.

    tuple.__new__ and decode() without arguments halve the time, which every entry of a flood pays. The boot id is one
    string for all, as every process that is followed is known by it.
    """
    get = fields.get
    sent_us = int(fields["_SOURCE_REALTIME_TIMESTAMP"][:DIGITS])
    uid, pid_text, claimed_pid = int(fields["_UID"][:DIGITS]), fields["_PID"], get("SYSLOG_PID")
    pid = int(pid_text[:DIGITS])
    return _new(
        JournalRecord,
        (
            cursor,
            sent_us if time_us - _DAY_US <= sent_us <= time_us else time_us,
            intern(fields["_BOOT_ID"].decode()),
            fields["_MACHINE_ID"].decode(),
            fields["_HOSTNAME"].decode(),
            fields["_TRANSPORT"].decode(),
            pid,
            uid,
            get("_EXE", b"").decode() or None,
            get("_COMM", b"").decode() or None,
            get("_SYSTEMD_UNIT", b"").decode() or None,
            get("SYSLOG_IDENTIFIER", b"")[:NAME_CAP_BYTES].decode() or None,
            fields["MESSAGE"][:MESSAGE_CAP_BYTES].decode(),
            pid if claimed_pid == pid_text else _number(claimed_pid),
            _structured(fields) if "MESSAGE_ID" in fields else _NONE,
            get("_CAP_EFFECTIVE", b"").decode() or None if uid else None,
        ),
    )


def _careful(fields: Mapping[str, bytes], cursor: Optional[str], time_us: int) -> JournalRecord:
    """Convert any bytes: what is missing or is no number is None, what is no UTF-8 is escaped."""
    get = fields.get
    sent_us, uid = _number(get("_SOURCE_REALTIME_TIMESTAMP")), _number(get("_UID"))
    return JournalRecord(
        cursor=cursor,
        time_us=sent_us if sent_us is not None and time_us - _DAY_US <= sent_us <= time_us else time_us,
        boot_id=_text(get("_BOOT_ID")),
        machine_id=_text(get("_MACHINE_ID")),
        hostname=_text(get("_HOSTNAME")),
        transport=_text(get("_TRANSPORT")),
        pid=_number(get("_PID")),
        uid=uid,
        exe=_text(get("_EXE")),
        comm=_text(get("_COMM")),
        unit=_text(get("_SYSTEMD_UNIT")),
        identifier=_text(get("SYSLOG_IDENTIFIER")),
        message=get("MESSAGE", b"")[:MESSAGE_CAP_BYTES].decode("utf-8", "backslashreplace"),
        syslog_pid=_number(get("SYSLOG_PID")),
        structured=_structured(fields),
        cap_effective=_text(get("_CAP_EFFECTIVE")) if uid else None,
    )


def _text(value: Optional[bytes]) -> Optional[str]:
    return value[:NAME_CAP_BYTES].decode("utf-8", "backslashreplace") if value else None


def _number(value: Optional[bytes]) -> Optional[int]:
    return int(value) if value and value.isdigit() and len(value) <= DIGITS else None


def _structured(fields: Mapping[str, bytes]) -> Mapping[str, str]:
    if fields.get("MESSAGE_ID") not in _STRUCTURED_IDS:
        return _NONE
    texts = ((name, _text(fields.get(name))) for name in _STRUCTURED_FIELDS)
    return {name: text for name, text in texts if text is not None}


def _first_values(fields: Mapping[str, Value]) -> Dict[str, bytes]:
    return {name: value[0] if isinstance(value, list) else value for name, value in fields.items() if value}
