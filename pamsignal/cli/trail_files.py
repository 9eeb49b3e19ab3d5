"""Where the verbs that read the trail find it."""

from __future__ import annotations

import os
from typing import List, Optional

from pamsignal.audit.files import TrailFile, files_in
from pamsignal.errors import AccessError, TrailError
from pamsignal.runtime.directories import SYSTEM, directories


def trail_files(directory: Optional[str], verb: str) -> List[TrailFile]:
    """Return the files of the trail in `directory`, or where the daemon keeps them, oldest first."""
    place = directory or _usual()
    try:
        files = files_in(place)
    except PermissionError:
        raise AccessError(f"no right to read {place}; try: sudo pamsignal {verb}") from None
    except OSError as error:
        raise TrailError(f"{place}: {error.strerror}; name the directory of the trail with --directory") from None
    if not files:
        raise TrailError(f"{place}: no trail; name its directory with --directory")
    return files


def _usual() -> str:
    own = directories(os.environ, os.geteuid()).logs
    return own if os.path.isdir(own) else SYSTEM.logs
