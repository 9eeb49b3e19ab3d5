"""What a server says of us is shown without our secrets, however it spells them."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.deliver.sinks.exchange import redacted
from pamsignal.secret import Secret

SECRET = 'hunter2 "/+=&<ü\U0001f511'


def in_lower_case(quoted):
    return re.sub("%..", lambda one: one[0].lower(), quoted)


SPELLINGS = {
    "plain": SECRET,
    "in a URL's path": quote(SECRET),
    "in a URL's query": quote(SECRET, safe=""),
    "in a URL's path, in lower case": in_lower_case(quote(SECRET)),
    "in a form": quote_plus(SECRET),
    "in a URL within a URL": quote(quote(SECRET, safe=""), safe=""),
    "in HTML": html.escape(SECRET),
    "in HTML by numbers": "".join(f"&#{ord(letter)};" for letter in SECRET),
    "in HTML by hexadecimal numbers": "".join(f"&#x{ord(letter):04X};" for letter in SECRET),
    "in JSON": json.dumps(SECRET),
    "in JSON of PHP": json.dumps(SECRET).replace("/", "\\/"),
    "in JSON in upper case": json.dumps(SECRET).replace("\\u00fc", "\\u00FC").replace("\\ud83d", "\\uD83D"),
    "cut": SECRET[:-1],
    "cut far": SECRET[:8],
    "in JSON with its letters": json.dumps(SECRET, ensure_ascii=False),
    "AUTH PLAIN": base64.b64encode(f"\0alerts\0{SECRET}".encode()).decode(),
    "AUTH LOGIN": base64.b64encode(SECRET.encode()).decode(),
    "AUTH LOGIN, cut": base64.b64encode(SECRET.encode()).decode()[:-8],
    "in a URL's base64": base64.urlsafe_b64encode(f"x{SECRET}".encode()).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_masked_however_it_is_spelt(spelling):
    assert redacted(f"no: {spelling} is wrong", Secret(SECRET)).replace('"', "") == "no: *** is wrong"


@given(st.text(max_size=12), st.text(min_size=6, max_size=40), st.text(max_size=12))
def test_no_secret_can_be_read_out_of_base64(before, secret, after):
    coded = base64.b64encode(f"{before}{secret}{after}".encode("utf-8", "replace")).decode()
    assert coded not in redacted(coded, Secret(secret.encode("utf-8", "replace").decode()))


QUOTED = (quote, quote_plus, html.escape, lambda text: json.dumps(text)[1:-1], str)


@given(st.text(min_size=6, max_size=30), st.sampled_from(QUOTED))
def test_no_secret_is_left_by_any_of_those_who_quote(secret, quoted):
    secret = secret.encode("utf-8", "replace").decode()
    assert redacted(f"no: {quoted(secret)}!", Secret(secret)) == "no: ***!"


def test_a_long_answer_is_cut_before_it_is_searched():
    said = f"{'n' * 5000}{SECRET}"
    assert redacted(said, Secret(SECRET)) == redacted("n" * 5000)


def test_what_holds_no_secret_stays():
    said = "5.7.8 Username and Password not accepted. See https://support.example.org/?p=BadCredentials"
    assert redacted(said, Secret(SECRET), Secret("x"), Secret("")) == said.replace("x", "***")
