"""Linux-PAM's lines, `pam_MODULE(SERVICE:TYPE): TEXT`, of whatever program: the service names it (pam_syslog(3)).

Modules escape nothing: a name may hold blanks, `rhost=` and newlines. Where a text can be read in two ways it yields
no name and no address.
"""

from __future__ import annotations

import re
from typing import FrozenSet, NamedTuple, Optional

from pamsignal.model import Endpoint, Observation
from pamsignal.parse.address import endpoint
from pamsignal.parse.table import Pattern, Table, pattern, row
from pamsignal.terms import Action, Method, Outcome, Provenance

# Services that give one account the rights of another: PAM's ruser is the actor.
SU_SERVICES: FrozenSet[str] = frozenset({"su", "su-l", "runuser", "runuser-l"})
ELEVATION_SERVICES: FrozenSet[str] = SU_SERVICES | {"sudo", "sudo-i", "doas", "polkit-1", "pkexec"}
# The client's name stands in ruser, in front of the address: the last rhost is the program's.
_NAME_IN_FRONT = frozenset({"vsftpd", "ftp", "proftpd", "pure-ftpd"})
# ruser is empty and the client's name comes last: the first rhost is the program's.
_NAME_BEHIND = frozenset(
    {
        *("sshd", "login", "remote", "cockpit", "lightdm", "sddm", "xrdp-sesman"),
        *("gdm", "gdm-password", "gdm-fingerprint", "gdm-smartcard"),
    }
)

_HEAD = r"(?P<module>pam_\w+)\((?P<service>[^():]*):\w+\): "
_REMOTE = re.compile(r" rhost=(?P<host>\S*)(?: {1,2}user=(?P<user>.*)| ?)", re.DOTALL | re.ASCII)
_NAME_WITH_BOTH = re.compile(r" rhost=\S* {1,2}user=", re.ASCII)
_TERMINAL = re.compile(r"(?:/dev/)?(?:pts/|tty|console|hvc)\w*|:\d+", re.ASCII)  # not `ssh`, `ftp`, `dovecot`
_FAILURE, _LOGIN_FAILURE, _PAM = Outcome.FAILURE, Action.LOGIN_FAILURE, Method.PAM


class _Peer(NamedTuple):
    """Who the failure line names: `ruser=RUSER rhost=SOURCE user=USER`."""

    ruser: Optional[str] = None
    source: Optional[Endpoint] = None
    user: Optional[str] = None


def _peer(service: str, text: str) -> _Peer:
    """Take apart what follows `ruser=`. Two readings that differ give nothing at all."""
    first, last = text.find(" rhost="), text.rfind(" rhost=")
    if first == last or service in ELEVATION_SERVICES or (service in _NAME_BEHIND and first == 0):
        at = first
    elif service in _NAME_IN_FRONT and not _NAME_WITH_BOTH.search(text, 0, last):
        at = last
    else:
        return _Peer()
    remote = _REMOTE.fullmatch(text, at) if at >= 0 else None
    if remote is None:
        return _Peer()
    return _Peer(text[:at] or None, endpoint(remote["host"]), remote["user"] or None)


def terminal(text: Optional[str]) -> Optional[str]:
    """Return `text` if it names a terminal or a display, else None."""
    return text if text and _TERMINAL.fullmatch(text) else None


def _failure(match: re.Match[str], program: str, provenance: Optional[Provenance]) -> Observation:
    """Read `authentication failure; …` and `N more authentication failures; …`."""
    parts = match.groupdict()
    service = parts["service"] or ("sshd" if parts["tty"] == "ssh" else program)
    peer = _peer(service, parts["rest"])
    seen = Observation(
        "pam.more_failures" if "more" in parts else "pam.failure",
        program,
        service,
        _LOGIN_FAILURE,
        _FAILURE,
        user=peer.user or peer.ruser,
        source=peer.source,
        method=_PAM,
        submethod=parts["module"],
        attempts=int(parts.get("more") or 1),
        tty=terminal(parts["tty"]),
        provenance=provenance,
    )
    if service not in ELEVATION_SERVICES:
        return seen
    return seen._replace(
        action=Action.ELEVATION_FAILURE,
        user=peer.ruser,
        target_user=peer.user if service in SU_SERVICES else None,
        source=None,
        user_id=int(parts["uid"]),
    )


def _session(match: re.Match[str], program: str, provenance: Optional[Provenance]) -> Observation:
    """Read `session opened for user U[(uid=N)] by [L](uid=M)` and `session closed for user U`.

    L is the login name of the session, not the name of M, and is empty without a terminal on older Linux-PAM.
    """
    parts = match.groupdict()
    service, opened = parts["service"], "by_uid" in parts
    uid = parts.get("uid")
    seen = Observation(
        "pam.session_opened" if opened else "pam.session_closed",
        program,
        service,
        Action.SESSION_OPENED if opened else Action.SESSION_CLOSED,
        Outcome.SUCCESS,
        user=parts["user"] or None,
        user_id=int(uid) if uid else None,
        provenance=provenance,
    )
    if service not in ELEVATION_SERVICES:
        return seen
    actor_uid = int(parts["by_uid"]) if opened else None
    actor = "root" if actor_uid == 0 else parts.get("by") or None
    return seen._replace(user=actor, user_id=actor_uid, target_user=parts["user"] or None)


