"""The closed sets: what can happen, how it can end, by what method. Their values are the words on the wire."""

from __future__ import annotations

import enum


class Action(enum.Enum):
    """What happened; the values are `event.action` on the wire."""

    __hash__ = object.__hash__  # members are single objects; enum's own hash is Python and costs ten times as much

    LOGIN_SUCCESS = "login_success"
    LOGIN_PARTIAL = "login_partial"
    LOGIN_FAILURE = "login_failure"
    LOGIN_DENIED = "login_denied"
    INVALID_USER = "invalid_user"
    CONNECTION_CLOSED = "connection_closed"
    CONNECTION_SCAN = "connection_scan"
    CONNECTION_TIMEOUT = "connection_timeout"
    CONNECTION_DROPPED = "connection_dropped"
    ACCOUNT_LOCKED = "account_locked"
    SESSION_OPENED = "session_opened"
    SESSION_CLOSED = "session_closed"
    ELEVATION_SUCCESS = "elevation_success"
    ELEVATION_FAILURE = "elevation_failure"
    ELEVATION_DENIED = "elevation_denied"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_DELETED = "account_deleted"
    ACCOUNT_GROUP_ADDED = "account_group_added"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an event, not a secret
    TTY_INPUT = "tty_input"
    JOURNAL_SUPPRESSED = "journal_suppressed"
    DETAIL = "detail"


class Outcome(enum.Enum):
    """How it ended, in the words of ECS `event.outcome`."""

    __hash__ = object.__hash__

    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"


class Method(enum.Enum):
    """How somebody proved who they are, in OpenSSH's words."""

    __hash__ = object.__hash__

    PASSWORD = "password"  # noqa: S105 - the name of a method
    PUBLICKEY = "publickey"
    KEYBOARD_INTERACTIVE = "keyboard-interactive"
    GSSAPI = "gssapi-with-mic"
    HOSTBASED = "hostbased"
    NONE = "none"
    PAM = "pam"


class Provenance(enum.Enum):
    """How far the sender of a line is known, from fields that only the kernel and journald can set."""

    __hash__ = object.__hash__

    VERIFIED = "verified"
    ROOT_ATTESTED = "root-attested"
    UNVERIFIED = "unverified"
    SPOOFED = "spoofed"


class Origin(enum.Enum):
    """Where an event came from, as seen from this host."""

    __hash__ = object.__hash__

    REMOTE = "remote"  # another host
    OWN = "own"  # an address of this host
    LOCAL = "local"  # a console, a display, or a program that runs here
    UNIX = "unix"  # sshd on an AF_UNIX or vsock socket: a neighbour on the same machine


class Severity(enum.IntEnum):
    """How loud; the number is the score that every output format derives its own scale from."""

    INFO = 3
    NOTICE = 4
    WARNING = 5
    CRITICAL = 8

    @property
    def word(self) -> str:
        """The name used in configuration and on the wire."""
        return self.name.lower()


# Why an attempt failed: a closed list, for the log, the counters and `status`. A dead letter has one of these, or
# deliver.turn.EXPIRED where it waited too long for an attempt of its own.
REASONS = (
    "client_error",
    "server_error",
    "rate_limited",
    "authentication",
    "timeout",
    "network",
    "tls",
    "redirect",
    "gone",
    "bug",
)
