from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.render import escape

SPELLING = re.compile(r"\\(\\|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
hostile = st.text(st.characters(), max_size=300)
ENDLESS = 10**6
SPELLED = (escape.for_terminal, escape.for_code_span, escape.for_plain_text, escape.for_any_markup)
SHOWS = (*SPELLED, escape.for_telegram_html, escape.for_slack)


def read_back(shown):
    return SPELLING.sub(lambda m: "\\" if m[1] == "\\" else chr(int(m[1][1:], 16)), shown)


@pytest.mark.parametrize("show", SPELLED)
@given(hostile)
def test_what_is_spelled_out_can_be_read_back_to_the_very_same_text(show, text):
    assert read_back(show(text, ENDLESS)) == text


@given(hostile)
def test_nothing_shown_is_a_control_a_format_character_a_separator_or_runs_leftwards(text):
    for character in escape.for_terminal(text, ENDLESS):
        assert unicodedata.category(character)[0] != "C"
        assert character == " " or unicodedata.category(character)[0] != "Z"
        assert unicodedata.bidirectional(character) not in {"R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "PDF"}


@given(hostile)
def test_what_is_shown_stays_one_line(text):
    for show in SHOWS:
        assert len(show(text).splitlines()) <= 1


@given(hostile)
def test_no_markup_of_a_value_survives(text):
    assert not re.search("[<>]", escape.for_telegram_html(text))
    assert not re.search("[<>`]", escape.for_slack(text))
    for shown in (escape.for_telegram_html(text), escape.for_slack(text)):
        assert re.sub("&(amp|lt|gt);", "", shown).count("&") == 0


@pytest.mark.parametrize("show", SPELLED)
@given(hostile, st.integers(1, 40))
def test_a_cut_text_keeps_its_limit_and_tears_no_spelling(show, text, limit):
    shown = show(text, limit)
    assert len(shown) <= limit
    whole = show(text, ENDLESS)
    if shown != whole:
        assert shown.endswith("…")
        assert text.startswith(read_back(shown[:-1]))


@given(hostile, st.integers(1, 40))
def test_a_cut_slack_text_tears_no_entity(text, limit):
    shown = escape.for_slack(text, limit)
    assert len(shown) <= limit
    assert re.sub("&(amp|lt|gt);", "", shown).count("&") == 0


lively = st.lists(st.sampled_from([*"@<>`*~|()[]:/wW.\\x", "://", "www.", "](", "http"]), max_size=30).map("".join)


@given(hostile | lively)
def test_where_nobody_knows_the_markup_there_is_none(text):
    assert not re.search(r"[@<>`*~|]|\]\(|://|www\.", escape.for_any_markup(text), re.IGNORECASE)
    assert not re.search(r"://|www\.", escape.for_plain_text(text), re.IGNORECASE)
    assert "`" not in escape.for_code_span(text)


@pytest.mark.parametrize(
    ("text", "plain", "any_markup"),
    [
        ("deploy_bot", "deploy_bot", "deploy_bot"),
        ("2001:db8::9 port 22", "2001:db8::9 port 22", "2001:db8::9 port 22"),
        ("https://evil.example", "https\\x3a//evil.example", "https\\x3a//evil.example"),
        ("WWW.evil.example", "WWW\\x2eevil.example", "WWW\\x2eevil.example"),
        ("@all <b>", "@all <b>", "\\x40all \\x3cb\\x3e"),
        ("[a](b) (c)", "[a](b) (c)", "[a]\\x28b) (c)"),
        ("C:\\x", "C:\\\\x", "C:\\\\x"),
    ],
)
def test_only_what_comes_to_life_is_spelled_out(text, plain, any_markup):
    assert escape.for_plain_text(text) == plain
    assert escape.for_any_markup(text) == any_markup


@pytest.mark.parametrize("show", [*SHOWS, escape.for_html])
def test_a_channel_sets_the_limit_itself_be_it_low_or_high(show):
    assert show("a" * 1000, 1000) == "a" * 1000
    assert show("a" * 1000, 10) == "a" * 9 + "…"
    assert show("a" * 1000) == "a" * 255 + "…"


def test_within_an_attribute_of_html_no_quotation_mark_ends_it():
    assert escape.for_html("\"a' & <b>\x1b") == "&quot;a&#39; &amp; &lt;b&gt;\\x1b"


@pytest.mark.parametrize("show", SHOWS)
def test_the_commands_to_paste_pass_unchanged(show):
    command = (
        "journalctl --facility=auth,authpriv --grep='203[.]0[.]113[.]9(?![0-9a-f])' --since='2026-11-23 11:58:00 UTC'"
    )
    assert show(command) == command


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("alice", "alice"),
        ("müller", "müller"),
        ("a b", "a b"),
        ("CORP\\alice", "CORP\\\\alice"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eecila", "\\u202eecila"),
        ("a\u2028b", "a\\u2028b"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
        ("nbsp\u00a0", "nbsp\\xa0"),
        ("\u3164", "\\u3164"),
        ("e\u0301", "e\\u0301"),
        ("\u05d0", "\\u05d0"),
        ("”", "\\u201d"),
    ],
)
def test_terminal_text_reads(text, shown):
    assert escape.for_terminal(text) == shown


@pytest.mark.parametrize("text", ["<!channel>", "<@U012AB3CD>", "<https://evil|click>", "<b>bold</b>", "a & b"])
def test_known_markup_comes_out_as_entities(text):
    entities = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert escape.for_slack(text) == escape.for_telegram_html(text) == entities


def test_a_backtick_cannot_end_the_code_span_of_slack():
    assert escape.for_slack("`@here") == "\\x60@here"


@pytest.mark.parametrize("text", ["alice", "2001:db8::9", "203.0.113.0/24", "a@b", "host$"])
def test_one_word_is_a_plain_name(text):
    assert escape.is_plain_name(text)


@pytest.mark.parametrize("text", ["", "alice from 10.0.0.1", 'a"', "ä", "a\n", "“"])
def test_anything_else_is_not_a_plain_name(text):
    assert not escape.is_plain_name(text)


def test_a_name_of_64_kb_is_cut():
    assert escape.for_terminal("\x1b" * 65536, 100) == "\\x1b" * 24 + "…"
