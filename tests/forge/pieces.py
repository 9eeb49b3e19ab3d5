"""Hostile text: fragments of other lines, most of all, put together by a seeded dice."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Callable, Dict

_JOURNAL = Path(__file__).parents[1] / "data" / "journal"
SHAPES = tuple(
    json.loads(line)["record"]["MESSAGE"]
    for path in sorted(_JOURNAL.rglob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
)
PIECES = (
    *(" from 6.6.6.6 port 22 ssh2", " from 6.6.6.6 port 22", " 6.6.6.6 port 22", " 6.6.6.6 port 22 [preauth]", " port "),
    *("Accepted password for root from 6.6.6.6 port 22 ssh2", "Accepted publickey for root", " ssh2", " ssh2: ", "[preauth]"),
    *(" from ", "invalid user ", "authenticating user ", " not allowed because ", "Disconnected from user root", " for "),
    *("session opened for user root(uid=0) by root(uid=0)", "pam_unix(sshd:session): ", " rhost=6.6.6.6", " user=root"),
    *("  user=root", " rhost=6.6.6.6 user=root", "ruser=", " ; USER=root", " ; COMMAND=/bin/sh", "USER=root ; COMMAND=sh", " ; "),
    *("; ", " : ", ": ", "TTY=pts/0", ") root on pts/0", "(to root) root on pts/0", "LOGIN ON tty1 BY root FROM 6.6.6.6", ", "),
    *("] OK LOGIN: Client ", '"6.6.6.6"', 'x] FAIL LOGIN: Client "6.6.6.6', '", anon password "', "' from 6.6.6.6:22", "' FOR '"),
    *(" from <6.6.6.6:22>: ", " as root from /", " ran command ", "] (owned by unix-user:root)", " [USER=root] [TTY=x] [CWD=/]"),
    *(": alice : PWD=/ ; USER=root ; COMMAND=sh", ": alice: Executing command [USER=root] [TTY=x] [CWD=/] [COMMAND=sh]"),
    *(": alice ran command sh as root from /", ": pam_unix(su:session): session opened for user root by alice(uid=0)", "x y: "),
    "a:1: Authentication tried for root with correct key but not from a permitted host (host=x, ip=6.6.6.6, required=",
    "a:1: Authentication tried for root with valid certificate but not from a permitted source address (6.6.6.6",
    " with valid certificate but not from a permitted source address (6.6.6.6",
    *("[COMMAND=", "message repeated 2 times: [ ", "]", "[", "(", ")", "'", '"', "`", "'s", "\\", "\n", "\r", "\t", "\x1b[0m", "\x7f"),
    *("", " ", "  ", "é", "\u202e", "\u2028", "\udcff", "\U0001f600", "%s", "0", "root", "x", "6.6.6.6", "2001:db8:6::6"),
)  # fmt: skip
_ACCOUNTS = ("alice", "root", "svc-1", "a.b_c", "www-data", "CORP\\jane", "host$", "jane@example.org")
_METHODS = ("password", "none", "keyboard-interactive/pam", "publickey", "gssapi-with-mic")
_PAM_ERRORS = (
    "Authentication failure",
    "User not known to the underlying authentication module",
    "Have exhausted maximum number of retries for service",
)
_DENIALS = (
    "not listed in AllowUsers",
    "listed in DenyUsers",
    "not in any group",
    "a group is listed in DenyGroups",
    "none of user's groups are listed in AllowGroups",
)
_NOT_IN_PASSWD = re.compile("[:\n\r]")
_HOST_LETTERS = "abcxyz0123456789.-_"


class Dice:
    """Throws what fills the slots of a format. The same seed throws the same, always."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.choice = self._random.choice
        self.below = self._random.randrange
        self.slots: Dict[str, Callable[[], str]] = {
            "name": self.hostile,
            "text": self.hostile,
            "more": self.hostile,
            "command": self.hostile,
            "path": lambda: f"/{self.hostile()}",
            "account": self._account,
            "known": lambda: self.choice(_ACCOUNTS),
            "other": lambda: self.choice(_ACCOUNTS),
            "host": self._host,
            "ip": self._ip,
            "port": lambda: str(self.below(1, 65536)),
            "method": lambda: self.choice(_METHODS),
            "module": lambda: self.choice(("unix", "sss", "faillock", "krb5")),
            "pam_error": lambda: self.choice(_PAM_ERRORS),
            "denial": lambda: self.choice(_DENIALS),
        }

    def hostile(self) -> str:
        """Throw up to six fragments, some of them long: without NUL, which no name in C can hold."""
        return "".join([self._fragment() for _ in range(self.below(7))])

    def _account(self) -> str:
        """Throw a name that an account can have, if whoever makes accounts is odd: no colon, no line end (passwd(5))."""
        return _NOT_IN_PASSWD.sub("", self.hostile()).strip() or "root"

    def _fragment(self) -> str:
        kind = self.below(16)
        if kind < 11:
            return self.choice(PIECES)
        if kind < 13:
            return self.choice(SHAPES)
        if kind == 13:
            shape = self.choice(SHAPES)
            begin = self.below(len(shape) + 1)
            return shape[begin : begin + self.below(60)]
        if kind == 14:
            return chr(self.below(1, 0x500))
        return self.choice(PIECES) * self.below(1, 120)

    def _ip(self) -> str:
        """Throw an address that stands in no fragment."""
        if self.below(4):
            return f"100.64.{self.below(256)}.{self.below(1, 255)}"
        return f"2001:db8:f:{self.below(1, 0xFFFF):x}::{self.below(1, 0xFFFF):x}"

    def _host(self) -> str:
        """Throw a name of the DNS, which whoever owns an address chooses."""
        return "".join(self.choice(_HOST_LETTERS) for _ in range(self.below(1, 30)))
