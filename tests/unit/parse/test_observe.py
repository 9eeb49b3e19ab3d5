"""The front door: records, bare messages, wrapped messages, and lines of nobody."""

import pytest

from pamsignal.model import Observation, Unparsed
from pamsignal.parse import journald, logind, observe, observe_line
from pamsignal.parse.table import bounded
from pamsignal.terms import Action, Provenance
from tests.builders import a_record

FAILED = "Failed password for root from 198.51.100.7 port 40022 ssh2"


def test_a_record_of_an_unknown_program_is_not_ours():
    assert observe(a_record(FAILED, identifier="nginx")) is None


def test_a_record_without_an_identifier_is_not_ours():
    assert observe(a_record(FAILED, identifier=None)) is None


def test_a_line_in_no_known_shape_is_counted_for_its_program():
    for message in ("The moon is full.", "pam_unix(sshd:auth): the moon is full"):
        assert observe(a_record(message, "sshd-session")) == Unparsed("sshd", Provenance.VERIFIED)


def test_an_empty_message_of_a_known_program_is_not_understood():
    assert observe(a_record("", "sudo")) == Unparsed("sudo", Provenance.VERIFIED)


def test_a_pam_line_is_read_whoever_writes_it():
    seen = observe(a_record("pam_unix(imap:session): session opened for user dave by (uid=0)", "imapd", exe=None))
    assert (seen.program, seen.service, seen.action) == ("pam", "imap", Action.SESSION_OPENED)
    assert seen.provenance is Provenance.ROOT_ATTESTED


def test_a_program_vouches_for_no_service_that_it_does_not_own():
    seen = observe(a_record("pam_unix(imap:session): session opened for user dave by (uid=0)", "sshd"))
    assert (seen.program, seen.service, seen.provenance) == ("sshd", "imap", Provenance.ROOT_ATTESTED)


def test_fields_that_only_other_programs_set_change_no_line():
    assert observe(a_record(FAILED, structured={"MESSAGE_ID": logind.NEW_SESSION})) == observe(a_record(FAILED))


@pytest.mark.parametrize(
    ("leader", "pid"), [("139", 139), ("4194304", 4194304), ("", None), ("x", None), ("٣", None), ("1" * 11, None)]
)
def test_the_leader_of_a_session_is_a_number_or_unknown(leader, pid):
    structured = {"MESSAGE_ID": logind.NEW_SESSION, "SESSION_ID": "24", "USER_ID": "alice", "LEADER": leader}
    seen = observe(a_record("New session 24 of user alice.", "systemd-logind", structured=structured))
    assert (seen.action, seen.connection_pid) == (Action.SESSION_OPENED, pid)


@pytest.mark.parametrize(
    ("message", "structured", "expected"),
    [
        ("New session 24 of user alice.", {"MESSAGE_ID": logind.NEW_SESSION}, (Action.SESSION_OPENED, "alice")),
        ("Session 24 logged out. Waiting for processes to exit.", {"SESSION_ID": "24"}, (Action.DETAIL, None)),
    ],
)
def test_where_the_fields_of_logind_tell_no_start_or_end_its_text_counts(message, structured, expected):
    seen = observe(a_record(message, "systemd-logind", structured=structured))
    assert (seen.action, seen.user, seen.session_id) == (*expected, "24")


@pytest.mark.parametrize(
    "structured",
    [
        {"MESSAGE_ID": journald.SUPPRESSED},
        {"MESSAGE_ID": journald.SUPPRESSED, "N_DROPPED": "many"},
        {"MESSAGE_ID": "f" * 32, "N_DROPPED": "5"},
    ],
)
def test_what_journald_dropped_is_a_number_in_a_record_about_that(structured):
    assert observe(a_record("Anything.", "systemd-journald", structured=structured)) is None


@pytest.mark.parametrize(
    ("fields", "attempts", "service"),
    [
        ({"OBJECT_SYSTEMD_UNIT": "ssh.service", "OBJECT_COMM": "sshd"}, 5, "ssh.service"),
        ({"OBJECT_COMM": "sshd"}, 5, "sshd"),
        ({}, 5, "systemd-journald"),
        ({"N_DROPPED": "9" * 5000}, 999_999_999, "systemd-journald"),
    ],
)
def test_the_fields_of_what_journald_dropped_count_whatever_the_text_says(fields, attempts, service):
    structured = {"MESSAGE_ID": journald.SUPPRESSED, "N_DROPPED": "5", **fields}
    seen = observe(a_record("Suppressed 9 messages from x.service", "systemd-journald", structured=structured))
    assert (seen.action, seen.attempts, seen.service) == (Action.JOURNAL_SUPPRESSED, attempts, service)


def test_a_bare_message_with_an_identifier_is_read_as_that_programs():
    assert observe_line(FAILED, "sshd").pattern == "sshd.failed"
    assert observe_line(FAILED, "sudo") == Unparsed("sudo")
    assert observe_line(FAILED, "nginx") is None


def test_a_bare_message_of_nobody_is_not_ours():
    assert observe_line("The moon is full.") is None


@pytest.mark.parametrize("message", ["pam_unix(sshd:auth): the moon is full", "pam_unix(sshd:auth):", "pam_", "PAM "])
def test_a_bare_line_of_pam_in_no_known_shape_is_not_understood(message):
    assert observe_line(message) == Unparsed("pam")


