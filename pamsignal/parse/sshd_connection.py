"""OpenSSH's lines about connections: how they end, scans, timeouts, and those it drops (packet.c, kex.c, sshd.c).

The remote side is `[invalid user U |authenticating user U |user U ]ADDRESS port N`: the last `ADDRESS port N` before
`:`, ` [preauth]` or the end is sshd's own.
"""

from __future__ import annotations

from pamsignal.parse.sshd import PEER, PREAUTH
from pamsignal.parse.table import row
from pamsignal.terms import Action, Outcome

_KIND = r"(?P<failing>(?P<unknown>invalid) |authenticating )?user "
# Where the line ends with the remote side, and where a colon follows: a name holds none, so the first one counts. An
# address of IPv6 has some, but none ends in a single one: `10.0.0.1 port 22: port 23:` can be read in one way.
_REMOTE = rf"(?:{_KIND}(?P<user>.*) )?{PEER}"
_REMOTE_BEFORE_COLON = rf"(?:{_KIND}(?P<user>[^:]*) )?(?P<ip>\S*(?:[^\s:]|::)) port (?P<port>\d+):"
# The end of a connection is a failure before login, and says nothing after it; a broken one is a scan before login.
_GAVE_UP = r"(?P<gave_up> \[preauth\])?"
_SCAN = r"(?P<scan> \[preauth\])?"

_CLOSED, _SCANNED, _DROPPED, _DETAIL = (
    Action.CONNECTION_CLOSED,
    Action.CONNECTION_SCAN,
    Action.CONNECTION_DROPPED,
    Action.DETAIL,
)
_FAILURE, _UNKNOWN = Outcome.FAILURE, Outcome.UNKNOWN

_ENDS = (
    row("sshd.closed", "Connection", rf"Connection closed by {_REMOTE}{_GAVE_UP}", _CLOSED, _UNKNOWN),
    row("sshd.reset", "Connection", rf"Connection reset by {_REMOTE}{_GAVE_UP}", _CLOSED, _UNKNOWN),
    row("sshd.timed_out", "Connection", rf"Connection from {_REMOTE} timed out{_GAVE_UP}", _CLOSED, _UNKNOWN),
    # OpenSSH before 7.4 names no port.
    row(
        "sshd.closed_without_port",
        "Connection Disconnected",
        rf"(?:Connection (?:closed|reset) by|Disconnected from) (?P<ip>[\da-fA-F.:]+){_GAVE_UP}",
        _CLOSED,
        _UNKNOWN,
    ),
    row("sshd.disconnected", "Disconnected", rf"Disconnected from (?!user ){_REMOTE}{_GAVE_UP}", _CLOSED, _UNKNOWN),
    row(
        "sshd.disconnected_user",
        "Disconnected",
        rf"Disconnected from user (?P<user>.*) {PEER}{_GAVE_UP}",
        _CLOSED,
        Outcome.SUCCESS,
    ),
    # ADDRESS port N:CODE: TEXT, and TEXT is the client's; before 7.4 `ADDRESS: CODE: TEXT`.
    row(
        "sshd.received_disconnect",
        "Received error:",
        rf"(?:error: )?Received disconnect from (?P<ip>[^\s]+?)(?: port (?P<port>\d+):|: )\d+:.*?{_GAVE_UP}",
        _CLOSED,
        _UNKNOWN,
    ),
    row(
        "sshd.too_many_failures",
        "Disconnecting",
        rf"Disconnecting {_REMOTE_BEFORE_COLON} Too many authentication failures.*?{_GAVE_UP}",
        _DETAIL,
        _FAILURE,
        reason="max attempts",
        limit=True,
    ),
    row(
        "sshd.too_many_failures_for",
        "Disconnecting:",
        rf"Disconnecting: Too many authentication failures(?: for (?P<unknown>invalid user )?(?P<user>.*?))?{_GAVE_UP}",
        _DETAIL,
        _FAILURE,
        reason="max attempts",
        limit=True,
    ),
    row(
        "sshd.user_changed",
        "Disconnecting",
        rf"Disconnecting {_REMOTE_BEFORE_COLON} Change of username or service not allowed: .*?{_GAVE_UP}",
        _CLOSED,
        _UNKNOWN,
        reason="user name changed",
    ),
    row(
        "sshd.disconnecting",
        "Disconnecting",
        rf"Disconnecting {_REMOTE_BEFORE_COLON} (?!Too many authentication failures|Change of username).*?{_GAVE_UP}",
        _CLOSED,
        _UNKNOWN,
    ),
    row(
        "sshd.broken",
        "ssh_dispatch_run_fatal: ssh_packet_write_poll: ssh_packet_write_wait: packet_write_wait: packet_write_poll: "
        "error: fatal:",
        rf"(?:error: |fatal: )?\w+: Connection from {_REMOTE_BEFORE_COLON} .*?{_SCAN}",
        _CLOSED,
        _UNKNOWN,
    ),
)

