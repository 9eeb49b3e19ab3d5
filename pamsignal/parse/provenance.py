"""Who really wrote a line, and what may become of it.

The kernel fixes a record's uid when it is sent; journald reads the executable from /proc afterwards and may miss it.
Any user can write any text under any identifier, and can make a program that is not setuid say anything (LD_PRELOAD,
ptrace), so the executable alone is not enough: a line must also come from an account that has a reason to write it.
"""

from __future__ import annotations

import enum
import re
from typing import Dict, FrozenSet, Optional, Tuple

from pamsignal.model import JournalRecord, Observation
from pamsignal.terms import Action, Provenance

_VERIFIED, _ROOT_ATTESTED = Provenance.VERIFIED, Provenance.ROOT_ATTESTED
_UNVERIFIED, _SPOOFED = Provenance.UNVERIFIED, Provenance.SPOOFED
ROOT = 0
FIRST_USER_UID = 1000  # login.defs(5) UID_MIN; below are root and the accounts of daemons

# Only root can write here: merged-/usr and old form (Debian 11 runs /bin/su), and Arch's and Fedora's one directory.
_BIN = ("/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/")
_SYSTEMD = ("/usr/lib/systemd/", "/lib/systemd/")
# Debian, Fedora and RHEL, Arch, openSUSE, Gentoo.
_SSHD = (
    *("/usr/lib/openssh/", "/usr/libexec/openssh/", "/usr/lib/ssh/", "/usr/libexec/ssh/"),
    *("/usr/lib/misc/", "/usr/lib64/misc/"),
)
_POLKIT = ("/usr/lib/polkit-1/", "/usr/libexec/", "/usr/libexec/polkit-1/", "/usr/lib/policykit-1/")
_GDM = ("/usr/lib/gdm3/", "/usr/libexec/", "/usr/lib/", "/usr/libexec/gdm/")
_COCKPIT = ("/usr/lib/cockpit/", "/usr/libexec/")
_CARGO = ("/usr/lib/cargo/bin/",)  # sudo-rs from Ubuntu 25.10 on


def _paths(directories: Tuple[str, ...], *names: str) -> FrozenSet[str]:
    return frozenset(directory + name for directory in directories for name in names)


# By program, the files that may speak for it.
EXECUTABLES: Dict[str, FrozenSet[str]] = {
    "sshd": _paths(_BIN, "sshd") | _paths(_SSHD, "sshd-session", "sshd-auth"),
    "sudo": _paths(_BIN, "sudo", "sudo-rs", "sudo.ws") | _paths(_CARGO, "sudo"),
    "su": _paths(_BIN, "su", "runuser", "su-rs") | _paths(_CARGO, "su"),
    "login": _paths(_BIN, "login"),
    "doas": _paths(_BIN, "doas"),
    "pkexec": _paths(_BIN, "pkexec"),
    "polkitd": _paths(_POLKIT, "polkitd", "polkit-agent-helper-1") | _paths(_BIN, "pkexec"),
    "unix_chkpwd": _paths(_BIN, "unix_chkpwd"),
    "systemd-logind": _paths(_SYSTEMD, "systemd-logind"),
    "systemd-journald": _paths(_SYSTEMD, "systemd-journald"),
    "systemd": _paths(_SYSTEMD, "systemd", "systemd-executor"),
    "cron": _paths(_BIN, "cron", "crond", "atd", "anacron"),
    "gdm": _paths(_GDM, "gdm-session-worker"),
    "cockpit": _paths(_COCKPIT, "cockpit-session"),
    "dovecot": _paths(("/usr/lib/dovecot/", "/usr/libexec/dovecot/"), "auth"),
    **{name: _paths(_BIN, name) for name in ("vsftpd", "dropbear", "xrdp-sesman", "passwd", "chage", "chsh", "chfn")},
    **{name: _paths(_BIN, name) for name in ("useradd", "usermod", "userdel", "newusers", "chpasswd", "chgpasswd")},
    **{name: _paths(_BIN, name) for name in ("groupadd", "groupmod", "groupdel", "groupmems", "gpasswd")},
}

# Setuid root: the caller's uid, and privilege that the kernel gives the file, so that no LD_PRELOAD reaches it. The
# caller chooses its argv[0], and thereby the tag of what it logs.
SETUID = frozenset({"sudo", "su", "doas", "pkexec", "passwd", "chage", "chsh", "chfn", "gpasswd"})
_SETUID_FILES = _paths(_POLKIT, "polkit-agent-helper-1").union(*(EXECUTABLES[name] for name in SETUID))

