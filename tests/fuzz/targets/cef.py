"""CEF: what goes in comes out of a strict reader, cut where the standard cuts, and no text makes a field."""

from __future__ import annotations

from pamsignal.render import cef
from tests.fuzz.alert import alert_with, texts_of
from tests.unit.render.siem_lines import read_cef

PAIRS = read_cef(cef.line_of(alert_with(["x"] * 8)))[1].keys() | read_cef(cef.line_of(alert_with([""] * 8)))[1].keys()
KNOWN = PAIRS | {"dpriv", "duser", "suser", "reason", "dvchost"}
_UNFIT = (*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029")
_SHOWN = {**dict.fromkeys(_UNFIT, "\ufffd"), "\t": " ", "\n": "\n", "\r": "\r"}


def target(data: bytes) -> None:
    """Render one alert, and read it back."""
    texts = texts_of(data)
    line = cef.line_of(alert_with(texts))
    assert len(line.encode().splitlines()) == 1
    header, pairs = read_cef(line)
    assert len(header) == 7
    assert pairs.keys() <= KNOWN, pairs.keys() - KNOWN
    user, account, hostname, command, _, reason, _, _ = texts
    assert pairs.get("dvchost", "") == shown(hostname, 100)
    assert pairs.get("reason", "") == shown(reason, 1023)
    assert pairs.get("cs6", "") == shown(command, 4000)
    is_taken = bool(command and account)
    assert pairs.get("suser", "") == (shown(user, 1023) if is_taken else "")
    assert pairs.get("duser", "") == shown(account if is_taken else user, 1023)


def shown(text: str, limit: int) -> str:
    """Return what is left of `text`, by the words of the standard and not by our code."""
    kept = "".join(_SHOWN.get(one, "\ufffd" if 0xD800 <= ord(one) < 0xE000 else one) for one in text[:limit].strip())
    return kept.strip()
