"""The lines that programs write with somebody else's text in them: each one's format, and what is true about it.

The formats are those of the programs' own sources, which stand beside the patterns in `pamsignal/parse`. A slot is one
of `pieces.Dice`: hostile are `name`, `text`, `more`, `path` and `command`; `known` and `other` are accounts that exist.
"""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional, Tuple

from pamsignal.terms import Action
from tests.forge.encodings import octal, printable, raw, vis, vis_twice

Encode = Callable[[str], str]

FAILURE, LOGIN, PARTIAL, DENIED = Action.LOGIN_FAILURE, Action.LOGIN_SUCCESS, Action.LOGIN_PARTIAL, Action.LOGIN_DENIED
CLOSED, SCAN, DETAIL, LOCKED = Action.CONNECTION_CLOSED, Action.CONNECTION_SCAN, Action.DETAIL, Action.ACCOUNT_LOCKED
OPENED, ENDED, INVALID = Action.SESSION_OPENED, Action.SESSION_CLOSED, Action.INVALID_USER
ELEVATED, NOT_ELEVATED, MAY_NOT = Action.ELEVATION_SUCCESS, Action.ELEVATION_FAILURE, Action.ELEVATION_DENIED

FROM = "{ip} port {port}"
PAM_FAILED = "authentication failure; logname= uid=0 euid=0 tty={terminal} ruser={ruser} rhost={rhost}"


class Form(NamedTuple):
    """One format of a program, by its identifier. `user` and `target` name the slots that hold the true names.

    `limit` is how many bytes of a name the program prints, `encode` what it does to the text of others.
    """

    program: str
    line: str
    action: Action
    user: Optional[str] = "name"
    target: Optional[str] = None
    limit: int = 1000
    encode: Encode = raw
    uid: int = 0
    exe: Optional[str] = None  # where it is not /usr/sbin and the identifier


_POLKITD, _COCKPIT = "/usr/lib/polkit-1/polkitd", "/usr/lib/cockpit/cockpit-session"
_GDM, _DOVECOT = "/usr/lib/gdm3/gdm-session-worker", "/usr/lib/dovecot/auth"


def _sshd(line: str, action: Action, user: Optional[str] = "name", limit: int = 100, encode: Encode = vis) -> Form:
    return Form("sshd", line, action, user, None, limit, encode)


def _preauth(line: str, action: Action, user: Optional[str] = "name", limit: int = 100) -> Form:
    """Return a format of sshd's child without rights, whose text its monitor escapes once more (monitor.c)."""
    return _sshd(f"{line} [preauth]", action, user, limit, vis_twice)


# auth.c, auth2.c, auth-pam.c
_SSHD_ATTEMPTS = (
    _sshd(f"Failed {{method}} for invalid user {{name}} from {FROM} ssh2", FAILURE),
    _sshd(f"Failed publickey for invalid user {{name}} from {FROM} ssh2: RSA SHA256:abc", FAILURE),
    _sshd(f"Failed {{method}} for {{known}} from {FROM} ssh2", FAILURE, "known"),
    _sshd(
        f'Failed hostbased for invalid user {{name}} from {FROM} ssh2: RSA SHA256:abc, client user "{{text}}", '
        'client host "{more}"',
        FAILURE,
    ),
    _sshd(f"message repeated 2 times: [ Failed password for invalid user {{name}} from {FROM} ssh2]", FAILURE),
    _sshd(f"Accepted {{method}} for {{known}} from {FROM} ssh2", LOGIN, "known"),
    _sshd(
        f'Accepted hostbased for {{known}} from {FROM} ssh2: RSA SHA256:abc, client user "{{text}}", '
        'client host "{more}"',
        LOGIN,
        "known",
    ),
    _sshd(
        f"Accepted publickey for {{known}} from {FROM} ssh2: RSA-CERT SHA256:abc ID {{text}} (serial 42) CA RSA SHA256:d",
        LOGIN,
        "known",
    ),
    _sshd(f"Accepted gssapi-with-mic for {{known}} from {FROM} ssh2: {{text}}", LOGIN, "known"),
    _sshd(f"Partial publickey for {{known}} from {FROM} ssh2: RSA SHA256:abc", PARTIAL, "known"),
    _preauth(f"Postponed publickey for invalid user {{name}} from {FROM} ssh2", DETAIL),
    _sshd(f"Invalid user {{name}} from {FROM}", INVALID),
    _sshd("Invalid user {name} from {ip}", INVALID),
    _preauth("input_userauth_request: invalid user {name}", DETAIL),
    _preauth(f"error: maximum authentication attempts exceeded for invalid user {{name}} from {FROM} ssh2", FAILURE),
    _sshd("error: PAM: {pam_error} for illegal user {name} from {ip}", FAILURE),
    _sshd("User {name} from {ip} not allowed because {denial}", DENIED),
    _sshd("User {name} not allowed because account is locked", DENIED),
    _sshd("User {name} not allowed because shell /bin/nosuch does not exist", DENIED),
    _preauth("fatal: Access denied for user {name} by PAM account configuration", DENIED),
    # auth2-pubkeyfile.c: `required` is what the account wrote behind its key's from=, as long as it likes.
    *(
        _sshd(
            f"{place}Authentication tried for {{known}} with correct key but not from a permitted host "
            "(host={host}, ip={ip}, required={text}).",
            DENIED,
            "known",
            limit=1000,
        )
        for place in ("", "/home/{known}/.ssh/authorized_keys:1: ")
    ),
    *(
        _sshd(
            f"{place}Authentication tried for {{known}} with valid certificate but not from a permitted {behind}.",
            DENIED,
            "known",
        )
        for place, behind in (
            ("cert: ", "source address ({ip})"),
            ("/home/{known}/.ssh/authorized_keys:1: ", "host (ip={ip})"),
        )
    ),
    _sshd("refused connect from {host} ({ip})", DENIED, None),
)