# By PAM service, the program that may speak for it. Services that are not here belong to nobody we know.
EMITTERS: Dict[str, str] = {
    **{name: name for name in ("sshd", "sudo", "su", "login", "doas", "pkexec", "passwd", "chsh", "chfn", "chpasswd")},
    **{name: name for name in ("vsftpd", "dropbear", "dovecot", "cockpit", "xrdp-sesman", "useradd", "newusers")},
    **dict.fromkeys(("su-l", "runuser", "runuser-l"), "su"),
    "sudo-i": "sudo",
    "remote": "login",
    "polkit-1": "polkitd",
    "systemd-user": "systemd",
    **dict.fromkeys(("cron", "crond", "atd", "anacron"), "cron"),
    **dict.fromkeys(("gdm-password", "gdm-fingerprint", "gdm-smartcard", "gdm-autologin"), "gdm"),
    **dict.fromkeys(("gdm-launch-environment", "gdm"), "gdm"),
}
_PAM_SERVICE = re.compile(r"(?:pam_\w+|PAM service)\(([^():]*)[:)]", re.ASCII)


def emitter_of(message: str) -> Optional[str]:
    """Return the program that the service of a PAM line belongs to, the service itself if unknown, None without one."""
    match = _PAM_SERVICE.match(message)
    return EMITTERS.get(match[1], match[1]) if match else None


def grade(record: JournalRecord, program: str) -> Optional[Provenance]:
    """Return how sure it is that `program` wrote `record`; None where the record has no trusted field at all."""
    return grade_of(record.exe, record.uid, record.cap_effective, program)


def grade_of(
    exe: Optional[str], uid: Optional[int], cap_effective: Optional[str], program: str
) -> Optional[Provenance]:
    """Return the grade by the fields that it follows from."""
    if exe:
        listed = EXECUTABLES.get(program)
        if listed is not None:
            if exe not in listed:
                return _SPOOFED
            return _UNVERIFIED if uid != ROOT and exe in _SETUID_FILES and _is_powerless(cap_effective) else _VERIFIED
        return _ROOT_ATTESTED if uid == ROOT else _SPOOFED
    if uid is None:
        return None
    return _ROOT_ATTESTED if uid == ROOT else _UNVERIFIED


def _is_powerless(cap_effective: Optional[str]) -> bool:
    """Say whether the kernel gave the file no privilege (`setpriv --no-new-privs`), so that a preload can speak."""
    return cap_effective is not None and not cap_effective.strip("0")


class Trust(enum.Enum):
    """What may become of an observation.

    ACCEPT: it is what it says. CLAIM: it holds for the account of the record's uid and for nobody else: an elevation
    or a changed password has that account as its actor and stays marked unverified; the end of a connection that names
    another account is ignored. DOUBT: both, an event as of CLAIM and a report as of SPOOF: journald saw another
    program, but it remembers for a while what a process was before it became sudo. SPOOF: never an event; counted, and
    reported as a forgery by the account of the uid. IGNORE: not worth either.
    """

    ACCEPT = "accept"
    CLAIM = "claim"
    DOUBT = "doubt"
    SPOOF = "spoof"
    IGNORE = "ignore"


class _Writer(enum.Enum):
    """Under whose uid a line is legitimately written."""

    ROOT = enum.auto()
    DAEMON = enum.auto()  # a daemon's own account
    ACTOR = enum.auto()  # setuid: the uid of whoever called it
    ELEVATION = enum.auto()  # the same, when it says that somebody took or tried to take another's rights
    SESSION = enum.auto()  # sshd after login: the uid of whoever logged in
    KERNEL = enum.auto()  # of whatever account it speaks
    NOISE = enum.auto()


class _Standing(enum.Enum):
    """Where a record stands: the right file under root or a daemon, the right file under a user, unknown, another."""

    SYSTEM = enum.auto()
    USER = enum.auto()
    UNKNOWN = enum.auto()
    FOREIGN = enum.auto()


_A, _C, _D, _S, _I = Trust.ACCEPT, Trust.CLAIM, Trust.DOUBT, Trust.SPOOF, Trust.IGNORE
_VERDICTS: Dict[_Writer, Dict[_Standing, Trust]] = {
    writer: dict(zip((_Standing.SYSTEM, _Standing.USER, _Standing.UNKNOWN, _Standing.FOREIGN), row))
    for writer, row in {
        #               SYSTEM USER UNKNOWN FOREIGN
        _Writer.ROOT: (_A, _S, _S, _S),
        _Writer.DAEMON: (_A, _S, _S, _S),
        _Writer.ACTOR: (_A, _A, _C, _S),
        _Writer.ELEVATION: (_A, _A, _C, _D),
        _Writer.SESSION: (_A, _C, _C, _S),
        _Writer.KERNEL: (_A, _A, _S, _S),
        _Writer.NOISE: (_A, _I, _I, _I),
    }.items()
}

