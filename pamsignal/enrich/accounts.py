"""Which account a uid belongs to, from the host's own account database."""

from __future__ import annotations

import pwd
from functools import lru_cache
from typing import Optional


@lru_cache(maxsize=256)
def account_of(uid: int) -> Optional[str]:
    """Return the name of the account with this uid, None if there is none. Never raises."""
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return None