# packet.c, kex.c, session.c, canohost.c
_SSHD_CONNECTIONS = (
    _preauth(f"Connection closed by invalid user {{name}} {FROM}", CLOSED, limit=187),
    _preauth(f"Connection closed by authenticating user {{name}} {FROM}", CLOSED, limit=180),
    _preauth(f"Connection reset by invalid user {{name}} {FROM}", CLOSED, limit=187),
    _preauth(f"Disconnected from invalid user {{name}} {FROM}", CLOSED, limit=187),
    _preauth(f"Disconnected from authenticating user {{name}} {FROM}", CLOSED, limit=180),
    _sshd(f"Disconnected from user {{name}} {FROM}", CLOSED, limit=195),
    _sshd(f"Connection from user {{name}} {FROM} timed out", CLOSED, limit=195),
    _preauth(f"Disconnecting invalid user {{name}} {FROM}: Too many authentication failures", DETAIL, limit=187),
    _preauth(
        f"Disconnecting invalid user {{name}} {FROM}: Change of username or service not allowed: "
        "({name},ssh-connection) -> ({text},{more})",
        CLOSED,
    ),
    _preauth(f"Received disconnect from {FROM}:11: {{text}}", CLOSED, None),
    _preauth(f"error: Received disconnect from {FROM}:3: {{text}}", CLOSED, None),
    _sshd(f"Received disconnect from {FROM}:11: {{text}}", CLOSED, None),
    _sshd(f"Bad protocol version identification '{{text}}' from {FROM}", SCAN, None),
    _sshd('error: kex_exchange_identification: client sent invalid protocol identifier "{text}"', SCAN, None),
    _preauth(f"Unable to negotiate with {FROM}: no matching cipher found. Their offer: {{text}}", SCAN, None),
    _preauth(f"Unable to negotiate with invalid user {{name}} {FROM}: no matching cipher found. Their offer: x", SCAN),
    _preauth(f"ssh_dispatch_run_fatal: Connection from invalid user {{name}} {FROM}: {{text}}", SCAN),
    _sshd("Address {ip} maps to {host}, but this does not map back to the address.", DETAIL, None),
    _sshd("reverse mapping checking getaddrinfo for {host} [{ip}] failed.", DETAIL, None),
    _sshd(f"Starting session: forced-command (key-option) '{{text}}' for {{known}} from {FROM} id 0", OPENED, "known"),
    _sshd(f"Close session: user {{known}} from {FROM} id 0", ENDED, "known"),
    _sshd("subsystem request for {text} by user {known} failed, subsystem not found", DETAIL, "known"),
)


def _pam(service: str, text: str, action: Action, program: Optional[str] = None, **changes: object) -> Form:
    return Form(program or service, f"pam_{{module}}({service}:auth): {text}", action, **changes)  # type: ignore[arg-type]


def _pam_failed(
    service: str,
    ruser: str,
    rhost: str,
    behind: str,
    terminal: str = "",
    program: Optional[str] = None,
    **changes: object,
) -> Form:
    filled = PAM_FAILED.replace("{terminal}", terminal).replace("{ruser}", ruser).replace("{rhost}", rhost)
    return _pam(service, filled + behind, FAILURE, program, user="known" if "{known}" in behind else "name", **changes)


