"""OpenSSH's authentication lines (auth.c, auth2.c, auth-pam.c, session.c; 8.4 to 10.x).

sshd cuts a user name at the first colon and escapes control bytes, not blanks (auth2.c, log.c). So no name holds a
colon, and the last ` from ADDRESS port N` before the first `: ` is sshd's own. What follows `ssh2: ` is not searched.
"""

from __future__ import annotations

from typing import Optional

from pamsignal.parse.table import Pattern, row
from pamsignal.terms import Action, Method, Outcome

PREAUTH = r"(?P<preauth> \[preauth\])?"
PEER = r"(?P<ip>\S+) port (?P<port>\d+)"

_DENIED, _FAILURE = Action.LOGIN_DENIED, Outcome.FAILURE
# A file and its line; for a certificate of an authority that the whole server trusts `cert`, or the list of principals.
# It ends at the first `Authentication tried`: behind `required=` stands the account's text, the from="..." of its key.
_WRITTEN_AT = r"(?:(?:cert|principals|/(?:(?!: Authentication tried for ).){1,255}:\d{1,9}): )?"
_TRIED_FOR = rf"{_WRITTEN_AT}Authentication tried for (?P<user>(?:(?! with correct key but not ).){{1,400}}?)"


def _attempt(name: str, word: str, action: Action, outcome: Optional[Outcome]) -> Pattern:
    """Return the row of auth_log(): WORD METHOD for [invalid user] USER from ADDRESS port PORT ssh2[: KEY]."""
    expression = (
        rf"{word} (?P<method>[\w-]+)(?:/(?P<submethod>[\w-]+))? for (?P<invalid>invalid user )?(?P<user>[^:]*) "
        rf"from {PEER} ssh\d(?:: (?P<key>.*)|{PREAUTH})"
    )
    return row(name, word, expression, action, outcome)


_ATTEMPTS = (
    _attempt("sshd.failed", "Failed", Action.LOGIN_FAILURE, _FAILURE),
    _attempt("sshd.accepted", "Accepted", Action.LOGIN_SUCCESS, Outcome.SUCCESS),
    _attempt("sshd.partial", "Partial", Action.LOGIN_PARTIAL, Outcome.UNKNOWN),
    _attempt("sshd.postponed", "Postponed", Action.DETAIL, None),
    row(
        "sshd.invalid_user",
        "Invalid",
        r"Invalid user (?P<user>.*) from (?P<ip>\S+)(?: port (?P<port>\d+))?",
        Action.INVALID_USER,
        _FAILURE,
        known_account=False,
        reason="invalid user",
    ),
    row(
        "sshd.userauth_request",
        "input_userauth_request:",
        r"input_userauth_request: (?P<invalid>invalid) user (?P<user>.*?)(?: \[preauth\])?",
        Action.DETAIL,
        preauth=True,
    ),
    row(
        "sshd.max_attempts",
        "error: maximum",
        rf"(?:error: )?maximum authentication attempts exceeded for (?P<unknown>invalid user )?(?P<user>.*) "
        rf"from {PEER} ssh\d{PREAUTH}",
        Action.LOGIN_FAILURE,
        _FAILURE,
        reason="max attempts",
        limit=True,
    ),
    # The phrase is one of pam_strerror()'s; one of them holds " for " itself. Bounded, so that time stays linear.
    row(
        "sshd.pam_refused",
        "error: PAM:",
        r"(?:error: )?PAM: (?P<reason>Have exhausted maximum number of retries for service|[A-Za-z][^:]{0,80}?) for "
        r"(?P<invalid>illegal user |invalid user )?(?P<user>.*) from (?P<ip>\S+)",
        Action.LOGIN_FAILURE,
        _FAILURE,
        method=Method.PAM,
    ),
)

_DENIALS = (
    row(
        "sshd.not_allowed_from",
        "User",
        r"User (?P<user>.*) from (?P<ip>\S+) not allowed because (?P<reason>not listed in AllowUsers|"
        r"listed in DenyUsers|not in any group|a group is listed in DenyGroups|"
        rf"none of user's groups are listed in AllowGroups){PREAUTH}",
        _DENIED,
        _FAILURE,
    ),
    # A name is at most 100 bytes, each at most four characters when escaped; bounded to keep time linear.
    row(
        "sshd.not_allowed",
        "User",
        r"User (?P<user>.{1,400}?) not allowed because (?P<reason>account is locked|account has expired|"
        rf"shell (?:(?! not allowed because ).)* (?:does not exist|is not executable)){PREAUTH}",
        _DENIED,
        _FAILURE,
    ),
    row(
        "sshd.root_refused",
        "ROOT",
        rf"ROOT LOGIN REFUSED FROM (?P<ip>\S+)(?: port (?P<port>\d+))?{PREAUTH}",
        _DENIED,
        _FAILURE,
        user="root",
        reason="root login refused",
    ),
    # libwrap; the name in front of the address is PTR text, chosen by whoever owns the address.
    row(
        "sshd.tcp_wrappers",
        "refused",
        r"refused connect from .* \((?P<ip>[^\s()]+)\)",
        _DENIED,
        _FAILURE,
        reason="tcp wrappers",
    ),
    # The password or key was right: pam_acct_mgmt() said no.
    row(
        "sshd.pam_account",
        "fatal: error: Access",
        rf"(?:fatal: |error: )?Access denied for user (?P<user>.*) by PAM account configuration{PREAUTH}",
        _DENIED,
        _FAILURE,
        reason="PAM account",
    ),
    # auth_authorise_keyopts() in auth2-pubkeyfile.c: in front stands where the key is written down, since OpenSSH 7.7.
    row(
        "sshd.key_from_elsewhere",
        "",
        rf"{_TRIED_FOR} with correct key but not from a permitted host "
        rf"\(host=\S*, ip=(?P<ip>[^\s,]+), required=.*\)\.{PREAUTH}",
        _DENIED,
        _FAILURE,
        reason="right key from a wrong place",
    ),
    row(
        "sshd.certificate_from_elsewhere",
        "",
        rf"{_TRIED_FOR} with valid certificate but not from a permitted (?:source address|host) "
        rf"\((?:ip=)?(?P<ip>[^\s()]+)\)\.{PREAUTH}",
        _DENIED,
        _FAILURE,
        reason="right key from a wrong place",
    ),
)

# LogLevel VERBOSE, written by the user's own process.
_SESSIONS = (
    row(
        "sshd.session_started",
        "Starting",
        rf"Starting session: .*?(?: on (?P<tty>[^\s']+))? for (?P<user>[^\s']+) from {PEER} id \d+",
        Action.SESSION_OPENED,
        Outcome.SUCCESS,
    ),
    row(
        "sshd.session_ended",
        "Close",
        rf"Close session: user (?P<user>\S+) from {PEER} id \d+",
        Action.SESSION_CLOSED,
        Outcome.SUCCESS,
    ),
    row(
        "sshd.subsystem",
        "subsystem",
        r"subsystem request for .* by user (?P<user>\S+)(?: failed, subsystem not found)?",
        Action.DETAIL,
        Outcome.SUCCESS,
    ),
)

PATTERNS = (*_ATTEMPTS, *_DENIALS, *_SESSIONS)
