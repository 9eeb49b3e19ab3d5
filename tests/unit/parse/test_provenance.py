"""Who wrote a line, and what may become of it."""

import pytest

from pamsignal.parse import Trust, observe, trust
from pamsignal.parse.programs import BY_IDENTIFIER
from pamsignal.parse.provenance import EXECUTABLES, SETUID, grade
from pamsignal.terms import Action, Provenance
from tests.builders import a_record

VERIFIED, ROOT, UNVERIFIED, SPOOFED = (
    Provenance.VERIFIED,
    Provenance.ROOT_ATTESTED,
    Provenance.UNVERIFIED,
    Provenance.SPOOFED,
)
PEER = "198.51.100.7 port 40022"
ACCEPTED = f"Accepted password for root from {PEER} ssh2"
RAN_SUDO = "   carol : PWD=/home/carol ; USER=root ; COMMAND=/usr/bin/id"
SUDO_SESSION = "pam_unix(sudo:session): session opened for user root(uid=0) by carol(uid=1000)"
SSHD_SESSION = "pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)"
FAILED_SU = (
    "pam_unix(su:auth): authentication failure; logname= uid=1000 euid=0 tty=pts/0 ruser=carol rhost=  user=root"
)
FAILED_POLKIT = (
    "Operator of a FAILED to authenticate to gain authorization for action b for c [d] (owned by unix-user:carol)"
)
CHANGED = "pam_unix(passwd:chauthtok): password changed for carol"
LEFT = f"Disconnected from user carol {PEER}"


@pytest.mark.parametrize(
    ("exe", "uid", "program", "expected"),
    [
        ("/usr/sbin/sshd", 0, "sshd", VERIFIED),
        ("/usr/lib/openssh/sshd-session", 0, "sshd", VERIFIED),
        ("/usr/libexec/openssh/sshd-session", 0, "sshd", VERIFIED),
        ("/usr/lib/ssh/sshd-session", 0, "sshd", VERIFIED),
        ("/usr/libexec/ssh/sshd-auth", 0, "sshd", VERIFIED),
        ("/bin/su", 1000, "su", VERIFIED),
        ("/usr/bin/su", 1000, "su", VERIFIED),
        ("/bin/login", 0, "login", VERIFIED),
        ("/usr/lib/cargo/bin/sudo", 1000, "sudo", VERIFIED),
        ("/lib/systemd/systemd-logind", 0, "systemd-logind", VERIFIED),
        ("/usr/lib/systemd/systemd-executor", 0, "systemd", VERIFIED),
        ("/usr/bin/logger", 1000, "sshd", SPOOFED),
        ("/usr/bin/logger", 0, "sshd", SPOOFED),
        ("/opt/bin/sshd", 0, "sshd", SPOOFED),
        ("/home/carol/usr/sbin/sshd", 1000, "sshd", SPOOFED),
        ("/usr/sbin/sshd/../../../tmp/sshd", 0, "sshd", SPOOFED),
        ("/usr/bin/su", 1000, "sudo", SPOOFED),
        (None, 0, "sshd", ROOT),
        (None, 1000, "sshd", UNVERIFIED),
        (None, 33, "sshd", UNVERIFIED),
        (None, None, "sshd", None),
        ("", 1000, "sshd", UNVERIFIED),
        ("/usr/sbin/imapd", 0, "imap", ROOT),
        ("/usr/sbin/imapd", 1000, "imap", SPOOFED),
        (None, 1000, "imap", UNVERIFIED),
    ],
)
def test_a_record_is_graded_by_its_executable_and_uid(exe, uid, program, expected):
    assert grade(a_record("x", exe=exe, uid=uid), program) is expected


@pytest.mark.parametrize(("cap_effective", "expected"), [("0", UNVERIFIED), ("1ffffffffff", VERIFIED)])
@pytest.mark.parametrize(
    ("message", "identifier", "exe"),
    [
        (RAN_SUDO, "sudo", "/usr/bin/sudo"),
        (FAILED_POLKIT, "polkit-agent-helper-1", "/usr/lib/polkit-1/polkit-agent-helper-1"),
    ],
)
def test_a_setuid_file_vouches_for_its_line_only_with_the_privilege_of_one(
    message, identifier, exe, cap_effective, expected
):
    seen = observe(a_record(message, identifier, exe=exe, uid=1000, cap_effective=cap_effective))
    assert seen.provenance is expected


def test_no_listed_executable_lies_where_others_can_write():
    writable = ("/opt/", "/usr/local/", "/home/", "/tmp/", "/var/", "/srv/", "/run/", "/dev/")
    assert [path for paths in EXECUTABLES.values() for path in paths if path.startswith(writable)] == []


def test_every_program_with_lines_of_its_own_has_its_executables_listed():
    assert {program.name for program in BY_IDENTIFIER.values()} <= set(EXECUTABLES)


