"""Measured against a public corpus: CrowdSec's log lines, and what its authors expect of them.

The corpus is held out: the parser is not tuned on it. What it misses stands here with a reason, numbers of lines found
are lower bounds, and every reason is asserted, so that it goes when it is no longer true. The report is
docs/explanation/coverage.md.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from pamsignal import parse
from pamsignal.cli.explain import explain
from pamsignal.model import AuthEvent, Observation
from pamsignal.parse.programs import BY_IDENTIFIER
from pamsignal.pipeline import Engine
from pamsignal.terms import Action, Outcome

from .corpus import (
    FAILURE,
    SUCCESS,
    SUITES,
    Fact,
    claims_of,
    facts_of,
    has_facts_of_lines,
    lines_of,
    records_of,
    sources_of,
    statement_of,
    wheres_of,
)

# Lines of the suite, facts that are stated of them, and how many of these are found at least, with the right address
# and account.
MEASURED = {
    "opnsense-sshd": (10, 6, 6),
    "pam-logs": (2, 2, 2),
    "ssh-bf": (6, 6, 6),
    "ssh-generic-test": (1, 1, 1),
    "ssh-slow-bf": (22, 11, 11),
    "ssh-time-based-bf": (15, 4, 4),
    "ssh-timeout": (8, 8, 8),
    "sshd-bad-keyexchange-bf": (19, 18, 18),
    "sshd-impossible-travel": (2, 2, 2),
    "sshd-invalid-bf": (6, 6, 6),
    "sshd-logs": (24, 23, 23),
    "sshd-logs-fp": (6, 0, 0),
    "sshd-refused-conn": (1, 1, 1),
    "sshd-success-logs": (4, 4, 4),
    "sshd_banner_exchange": (12, 6, 6),
    "vsftpd-bf": (6, 6, 6),
    # `FTP response: … "530 Permission denied."`, a name that vsftpd's user list refuses: only its dialogue tells, which
    # vsftpd logs with log_ftp_protocol (prelogin.c, handle_user_command). The dialogue is passed over.
    "vsftpd-logs": (5, 3, 2),
}
# Every success there is, counted by hand: six that its authors state, and two that the rules of these suites pass over.
SUCCESSES = {
    ("ssh-time-based-bf", "test", "10.0.0.102"): 1,
    ("sshd-impossible-travel", "vagrant", "1.2.3.4"): 1,
    ("sshd-impossible-travel", "vagrant", "9.8.8.8"): 1,
    ("sshd-success-logs", "vagrant", "192.168.121.1"): 3,
    ("sshd-success-logs", "test", "192.168.121.1"): 1,
    ("vsftpd-logs", "ubuntu", "93.24.101.89"): 1,
}
# What the engine reports with its default settings: addresses by rule.
REPORTED = {
    "opnsense-sshd": {"brute_force": {"1.2.3.4"}},
    "ssh-bf": {},
    "ssh-generic-test": {},
    "ssh-slow-bf": {},
    "ssh-time-based-bf": {"login_success": {"10.0.0.102"}},
    "ssh-timeout": {},
    "sshd-bad-keyexchange-bf": {},
    "sshd-impossible-travel": {"login_success": {"1.2.3.4", "9.8.8.8"}},
    "sshd-invalid-bf": {"brute_force": {"179.43.183.98"}},
    "sshd-refused-conn": {"login_denied": {"192.168.1.1"}},
    "sshd_banner_exchange": {},
    "vsftpd-bf": {"brute_force": {"93.24.101.89"}},
}
# Where its authors hear of a source and we do not: in how many connections each line has to come before we do.
_ONE_CONNECTION = "the lines repeat one process and port: one connection, so one attempt, however many lines"
_NO_ATTEMPT = "nobody tried to log in: weak evidence, 25 connections in ten minutes"
UNREPORTED = {
    "ssh-bf": (1, _ONE_CONNECTION),
    "ssh-slow-bf": (1, _ONE_CONNECTION),
    "ssh-timeout": (25, _NO_ATTEMPT),
    "sshd-bad-keyexchange-bf": (25, _NO_ATTEMPT),
    "sshd_banner_exchange": (25, _NO_ATTEMPT),
    "ssh-time-based-bf": (5, "four attempts in forty minutes: below 5 in ten minutes and 20 in a day"),
    "ssh-generic-test": (5, "one attempt, with a name that CrowdSec agreed with itself to test an installation"),
}
# Logs of software that is not read: nothing may be made of them.
FOREIGN = ("dovecot-logs", "proftpd-logs", "sshesame")


def told_by(suite):
    """What the parser says of the lines, in the corpus's words."""
    told = Counter()
    records = records_of(suite)
    for where, record in zip(wheres_of(suite, records), records):
        seen = parse.observe(record)
        if kind_of(seen) is not None:
            address = str(seen.source.ip) if seen.source is not None and seen.source.ip is not None else None
            told[Fact(where, kind_of(seen), address, seen.user)] += 1
    return told


def kind_of(seen):
    if not isinstance(seen, Observation) or seen.action in (Action.DETAIL, Action.SESSION_CLOSED):
        return None
    return {Outcome.SUCCESS: SUCCESS, Outcome.FAILURE: FAILURE}.get(seen.outcome)


