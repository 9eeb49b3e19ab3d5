"""The nouns: every value that moves through the house, frozen, in the order in which it comes to be.

Named tuples and not dataclasses: a third of the cost per record, and 1.3 MB less memory (docs/adr/0001).
Unknown is `None`. Times are microseconds since the epoch, UTC, taken from the journal.
All text that a user can choose is hostile until `render.escape` has seen it.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Mapping, NamedTuple, Optional, Tuple, Union

from pamsignal.terms import Action, Method, Origin, Outcome, Provenance, Severity

Address = Union[IPv4Address, IPv6Address]


class Endpoint(NamedTuple):
    """One side of a connection. `host` is set instead of `ip` where only a name is known."""

    ip: Optional[Address] = None
    port: Optional[int] = None
    host: Optional[str] = None


class Key(NamedTuple):
    """The key that was offered: type and fingerprint as OpenSSH prints them, certificate fields if it was one."""

    type: str
    fingerprint: str
    certificate_id: Optional[str] = None
    serial: Optional[str] = None
    ca: Optional[str] = None


class Typed(NamedTuple):
    """Input at a terminal: how many bytes, into which program by the name it gives itself, and the text if asked for.

    `text` can be cut, and stays None where it may be a password (parse/audit.py).
    """

    size_bytes: int
    program: Optional[str] = None
    text: Optional[str] = None


class JournalRecord(NamedTuple):
    """One journal entry. The first group is set by the kernel and journald, the second is what the writer claims.

    `structured` holds the claimed fields of logind and journald: MESSAGE_ID, SESSION_ID, USER_ID, LEADER,
    N_DROPPED, OBJECT_SYSTEMD_UNIT, OBJECT_COMM; empty for every other record. `cap_effective` is journald's too: the
    sender's effective capabilities in hexadecimal digits, None where root wrote or journald did not see them.
    """

    cursor: Optional[str]
    time_us: int
    boot_id: Optional[str]
    machine_id: Optional[str]
    hostname: Optional[str]
    transport: Optional[str]
    pid: Optional[int]
    uid: Optional[int]
    exe: Optional[str]
    comm: Optional[str]
    unit: Optional[str]
    identifier: Optional[str]
    message: str
    syslog_pid: Optional[int] = None
    structured: Mapping[str, str] = {}
    cap_effective: Optional[str] = None


class Position(NamedTuple):
    """How far the journal was read: the last entry, and when journald stored it, in µs."""

    cursor: str
    time_us: int


class Observation(NamedTuple):
    """What one line means. At most one per record; `parse` is its only maker.

    `user` is who logs in, or the actor of sudo, su, doas, pkexec and polkit; `target_user` the account taken over.
    `user_id` is the actor's numeric uid where the text gives it. `known_account` is False where the line says that
    the account does not exist. `attempts` is the number of tries (of connections, in a drop summary) that the line
    stands for; `limit` marks a line that repeats attempts which other lines of the connection already tell.
    `preauth` is sshd's own suffix. `principal` is the Kerberos identity of a gssapi login.
    `connection_pid` is the session process a listener's line speaks of.
    """

    pattern: str
    program: str
    service: str
    action: Action
    outcome: Optional[Outcome] = None
    user: Optional[str] = None
    target_user: Optional[str] = None
    source: Optional[Endpoint] = None
    destination: Optional[Endpoint] = None
    method: Optional[Method] = None
    submethod: Optional[str] = None
    key: Optional[Key] = None
    reason: Optional[str] = None
    attempts: int = 1
    limit: bool = False
    preauth: bool = False
    known_account: Optional[bool] = None
    user_id: Optional[int] = None
    tty: Optional[str] = None
    cwd: Optional[str] = None
    command: Optional[str] = None
    group: Optional[str] = None
    session_id: Optional[str] = None
    connection_pid: Optional[int] = None
    provenance: Optional[Provenance] = None
    principal: Optional[str] = None
    typed: Optional[Typed] = None


class Unparsed(NamedTuple):
    """A line of a program that is ours in a shape nobody knows: counted and shown in `status`, never an error."""

    program: str
    provenance: Optional[Provenance] = None


class AuditedLogin(NamedTuple):
    """Somebody whom sshd let in, by the word of the kernel's audit: by name or by uid, as it was told.

    `pid` is the process that sshd's own line comes from. It is no event: it shows whether that line is missing.
    """

    pid: int
    account: Optional[str] = None
    user_id: Optional[int] = None
    address: Optional[Address] = None


class AuthEvent(NamedTuple):
    """What happened: one attempt, one session's start or end, one use of privilege, one change of an account.

    `id` is derived from the machine id, the journal cursor of the line that completed it, and its part in it, so
    reading the same journal twice gives the same id. `attempts` is the number of tries it stands for.
    `duration_us` is set on ends.
    """

    id: str
    time_us: int
    hostname: Optional[str]
    service: str
    action: Action
    outcome: Optional[Outcome] = None
    user: Optional[str] = None
    target_user: Optional[str] = None
    user_id: Optional[int] = None
    source: Optional[Endpoint] = None
    destination: Optional[Endpoint] = None
    method: Optional[Method] = None
    key: Optional[Key] = None
    reason: Optional[str] = None
    attempts: int = 1
    known_account: Optional[bool] = None
    tty: Optional[str] = None
    cwd: Optional[str] = None
    command: Optional[str] = None
    group: Optional[str] = None
    pid: Optional[int] = None
    session_id: Optional[str] = None
    duration_us: Optional[int] = None
    provenance: Optional[Provenance] = None
    typed: Optional[Typed] = None


class Context(NamedTuple):
    """What was looked up about an event. Every field may be None: a miss is not an error.

    `country` (ISO 3166-1) to `org`, `continent` and the place are of the source, which can be `radius_km` off that
    place. `provider`, `region` and `instance_id` are of the cloud that this host runs in.
    """

    country: Optional[str] = None
    city: Optional[str] = None
    asn: Optional[int] = None
    org: Optional[str] = None
    provider: Optional[str] = None
    destination: Optional[Endpoint] = None
    continent: Optional[str] = None
    latitude_microdegrees: Optional[int] = None
    longitude_microdegrees: Optional[int] = None
    radius_km: Optional[int] = None
    region: Optional[str] = None
    instance_id: Optional[str] = None
    origin: Optional[Origin] = None


NO_CONTEXT = Context()


class Finding(NamedTuple):
    """What was concluded from more than one event, or about pamsignal's own sight.

    `rule` is the stable name (`brute_force`), `key` what it was counted by (an address, a network, an account) in
    text form. `attempts` are tries, `weak` are connections that ended before one. `sources` and `users` are samples,
    oldest first, and `source_total`/`user_total` the true numbers of different ones (as far as counted).
    `event` is the one that completed the picture, where there is one. `over` marks the end of what an earlier finding
    of the same rule and key began.
    """

    rule: str
    key: str
    time_us: int
    hostname: Optional[str] = None
    attempts: int = 0
    weak: int = 0
    window_us: int = 0
    first_us: Optional[int] = None
    last_us: Optional[int] = None
    users: Tuple[str, ...] = ()
    user_total: int = 0
    sources: Tuple[str, ...] = ()
    source_total: int = 0
    technique: Optional[str] = None
    note: Optional[str] = None
    event: Optional[AuthEvent] = None
    over: bool = False


Subject = Union[AuthEvent, Finding]


class Wording(NamedTuple):
    """Templates of the user's own for the two parts of a text (render/template.py); None keeps pamsignal's words."""

    headline: Optional[str] = None
    details: Optional[str] = None


class Alert(NamedTuple):
    """What leaves the host.

    `rule` names why it exists: the event's action, or the finding's rule. `digest` marks the summary that follows a
    cool-down; `suppressed` counts what it stands for. `late` marks an alert about something that happened while
    nobody was reading (catch-up after a restart). `reasons` name what is new about the event (detect/familiar.py).
    `failures_before` a success are those of its address, or of its account where it is local, within `before_us`: too
    few for a finding. `anchor` is the head of the trail, on one alert in a while, to be kept. `wording` is set
    on the way into a sink, and never stored. `is_event` marks an event itself, for whoever collects all of them: its id
    is the event's, and nobody is called.
    """

    id: str
    time_us: int
    severity: Severity
    rule: str
    subject: Subject
    context: Context = NO_CONTEXT
    suppressed: int = 0
    digest: bool = False
    late: bool = False
    reasons: Tuple[str, ...] = ()
    failures_before: int = 0
    before_us: int = 0
    wording: Wording = Wording()
    anchor: str = ""
    is_event: bool = False


class Sent(NamedTuple):
    """The receiver has it."""


class TryLater(NamedTuple):
    """Not now. `after_s` is what the receiver asked for, in seconds, or None for our own back-off.

    `pause` asks to hold the whole channel, not this alert alone.
    """

    reason: str
    detail: str = ""
    after_s: Optional[float] = None
    pause: bool = False


class Refused(NamedTuple):
    """Never like this: the alert is parked as a dead letter.

    With `pause` the channel as a whole is unusable, and its alerts wait until somebody mends it.
    """

    reason: str
    detail: str = ""
    pause: bool = False


Result = Union[Sent, TryLater, Refused]
