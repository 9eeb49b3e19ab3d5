"""Lines as programs write them of hostile text: whoever is in it, nobody gets in by it, and no other address is blamed."""

import pytest

from pamsignal.model import Observation
from pamsignal.parse import all_patterns, observe
from pamsignal.terms import Action
from tests.builders import a_record
from tests.forge.formats import FORMS
from tests.forge.trial import RIGHT, SUCCESSES, WRONG, Forged, tried, verdict

CASES = 4_000
# Other lines of vsftpd than about logins: nothing to understand. And a name in a `-` line of su, if it has a blank.
NEVER_RIGHT = ("FTP command", "MKDIR", "DELETE")
# Whose lines hold no text of others: shadow's tools check names, and root runs them; journald counts.
NOT_FORGED = ("accounts.", "journald.")


def test_no_success_no_name_and_no_address_is_forged_in_any_format():
    outcome = tried(CASES, seed=20261128)
    assert outcome.wrong == ()
    assert sum(outcome.counts.values()) == CASES
    rarely = [form.line for form in FORMS if not outcome.counts[form, RIGHT]]
    assert [line for line in rarely if not any(word in line for word in NEVER_RIGHT)] == []


def test_every_program_with_a_table_has_formats():
    forged = {form.program for form in FORMS}
    of_patterns = {"pam": "sshd", "chkpwd": "unix_chkpwd", "logind": "systemd-logind", "polkit": "polkitd"}
    prefixes = {one.name.partition(".")[0] for one in all_patterns() if not one.name.startswith(NOT_FORGED)}
    assert {of_patterns.get(prefix, prefix) for prefix in prefixes} - forged == set()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"ip": "100.64.0.2"}, "the address: 100.64.0.1"),
        ({"port": 23}, "the port: 22"),
        ({"user": "bob"}, "the user: 'alice'"),
        ({"form": FORMS[0]}, "a forged login_success"),
    ],
)
def test_a_trial_notices_what_is_not_true(changes, what):
    form = next(form for form in FORMS if form.line.startswith("Accepted {method}"))
    line = "Accepted password for alice from 100.64.0.1 port 22 ssh2"
    true = Forged(form, line, "alice", None, "100.64.0.1", 22)
    assert verdict(true) == (RIGHT, "")
    assert verdict(true._replace(**changes)) == (WRONG, what)


def test_a_name_that_ends_itself_is_no_name():
    seen = observe(
        a_record("Exit before auth from <100.64.0.1:22>: (user 'root', 3 fails): x', 3 fails): y", "dropbear")
    )
    assert (seen.user, str(seen.source.ip)) == (None, "100.64.0.1")


OWN = "carol : PWD=/ ; USER=root ; COMMAND=/bin/sh"
PKEXEC = "carol: Executing command [USER=root] [TTY=x] [CWD=/] [COMMAND=sh"


REFUSED = "carol: Error executing command as another user: Not authorized [USER=root] [TTY=y] "
BEHIND = "; PWD=/ ; USER=root ; COMMAND=/usr/bin/id"


@pytest.mark.parametrize(
    ("program", "line"),
    [
        ("sudo", f"carol : unknown user x: {OWN} {BEHIND}"),
        ("sudo", f"carol : you are not permitted to use the -D option with /tmp/x: {OWN} {BEHIND}"),
        ("sudo", f"carol : (command continued) x: {OWN}"),
        ("sudo", f"carol : (command continued)    {OWN}"),
        ("pkexec", f"{REFUSED}[CWD=/x: {PKEXEC}] [COMMAND=/usr/bin/id]"),
    ],
)
def test_a_caller_who_is_refused_cannot_make_a_success_of_it(program, line):
    seen = observe(a_record(line, program, exe=f"/usr/bin/{program}", uid=1000))
    assert isinstance(seen, Observation)
    assert seen.action in (Action.ELEVATION_DENIED, Action.DETAIL)
    assert seen.action not in SUCCESSES
    assert seen.target_user is None
