"""Any event, context and alert, with texts from people who want them to break something."""

from __future__ import annotations

import typing
from ipaddress import IPv4Address, IPv6Address

from hypothesis import strategies as st

from pamsignal.model import Alert, AuthEvent, Context, Finding

HOSTILE = (
    "a\nb", "\u2028", "\x85", "\u202e", "\ud83d", "\udcff", '"', "\\", '","hash":"', '{"event":{', '"id":"', "\x00", "\x1b[2J", "😀", "x" * 300,
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=20))
COUNTS = st.integers(0, 2**53 - 1)
IDS = st.text("0123456789abcdef", min_size=32, max_size=32)

_LEAVES = {
    str: TEXTS,
    int: COUNTS,
    bool: st.booleans(),
    IPv4Address: st.ip_addresses(v=4),
    IPv6Address: st.ip_addresses(v=6),
    typing.Tuple[str, ...]: st.lists(TEXTS, max_size=3).map(tuple),
}


def _values(hint):
    if hint in _LEAVES:
        return _LEAVES[hint]
    if hint is type(None):
        return st.none()
    if typing.get_args(hint):
        return st.one_of([_values(part) for part in typing.get_args(hint)])
    return _noun(hint) if hasattr(hint, "_fields") else st.sampled_from(hint)


def _noun(kind):
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{name: IDS if name == "id" else _values(hint) for name, hint in hints.items()})


EVENTS, CONTEXTS, ALERTS = _noun(AuthEvent), _noun(Context), _noun(Alert)
FINDINGS = _noun(Finding)
