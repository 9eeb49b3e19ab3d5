"""dropbear's lines (svr-auth.c, svr-authpasswd.c, svr-authpubkey.c, svr-session.c); addresses are `ADDRESS:PORT`."""

from __future__ import annotations

from pamsignal.parse.table import Table, row
from pamsignal.terms import Action, Method, Outcome

_PEER = r"(?P<ip>\S+):(?P<port>\d+)"
_FAILED, _IN = (Action.LOGIN_FAILURE, Outcome.FAILURE), (Action.LOGIN_SUCCESS, Outcome.SUCCESS)

DROPBEAR = Table(
    "dropbear",
    (
        row(
            "dropbear.bad_password",
            "Bad",
            rf"Bad (?:PAM )?password attempt for '(?P<user>.*)' from {_PEER}",
            *_FAILED,
            method=Method.PASSWORD,
        ),
        row(
            "dropbear.unknown_user",
            "Login",
            rf"Login attempt (?P<invalid>for nonexistent user|with wrong user)(?: (?P<user>.*))? from {_PEER}",
            *_FAILED,
        ),
        row(
            "dropbear.password",
            "Password PAM",
            rf"(?:PAM password|Password) auth succeeded for '(?P<user>.*)' from {_PEER}",
            *_IN,
            method=Method.PASSWORD,
        ),
        row(
            "dropbear.pubkey",
            "Pubkey",
            rf"Pubkey auth succeeded for '(?P<user>[^']*)' with (?:\S+ )?key .* from {_PEER}",
            *_IN,
            method=Method.PUBLICKEY,
        ),
        row(
            "dropbear.blank_password",
            "Auth",
            rf"Auth succeeded with blank password for '(?P<user>.*)' from {_PEER}",
            *_IN,
            method=Method.PASSWORD,
            reason="blank password",
        ),
        row(
            "dropbear.max_tries",
            "Max",
            rf"Max auth tries reached - user '(?P<user>.*)' from {_PEER}",
            *_FAILED,
            reason="max attempts",
            limit=True,
        ),
        row(
            "dropbear.exit_before_auth",
            "Exit",
            # Where the end of a name stands twice, either can be the client's text: then there is no name.
            rf"Exit before auth from <{_PEER}>: "
            r"(?:\(user '(?P<user>[^']*)', (?P<attempts>\d{1,9}) fails?\): (?!.*', \d{1,9} fails?\): ))?.*",
            Action.CONNECTION_CLOSED,
            Outcome.FAILURE,
            limit=True,
            preauth=True,
        ),
        row(
            "dropbear.exit",
            "Exit",
            rf"Exit \((?P<user>[^()]*)\) from <{_PEER}>: .*",
            Action.CONNECTION_CLOSED,
            Outcome.SUCCESS,
        ),
        row("dropbear.connection", "Child", rf"Child connection from {_PEER}", Action.DETAIL),
        row(
            "dropbear.noise",
            "",
            r"(?:Running in background|Not backgrounding|Early exit: |Exit \(\w+\): |Exit before auth: |"
            r"Failed loading |Terminated by signal|Premature exit: |Client trying multiple usernames).*",
            Action.DETAIL,
        ),
    ),
)
