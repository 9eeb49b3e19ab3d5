from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.model import Key
from pamsignal.render import advice, escape, text, words
from pamsignal.terms import Action, Provenance
from tests.builders import a_finding, a_login, an_alert, an_event
from tests.unit.render.cases import CASES, HOSTILE

hostile = st.text(st.characters(), min_size=1, max_size=200)


def test_every_action_has_words():
    assert set(words.ACTIONS) == set(Action)


def test_the_words_of_ours_hold_no_character_that_markup_knows():
    ours = [*words.ACTIONS.values(), text.LATE, *(part for rule in words.RULES.values() for part in rule)]
    assert not re.search(r"[&<>*_~`\[\]]", "".join(ours))


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_a_headline_is_one_line_and_every_field_has_a_value(alert):
    assert len(text.headline(alert).splitlines()) == 1
    assert all(label and value for label, value in text.fields(alert))


@pytest.mark.parametrize(
    ("case", "headline"),
    [
        ("login", "Login: alice from 203.0.113.9 (Berlin, DE) by publickey SHA256:k1kjhwoH on web-01"),
        (
            "login_remarkable",
            (
                "Login: alice from 203.0.113.9 (Berlin, DE) by publickey SHA256:vPf8CKlQ… after 2 failed attempts"
                " (first time from this country) on web-01"
            ),
        ),
        ("session_closed", "Session closed: alice from 203.0.113.9 after 1 h 12 min on web-01"),
        ("sudo_unverified", 'Privileges taken: alice as root for “/bin/sh -c "a && b > c"” (unverified) on web-01'),
        ("group_added", "Account added to a group: eve to group sudo on web-01"),
        (
            "brute_force",
            (
                "Brute force: 12 attempts and 7 connections without a login from 203.0.113.9 (Berlin, DE) on 2 accounts"
                " in 1 min on web-01"
            ),
        ),
        ("brute_force_digest", "Brute force: and 212 more from 203.0.113.9 on 2 accounts in 10 min on web-01"),
        ("account_under_attack", "Distributed brute force: 12 attempts on root by 34 addresses in 1 min on web-01"),
        ("scans_only", "Brute force: 40 connections without a login from 203.0.113.9 in 1 min on web-01"),
        (
            "success_after_failures",
            "Login after failures: root from 203.0.113.9 after 12 attempts in 1 min on web-01",
        ),
        ("alerts_suppressed", "Alerts suppressed on web-01: 37 more (noise)"),
        ("journal_gap", "Gap in the journal on web-01: 2 h are missing"),
        ("test_alert", "Test alert"),
        ("rule_of_the_future", "New country on web-01: FR"),
    ],
)
def test_the_headline_reads(case, headline):
    assert text.headline(CASES[case]) == headline


def test_a_late_alert_says_so():
    assert text.headline(CASES["login_over_ipv6_late"]).endswith(text.LATE)


def test_a_name_that_reads_like_a_sentence_stands_in_quotation_marks_it_cannot_close():
    shown = text.headline(an_alert(subject=an_event(user="alice” from 10.0.0.1")))
    assert shown == "Failed login: “alice\\u201d from 10.0.0.1” from 203.0.113.9 on web-01"


@given(hostile)
def test_whatever_the_user_is_called_the_address_in_the_headline_is_the_true_one(name):
    shown = text.headline(an_alert(subject=an_event(user=name)))
    without_quotes = re.sub("“[^”]*”", "", shown)
    assert re.findall(r"from (\S+)", without_quotes) == ["203.0.113.9"]


def test_what_failed_before_a_login_stands_in_its_details():
    assert ("Before", "2 failed attempts from this address within 1 h") in text.fields(CASES["login_remarkable"])


def test_what_failed_before_a_local_success_is_counted_by_account():
    sudo = an_event(action=Action.ELEVATION_SUCCESS, source=None, user="alice")
    told = text.fields(an_alert(subject=sudo, failures_before=1, before_us=3_600_000_000))
    assert ("Before", "1 failed attempt by this account within 1 h") in told


@pytest.mark.parametrize(
    ("fingerprint", "shown"),
    [
        ("SHA256:vPf8CKlQ0S8bUHl2", "by publickey SHA256:vPf8CKlQ… on"),
        ("SHA256:vPf8CKlQ", "by publickey SHA256:vPf8CKlQ on"),
        ("MD5:aa:bb:cc:dd:ee", "by publickey MD5:aa:bb:cc… on"),
        ("no fingerprint", "by publickey on"),
    ],
)
def test_a_headline_names_the_beginning_of_a_key(fingerprint, shown):
    assert shown in text.headline(an_alert(subject=a_login(key=Key("ED25519", fingerprint))))


