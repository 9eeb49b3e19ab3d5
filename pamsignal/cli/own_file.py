"""Files that a verb writes for its caller alone: whole or not at all, over nothing that nobody wants replaced."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Callable, Iterator, Optional

from pamsignal.errors import AccessError, UsageError

OWN_MODE = 0o600


def write(
    path: Path,
    text: str,
    *,
    replace: bool = False,
    mode: int = OWN_MODE,
    check: Optional[Callable[[Path], None]] = None,
) -> None:
    """Write `text` to `path`, once `check` has raised nothing about the draft beside it.

    OSError as it comes; FileExistsError if something is there and `replace` does not say that it may go.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # which nobody can foresee, and take
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, OWN_MODE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            os.fchmod(descriptor, mode)  # whatever the umask is
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        if check is not None:
            check(draft)
        if replace:
            draft.replace(path)
        else:
            os.link(draft, path)  # unlike rename(2), link(2) never replaces anything
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


@contextlib.contextmanager
def explained(path: Path, *, if_there: str) -> Iterator[None]:
    """Say why `path` could not be written; `if_there` is what to say of a file that is there."""
    try:
        yield
    except FileExistsError:
        raise UsageError(f"{path} {if_there}") from None
    except PermissionError:
        raise AccessError(f"no right to write {path}; name a file in a directory of yours") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name a file in a directory that is there") from None
