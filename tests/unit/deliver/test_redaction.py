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

from pamsignal.deliver.sinks.masking import redacted
from pamsignal.secret import Secret

SECRET = 'hunter2 "/+=&<ü\U0001f511'


def dumped(text, encoding="utf-8", form="{:02x}", between=""):
    return between.join(map(form.format, text.encode(encoding)))


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
    "in base64, without what fills it up": base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
    "in base64, quoted for a URL": quote(base64.b64encode(SECRET.encode()).decode(), safe=""),
    "in base64, in JSON of PHP": base64.b64encode(f"{SECRET}\xff\xff".encode()).decode().replace("/", "\\/"),
    "in base64 of Windows": base64.b64encode(SECRET.encode("utf-16-le")).decode(),
    "in base64 of Windows, after an account": base64.b64encode(f"alerts:{SECRET}".encode("utf-16-le")).decode(),
    "in base64 of big-endian UTF-16": base64.b64encode(f"x{SECRET}".encode("utf-16-be")).decode(),
    "in base64 of UTF-16 with a mark of its order": base64.urlsafe_b64encode(SECRET.encode("utf-16")).decode(),
    "in hexadecimal": dumped(SECRET),
    "in hexadecimal, in upper case": dumped(SECRET, form="{:02X}"),
    "in hexadecimal, cut": dumped(SECRET)[:16],
    "in hexadecimal, apart": dumped(SECRET, between=" "),
    "in hexadecimal, by colons": dumped(SECRET, between=":"),
    "in hexadecimal, as numbers": dumped(SECRET, form="0x{:02X}", between=", "),
    "in hexadecimal, in pairs": " ".join(re.findall("..?.?.?", dumped(SECRET))),
    "in hexadecimal of Windows": dumped(SECRET, "utf-16-le"),
    "in hexadecimal of big-endian UTF-16": dumped(SECRET, "utf-16-be", between=" "),
    "escaped for C": dumped(SECRET, form="\\x{:02x}"),
    "escaped for C, in JSON": dumped(SECRET, form="\\\\x{:02X}"),
    "as Python shows bytes": repr(SECRET.encode())[2:-1],
    "as Python shows ASCII": ascii(SECRET.replace("\U0001f511", ""))[1:-1],
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_masked_however_it_is_spelt(spelling):
    assert redacted(f"no: {spelling} is wrong", Secret(SECRET)).replace('"', "") == "no: *** is wrong"


WORDS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
SECRETS = st.text(st.characters(blacklist_categories=["Cs"]), min_size=4, max_size=40)
ENCODINGS = st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"])
CODED_BY = st.sampled_from([base64.b64encode, base64.urlsafe_b64encode])


@given(WORDS, SECRETS, WORDS, ENCODINGS, CODED_BY)
def test_no_secret_can_be_read_out_of_base64(before, secret, after, encoding, coded_by):
    coded = coded_by(f"{before}{secret}{after}".encode(encoding)).decode()
    assert redacted(f"no: {coded}!", Secret(secret)) == "no: ***!"


FORMS = st.sampled_from(["{:02x}", "{:02X}", "\\x{:02x}", "0x{:02X}"])


@given(WORDS, SECRETS, WORDS, ENCODINGS, FORMS, st.sampled_from(["", " ", ":", ", ", "-"]))
def test_no_secret_can_be_read_out_of_hexadecimal_digits(before, secret, after, encoding, form, between):
    coded = dumped(f"{before}{secret}{after}", encoding, form, between)
    assert dumped(secret, encoding, form, between) not in redacted(coded, Secret(secret))


@given(st.binary(max_size=30), st.text("ghijklmnopqrstuvwxyz", min_size=1, max_size=3), st.binary(max_size=30))
def test_a_short_secret_leaves_dumps_of_others_alone(before, short, after):
    said = (before + short.encode() + after).hex(" ")
    assert redacted(said, Secret(short)) == redacted(said)


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