def test_a_failure_to_take_anothers_rights_has_no_address_whatever_pam_was_told():
    peer = "ruser=alice rhost=203.0.113.9  user=root"
    line = f"pam_unix(su:auth): authentication failure; logname=alice uid=1000 euid=0 tty=pts/0 {peer}"
    seen = observe_line(line, "su")
    assert (seen.action, seen.user, seen.target_user, seen.source) == (Action.ELEVATION_FAILURE, "alice", "root", None)


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("ruser=eve rhost=10.0.0.1 rhost=198.51.100.7", "198.51.100.7"),
        ("ruser=eve rhost=10.0.0.1 rhost=198.51.100.7  user=eve", "198.51.100.7"),
        ("ruser=eve rhost=10.0.0.1 rhost=198.51.100.7  user=eve rhost=10.0.0.1", None),
        ("ruser= rhost=198.51.100.7  user=eve rhost=10.0.0.1", None),
    ],
)
def test_vsftpds_address_stands_behind_the_name_or_is_unknown(peer, expected):
    seen = observe_line(
        f"pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp {peer}", "vsftpd"
    )
    assert (seen.source and str(seen.source.ip)) == expected


def test_a_bare_message_has_no_provenance():
    assert observe_line(FAILED).provenance is None


@pytest.mark.parametrize(
    ("message", "service"),
    [
        (FAILED, "sshd"),
        ("PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.7 ", "sshd"),
        ("PAM 2 more authentication failures; logname= uid=0 euid=0 tty=tty1 ruser= rhost= ", "pam"),
        ("pam_unix(su-l:session): session closed for user root", "su-l"),
        ("(to root) carol on pts/0", "su"),
    ],
)
def test_the_service_of_a_bare_message_is_the_one_it_names_or_else_its_programs(message, service):
    assert observe_line(message).service == service


def test_a_repeated_drop_summary_counts_all():
    wrapped = "message repeated 3 times: [ PerSourcePenalties logging rate-limited: additional 4 connections dropped]"
    assert observe_line(wrapped, "sshd").attempts == 12


def test_a_wrapper_in_a_wrapper_is_no_line_of_anybodys():
    wrapped = (
        "message repeated 2 times: [ message repeated 2 times: [ pam_unix(su:session): session closed for user root]]"
    )
    assert observe_line(wrapped) is observe_line(wrapped, "su") is None


def test_a_wrapper_nested_thousands_deep_is_no_trouble():
    assert observe_line("message repeated 2 times: [ " * 3000 + "x" + "]" * 3000, "sshd") is None


def test_numbers_too_long_to_be_any_are_not_read():
    assert isinstance(
        observe_line("   carol : " + "9" * 5000 + " incorrect password attempts ; COMMAND=x", "sudo"), Unparsed
    )
    seen = observe_line(f"Connection closed by 198.51.100.7 port {'9' * 5000}", "sshd")
    assert isinstance(seen, Observation)
    assert seen.source.port is None


def test_a_name_holds_a_newline_where_pam_writes_one():
    line = (
        "pam_sss(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.7 user=a\nb"
    )
    assert observe_line(line, "sshd").user == "a\nb"


def test_digits_of_another_alphabet_are_no_port():
    assert observe_line(FAILED.replace("40022", "٤٠٠٢٢"), "sshd") == Unparsed("sshd")


LONG = "x" * 5000


@pytest.mark.parametrize(
    ("message", "identifier"),
    [
        (f"Invalid user {LONG} from 198.51.100.7 port 40022", "sshd"),
        (f"   carol : TTY={LONG} ; PWD=/{LONG} ; USER={LONG} ; GROUP={LONG} ; COMMAND=/{LONG}", "sudo"),
        (
            f"pam_unix(login:auth): authentication failure; logname= uid=0 euid=0 tty=tty1 ruser= rhost={LONG} user={LONG}",
            "x",
        ),
        (
            f"Accepted publickey for {LONG} from 198.51.100.7 port 4 ssh2: RSA-CERT SHA256:{LONG} ID {LONG} (serial 1) CA RSA SHA256:x",
            "sshd",
        ),
        (f"Accepted publickey for {LONG} from 198.51.100.7 port 4 ssh2: RSA SHA256:{'x' * 1000}", "sshd"),
        (f"Accepted publickey for {LONG} from {'x' * 253} port 4 ssh2", "sshd"),
        (f"New session {LONG} of user {LONG}.", "systemd-logind"),
        (f"add '{LONG}' to group '{LONG}'", "usermod"),
        (f"{LONG} ran command {LONG} as {LONG} from /{LONG}", "doas"),
    ],
)
def test_what_is_kept_has_no_text_longer_than_1024_characters(message, identifier):
    whole = observe(a_record(message, identifier))
    assert isinstance(whole, Observation)
    seen = bounded(whole)
    texts = [
        text for value in seen for text in (value if isinstance(value, tuple) else [value]) if isinstance(text, str)
    ]
    assert max(map(len, texts)) == 1024
    assert max(texts, key=len).endswith("…")


def test_a_text_of_1024_characters_is_whole():
    assert bounded(observe(a_record(f"add '{'x' * 1024}' to group 'y'", "usermod"))).user == "x" * 1024


@pytest.mark.parametrize("program", ["sudo", "su", "sshd"])
def test_what_the_kernel_audits_about_a_program_is_no_line_of_that_program(program):
    message = f'SYSCALL arch=c000003e syscall=59 success=yes ppid=1 pid=2 auid=1000 uid=0 comm="{program}" key=(null)'
    assert observe(a_record(message, "audit", transport="audit", exe=f"/usr/bin/{program}")) is None
