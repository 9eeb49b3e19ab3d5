"""The status file: how the daemon tells `pamsignal status` about itself. Readable by all, so never with a secret."""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping

from pamsignal.errors import AccessError, NotRunningError
from pamsignal.runtime import public_file


def write(path: str, status: Mapping[str, object]) -> None:
    """Replace the file `path` by `status` as JSON, 0644, at once: a reader sees the old or the new one whole.

    OSError if it cannot be written.
    """
    public_file.replace(path, json.dumps(status, separators=(",", ":")).encode())


def read(path: str) -> Dict[str, Any]:
    """Return what the daemon last wrote. NotRunningError if there is nothing, AccessError if it is out of reach."""
    try:
        with open(path, "rb") as stream:
            status = json.loads(stream.read())
    except FileNotFoundError as error:
        raise NotRunningError(
            f"{path} is not there: pamsignal is not running; try: systemctl start pamsignal"
        ) from error
    except PermissionError as error:
        raise AccessError(f"{path}: permission denied; try: sudo pamsignal status") from error
    except ValueError as error:
        raise _no_status(path) from error
    if not isinstance(status, dict):
        raise _no_status(path)
    return status


def _no_status(path: str) -> NotRunningError:
    return NotRunningError(
        f"{path} is not a status file of pamsignal; name another with --file, or try: systemctl restart pamsignal"
    )
