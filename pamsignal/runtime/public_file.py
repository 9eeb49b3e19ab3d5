"""Files that everybody may read, replaced as a whole: status.json, and the metrics."""

from __future__ import annotations

import os


def replace(path: str, content: bytes) -> None:
    """Put `content` in the place of the file `path`, 0644, at once: a reader sees the old or the new one whole.

    OSError if it cannot be written.
    """
    beside = f"{path}.new"
    fileno = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    with os.fdopen(fileno, "wb") as stream:
        os.fchmod(fileno, 0o644)  # whatever the umask is
        stream.write(content)
    os.replace(beside, path)
