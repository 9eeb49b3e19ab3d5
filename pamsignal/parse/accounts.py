"""Changes of accounts by shadow's tools: useradd, usermod, userdel, groupadd, gpasswd, passwd, chage (shadow src/).

They run as root and check the names they write, so nothing here is hostile but the sender (see provenance.py).
"""

from __future__ import annotations

from pamsignal.parse.table import Table, row
from pamsignal.terms import Action, Outcome

_SUCCESS, _FAILURE = Outcome.SUCCESS, Outcome.FAILURE
_ADDED, _CHANGED = Action.ACCOUNT_GROUP_ADDED, Action.PASSWORD_CHANGED

PROGRAMS = (
    *("useradd", "usermod", "userdel", "newusers"),
    *("groupadd", "groupmod", "groupdel", "gpasswd", "groupmems"),
    *("passwd", "chpasswd", "chgpasswd", "chage", "chsh", "chfn"),
)

ACCOUNTS = Table(
    "usermod",
    (
        row(
            "accounts.created",
            "new",
            r"new user: name=(?P<user>[^,]+), UID=(?P<user_id>\d{1,10}), GID=\d+, home=.*, shell=[^,]*(?:, from=\S*)?",
            Action.ACCOUNT_CREATED,
            _SUCCESS,
        ),
        row(
            "accounts.not_created",
            "failed",
            r"failed adding user '(?P<user>[^']*)', .*",
            Action.ACCOUNT_CREATED,
            _FAILURE,
        ),
        row("accounts.deleted", "delete", r"delete user '(?P<user>[^']*)'", Action.ACCOUNT_DELETED, _SUCCESS),
        row("accounts.group_added", "add", r"add '(?P<user>[^']*)' to group '(?P<group>[^']*)'", _ADDED, _SUCCESS),
        row(
            "accounts.group_added_by",
            "user",
            r"user '?(?P<user>[^' ]+)'? added by \S+ to group '?(?P<group>[^' ]+)'?",
            _ADDED,
            _SUCCESS,
        ),
        row("accounts.password", "change", r"change user '(?P<user>[^']*)' password", _CHANGED, _SUCCESS),
        row(
            "accounts.password_by",
            "password",
            r"password for '(?P<user>[^']*)' changed by '[^']*'",
            _CHANGED,
            _SUCCESS,
        ),
        row(
            "accounts.password_lock",
            "lock unlock",
            r"(?:un)?lock user '(?P<user>[^']*)' password",
            Action.DETAIL,
            _SUCCESS,
        ),
        # The same change once more for the shadow file, and changes that give nobody any rights.
        row(
            "accounts.noise",
            "",
            r"(?:new group: |group |add '[^']*' to shadow group |delete '[^']*' from |removed |change '|"
            r"change user '[^']*' (?!password$)|change user name |changed |set |add member |shadow group |"
            r"members of group |administrators of group |user \S+ (?:removed|set) by |change the password of group ).*",
            Action.DETAIL,
        ),
    ),
)