def _denied(name: str, word: str, text: str, reason: str) -> Pattern:
    """Return the pattern of a module's refusal of an account whose password may have been right."""

    def build(match: re.Match[str], program: str, provenance: Optional[Provenance]) -> Observation:
        parts = match.groupdict()
        service = parts["service"]
        return Observation(
            name,
            program,
            service,
            Action.ELEVATION_DENIED if service in ELEVATION_SERVICES else Action.LOGIN_DENIED,
            _FAILURE,
            user=parts["user"] or None,
            source=endpoint(parts.get("host") or ""),
            reason=reason,
            provenance=provenance,
        )

    return pattern(name, word, _HEAD + text, build)


_FIELDS = r"logname=\S* uid=(?P<uid>\d{1,10}) euid=-?\d+ tty=(?P<tty>\S*) ruser=(?P<rest>.*)"

_PATTERNS = (
    pattern("pam.failure", "authentication", rf"{_HEAD}authentication failure; {_FIELDS}", _failure),
    pattern(
        "pam.more_failures",
        "",
        rf"(?:PAM |{_HEAD})(?P<more>\d{{1,9}}) more authentication failures?; {_FIELDS}",
        _failure,
    ),
    pattern(
        "pam.session_opened",
        "session",
        rf"{_HEAD}session opened for user (?P<user>.*?)(?:\(uid=(?P<uid>\d{{1,10}})\))? "
        r"by (?P<by>\S*)\(uid=(?P<by_uid>\d{1,10})\)",
        _session,
    ),
    pattern("pam.session_closed", "session", rf"{_HEAD}session closed for user (?P<user>.*)", _session),
    row("pam.user_unknown", "check", rf"{_HEAD}check pass; (?P<unknown>user unknown)", Action.DETAIL),
    row(
        "pam.password_changed",
        "password",
        rf"{_HEAD}password changed for (?P<user>.*)",
        Action.PASSWORD_CHANGED,
        Outcome.SUCCESS,
    ),
    row(
        "pam.locked",
        "Consecutive",
        rf"{_HEAD}Consecutive login failures for user (?P<user>.*) account temporarily locked",
        Action.ACCOUNT_LOCKED,
        _FAILURE,
        reason="too many failures",
    ),
    row(
        "pam.tally",
        "user",
        rf"{_HEAD}user (?P<user>\S+) \(\d+\) (?:has )?tally \d+, deny \d+",
        Action.ACCOUNT_LOCKED,
        _FAILURE,
        reason="too many failures",
    ),
    _denied(
        "pam.requirement",
        "requirement",
        r'requirement "[^"]*" not met by user "(?P<user>.*)"',
        "requirement not met",
    ),
    _denied("pam.access", "access", r"access denied for user `(?P<user>.*)' from `(?P<host>[^`']*)'", "pam_access"),
    _denied("pam.listfile", "Refused", r"Refused user (?P<user>.*) for service \S+", "pam_listfile"),
    _denied("pam.too_many_logins", "Too", r"Too many logins \(max \d+\) for (?P<user>.*)", "too many logins"),
    _denied("pam.expired", "account", r"account (?P<user>.*) has expired \([a-z ]*\)", "account expired"),
    _denied("pam.account", "Access", r"Access denied for user (?P<user>.*): \d+ \([^()]*\)", "PAM account"),
    row(
        "pam.wheel",
        "Access",
        rf"{_HEAD}Access denied to '(?P<user>[^']*)' for '(?P<target_user>.*)'",
        Action.ELEVATION_DENIED,
        _FAILURE,
        reason="not in group",
    ),
    row(
        "pam.max_retries",
        "",
        r"(?:PAM |pam_\w+\([^()]*\): )service\((?P<service>[^()]*)\) ignoring max retries; \d+ > \d+",
        Action.DETAIL,
    ),
    row(
        "pam.noise",
        "conversation auth unrecognized bad expired received authentication User Access",
        rf"{_HEAD}(?:conversation failed|auth could not identify password for \[.*\]|unrecognized option \[.*\]|"
        r"bad username \[.*\]|expired password for user .*|received for user .*|authentication success; .*|"
        r"User unknown|Access granted .*)",
        Action.DETAIL,
    ),
    # Modules that set up a session and have nothing to say about who logs in.
    row(
        "pam.session_noise",
        "",
        r"pam_(?:env|limits|systemd|systemd_home|motd|mail|lastlog2?|loginuid|keyinit|selinux|umask|cap|xauth|nologin|"
        r"gnome_keyring|kwallet5?|mkhomedir|oddjob_mkhomedir|exec|wtmpdb|namespace|ecryptfs|fscrypt|ck_connector)"
        r"\((?P<service>[^():]*):\w+\): (?!Too many logins ).*",
        Action.DETAIL,
    ),
    # libpam itself: a module is missing, the audit socket is closed.
    row("pam.library_noise", "", r"PAM (?:unable to |adding faulty |audit_|bad |_pam_|pam_).*", Action.DETAIL),
)

PAM = Table("pam", _PATTERNS, word_at=1)

# The setuid program that pam_unix asks, with a pid of its own: never an attempt of its own.
CHKPWD = Table(
    "unix_chkpwd",
    (
        row(
            "chkpwd.failed",
            "password",
            r"password check failed for user \((?P<user>.*)\)",
            Action.DETAIL,
        ),
        row("chkpwd.user_unknown", "check", r"check pass; (?P<unknown>user unknown)", Action.DETAIL),
    ),
)