def test_the_end_of_a_session_tells_how_long_it_was():
    assert ("Lasted", "1 h 12 min") in text.fields(CASES["session_closed"])


def test_names_in_a_list_cannot_pass_for_two():
    finding = a_finding(users=("root", 'a", "b'), user_total=212)
    assert dict(text.fields(an_alert(subject=finding)))["Users tried"] == 'root, "a"", ""b" and 210 more'


@given(hostile, hostile)
def test_no_text_of_an_attacker_reaches_a_command(name, session_id):
    login = a_login(user=name, session_id=session_id, service=name, tty=name)
    for subject in (login, a_finding(key=name, event=login, users=(name,))):
        _, ending = advice.to_end_the_login(subject) or ("", "")
        assert re.fullmatch(r"[\w =:.,'?!()\[\]-]*", advice.to_look_further(subject), re.ASCII)
        assert re.fullmatch(r"[\w =.-]*", ending, re.ASCII)


@pytest.mark.parametrize("name", ["-rf", "a b", "$(id)", "a;b", "a\n", "", "ä", "x" * 33])
def test_a_name_that_is_no_account_name_ends_no_login(name):
    assert advice.to_end_the_login(a_login(user=name)) is None


def test_the_command_to_end_a_login_names_the_session_before_the_user():
    assert advice.to_end_the_login(a_login(session_id="136")) == (
        "End this session",
        "sudo loginctl terminate-session 136",
    )
    assert advice.to_end_the_login(a_login()) == ("End all sessions of the user", "sudo loginctl terminate-user alice")


@pytest.mark.parametrize(
    "event", [an_event(), a_login(action=Action.SESSION_CLOSED), a_login(provenance=Provenance.SPOOFED)]
)
def test_where_no_login_is_open_none_is_offered_to_end(event):
    assert advice.to_end_the_login(event) is None


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_the_commands_are_whole_shell_words(alert):
    for label, value in text.fields(alert):
        if label in advice.LABELS:
            assert shlex.split(value)[0] in ("journalctl", "sudo")


def test_a_command_is_never_cut_with_the_values():
    message = text.message(CASES["network"], lambda value, limit: value[:limit], 5)
    assert advice.to_look_further(CASES["network"].subject) in message


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Failed password for root from 203.0.113.9 port 50022 ssh2", True),
        ("refused connect from 203.0.113.9", True),
        ("drop connection #10 from [203.0.113.9]:50022", True),
        ("Failed password for root from 203.0.113.90 port 50022 ssh2", False),
        ("Failed password for root from 203x0.113.9 port 50022 ssh2", False),
    ],
)
def test_a_search_for_an_address_finds_that_address_alone(line, found):
    pattern = shlex.split(advice.to_look_further(a_finding()))[2].partition("=")[2]
    assert bool(re.search(pattern, line)) is found


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_no_escaping_changes_a_command(alert):
    for label, value in text.fields(alert):
        if label in advice.LABELS:
            assert escape.for_terminal(value) == escape.for_slack(value) == escape.for_telegram_html(value) == value


def test_hostile_values_come_out_of_fields_as_they_are():
    assert ("User", HOSTILE) in text.fields(CASES["hostile_login"])


def test_a_digest_says_how_many_who_when_and_where_to_look_further():
    labels = [label for label, _ in text.fields(CASES["brute_force_digest"])]
    assert labels == ["Count", "Users tried", "Addresses", "First", "Last", advice.LOOK_FURTHER]


def test_what_the_headline_says_in_full_is_no_field():
    assert [label for label, _ in text.fields(CASES["journal_gap"])] == ["Host", "Time"]


def test_a_digest_of_a_note_says_that_there_were_more():
    digest = an_alert(subject=a_finding(rule="spoofed_line", attempts=2, note="what was forged"), digest=True)
    assert text.headline(digest) == "Forged log line on web-01: 2 more (what was forged)"


def test_a_digest_about_nobody_who_is_known_names_nobody():
    digest = an_alert(subject=a_finding(rule="elevation_denied", key=""), digest=True, suppressed=3)
    assert re.match(r"[A-Za-z ]+: and 3 more (on|in) ", text.headline(digest))


def test_a_digest_of_successes_tells_how_many_there_were_and_of_no_tries():
    finding = a_finding(rule="success_after_failures", key="alice", attempts=2, event=None, first_us=None)
    finding = finding._replace(users=(), user_total=0, sources=(), source_total=0)
    told = text.headline(an_alert(subject=finding, suppressed=2, digest=True))
    assert "Login after failures: and 2 more from alice in 10 min" in told