_SCANS = (
    row(
        "sshd.no_identification",
        "Did",
        rf"Did not receive identification string from (?P<ip>\S+)(?: port (?P<port>\d+))?{PREAUTH}",
        _SCANNED,
        _FAILURE,
        reason="no banner",
    ),
    row(
        "sshd.bad_identification",
        "Bad",
        rf"Bad protocol version identification '.*' from {PEER}{PREAUTH}",
        _SCANNED,
        _FAILURE,
        reason="wrong banner",
    ),
    row(
        "sshd.banner_exchange",
        "banner error:",
        rf"(?:error: )?banner exchange: Connection from {_REMOTE_BEFORE_COLON} .*",
        _SCANNED,
        _FAILURE,
        reason="wrong banner",
    ),
    row(
        "sshd.identification",
        "error: fatal: kex_exchange_identification:",
        r"(?:error: |fatal: )?kex_exchange_identification: .*",
        _SCANNED,
        _FAILURE,
        reason="wrong banner",
    ),
    row(
        "sshd.no_common_algorithm",
        "Unable fatal:",
        rf"(?:fatal: )?Unable to negotiate with {_REMOTE_BEFORE_COLON} .*?{PREAUTH}",
        _SCANNED,
        _FAILURE,
        reason="no common algorithm",
    ),
    row(
        "sshd.bad_packet",
        "Bad Corrupted Protocol padding error: fatal:",
        r"(?:error: |fatal: )?(?:Bad packet length \d+\.|Corrupted MAC on input\.|padding error: .*|"
        rf"Protocol major versions differ.*|kex protocol error: .*|Read from socket failed: .*?){PREAUTH}",
        _SCANNED,
        _FAILURE,
        reason="bad packet",
    ),
    row(
        "sshd.protocol_error",
        "Disconnecting:",
        rf"Disconnecting: (?!Too many authentication failures).*?{PREAUTH}",
        _SCANNED,
        _FAILURE,
        reason="protocol error",
    ),
    row(
        "sshd.obfuscated_handshake",
        "Magic",
        rf"Magic value check failed \(\d+\) on obfuscated handshake from {PEER}{PREAUTH}",
        _SCANNED,
        _FAILURE,
        reason="wrong banner",
    ),
)

_TIMEOUTS = (
    row(
        "sshd.login_timeout",
        "fatal: Timeout",
        rf"(?:fatal: )?Timeout before authentication for (?!connection )(?P<ip>\S+)(?: port (?P<port>\d+))?{PREAUTH}",
        Action.CONNECTION_TIMEOUT,
        _FAILURE,
    ),
    # From 9.8 on the listener writes it, so the pid of the record is not the connection's.
    row(
        "sshd.login_timeout_listener",
        "Timeout",
        r"Timeout before authentication for connection from (?P<ip>\S+) to (?P<to_ip>\S+?)"
        r"(?:, pid = (?P<connection_pid>\d{1,10}))?",
        Action.CONNECTION_TIMEOUT,
        _FAILURE,
    ),
)

