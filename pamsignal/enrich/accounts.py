"""Which account a uid belongs to, from the host's own account database."""

from __future__ import annotations

import pwd
from functools import lru_cache
from typing import Optional


def account_of(uid: int) -> Optional[str]:
    """Return the name of the account with this uid, None if there is none. Never raises."""
    try:
        return _name_of(uid)
    except (KeyError, OverflowError):  # not cached: an account may be about to be made
        return None


def forget() -> None:
    """Look every account up anew: uids are given again."""
    _name_of.cache_clear()


@lru_cache(maxsize=256)
def _name_of(uid: int) -> str:
    return pwd.getpwuid(uid).pw_name
