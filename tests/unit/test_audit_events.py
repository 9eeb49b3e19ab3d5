"""What the kernel audits of typing, through the whole engine: off by default, never an alert, no text unasked."""

from __future__ import annotations

import pytest

from pamsignal.audit.record import event_body
from pamsignal.model import Typed
from pamsignal.parse import audit
from pamsignal.pipeline import Engine, Settings
from pamsignal.stages import NOTHING
from pamsignal.terms import Action
from tests.unit.parse.test_audit import SECRET, a_tty_record

ACCOUNTS = {0: "root", 33: "www-data", 1000: "alice"}
OFF, COUNTED, READ = audit.Settings(), audit.Settings(enabled=True), audit.Settings(enabled=True, keystrokes=True)


def engine(settings):
    return Engine(Settings(audit=settings), account_of=ACCOUNTS.get)


def event_of(record, settings=COUNTED):
    produced = engine(settings).feed(record)
    assert produced.alerts == ()
    (judged,) = produced.events
    return judged.event


@pytest.mark.parametrize("settings", [OFF, audit.Settings(keystrokes=True)])
def test_nothing_comes_of_it_unless_it_is_switched_on(settings):
    one = engine(settings)
    assert one.feed(a_tty_record()) is NOTHING
    assert (one.counts.understood, one.counts.unparsed) == (0, {})


def test_who_typed_is_named_by_the_login_and_by_the_rights_at_the_time():
    assert event_of(a_tty_record()).user == "alice"
    assert event_of(a_tty_record()).target_user is None
    as_another = event_of(a_tty_record(uid=33))
    assert (as_another.user, as_another.user_id, as_another.target_user) == ("alice", 1000, "www-data")


def test_root_is_named_where_no_account_is_known():
    (judged,) = Engine(Settings(audit=COUNTED)).feed(a_tty_record(uid=0)).events
    assert (judged.event.user, judged.event.user_id, judged.event.target_user) == (None, 1000, "root")


def test_an_event_says_how_much_was_typed_and_not_what():
    event = event_of(a_tty_record())
    assert (event.action, event.outcome, event.service) == (Action.TTY_INPUT, None, "tty")
    assert event.typed == Typed(8, "bash")
    assert event.session_id == "3"


def test_an_event_says_what_was_typed_where_it_is_asked_for():
    event = event_of(a_tty_record(), READ)
    assert event.typed.text == SECRET
    assert '"typed":{"program":"bash","size_bytes":8,"text":"hunter2\\r"}' in event_body(event)


@pytest.mark.parametrize("cursor", [None, "s=1;i=1;b=2;m=3;t=4;x=5"])
def test_the_id_of_an_event_does_not_come_of_what_was_typed(cursor):
    one, other = (a_tty_record(typed, cursor=cursor) for typed in (b"hunter2\r", b"hunter3\r"))
    assert event_of(one).id == event_of(other).id


@pytest.mark.parametrize("settings", [OFF, COUNTED, READ])
def test_a_forged_record_makes_no_event(settings):
    for transport in ("syslog", "journal", "stdout"):
        assert engine(settings).feed(a_tty_record(transport=transport)) is NOTHING


@pytest.mark.parametrize("kind", ["USER_AUTH", "USER_LOGIN", "USER_ACCT", "USER_START", "USER_END"])
def test_a_record_about_a_login_makes_no_second_event_of_it(kind):
    message = (
        f'{kind} pid=4711 uid=0 auid=1000 ses=3 msg=\'op=PAM:authentication grantors=? acct="alice" '
        'exe="/usr/sbin/sshd" hostname=203.0.113.9 addr=203.0.113.9 terminal=ssh res=failed\''
    )
    assert engine(READ).feed(a_tty_record()._replace(message=message)) is NOTHING


def test_a_mistake_about_a_record_shows_nothing_of_it(monkeypatch):
    def broken(*_arguments, **_options):
        raise ValueError("broken")

    monkeypatch.setattr(audit, "observe", broken)
    produced = engine(COUNTED).feed_all([a_tty_record()])
    assert [type(fault.error) for fault in produced.faults] == [ValueError]
    assert (produced.events, produced.alerts) == ((), ())