_ELEVATORS = frozenset({"sudo", "sudo-i", "su", "su-l", "doas", "pkexec", "polkit-1"})
_WRITERS: Dict[str, _Writer] = {
    **dict.fromkeys(_ELEVATORS, _Writer.ACTOR),
    **dict.fromkeys(("passwd", "chsh", "chfn", "chage"), _Writer.ACTOR),
    **dict.fromkeys(("polkitd", "dovecot", "vsftpd"), _Writer.DAEMON),
    "systemd-user": _Writer.NOISE,
}
_ELEVATIONS = frozenset({Action.ELEVATION_SUCCESS, Action.ELEVATION_FAILURE, Action.ELEVATION_DENIED})
# No user's own business, whatever the tag says: shadow's tools do it for root alone.
_ACCOUNT_CHANGES = frozenset({Action.ACCOUNT_CREATED, Action.ACCOUNT_DELETED, Action.ACCOUNT_GROUP_ADDED})
_ROOT_PATTERNS = frozenset({"accounts.password_lock"})
# sshd(8) gives up root once the session runs, so the same lines come from root before login and from the user after it.
_AFTER_LOGIN = frozenset(
    f"sshd.{name}"
    for name in (
        *("closed", "closed_without_port", "reset", "timed_out", "disconnected", "disconnected_user", "disconnecting"),
        *("received_disconnect", "broken", "session_started", "session_ended", "subsystem"),
    )
)
# Where a root process without a known executable is not enough: its identifier has to be the service's own too, or a
# root script that logs foreign text (`logger "$LINE"`) would speak for sshd.
_OWN_NAME_ONLY = frozenset({"sshd", "sudo", "su", "login"})


def trust(observation: Observation, record: JournalRecord) -> Trust:
    """Return what may become of `observation`, made from `record`. Text without trusted fields is taken at its word."""
    provenance = observation.provenance
    if provenance is None or (provenance is _VERIFIED and record.uid == ROOT):
        return _A
    if _contradicts(observation, record):
        return Trust.SPOOF
    verdict = _VERDICTS[_writer(observation)][_standing(observation, record)]
    if verdict is Trust.SPOOF and _is_harmless(observation):
        return Trust.IGNORE
    return verdict


def _writer(observation: Observation) -> _Writer:
    if observation.pattern.startswith("audit."):
        return _Writer.KERNEL
    if observation.pattern in _AFTER_LOGIN and not observation.preauth:
        return _Writer.SESSION
    if observation.pattern.startswith("pam.") and observation.service not in EMITTERS:
        # Screen lockers and the like check their own user's password: nothing that we report rests on it.
        return _Writer.NOISE
    if observation.action in _ACCOUNT_CHANGES or observation.pattern in _ROOT_PATTERNS:
        return _Writer.ROOT
    if observation.action in _ELEVATIONS and observation.service in _ELEVATORS:
        return _Writer.ELEVATION
    return _WRITERS.get(observation.service, _Writer.ROOT)


def _standing(observation: Observation, record: JournalRecord) -> _Standing:
    if observation.provenance is _SPOOFED:
        return _Standing.FOREIGN
    if observation.provenance is _UNVERIFIED:
        return _Standing.UNKNOWN
    uid = record.uid or ROOT
    is_system = uid == ROOT or (uid < FIRST_USER_UID and _writer(observation) is _Writer.DAEMON)
    return _Standing.SYSTEM if is_system else _Standing.USER


def _contradicts(observation: Observation, record: JournalRecord) -> bool:
    """Say whether the line names another uid or another program than the record has."""
    if observation.pattern.startswith("pam.") and observation.provenance is _ROOT_ATTESTED:
        emitter = EMITTERS.get(observation.service)
        return emitter in _OWN_NAME_ONLY and observation.program != emitter
    names_actor = _WRITERS.get(observation.service) is _Writer.ACTOR and observation.user_id is not None
    return names_actor and record.uid not in (None, ROOT, observation.user_id)


def _is_harmless(observation: Observation) -> bool:
    """Say whether nothing could rest on the line: a detail that names nobody and no address."""
    if observation.action is not Action.DETAIL:
        return False
    return observation.program != "sshd" or (observation.source is None and observation.user is None)
