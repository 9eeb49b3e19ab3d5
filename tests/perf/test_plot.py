"""The plot is an SVG that a browser and a screen reader can read, and its bars are as long as they say."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from tests.perf.plot import bars

SVG = "{http://www.w3.org/2000/svg}"


def drawn():
    return ET.fromstring(bars("A <title>", "in words", [("a & b", 2.0), ("ours", 4.0)], own=["ours"]))


def test_bars_have_the_length_of_their_value():
    widths = {
        bar.get("class"): int(bar.get("width")) for bar in drawn().iter(f"{SVG}rect") if bar.get("class") != "paper"
    }
    assert widths["own"] == 2 * widths["bar"]


def test_what_it_says_is_there_in_words():
    texts = [element.text for element in drawn().iter()]
    assert {"A <title>", "in words", "a & b", "2.0", "ours", "4.0"} <= set(texts)


def test_it_has_colours_for_dark_ground():
    assert "prefers-color-scheme: dark" in drawn().find(f"{SVG}style").text
