"""The daemon's own log: a constant message and fields, one line each, to stderr.

Under journald a line begins with its priority (`<4>`, sd-daemon(3)); on a terminal with time and level. Fields may
hold hostile text: whatever is no printable character is escaped, so no value can begin a line or move a cursor.
The logging module would cost 2.4 MB and do less.
"""

from __future__ import annotations

import enum
import os
from typing import Callable, Mapping, Optional

from pamsignal.runtime.loop import realtime_us, utc_text

VALUE_CAP = 300
_STDERR = 2


class Level(enum.IntEnum):
    """syslog(3)'s priorities, as far as we use them: a lower number is louder."""

    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6
    DEBUG = 7


class Form(enum.Enum):
    """For whom the line is: journald, a person, or a file."""

    JOURNAL = "journal"
    TERMINAL = "terminal"
    PLAIN = "plain"


_COLOURS = {Level.ERROR: "\033[31m", Level.WARNING: "\033[33m", Level.DEBUG: "\033[2m"}
_COLOUR_OFF = "\033[0m"


class Log:
    """Writes lines at least as loud as `level`."""

    def __init__(
        self,
        form: Form = Form.PLAIN,
        level: Level = Level.INFO,
        fileno: int = _STDERR,
        clock: Callable[[], int] = realtime_us,
    ) -> None:
        self.form = form
        self.level = level
        self._fileno = fileno
        self._clock = clock

    def error(self, message: str, **fields: object) -> None:
        """Something does not work, and a person must act."""
        self._write(Level.ERROR, message, fields)

    def warning(self, message: str, **fields: object) -> None:
        """Something is wrong, and pamsignal goes on."""
        self._write(Level.WARNING, message, fields)

    def notice(self, message: str, **fields: object) -> None:
        """Something rare and right: started, reloaded, stopped."""
        self._write(Level.NOTICE, message, fields)

    def info(self, message: str, **fields: object) -> None:
        """Something usual."""
        self._write(Level.INFO, message, fields)

    def debug(self, message: str, **fields: object) -> None:
        """Something for whoever looks for a fault in pamsignal."""
        self._write(Level.DEBUG, message, fields)

    def _write(self, level: Level, message: str, fields: Mapping[str, object]) -> None:
        if level > self.level:
            return
        line = line_of(self.form, level, self._clock(), message, fields)
        try:
            os.write(self._fileno, line.encode("utf-8", "backslashreplace"))
        except OSError:
            return  # nobody listens: no reason to stop listening to the journal


def form_of(fileno: int, environ: Mapping[str, str]) -> Form:
    """Return the form that suits `fileno`: systemd.exec(5), $JOURNAL_STREAM, says whether it leads to journald."""
    try:
        status = os.fstat(fileno)
    except OSError:
        return Form.PLAIN
    if environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}":
        return Form.JOURNAL
    return Form.TERMINAL if os.isatty(fileno) and "NO_COLOR" not in environ else Form.PLAIN


def line_of(form: Form, level: Level, time_us: int, message: str, fields: Mapping[str, object]) -> str:
    """Return the whole line, with its end. A field that is None is left out."""
    pairs = (f"{name}={_value(value)}" for name, value in fields.items() if value is not None)
    text = " ".join([_printable(message), *pairs])
    if form is Form.JOURNAL:
        return f"<{level.value}>{text}\n"
    word = level.name.lower()
    if form is Form.PLAIN:
        return f"{utc_text(time_us)} {word}: {text}\n"
    colour: Optional[str] = _COLOURS.get(level)
    return f"{colour}{word}: {text}{_COLOUR_OFF}\n" if colour else f"{word}: {text}\n"


def _value(value: object) -> str:
    text = str(value)
    text = text if len(text) <= VALUE_CAP else f"{text[:VALUE_CAP]}…"
    text = _printable(text.replace("\\", "\\\\").replace('"', '\\"'))
    return f'"{text}"' if not text or any(letter in ' ="' for letter in text) else text


def _printable(text: str) -> str:
    """Escape controls, line ends, direction marks and lone surrogates as Python writes them in a string."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
