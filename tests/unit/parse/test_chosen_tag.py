"""`exec -a ANYTHING su`: whoever calls a setuid program chooses its syslog tag, and with it what the line begins with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.model import Observation, Unparsed
from pamsignal.parse import Trust, observe, trust
from pamsignal.parse.programs import ANY_PROGRAM, BY_EXECUTABLE
from pamsignal.parse.tag import texts_behind_tags
from pamsignal.terms import Action, Provenance
from tests.builders import a_record

from .journal_lines import LINES

SU, SUDO = "/usr/bin/su", "/usr/bin/sudo"
CAROL = 1000
TO_ROOT = "(to root) carol on pts/0"
FAILED = "FAILED SU (to root) carol on pts/0"
OPENED = "pam_unix(su:session): session opened for user root(uid=0) by carol(uid=1000)"
PAM_FAILED = "pam_unix(su:auth): authentication failure; logname=carol uid=1000 euid=0 tty=/dev/pts/0 ruser=carol rhost=  user=root"
RAN = "   carol : TTY=pts/0 ; PWD=/home/carol ; USER=root ; COMMAND=/usr/bin/id"
TRUE_TEXTS = {
    TO_ROOT: Action.ELEVATION_SUCCESS,
    FAILED: Action.ELEVATION_FAILURE,
    OPENED: Action.SESSION_OPENED,
    PAM_FAILED: Action.ELEVATION_FAILURE,
}
OTHERS_SU = (
    "pam_unix(su:auth): authentication failure; logname=bob uid=1001 euid=0 tty=pts/9 ruser=bob rhost=  user=root"
)
OTHERS_SUDO = "pam_unix(sudo:session): session opened for user root(uid=0) by bob(uid=1001)"
# What a caller can make of his own argv[0]: lines of others, and lines that mean nothing.
IMITATIONS = (
    *(OTHERS_SU, OTHERS_SUDO, "(to root) bob on pts/9", "FAILED SU (to root) bob on pts/9", "Successful su for root by bob"),
    *("pam_env(su:session): x", "pam_authenticate: x", "bob : USER=root ; COMMAND=sh", "bob ran command ls as root from"),
    *("pam_unix(su:session): session closed for user bob", "pam_unix(su:auth): conversation failed"),
    *("PAM 9 more authentication failures; logname= uid=1001 euid=0 tty=x ruser=bob rhost=", "+ pts/9 bob:root"),
    *("Accepted password for root from 198.51.100.7 port 22 ssh2", "pam_unix(sshd:session): session closed for user bob"),
    "pam_unix(su:auth): authentication failure; logname= uid=1000 euid=0 tty=x ruser=bob rhost=:",
)  # fmt: skip


# Each line of a setuid program that says what somebody did: details and noise may get lost behind a tag.
SETUID_LINES = [
    line
    for line in LINES
    if BY_EXECUTABLE.get(line.record.exe, ANY_PROGRAM).is_setuid
    and line.expect
    and line.expect.get("action", "detail") != "detail"
]


def a_line(message, identifier=None, exe=SU, uid=CAROL, **changes):
    return a_record(message, identifier, exe=exe, uid=uid, comm="su", **changes)


@pytest.mark.parametrize(("text", "action"), TRUE_TEXTS.items())
@pytest.mark.parametrize("tag", ["x y: ", "x y[123]: ", "x: y: z: ", ": ", "y" * 5000 + " z: ", "\n é \x1b: "])
@pytest.mark.parametrize("identifier", [None, "foo", "su", "sshd", "pamsignal"])
def test_a_line_of_su_is_read_under_any_tag(text, action, tag, identifier):
    record = a_line(tag + text, identifier)
    seen = observe(record)
    assert (seen.program, seen.service, seen.action, seen.user) == ("su", "su", action, "carol")
    assert (seen.provenance, trust(seen, record)) == (Provenance.VERIFIED, Trust.ACCEPT)


@pytest.mark.parametrize("line", SETUID_LINES, ids=lambda line: line.place)
def test_no_line_of_a_setuid_program_is_silenced_by_a_tag(line):
    """A new pattern that fails here wants its beginning in parse/tag.py."""
    seen = observe(line.record._replace(message=f"x y: {line.record.message}", identifier=None))
    assert isinstance(seen, Observation)
    assert seen.action.value == line.expect["action"]


@pytest.mark.parametrize("identifier", [None, "foo", "sshd", "sudo", "pamsignal", "systemd-journald"])
@pytest.mark.parametrize("uid", [CAROL, 0])
@pytest.mark.parametrize(("text", "action"), TRUE_TEXTS.items())
def test_a_line_of_su_is_read_under_the_name_of_another(text, action, identifier, uid):
    seen = observe(a_line(text, identifier, uid=uid))
    assert (seen.program, seen.action, seen.provenance) == ("su", action, Provenance.VERIFIED)


@pytest.mark.parametrize("identifier", [None, "foo", "su", "sshd", "sudo", "doas"])
@pytest.mark.parametrize("imitation", IMITATIONS)
@pytest.mark.parametrize(("text", "action"), TRUE_TEXTS.items())
@pytest.mark.parametrize("behind", ["", "[77]", ": a", ": pam_env(su:session): b"])
def test_no_tag_that_imitates_a_line_changes_what_happened_or_who_did_it(identifier, imitation, text, action, behind):
    record = a_line(f"{imitation}{behind}: {text}", identifier)
    seen = observe(record)
    assert seen.action is action
    assert seen.user in (None, "carol")
    assert seen.target_user in (None, "root")
    verdict = trust(seen, record)
    assert verdict is (Trust.CLAIM if seen.user is None else Trust.ACCEPT)


@pytest.mark.parametrize("text", [OPENED, PAM_FAILED])
def test_a_pam_line_behind_a_tag_is_read_when_journald_saw_no_program(text):
    record = a_line(f"x y: {text}", exe=None)
    seen = observe(record)
    assert (seen.service, seen.provenance, trust(seen, record)) == ("su", Provenance.UNVERIFIED, Trust.CLAIM)


@pytest.mark.parametrize("identifier", [None, "sshd"])
def test_a_pam_line_of_sshd_behind_a_tag_is_a_forgery(identifier):
    record = a_line("x y: pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)", identifier, exe=None)
    assert trust(observe(record), record) is Trust.SPOOF


def test_a_program_that_nobody_knows_may_quote_a_pam_line():
    quoted = "upstream said: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=x "
    assert observe(a_line(quoted, "nginx", exe="/usr/sbin/nginx", uid=33)) is None
    assert observe(a_line(quoted, "nginx", exe=None, uid=33)) is None
    assert observe(a_line(f"upstream said: {OPENED}", "nginx", exe="/usr/sbin/nginx", uid=0)) is None


def test_a_line_of_roots_without_a_name_is_read_behind_its_tag():
    seen = observe(a_line(f"x y: {OPENED}", exe=None, uid=0))
    assert (seen.service, seen.action, seen.provenance) == ("su", Action.SESSION_OPENED, Provenance.ROOT_ATTESTED)


def test_of_two_lines_behind_tags_neither_names_anybody():
    record = a_line("x: (to root) bob on pts/9: (to root) carol on pts/0")
    seen = observe(record)
    assert (seen.action, seen.user, seen.target_user, trust(seen, record)) == (
        *(Action.ELEVATION_SUCCESS, None, None),
        Trust.CLAIM,
    )


def test_what_su_says_that_means_nothing_is_no_unknown_line_of_whom_it_is_called_after():
    seen = observe(a_line("pam_authenticate: Authentication failure", "sshd"))
    assert (seen.program, seen.action) == ("su", Action.DETAIL)


def test_a_line_of_sudo_behind_a_tag_is_read():
    seen = observe(a_line(f"x y: {RAN}", exe=SUDO))
    assert (seen.pattern, seen.user, seen.command, seen.provenance) == (
        *("sudo.command", "carol", "/usr/bin/id"),
        Provenance.VERIFIED,
    )


@pytest.mark.parametrize("exe", [SUDO, None])
def test_a_command_of_sudo_that_imitates_a_line_hides_nothing(exe):
    for text in (*IMITATIONS, OPENED, TO_ROOT):
        record = a_line(f"{RAN} x: {text}", "sudo", exe=exe)
        seen = observe(record)
        assert (seen.pattern, seen.user in (None, "carol")) == ("sudo.command", True)
        assert trust(seen, record) in (Trust.ACCEPT, Trust.CLAIM)


def test_a_name_that_imitates_su_takes_no_failure_away_from_another_service():
    peer = "ruser= rhost=198.51.100.7  user=x: (to root) bob on pts/0"
    line = f"pam_unix(imap:auth): authentication failure; logname= uid=0 euid=0 tty=x {peer}"
    seen = observe(a_line(line, "imapd", exe=None, uid=33))
    assert (seen.action, str(seen.source.ip)) == (Action.LOGIN_FAILURE, "198.51.100.7")


def test_a_tag_that_imitates_a_command_of_sudo_names_nobody_else():
    record = a_line(
        f"bob : USER=root ; COMMAND=sh: {OTHERS_SUDO.replace('bob(uid=1001)', 'carol(uid=1000)')}", "sudo", exe=SUDO
    )
    seen = observe(record)
    assert (seen.user, seen.target_user, trust(seen, record)) == (None, None, Trust.CLAIM)


@pytest.mark.parametrize(
    "torn",
    [f"{OTHERS_SU}: x", f"{OTHERS_SU}: pam_env(su:session): x", OTHERS_SU.replace("ruser=bob", "ruser=bob: x")],
)
@pytest.mark.parametrize("tag", ["", "x y: "])
def test_a_name_that_holds_a_tag_is_nobodys_and_so_is_the_uid_beside_it(torn, tag):
    record = a_line(tag + torn, "su")
    seen = observe(record)
    assert (seen.action, seen.user, seen.target_user, seen.user_id) == (Action.ELEVATION_FAILURE, None, None, None)
    assert trust(seen, record) is Trust.CLAIM


@pytest.mark.parametrize("identifier", [None, "foo", "sshd", "x"])
@pytest.mark.parametrize("exe", ["/usr/sbin/sshd", "/usr/bin/login", "/usr/lib/systemd/systemd-logind"])
@pytest.mark.parametrize("tag", ["", "x y: "])
def test_a_program_that_is_not_setuid_says_nothing_for_its_user(identifier, exe, tag):
    for text in ("Accepted password for root from 198.51.100.7 port 22 ssh2", "ROOT LOGIN ON tty1", OPENED, TO_ROOT):
        record = a_line(tag + text, identifier, exe=exe)
        seen = observe(record)
        assert not isinstance(seen, Observation) or trust(seen, record) is Trust.SPOOF


def test_a_second_sshd_under_a_name_of_its_own_is_heard():
    record = a_record("Accepted password for root from 198.51.100.7 port 22 ssh2", "sshd-alt", exe="/usr/sbin/sshd")
    assert trust(observe(record), record) is Trust.ACCEPT


def test_a_forged_line_of_sshd_by_a_setuid_program_is_still_reported():
    record = a_line("Accepted password for root from 198.51.100.7 port 22 ssh2", "sshd", cap_effective="0")
    assert trust(observe(record), record) is Trust.SPOOF


def test_what_su_says_and_nobody_knows_is_counted_for_su():
    assert observe(a_line("x y: the moon is full", "su")) == Unparsed("su", Provenance.VERIFIED)


@given(tag=st.text(), behind=st.sampled_from(["", "[1]"]), text=st.sampled_from(sorted(TRUE_TEXTS)))
def test_whatever_the_tag_is_the_action_is_the_true_one(tag, behind, text):
    assert observe(a_line(f"{tag}{behind}: {text}")).action is TRUE_TEXTS[text]


@pytest.mark.parametrize(
    ("count", "tried"),
    [(0, ""), (1, "a"), (3, "cba"), (8, "hgfedcba"), (9, "ihgfabcd"), (12, "lkjiabcd"), (9000, None)],
)
def test_the_last_beginnings_are_tried_first_then_the_first_and_eight_in_all(count, tried):
    texts = texts_behind_tags("".join(f": (to {chr(ord('a') + number % 26)}" for number in range(count)))
    assert len(texts) == min(count, 8)
    assert tried is None or "".join(text[len("(to ")] for text in texts) == tried


def test_a_line_without_a_tag_has_no_other_text():
    assert texts_behind_tags(RAN) == texts_behind_tags("no tag") == []


@pytest.mark.parametrize("identifier", [None, "foo", "su", "sshd", "sudo", "pamsignal"])
@pytest.mark.parametrize(
    "tag",
    ["", "x y: ", "x : problem with defaults: ", "(to root) bob on pts/9: ", f"{OTHERS_SU}: ", f"x: {OTHERS_SU}: "],
)
@pytest.mark.parametrize("exe", [None, "/usr/bin/python3.13"])
@pytest.mark.parametrize("text", [TO_ROOT, FAILED, PAM_FAILED])
def test_su_is_heard_under_any_tag_when_journald_saw_nothing_or_what_it_was_before(identifier, tag, exe, text):
    record = a_line(tag + text, identifier, exe=exe)
    seen = observe(record)
    assert (seen.service, seen.action) == ("su", TRUE_TEXTS[text])
    assert trust(seen, record) is (Trust.CLAIM if exe is None else Trust.DOUBT)
