"""LEEF 1.0 and 2.0: no text makes a field, ends a line, or holds what divides fields."""

from __future__ import annotations

from pamsignal.render import leef
from tests.fuzz.alert import alert_with, harm_in, texts_of
from tests.unit.render.siem_lines import read_leef

KNOWN = {
    key
    for texts in (["x"] * 8, ["x", "", "x", "", "x", "x", "x", ""])
    for key in read_leef(leef.line_1_of(alert_with(texts)))[1]
}
OF_TEXTS = {"usrName": 255, "accountName": 1023, "host": 1023, "reason": 1023, "command": 1023}


def target(data: bytes) -> None:
    """Render one alert in both versions, and read it back."""
    texts = texts_of(data)
    alert = alert_with(texts)
    for line, divider in ((leef.line_1_of(alert), "\t"), (leef.line_2_of(alert), "^")):
        assert len(line.encode().splitlines()) == 1
        header, pairs = read_leef(line)
        assert len(header) in (5, 6)
        assert pairs.keys() <= KNOWN, pairs.keys() - KNOWN
        for key, limit in OF_TEXTS.items():
            value = pairs.get(key, "")
            assert len(value) <= limit
            assert divider not in value
            assert not [one for one in harm_in(value) if ord(one) < 0xA0 or one in "\u2028\u2029"]
        user, account, _, command, *_ = texts
        assert letters(pairs.get("usrName", "")) == letters((account if command and account else user)[:255])


def letters(text: str) -> str:
    """Return what no format changes."""
    return "".join(one for one in text if one.isascii() and one.isalnum())
