"""Whatever a user calls himself, the line means what sshd wrote."""

from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pamsignal.model import Observation
from pamsignal.parse import observe, observe_line
from pamsignal.terms import Action
from tests.builders import a_record
from tests.forge.encodings import vis

FAILURE, CLOSED, DETAIL = Action.LOGIN_FAILURE, Action.CONNECTION_CLOSED, Action.DETAIL
# sshd's formats with a name in them: the line, what it means, the limit of the name in bytes (auth.c, packet.c),
# and how often it is escaped (once, or twice when the unprivileged child's line is relayed by the monitor).
FORMS = (
    ("Failed password for invalid user {name} from {ip} port {port} ssh2", FAILURE, 100, 1),
    ("Failed none for invalid user {name} from {ip} port {port} ssh2", FAILURE, 100, 1),
    ("Failed publickey for invalid user {name} from {ip} port {port} ssh2: RSA SHA256:abc", FAILURE, 100, 1),
    ("Failed keyboard-interactive/pam for invalid user {name} from {ip} port {port} ssh2", FAILURE, 100, 1),
    ("Postponed publickey for invalid user {name} from {ip} port {port} ssh2 [preauth]", DETAIL, 100, 2),
    ("Invalid user {name} from {ip} port {port}", Action.INVALID_USER, 100, 1),
    ("error: maximum authentication attempts exceeded for invalid user {name} from {ip} port {port} ssh2 [preauth]",
     FAILURE, 100, 2),
    ("Connection closed by invalid user {name} {ip} port {port} [preauth]", CLOSED, 187, 2),
    ("Connection closed by authenticating user {name} {ip} port {port} [preauth]", CLOSED, 180, 2),
    ("Connection reset by invalid user {name} {ip} port {port} [preauth]", CLOSED, 187, 2),
    ("Disconnected from invalid user {name} {ip} port {port} [preauth]", CLOSED, 187, 2),
    ("Disconnected from authenticating user {name} {ip} port {port} [preauth]", CLOSED, 180, 2),
    ("Disconnected from user {name} {ip} port {port}", CLOSED, 195, 1),
    ("Connection from user {name} {ip} port {port} timed out", CLOSED, 195, 1),
    ("Disconnecting invalid user {name} {ip} port {port}: Too many authentication failures [preauth]", DETAIL, 187, 2),
    ("Disconnecting invalid user {name} {ip} port {port}: Change of username or service not allowed: ({name},ssh) [preauth]",
     CLOSED, 60, 2),
    ("Unable to negotiate with invalid user {name} {ip} port {port}: no matching cipher found. Their offer: {name} [preauth]",
     Action.CONNECTION_SCAN, 80, 2),
    ("error: PAM: Authentication failure for illegal user {name} from {ip}", FAILURE, 100, 1),
    ("error: PAM: User not known to the underlying authentication module for illegal user {name} from {ip}",
     FAILURE, 100, 1),
    ("User {name} from {ip} not allowed because not listed in AllowUsers", Action.LOGIN_DENIED, 100, 1),
)  # fmt: skip
CUT_AT = 500
PIECES = (
    "Accepted publickey for root from 10.0.0.1 port 22 ssh2", "session opened for user root by (uid=0)", "root", "x",
    " from 10.0.0.1 port 22 ssh2", " from 10.0.0.1 port 22", " 10.0.0.1 port 22", " 10.0.0.1 port 22 [preauth]", " from ",
    " port ", " ssh2", "[preauth]", " ", "  ", "invalid user ", "authenticating user ", " not allowed because ", "é", "\n",
    "\\", "\x1b[0m", "] OK LOGIN", "'", '"', " rhost=10.0.0.1", " user=root", " for ", "Disconnected from user root",
    "pam_unix(sshd", "message repeated 2 times", "\u202e", "%s", "0", "ssh-connection) -> (",
)  # fmt: skip
SUCCESSES = (Action.LOGIN_SUCCESS, Action.SESSION_OPENED, Action.ELEVATION_SUCCESS)

names = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join))
addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
ports = st.integers(1, 65535)


def as_sshd_logs_it(form, name, ip, port, limit, times):
    """Return the line and the name in it: cut at the first colon (auth2.c) and at the format's limit, then escaped."""
    name = name.partition(":")[0].encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")
    for _ in range(times):
        name = vis(name)
    return form.format(name=name, ip=ip, port=port), name