def reported_by(records):
    """The addresses that the engine's alerts name, by rule, once everything that was waiting has happened."""
    engine = Engine()
    alerts = [alert for record in records for alert in engine.feed(record).alerts]
    while engine.next_due_us() is not None:
        alerts += engine.tick(engine.next_due_us()).alerts
    named = {}
    for alert in alerts:
        event = alert.subject if isinstance(alert.subject, AuthEvent) else alert.subject.event
        if event is not None and event.source is not None:
            named.setdefault(alert.rule, set()).add(str(event.source.ip))
    return named


def test_every_suite_is_measured():
    assert sorted([*MEASURED, *FOREIGN]) == SUITES
    assert sorted(REPORTED) == [suite for suite in SUITES if sources_of(suite)]


@pytest.mark.parametrize("suite", MEASURED)
def test_the_corpus_is_read_as_it_describes_itself(suite):
    claims = claims_of(suite)
    lines, stated, _ = MEASURED[suite]
    assert len(lines_of(suite)) == lines
    assert sum(facts_of(suite).values()) == stated
    assert claims["lines"] in ([], [lines])
    assert not has_facts_of_lines(suite) or claims["theirs"] == stated


@pytest.mark.parametrize(
    "text",
    ['results["s01-parse"]["x"][0].Evt.Meta["source_ip"] != "1.2.3.4"', 'results["s03"]["x"][0].Success == true', "x"],
)
def test_an_assertion_of_unknown_shape_is_not_passed_over(text):
    with pytest.raises(ValueError, match="nobody knows"):
        statement_of(text)


@pytest.mark.parametrize("suite", MEASURED)
def test_as_many_lines_as_ever_are_understood(suite):
    assert sum((facts_of(suite) & told_by(suite)).values()) >= MEASURED[suite][2]


@pytest.mark.parametrize("field", ["kind", "address", "account"])
@pytest.mark.parametrize("suite", MEASURED)
def test_nothing_that_is_told_is_wrong(suite, field):
    stated = {}
    for fact in facts_of(suite):
        stated.setdefault(fact.where, {None}).add(getattr(fact, field))
    assert [
        one for one in told_by(suite) if getattr(one, field) not in stated.get(one.where, {getattr(one, field)})
    ] == []


def test_no_success_is_told_that_is_none():
    told = Counter()
    for suite in MEASURED:
        for fact, times in told_by(suite).items():
            if fact.kind == SUCCESS:
                told[suite, fact.account, fact.address] += times
    assert told == SUCCESSES


@pytest.mark.parametrize("suite", [suite for suite in MEASURED if has_facts_of_lines(suite) or not facts_of(suite)])
def test_no_failure_is_told_that_is_none(suite):
    stated = {fact.where for fact in facts_of(suite)}
    assert [fact for fact in told_by(suite) if fact.kind == FAILURE and fact.where not in stated] == []


def test_the_end_of_a_session_alerts_nobody():
    assert reported_by(records_of("sshd-logs-fp")) == {}


@pytest.mark.parametrize("suite", REPORTED)
def test_the_same_sources_are_reported_but_for_a_reason(suite):
    reported = reported_by(records_of(suite))
    assert reported == REPORTED[suite]
    assert sources_of(suite) - set().union(*reported.values()) == (sources_of(suite) if suite in UNREPORTED else set())


@pytest.mark.parametrize("suite", UNREPORTED)
def test_the_reason_is_why_a_source_is_not_reported(suite):
    connections, reason = UNREPORTED[suite]
    records = records_of(suite)
    apart = [
        record._replace(pid=number * connections + more + 1)
        for number, record in enumerate(records)
        for more in range(connections)
    ]
    assert sources_of(suite) <= set().union(*reported_by(apart).values()), reason


@pytest.mark.parametrize("suite", MEASURED)
def test_explain_says_the_same_of_whole_lines(suite):
    """Whatever header stands in front: two of them are read since this corpus showed that they were not."""
    pairs = zip(lines_of(suite), records_of(suite))
    assert [line for line, record in pairs if explain(line).meaning != parse.observe(record)] == []


@pytest.mark.parametrize("suite", FOREIGN)
def test_nothing_is_made_of_the_logs_of_other_software(suite):
    for line in lines_of(suite):
        for text in (line, line.partition(": ")[2], line.partition("] ")[2]):
            seen = [parse.observe_line(text, identifier) for identifier in (None, *BY_IDENTIFIER)]
            assert [one for one in seen if isinstance(one, Observation)] == [], text


def test_the_report_has_these_numbers():
    report = Path(__file__).parents[2] / "docs" / "explanation" / "coverage.md"
    rows = re.findall(r"\| ([\w-]+) \| (\d+) \| (\d+) \| (\d+) \| 0 \|", report.read_text(encoding="utf-8"))
    told = {suite: (int(lines), int(stated), int(found)) for suite, lines, stated, found in rows}
    assert told.pop("together") == tuple(map(sum, zip(*MEASURED.values())))
    assert told == MEASURED
