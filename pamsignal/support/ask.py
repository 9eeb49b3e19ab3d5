"""Asks programs of the system, with an end to patience and to length."""

from __future__ import annotations

import subprocess
from typing import Dict

from pamsignal.errors import PamSignalError

PATIENCE_SECONDS = 10
LONGEST_ANSWER = 8 << 20
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "SYSTEMD_COLORS": "0"}


class NoAnswerError(PamSignalError):
    """The program is not there, hangs, or failed without a word on its output."""


def answer(*words: str) -> str:
    """Return what a program prints; NoAnswerError if there is none, or nothing but a complaint."""
    try:
        done = subprocess.run(  # noqa: S603 - literal words, numbers, and paths behind options
            words,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise NoAnswerError(f"{words[0]} is not there") from None
    except subprocess.TimeoutExpired:
        raise NoAnswerError(f"{words[0]} did not answer in {PATIENCE_SECONDS} s") from None
    except OSError as error:
        raise NoAnswerError(f"{words[0]}: {error.strerror}") from None
    text = done.stdout[-LONGEST_ANSWER:].decode("utf-8", "replace")
    if done.returncode:
        complaint = done.stderr[:300].decode("utf-8", "replace").strip() or text[:300].strip()
        raise NoAnswerError(f"{words[0]} failed: {complaint}")
    return text


def answer_or_why_not(*words: str) -> str:
    """Return the one line that a program prints, or why there is none."""
    try:
        return answer(*words).strip()
    except NoAnswerError as error:
        return f"({error})"


def properties(text: str) -> Dict[str, str]:
    """Return `Name=value` lines as a mapping."""
    return {name: value for name, _, value in (line.partition("=") for line in text.splitlines()) if name}
