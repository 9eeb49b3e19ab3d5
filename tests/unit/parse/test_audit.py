"""What the kernel audits of typing: who, how much, into what; what was typed only where it is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.model import Typed
from pamsignal.parse import audit, observe
from pamsignal.parse.provenance import Trust, trust
from pamsignal.terms import Action, Provenance
from tests.builders import a_record

from .processor_time import LONGEST, limited

SECRET = "hunter2\r"
TYPED = SECRET.encode()


def quoted(name):
    """As audit_log_untrustedstring of the kernel writes a name."""
    is_plain = all(0x21 <= byte <= 0x7E and byte != 0x22 for byte in name)
    return f'"{name.decode()}"' if is_plain else name.hex().upper()


def a_tty_record(typed=TYPED, comm=b"bash", how="tty", uid=1000, auid=1000, ses=3, device=(136, 0), **changes):
    message = (
        f"TTY {how} pid=4711 uid={uid} auid={auid} ses={ses} major={device[0]} minor={device[1]} "
        f"comm={quoted(comm)} data={typed.hex().upper()}"
    )
    known = {"transport": "audit", "exe": None, "comm": "bash", "unit": None, "uid": uid}
    return a_record(message, "audit", **{**known, **changes})


def test_typing_is_seen_with_who_where_and_how_much():
    seen = audit.observe(a_tty_record(b"ls -l\r"))
    assert (seen.pattern, seen.action, seen.service) == ("audit.tty", Action.TTY_INPUT, "tty")
    assert (seen.user_id, seen.session_id, seen.tty) == (1000, "3", "pts/0")
    assert seen.typed == Typed(6, "bash")
    assert seen.provenance is Provenance.VERIFIED


@pytest.mark.parametrize(("uid", "names"), [(1000, ("alice", None)), (0, ("alice", "root")), (33, ("alice", "www"))])
def test_who_typed_has_a_name_and_so_has_whose_rights_they_had(uid, names):
    record = a_tty_record(uid=uid)
    seen = audit.named(audit.observe(record), record, {0: "not asked", 33: "www", 1000: "alice"}.get)
    assert (seen.user, seen.target_user) == names


def test_what_was_typed_is_nowhere_unless_asked_for():
    record = a_tty_record()
    assert SECRET.encode().hex().upper() in record.message
    for kept in (audit.observe(record), audit.without_input(record)):
        assert SECRET.strip() not in repr(kept)
        assert SECRET.encode().hex().upper()[:8] not in repr(kept).upper()


@pytest.mark.parametrize("rest", ["", " data=6C73", " data=6C73 data=6C73", ' data="ls" data=6C73'])
def test_all_but_what_was_typed_is_left_of_a_record(rest):
    assert audit.without_input(a_record(f"TTY tty pid=1{rest}", "audit")).message == "TTY tty pid=1"


def test_what_was_typed_is_decoded_where_it_is_asked_for():
    assert audit.observe(a_tty_record(), keystrokes=True).typed == Typed(8, "bash", SECRET)
    assert audit.observe(a_tty_record("grün\r".encode() + b"\xff"), keystrokes=True).typed.text == "grün\r\\xff"


@pytest.mark.parametrize("program", [b"ssh", b"sudo", b"tmux: client", b"pinentry-curses", b"systemd-tty-ask"])
def test_a_program_that_hands_a_raw_terminal_on_has_its_text_left_out(program):
    assert audit.observe(a_tty_record(comm=program), keystrokes=True).typed == Typed(8, program.decode())


def test_a_program_without_a_name_has_its_text_left_out():
    assert audit.observe(a_tty_record(comm=b""), keystrokes=True).typed == Typed(8)


def test_a_text_is_cut_and_its_length_is_true():
    typed = audit.observe(a_tty_record(b"x" * 4096), keystrokes=True).typed
    assert (typed.size_bytes, len(typed.text), typed.text[-1]) == (4096, 1024, "…")
    assert audit.observe(a_tty_record(b"x" * 1024), keystrokes=True).typed.text == "x" * 1024


def test_input_that_a_program_inserted_says_so():
    assert audit.observe(a_tty_record(b"x", how="ioctl=TIOCSTI")).reason == "inserted"
    assert audit.observe(a_tty_record()).reason is None


def test_who_never_logged_in_goes_by_the_account_of_the_process():
    seen = audit.observe(a_tty_record(uid=33, auid=4294967295, ses=4294967295))
    assert (seen.user_id, seen.session_id) == (33, None)


@pytest.mark.parametrize(
    ("device", "name"), [((136, 700), "pts/700"), ((4, 1), "tty1"), ((4, 64), "ttyS0"), ((204, 64), None)]
)
def test_a_terminal_has_the_name_that_everybody_knows(device, name):
    assert audit.observe(a_tty_record(device=device)).tty == name


TRANSPORTS = ("syslog", "journal", "stdout", "kernel", "driver", None)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_forged_line_means_nothing(transport):
    forged = a_tty_record(transport=transport)
    assert audit.observe(forged, keystrokes=True) is None
    assert observe(forged) is None


def test_the_front_door_leaves_it_to_who_asks_for_it():
    assert observe(a_tty_record()) is None


@pytest.mark.parametrize("uid", [0, 33, 1000])
@pytest.mark.parametrize("auid", [0, 1000, 4294967295])
def test_the_kernel_is_believed_whoever_it_speaks_of(uid, auid):
    record = a_tty_record(uid=uid, auid=auid)
    assert trust(audit.observe(record), record) is Trust.ACCEPT


OTHERS = (
    'USER_AUTH pid=1 uid=0 auid=1000 ses=3 msg=\'op=PAM:authentication acct="alice" exe="/usr/sbin/sshd" res=failed\'',
    "USER_LOGIN pid=1 uid=0 auid=1000 ses=3 msg='op=login id=1000 exe=\"/usr/sbin/sshd\" addr=203.0.113.9 res=success'",
    'USER_TTY pid=1 uid=0 auid=1000 ses=3 data="ls"',
    "USER_CMD pid=1 uid=1000 auid=1000 ses=3 msg='cwd=\"/\" cmd=6C73 terminal=pts/0 res=success'",
    'TTY tty pid=1 uid=0 auid=1000 ses=3 major=136 minor=0 comm="bash" data=',
    'TTY tty pid=1 uid=0 auid=1000 ses=3 major=136 minor=0 comm="bash" data=6C7',
    'TTY tty pid=1 uid=0 auid=1000 ses=3 major=136 minor=0 comm="bash" data=6C73 more=1',
    "TTY tty pid=1 uid=0 auid=1000 ses=3 major=136 minor=0 comm=616 data=6C73",
    'TTY tty pid=1 uid=٠ auid=1000 ses=3 major=136 minor=0 comm="bash" data=6C73',
    'TTY tty pid=1 uid=0 auid=1000 ses=3 major=136 minor=0 comm="a b" data=6C73',
    'TTY tty pid=1 uid=0 auid=1000 ses=3 major=136 minor=0 comm="a" data=00" data=6C73',
    'TTY tty pid=1 uid=0 auid=1000 ses=3 major=136 minor=0 comm="bash" data=6C73\n',
)


@pytest.mark.parametrize("message", OTHERS)
def test_every_other_record_is_passed_over(message):
    assert audit.observe(a_record(message, "audit", transport="audit", exe=None)) is None


@given(st.binary(min_size=1, max_size=4096), st.binary(max_size=15).filter(lambda name: b"\0" not in name))
def test_whatever_is_typed_into_whatever_program_is_counted_and_decoded(typed, comm):
    record = a_tty_record(typed, comm)
    program = comm.decode("utf-8", "backslashreplace") or None
    seen = audit.observe(record, keystrokes=True)
    assert (seen.typed.size_bytes, seen.typed.program) == (len(typed), program)
    assert audit.observe(record).typed.text is None
    if seen.typed.text is not None and len(typed) < 256:
        assert seen.typed.text == typed.decode("utf-8", "backslashreplace")


@given(st.text())
def test_any_text_gives_an_answer(text):
    for message in (text, f"TTY {text}", f"TTY tty pid=1 uid=0 auid=0 ses=1 major=4 minor=1 comm={text} data={text}"):
        audit.observe(a_record(message, "audit", transport="audit"), keystrokes=True)


PIECES = ("0", "0 ", '"', "data=", " data=00", 'comm="', "00" * 40 + "x")


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_line_takes_linear_time(piece):
    pieces = piece * (LONGEST // len(piece))
    for rest in (f"comm={pieces}!", f'comm="a" data={pieces}!'):
        record = a_record(f"TTY tty pid=1 uid=0 auid=0 ses=1 major=4 minor=1 {rest}", "audit", transport="audit")
        with limited():
            audit.observe(record, keystrokes=True)
