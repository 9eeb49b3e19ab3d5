"""Fields to record: total, and the time that can be believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.journal import record_from_fields
from pamsignal.model import JournalRecord

HOUR_US = 3_600_000_000
STORED_US = 1_000_000 * HOUR_US
NAMES = ["MESSAGE", "SYSLOG_IDENTIFIER", "SYSLOG_PID", "_PID", "_UID", "_EXE", "MESSAGE_ID", "SESSION_ID"]
NAMES += ["_SOURCE_REALTIME_TIMESTAMP", "_HOSTNAME", "_CAP_EFFECTIVE"]
VALUES = st.binary() | st.just(b"8d45620c1a4348dbb17410da57c60c66") | st.integers().map(lambda n: str(n).encode())


@given(st.dictionaries(st.sampled_from(NAMES), VALUES | st.lists(VALUES)))
def test_any_fields_give_a_record_of_the_right_types(fields):
    record = record_from_fields(fields, "s=1", STORED_US)

    assert isinstance(record, JournalRecord)
    assert isinstance(record.message, str)
    assert all(value is None or isinstance(value, str) for value in (record.identifier, record.exe, record.hostname))
    assert all(value is None or isinstance(value, int) for value in (record.pid, record.uid, record.syslog_pid))
    assert STORED_US - 24 * HOUR_US <= record.time_us <= STORED_US
    record.message.encode()


@pytest.mark.parametrize(
    ("sent", "expected_us"),
    [
        (STORED_US - 5, STORED_US - 5),
        (STORED_US, STORED_US),
        (STORED_US - 24 * HOUR_US, STORED_US - 24 * HOUR_US),
        (STORED_US - 24 * HOUR_US - 1, STORED_US),
        (STORED_US + 1, STORED_US),
        ("", STORED_US),
        ("-5", STORED_US),
        ("9" * 100_000, STORED_US),
    ],
)
def test_the_time_is_when_it_was_sent_if_that_can_be_believed(sent, expected_us):
    fields = {"_SOURCE_REALTIME_TIMESTAMP": str(sent).encode()}

    assert record_from_fields(fields, None, STORED_US).time_us == expected_us


@pytest.mark.parametrize("text", [b"", b"x", b"-1", b"+1", b"1_0", b" 1", b"1.0", b"9" * 5000, "²".encode()])
def test_a_number_that_is_none_is_unknown(text):
    assert record_from_fields({"SYSLOG_PID": text}, None, STORED_US).syslog_pid is None


def test_structured_fields_are_read_for_the_known_messages_alone():
    fields = {"MESSAGE_ID": b"3354939424b4456d9802ca8333ed424a", "SESSION_ID": b"5", "USER_ID": b"alice", "OTHER": b"x"}

    known = record_from_fields(fields, None, STORED_US)
    unknown = record_from_fields({**fields, "MESSAGE_ID": b"0" * 32}, None, STORED_US)

    assert known.structured == {"MESSAGE_ID": fields["MESSAGE_ID"].decode(), "SESSION_ID": "5", "USER_ID": "alice"}
    assert unknown.structured == {}


def test_a_name_is_cut_so_that_no_writer_fills_our_memory():
    assert len(record_from_fields({"SYSLOG_IDENTIFIER": b"x" * 70_000}, None, STORED_US).identifier) == 256


PLAIN = {
    "_SOURCE_REALTIME_TIMESTAMP": str(STORED_US).encode(),
    "_BOOT_ID": b"b",
    "_MACHINE_ID": b"m",
    "_HOSTNAME": b"h",
    "_TRANSPORT": b"syslog",
    "_PID": b"7",
    "MESSAGE": b"x",
}


@pytest.mark.parametrize("others", [PLAIN, {}], ids=["plain", "careful"])
@pytest.mark.parametrize(("uid", "expected"), [(b"1000", "1fffeffffff"), (b"0", None)])
def test_the_capabilities_are_read_of_whoever_is_not_root(others, uid, expected):
    fields = {**others, "_UID": uid, "_CAP_EFFECTIVE": b"1fffeffffff"}

    assert record_from_fields(fields, None, STORED_US).cap_effective == expected
