"""`requests` without its guessing of charsets: 3 MB of tables for `Response.text`, which no sink reads.

While requests is imported, two empty modules stand in for chardet and charset_normalizer, of versions that every
release from 2.25 on accepts. Afterwards they are gone, so that anybody else gets the real ones.
"""

from __future__ import annotations

import sys
from types import ModuleType

_STAND_INS = {"chardet": "4.0.0", "charset_normalizer": "2.0.0"}


def _stand_in(name: str, version: str) -> ModuleType:
    module = ModuleType(name)
    module.__version__ = version  # type: ignore[attr-defined]
    return module


_standing_in = {n: _stand_in(n, v) for n, v in _STAND_INS.items() if n not in sys.modules}
sys.modules.update(_standing_in)
try:
    import requests
finally:
    for _name in _standing_in:
        del sys.modules[_name]

__all__ = ["requests"]