# No module of Linux-PAM or of sssd escapes anything.
_PAM = (
    _pam_failed("sshd", "", "{ip}", " user={name}", "ssh"),
    _pam_failed("sshd", "", "{ip}", "  user={known}", "ssh"),
    Form("sshd", "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost={ip}  user={name}",
         FAILURE),
    _pam_failed("login", "", "", "  user={name}", "/dev/tty1"),
    _pam_failed("cockpit", "", "{ip}", "  user={name}", "", "cockpit-session", exe=_COCKPIT),
    _pam_failed("gdm-password", "", "", "  user={name}", "/dev/tty1", exe=_GDM),
    _pam_failed("dovecot", "{name}", "{ip}", "  user={name}", "dovecot", "auth", exe=_DOVECOT),
    _pam_failed("vsftpd", "{name}", "{ip}", "", "ftp"),
    _pam_failed("vsftpd", "{known}", "{ip}", "  user={known}", "ftp"),
    _pam("sshd", "Consecutive login failures for user {name} account temporarily locked", LOCKED),
    _pam("sshd", "access denied for user `{name}' from `{ip}'", DENIED),
    _pam("sshd", 'requirement "uid >= 1000" not met by user "{name}"', DENIED),
    _pam("sshd", "Refused user {name} for service sshd", DENIED),
    _pam("sshd", "Access denied for user {name}: 6 (Permission denied)", DENIED),
    _pam("sshd", "account {name} has expired (account expired)", DENIED),
    _pam("sshd", "auth could not identify password for [{name}]", DETAIL, user=None),
    _pam("sshd", "bad username [{name}]", DETAIL, user=None),
    _pam("sshd", "session opened for user {known}(uid=1000) by {other}(uid=0)", OPENED, user="known"),
    _pam("sshd", "session closed for user {known}", ENDED, user="known"),
    Form("unix_chkpwd", "password check failed for user ({name})", DETAIL),
)  # fmt: skip
_PAM_ELEVATED = (
    Form("sudo", "pam_unix(sudo:auth): authentication failure; logname={known} uid=1000 euid=0 tty=/dev/pts/0 "
         "ruser={known} rhost=  user={known}", NOT_ELEVATED, "known", uid=1000),
    Form("su", "pam_unix(su:auth): authentication failure; logname={known} uid=1000 euid=0 tty=/dev/pts/0 ruser={known} "
         "rhost=  user={account}", NOT_ELEVATED, "known", "account", uid=1000),
    Form("su", "pam_unix(su-l:session): session opened for user {other}(uid=1001) by {known}(uid=1000)", OPENED, "known",
         "other", uid=1000),
    Form("polkitd", "pam_unix(polkit-1:auth): authentication failure; logname= uid=1000 euid=0 tty= ruser={known} rhost=  "
         "user={known}", NOT_ELEVATED, "known", exe=_POLKITD),
)  # fmt: skip


def _sudo(line: str, action: Action, target: Optional[str] = "other") -> Form:
    return Form("sudo", f"{{known}} : {line}", action, "known", target, 1000, octal, 1000, "/usr/bin/sudo")