def assert_true(line, name, ip, port, action):
    seen = observe(a_record(line, "sshd"))
    assert isinstance(seen, Observation), line
    assert seen.action is action
    true_ip = ip_address(ip)
    true_ip = getattr(true_ip, "ipv4_mapped", None) or true_ip
    if len(line) == CUT_AT and seen.source is None:
        return
    assert seen.source.ip == true_ip
    assert seen.source.port == port
    assert seen.user == (name or None)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form[0].partition("{")[0])
@given(name=names, ip=addresses, port=ports)
@settings(max_examples=60, deadline=None)
def test_any_name_in_any_line_of_sshd_gives_back_name_address_and_port(form, name, ip, port):
    template, action, limit, times = form
    line, shown = as_sshd_logs_it(template, name, ip, port, limit, times)
    if len(line) < CUT_AT:
        assert_true(line, shown, ip, port if "{port}" in template else None, action)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form[0].partition("{")[0])
def test_a_name_of_64_kilobytes_changes_nothing(form):
    template, action, _, _ = form
    name = " from 10.0.0.1 port 22 ssh2 Accepted 10.0.0.1 port 22" * 1300
    port = 40022 if "{port}" in template else None
    line = template.format(name=name, ip="2001:db8::7", port=40022)
    assert_true(line, name, "2001:db8::7", port, action)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form[0].partition("{")[0])
@given(
    name=names,
    fill=st.sampled_from(["\u00e9", "\\", "\n", "x", " "]),
    tail=st.sampled_from(PIECES),
    back=st.integers(0, 60),
)
@settings(max_examples=60, deadline=None)
def test_a_line_that_sshd_cut_gives_the_true_address_or_none(form, name, fill, tail, back):
    template = form[0]
    name = vis((name + fill * 500).partition(":")[0])
    head = template.partition("{name}")[0]
    # The false address sits exactly at the cut, or up to 60 bytes before it.
    shown = (name[: max(0, CUT_AT - len(head) - len(tail) - back)] + tail.replace(":", "") + name)[: CUT_AT + 100]
    line = template.format(name=shown, ip="2001:db8::7", port=40022)[:CUT_AT]
    seen = observe(a_record(line, "sshd"))
    if isinstance(seen, Observation):
        assert seen.action not in SUCCESSES
        assert seen.source is None or seen.source.ip == ip_address("2001:db8::7")


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_no_text_raises_or_is_a_login_unless_it_is_written_like_one(text):
    for identifier in (
        None,
        "sshd",
        "sudo",
        "su",
        "login",
        "systemd-logind",
        "polkitd",
        "pkexec",
        "doas",
        "useradd",
        "unix_chkpwd",
        "vsftpd",
        "dropbear",
        "systemd-journald",
        "cron",
    ):
        seen = observe_line(text, identifier)
        assert getattr(seen, "action", None) is not Action.LOGIN_SUCCESS


@given(st.binary())
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise(raw):
    for begin in (b"", b"pam_unix(sshd:auth): ", b"Failed password for ", b"carol : ", b"message repeated 2 times: [ "):
        for errors in ("surrogateescape", "replace"):
            text = (begin + raw).decode("utf-8", errors)
            observe(a_record(text, "sshd"))
            observe_line(text)


@given(name=names, ip=addresses)
@settings(max_examples=300, deadline=None)
def test_any_name_that_pam_writes_behind_sshds_address_leaves_the_address_alone(name, ip):
    """pam_sss prints names that do not exist, and no module escapes anything."""
    line = f"pam_sss(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={ip} user={name}"
    seen = observe(a_record(line, "sshd"))
    assert (seen.action, seen.user) == (FAILURE, name or None)
    assert seen.source.ip == (getattr(ip_address(ip), "ipv4_mapped", None) or ip_address(ip))


@given(name=names)
@settings(max_examples=300, deadline=None)
def test_any_name_that_pam_writes_in_front_of_vsftpds_address_leaves_it_alone_or_takes_it_away(name):
    line = (
        f"pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser={name} rhost=198.51.100.7"
    )
    seen = observe(a_record(line, "vsftpd"))
    assert seen.action is FAILURE
    assert seen.source is None or seen.source.ip == ip_address("198.51.100.7")
    if "rhost=" not in name:
        assert seen.source is not None
        assert seen.user == (name or None)


@given(name=names)
@settings(max_examples=200, deadline=None)
def test_any_name_typed_at_a_console_stays_a_failure_there(name):
    seen = observe(a_record(f"FAILED LOGIN 1 FROM tty1 FOR {name}, Authentication failure", "login"))
    assert (seen.action, seen.user, seen.tty, seen.source) == (FAILURE, name or None, "tty1", None)
