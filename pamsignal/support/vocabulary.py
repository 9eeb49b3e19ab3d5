"""Which words of a log line may be shown: those of pamsignal's own source, and what systemd, Python and SQLite say.

Everything else may be a name that somebody gave, or typed. The source is read when a dump is made, so a new message
needs no entry in a list.
"""

from __future__ import annotations

import builtins
import errno
import os
import re
from functools import lru_cache
from typing import FrozenSet, Iterator

from pamsignal.config.schema import key_names, load_schema
from pamsignal.detect.redact import COMMON_WORDS

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)*")
# Examples of names, not words.
_EXAMPLES = frozenset({"specimens.py"})
_EXAMPLE_NAMES = frozenset({"alice", "bob", "mallory", "web-01"})

_OTHERS = """
    activating active attempt automatically available because certificate changed code consumed control core cpu
    current dead deactivated dependency disk dump dumped durable during enabled engine entered entering error exec exit
    exit-code exited expired failed failure full hit hostname image inactive issue issuer job key kill killed killing
    large limit locked main malformed masked match maximum memory mismatch missing name network oom-kill path permanent
    persistent peak process protocol queued quickly readonly reached reload reloaded reloading remaining repeated
    request requested resolution resource resources restart restarting result resulting runtime scheduled self-signed
    service sent shutting signal sigabrt sighup sigkill sigterm skipped slice space start start-limit-hit started
    starting state status still stop stopped stopping success successfully superfluous syslog table temporary
    terminated terminating time timeout too traceback transaction triggered unable unit unknown unreachable
    unrecoverable unset usage verify volatile wal watchdog watch with
    most recent call last line in module file during handling of the above exception another occurred direct cause
    bin conf d dist-packages etc home lib lib64 libexec local log override private python3 root run sbin share
    site-packages srv system systemd tmp usr var auto detached
    cer crt gz journal jsonl mmdb pem txt yaml yml zst
    auto keep-free max-use storage seal compress forwardtosyslog ratelimitburst ratelimitintervalsec mon-fri
"""


@lru_cache(maxsize=1)
def vocabulary() -> FrozenSet[str]:
    """Return the words, in small letters."""
    words = {*COMMON_WORDS, *_OTHERS.split(), *(name.lower() for name in dir(builtins))}
    for text in _texts():
        words.update(word.lower() for word in _WORD.findall(text))
    return frozenset(words - _EXAMPLE_NAMES)


def _texts() -> Iterator[str]:
    yield " ".join(os.strerror(number) for number in errno.errorcode)
    yield " ".join(key_names(load_schema()))
    package = os.path.dirname(os.path.dirname(__file__))
    for folder, _, names in os.walk(package):
        for name in names:
            if name.endswith(".py") and name not in _EXAMPLES:
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    yield name
                    yield file.read()