_ASIDE = "[USER={other}] [TTY=/dev/pts/0] [CWD={path}] [COMMAND={command}]"
_SUDO = (  # lib/eventlog/eventlog.c, plugins/sudoers/logging.c
    _sudo("TTY=pts/0 ; PWD={path} ; USER={other} ; COMMAND=/usr/bin/{command}", ELEVATED),
    _sudo("PWD={path} ; USER={other} ; ENV={text} ; COMMAND=/usr/bin/{command}", ELEVATED),
    _sudo("user NOT in sudoers ; TTY=pts/0 ; PWD={path} ; USER={other} ; COMMAND=/usr/bin/{command}", MAY_NOT),
    _sudo("command not allowed ; PWD={path} ; USER={other} ; COMMAND=sudoedit {command}", MAY_NOT),
    _sudo("3 incorrect password attempts ; TTY=pts/0 ; PWD={path} ; USER={other} ; COMMAND=/{command}", NOT_ELEVATED),
    _sudo("unknown user {text} ; TTY=pts/0 ; PWD={path} ; USER={other} ; COMMAND=/usr/bin/{command}", MAY_NOT, None),
    _sudo("(command continued) {command}", DETAIL, None),
)
_SU = (  # util-linux su-common.c, shadow su.c
    Form("su", "(to {other}) {known} on pts/0", ELEVATED, "known", "other", uid=1000),
    Form("su", "FAILED SU (to {account}) {known} on pts/0", NOT_ELEVATED, "known", "account", uid=1000),
    Form("su", "FAILED su for {account} by {known}", NOT_ELEVATED, "known", "account", uid=1000),
    Form("su", "- /dev/pts/0 {known}:{account}", NOT_ELEVATED, "known", "account", uid=1000),
    Form("su", "+ /dev/pts/0 {known}:{other}", ELEVATED, "known", "other", uid=1000),
    # The caller's own argv[0] in front: syslog(3) takes it for the tag, and journald leaves it in the message.
    Form(None, "{text}: FAILED SU (to {other}) {known} on pts/0", NOT_ELEVATED, "known", "other", uid=1000,
         exe="/usr/bin/su"),
)  # type: ignore[arg-type]  # fmt: skip
_OTHER_ELEVATIONS = (  # pkexec.c, polkitbackendinteractiveauthority.c, doas.c
    Form("pkexec", f"{{known}}: Executing command {_ASIDE}", ELEVATED, "known", "other", uid=1000),
    Form("pkexec", f"{{known}}: Error executing command as another user: Not authorized {_ASIDE}", MAY_NOT, "known",
         "other", uid=1000),
    Form("polkitd", "Operator of unix-process:1:2 FAILED to authenticate to gain authorization for action a.b.exec for "
         "unix-process:1:2 [{text}] (owned by unix-user:{known})", NOT_ELEVATED, "known", uid=990, exe=_POLKITD),
    Form("polkitd", "Operator of unix-session:2 successfully authenticated as unix-user:{other} to gain TEMPORARY "
         "authorization for action a.b.exec for unix-process:1:2 [{text}] (owned by unix-user:{known})", ELEVATED,
         "known", "other", uid=990, exe=_POLKITD),
    Form("doas", "{known} ran command {command} as {other} from {path}", ELEVATED, "known", "other", uid=1000),
    Form("doas", "failed auth for {known}", NOT_ELEVATED, "known", uid=1000),
    Form("doas", "command not permitted for {known}: {command}", MAY_NOT, "known", uid=1000),
)  # fmt: skip
_LOGIN = (  # util-linux login.c, shadow login.c, systemd logind-session.c
    Form("login", "FAILED LOGIN 1 FROM tty1 FOR {name}, Authentication failure", FAILURE),
    Form("login", "FAILED LOGIN SESSION FROM {ip} FOR {name}, Error in service module", FAILURE),
    Form("login", "TOO MANY LOGIN TRIES (3) FROM {ip} FOR {name}, Authentication failure", FAILURE),
    Form("login", "FAILED LOGIN (1) on '/dev/pts/1' from '{ip}' FOR '{name}', Authentication failure", FAILURE),
    Form("login", "LOGIN ON pts/0 BY {known} FROM {ip}", LOGIN, "known"),
    Form("systemd-logind", "New session 4 of user {known}.", OPENED, "known"),
    Form("systemd-logind", "New session '4' of user '{known}' with class 'user' and type 'tty'.", OPENED, "known"),
)
_DROPBEAR = (  # svr-auth.c, svr-authpasswd.c, svr-session.c
    Form("dropbear", "Bad password attempt for '{name}' from {peer}", FAILURE),
    Form("dropbear", "Login attempt with wrong user {name} from {peer}", FAILURE),
    Form("dropbear", "Max auth tries reached - user '{name}' from {peer}", FAILURE),
    Form("dropbear", "Exit before auth from <{peer}>: (user '{name}', 3 fails): {text}", CLOSED),
    Form("dropbear", "Password auth succeeded for '{known}' from {peer}", LOGIN, "known"),
    Form("dropbear", "Exit ({known}) from <{peer}>: {text}", CLOSED, "known"),
)


def _vsftpd(line: str, action: Action, user: Optional[str] = "known") -> Form:
    return Form("vsftpd", line, action, user, encode=printable)


_VSFTPD = (  # logging.c
    _vsftpd('[{name}] FAIL LOGIN: Client "{ip}"', FAILURE, "name"),
    _vsftpd('[{known}] OK LOGIN: Client "{ip}"', LOGIN),
    _vsftpd('[ftp] OK LOGIN: Client "{ip}", anon password "{text}"', LOGIN, "ftp"),
    _vsftpd('[pid 7] FTP command: Client "{ip}", "{text}"', DETAIL, None),
    _vsftpd('[{known}] FTP command: Client "{ip}", "{text}"', DETAIL, None),
    _vsftpd('[{known}] FAIL MKDIR: Client "{ip}", "/{text}"', DETAIL, None),
    _vsftpd('[{known}] OK DELETE: Client "{ip}", "/{text}"', DETAIL, None),
)

FORMS: Tuple[Form, ...] = (
    *(*_SSHD_ATTEMPTS, *_SSHD_CONNECTIONS, *_PAM, *_PAM_ELEVATED, *_SUDO, *_SU, *_OTHER_ELEVATIONS),
    *(*_LOGIN, *_DROPBEAR, *_VSFTPD),
)
