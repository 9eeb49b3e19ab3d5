"""What a server says of us is shown without our secrets, however it spells them."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.deliver.sinks.exchange import redacted
from pamsignal.secret import Secret

SECRET = 'hunter2 "/+=&ü'
SPELLINGS = {
    "plain": SECRET,
    "in a URL's path": quote(SECRET),
    "in a URL's query": quote(SECRET, safe=""),
    "in JSON": json.dumps(SECRET),
    "in JSON with its letters": json.dumps(SECRET, ensure_ascii=False),
    "AUTH PLAIN": base64.b64encode(f"\0alerts\0{SECRET}".encode()).decode(),
    "AUTH LOGIN": base64.b64encode(SECRET.encode()).decode(),
    "in a URL's base64": base64.urlsafe_b64encode(f"x{SECRET}".encode()).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_masked_however_it_is_spelt(spelling):
    assert redacted(f"no: {spelling} is wrong", Secret(SECRET)).replace('"', "") == "no: *** is wrong"


@given(st.text(max_size=12), st.text(min_size=6, max_size=40), st.text(max_size=12))
def test_no_secret_can_be_read_out_of_base64(before, secret, after):
    coded = base64.b64encode(f"{before}{secret}{after}".encode("utf-8", "replace")).decode()
    assert coded not in redacted(coded, Secret(secret.encode("utf-8", "replace").decode()))


def test_what_holds_no_secret_stays():
    said = "5.7.8 Username and Password not accepted. See https://support.example.org/?p=BadCredentials"
    assert redacted(said, Secret(SECRET), Secret("x")) == said.replace("x", "***")