def test_the_programs_that_anybody_may_call_are_known_as_such():
    assert {program.name for program in BY_IDENTIFIER.values() if program.is_setuid} == SETUID


def judged(message, identifier, **fields):
    record = a_record(message, identifier, **fields)
    return trust(observe(record), record)


@pytest.mark.parametrize(
    ("message", "identifier", "fields", "expected"),
    [
        # sshd before login, its PAM lines, login, logind, account tools: root's alone
        (ACCEPTED, "sshd", {}, Trust.ACCEPT),
        (ACCEPTED, "sshd", {"exe": None}, Trust.ACCEPT),
        (ACCEPTED, "sshd", {"exe": None, "uid": 1000}, Trust.SPOOF),
        (ACCEPTED, "sshd", {"exe": "/usr/bin/logger", "uid": 1000}, Trust.SPOOF),
        (ACCEPTED, "sshd", {"uid": 1000}, Trust.SPOOF),  # LD_PRELOAD=./say-anything.so /usr/sbin/sshd
        (ACCEPTED, "sshd", {"uid": 33}, Trust.SPOOF),
        (ACCEPTED, "sshd", {"exe": None, "uid": None}, Trust.ACCEPT),
        (f"Failed password for root from {PEER} ssh2", "sshd", {"exe": None, "uid": 1000}, Trust.SPOOF),
        (f"Connection closed by {PEER} [preauth]", "sshd", {"exe": None, "uid": 1000}, Trust.SPOOF),
        (f"Connection from {PEER} on 192.0.2.1 port 22", "sshd", {"exe": None, "uid": 1000}, Trust.SPOOF),
        (f"Invalid user x from {PEER}", "sshd", {"exe": None, "uid": 1000}, Trust.SPOOF),
        (
            "PerSourcePenalties logging rate-limited: additional 9 connections dropped",
            "sshd",
            {"exe": None, "uid": 1000},
            Trust.SPOOF,
        ),
        ("Server listening on :: port 22.", "sshd", {"exe": None, "uid": 1000}, Trust.IGNORE),
        (SSHD_SESSION, "sshd", {}, Trust.ACCEPT),
        (SSHD_SESSION, "sshd", {"exe": None, "uid": 1000}, Trust.SPOOF),
        (SSHD_SESSION, "app", {"exe": "/usr/sbin/app", "uid": 0}, Trust.SPOOF),
        (SSHD_SESSION, "app", {"exe": None, "uid": 0}, Trust.SPOOF),  # a root script: logger "$LINE"
        (SSHD_SESSION.replace("sshd", "imap"), "imapd", {"exe": "/usr/sbin/imapd"}, Trust.ACCEPT),
        (SSHD_SESSION.replace("sshd", "cron"), "fcron", {"exe": None}, Trust.ACCEPT),
        ("ROOT LOGIN ON tty1", "login", {"exe": None, "uid": 1000}, Trust.SPOOF),
        ("New session 1 of user root.", "systemd-logind", {"exe": None, "uid": 1000}, Trust.SPOOF),
        ("add 'eve' to group 'sudo'", "usermod", {"exe": None, "uid": 1000}, Trust.SPOOF),
        ("Suppressed 9 messages from ssh.service", "systemd-journald", {"exe": None, "uid": 1000}, Trust.SPOOF),
        ("password check failed for user (carol)", "unix_chkpwd", {"exe": None, "uid": 1000}, Trust.IGNORE),
        # after login: the process of whoever logged in
        (LEFT, "sshd", {"exe": None, "uid": 1000}, Trust.CLAIM),
        (LEFT, "sshd", {"uid": 1000}, Trust.CLAIM),
        (LEFT, "sshd", {}, Trust.ACCEPT),
        (LEFT, "sshd", {"exe": "/usr/bin/logger", "uid": 1000}, Trust.SPOOF),
        (f"Received disconnect from {PEER}:11: bye", "sshd", {"exe": None, "uid": 1000}, Trust.CLAIM),
        (f"Received disconnect from {PEER}:11: bye [preauth]", "sshd", {"exe": None, "uid": 1000}, Trust.SPOOF),
        # setuid programs: the uid of whoever called them
        (RAN_SUDO, "sudo", {"uid": 1000}, Trust.ACCEPT),
        (RAN_SUDO, "sudo", {"exe": None, "uid": 1000}, Trust.CLAIM),
        (RAN_SUDO, "sudo", {"exe": "/usr/bin/logger", "uid": 1000}, Trust.DOUBT),
        (RAN_SUDO, "sudo", {"exe": "/usr/bin/python3.13", "uid": 1000}, Trust.DOUBT),  # what it was before exec
        ("(to root) carol on pts/0", "su", {"exe": "/usr/bin/logger", "uid": 1000}, Trust.DOUBT),
        (FAILED_SU, "su", {"exe": "/usr/bin/logger", "uid": 1000}, Trust.DOUBT),
        (FAILED_SU, "su", {"exe": "/usr/bin/logger", "uid": 1001}, Trust.SPOOF),  # speaks of another's uid
        (SUDO_SESSION, "sudo", {"exe": "/usr/bin/logger", "uid": 1000}, Trust.SPOOF),
        (CHANGED, "passwd", {"exe": "/usr/bin/logger", "uid": 1000}, Trust.SPOOF),
        # a setuid file that the kernel gave no privilege: setpriv --no-new-privs env LD_PRELOAD=./say.so sudo
        (RAN_SUDO, "sudo", {"uid": 1000, "cap_effective": "0"}, Trust.CLAIM),
        (RAN_SUDO, "sudo", {"uid": 1000, "cap_effective": "0000000000000000"}, Trust.CLAIM),
        (RAN_SUDO, "sudo", {"uid": 1000, "cap_effective": "1ffffffffff"}, Trust.ACCEPT),
        (SUDO_SESSION, "sudo", {"uid": 1000, "cap_effective": "0"}, Trust.CLAIM),
        (SUDO_SESSION, "sudo", {"uid": 1001, "cap_effective": "0"}, Trust.SPOOF),
        (ACCEPTED, "sshd", {"exe": "/usr/bin/sudo", "uid": 1000, "cap_effective": "0"}, Trust.SPOOF),
        ("add 'eve' to group 'sudo'", "passwd", {"uid": 1000}, Trust.SPOOF),
        ("add 'eve' to group 'sudo'", "chsh", {"exe": None, "uid": 1000}, Trust.SPOOF),
        ("delete user 'carol'", "passwd", {"exe": None, "uid": 1000}, Trust.SPOOF),
        ("new user: name=eve, UID=0, GID=0, home=/root, shell=/bin/sh", "chage", {"uid": 1000}, Trust.SPOOF),
        ("add 'eve' to group 'sudo'", "passwd", {}, Trust.ACCEPT),
        ("lock user 'root' password", "passwd", {"uid": 1000}, Trust.IGNORE),
        (CHANGED, "passwd", {"uid": 1000}, Trust.ACCEPT),
        (CHANGED, "passwd", {"uid": 1000, "cap_effective": "0"}, Trust.CLAIM),
        (SUDO_SESSION, "sudo", {"uid": 1000}, Trust.ACCEPT),
        (SUDO_SESSION, "sudo", {"exe": None, "uid": 1000}, Trust.CLAIM),
        (SUDO_SESSION, "sudo", {"exe": None, "uid": 1001}, Trust.SPOOF),  # speaks of another's uid
        (SUDO_SESSION, "sudo", {"uid": 1001}, Trust.SPOOF),
        ("(to root) carol on pts/0", "su", {"exe": None, "uid": 1000}, Trust.CLAIM),
        (CHANGED, "passwd", {"exe": None, "uid": 1000}, Trust.CLAIM),
        # daemons with an account of their own
        (
            FAILED_POLKIT,
            "polkitd",
            {"exe": "/usr/lib/polkit-1/polkitd", "uid": 991},
            Trust.ACCEPT,
        ),
        (
            FAILED_POLKIT,
            "polkitd",
            {"exe": "/usr/lib/polkit-1/polkitd", "uid": 1000},
            Trust.SPOOF,
        ),
        # nothing rests on these
        (
            "pam_unix(systemd-user:session): session closed for user carol",
            "(sd-pam)",
            {"exe": None, "uid": 1000},
            Trust.IGNORE,
        ),
        (
            "pam_unix(xscreensaver:auth): authentication failure; logname= uid=1000 euid=1000 tty=:0 ruser= rhost=  user=carol",
            "xscreensaver",
            {"exe": "/usr/libexec/xscreensaver-auth", "uid": 1000},
            Trust.IGNORE,
        ),
    ],
)
def test_what_may_become_of_a_line_depends_on_who_wrote_it(message, identifier, fields, expected):
    assert judged(message, identifier, **fields) is expected


@pytest.mark.parametrize("identifier", sorted(BY_IDENTIFIER))
@pytest.mark.parametrize("exe", [None, "/usr/bin/logger"])
def test_no_user_can_claim_a_login_under_any_identifier(identifier, exe):
    for message in (
        ACCEPTED,
        SSHD_SESSION,
        "ROOT LOGIN ON tty1",
        '[root] OK LOGIN: Client "198.51.100.7"',
        "Password auth succeeded for 'root' from 198.51.100.7:22",
    ):
        record = a_record(message, identifier, exe=exe, uid=1000)
        seen = observe(record)
        if getattr(seen, "action", None) in (Action.LOGIN_SUCCESS, Action.SESSION_OPENED):
            assert trust(seen, record) is Trust.SPOOF