_DROPS = (
    row(
        "sshd.dropped",
        "drop error:",
        r"(?:error: )?drop connection #\d+ from \[(?P<ip>[^\]]*)\]:(?P<port>\d+) on \[(?P<to_ip>[^\]]*)\]:"
        r"(?P<to_port>\d+) (?P<reason>(?:past )?Max[Ss]tartups|penalty: .+)",
        _DROPPED,
        _FAILURE,
    ),
    # Names no address: never that of the line before.
    row(
        "sshd.drops_not_logged",
        "PerSourcePenalties MaxStartups Maxstartups",
        r"\w+ logging rate-limited: additional (?P<attempts>\d{1,9}) connections dropped",
        _DROPPED,
        _FAILURE,
        reason="drop summary",
    ),
    # 8.4 to 9.7 write the first drop of a burst in full and this sum at its end.
    row(
        "sshd.throttling_ended",
        "exited",
        r"exited MaxStartups throttling after \S+, (?P<attempts>\d{1,9}) connections dropped",
        _DROPPED,
        _FAILURE,
        reason="drop summary",
    ),
)

_DETAILS = (
    # LogLevel VERBOSE; the address of every later line of this pid that names none.
    row(
        "sshd.connection",
        "Connection",
        r"Connection from (?P<ip>\S+) port (?P<port>\d+)(?: on (?P<to_ip>\S+) port (?P<to_port>\d+))?"
        r'(?: rdomain ".*")?',
        _DETAIL,
    ),
    row(
        "sshd.name_mismatch",
        "Address",
        r"Address (?P<ip>\S+) maps to \S+, but this does not map back to the address\.?"
        r"(?: - POSSIBLE BREAK-IN ATTEMPT!)?",
        _DETAIL,
    ),
    row(
        "sshd.name_unknown",
        "reverse",
        r"reverse mapping checking getaddrinfo for .* \[(?P<ip>[^\]]*)\] failed(?:\.| - POSSIBLE BREAK-IN ATTEMPT!)",
        _DETAIL,
    ),
    row(
        "sshd.noise",
        "Server User Accepted Authentication Received Exiting Read Transferred: Closing Timeout, Write Set Nasty "
        "Could Deprecated syslogin_perform_logout: userauth_pubkey: error: fatal: in Changed Refused",
        r"(?:Server listening on .*|User child is on pid \d+|Accepted (?:key|certificate) .*|"
        r"Authentication (?:refused: .*|key .* revoked by file .*)|Received (?:signal|SIGHUP).*|Exiting on signal .*|"
        r"Read error from remote host .*|Transferred: .*|Closing connection to .*|Timeout, client not responding.*|"
        r"Write failed: .*|Set /proc/self/oom_score_adj .*|Nasty PTR record .*|Could not .*|Deprecated option .*|"
        r"syslogin_perform_logout: .*|userauth_pubkey: .*|Changed root directory to .*|"
        r"(?:error: )?Refused by (?:key|certificate) options|"
        r"(?:error: )?in MaxStartups throttling for .*|"
        r"(?:error|fatal): (?:beginning MaxStartups throttling|connect_to .*|Could not .*|Bind to port .*|"
        r"Cannot bind any address.*|Certificate invalid: .*|Refusing certificate .*|Authentication key .* revoked .*|"
        r"PAM: pam_\w+\(\): .*|AuthorizedKeysCommand .*|session_pty_req: .*|channel_setup_fwd_listener.*|"
        r"mm_\w+: .*|monitor_read: .*|no hostkey alg.*|no matching .*))",
        _DETAIL,
    ),
)

PATTERNS = (*_ENDS, *_SCANS, *_TIMEOUTS, *_DROPS, *_DETAILS)
