"""CEF and LEEF through strict readers: what goes in comes out, and no value can make a field."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.model import Endpoint
from pamsignal.render import cef, ecs, leef, ocsf
from tests.builders import a_finding, a_login, an_alert, an_endpoint
from tests.unit.render.cases import CASES, HOSTILE
from tests.unit.render.siem_lines import read_cef, read_leef

CONSUMER_KEYS = {"slat", "slong", "eventId", "rawEvent"}
NASTY = st.text(
    st.one_of(st.sampled_from("|=\\\n\r\t ^\x00\x1b\u2028\ud800 abcsrduse123"), st.characters()), max_size=60
)
KNOWN_TO_CEF = str.maketrans({"\t": " "})


def login_of(user):
    return an_alert(subject=a_login(user=user, reason=user, hostname=user))


@pytest.mark.parametrize("case", CASES)
def test_every_case_reads_in_every_format(case):
    header, pairs = read_cef(cef.line_of(CASES[case]))
    assert header[:3] == ["0", "PAMSignal", "pamsignal"]
    assert header[4] == CASES[case].rule
    assert not CONSUMER_KEYS & pairs.keys()
    assert {f"{key}Label" for key in pairs if key[:2] in {"cs", "cn", "c6"} and key[-1].isdigit()} <= pairs.keys()
    for line in (leef.line_1_of(CASES[case]), leef.line_2_of(CASES[case])):
        leef_header, attributes = read_leef(line)
        assert leef_header[4] == CASES[case].rule
        assert len(attributes["devTime"]) == 13
        assert 1 <= int(attributes["sev"]) <= 10


def test_an_ipv6_address_never_stands_in_src_or_dst():
    source = Endpoint(ip_address("2001:db8::9"), 50022)
    _, pairs = read_cef(
        cef.line_of(an_alert(subject=a_login(source=source, destination=an_endpoint("2001:db8::1", 22))))
    )
    assert (pairs["c6a2"], pairs["c6a3"]) == ("2001:db8::9", "2001:db8::1")
    assert not {"src", "dst"} & pairs.keys()


def test_a_zone_is_no_part_of_an_address():
    source = Endpoint(ip_address("fe80::1%eth0"), 50022)
    assert read_cef(cef.line_of(an_alert(subject=a_login(source=source))))[1]["c6a2"] == "fe80::1"


@given(NASTY)
def test_cef_gives_back_what_it_was_given(user):
    kept = "".join("\ufffd" if is_unfit(c) else c for c in user.strip().translate(KNOWN_TO_CEF)).strip()
    pairs = read_cef(cef.line_of(login_of(user)))[1]
    assert pairs.get("duser", "") == pairs.get("reason", "") == kept
    assert pairs.keys() - {"duser", "reason", "dvchost", "dpriv"} == PLAIN_CEF


@given(NASTY)
def test_a_name_in_leef_makes_no_field(user):
    for make, fields in ((leef.line_1_of, PLAIN_LEEF), (leef.line_2_of, PLAIN_LEEF)):
        line = make(login_of(user))
        assert read_leef(line)[1].keys() - {"usrName", "reason", "host"} == fields
        line.encode()


@given(NASTY)
def test_a_header_holds_its_part(name):
    header, _ = read_cef(cef.line_of(an_alert()._replace(rule=name)))
    assert len(header) == 7
    assert read_leef(leef.line_1_of(an_alert()._replace(rule=name)))[0][0] == "LEEF:1.0"


@pytest.mark.parametrize(("key", "limit"), [("duser", 1023), ("reason", 1023), ("dvchost", 100)])
def test_a_limit_counts_characters(key, limit):
    pairs = read_cef(cef.line_of(login_of("\U0001f600" * 5000)))[1]
    assert pairs[key] == "\U0001f600" * limit


def test_a_cut_never_tears_an_escape():
    assert read_cef(cef.line_of(login_of("=" * 5000)))[1]["duser"] == "=" * 1023


def test_hostile_text_is_one_line_of_utf8():
    for make in (cef.line_of, leef.line_1_of, leef.line_2_of):
        assert len(make(login_of(HOSTILE)).encode().decode().splitlines()) == 1


def is_unfit(character):
    code = ord(character)
    if character in "\n\r":
        return False
    return code < 0x20 or 0x7F <= code < 0xA0 or code in {0x2028, 0x2029} or 0xD800 <= code < 0xE000


PLAIN_CEF = read_cef(cef.line_of(login_of(None)))[1].keys()
PLAIN_LEEF = read_leef(leef.line_1_of(login_of(None)))[1].keys()


@pytest.mark.parametrize("rule", ["distributed_brute_force", "local_brute_force", "spoofed_line", "rule_of_the_future"])
def test_a_name_that_looks_like_an_address_is_no_address(rule):
    sources = ("203.0.113.1", "203.0.113.2")
    subject = a_finding(rule=rule, key="10.0.0.5", users=("10.0.0.5",), user_total=1, sources=sources, source_total=30)
    alert = an_alert(subject=subject)
    assert "src" not in read_cef(cef.line_of(alert))[1]
    assert "src" not in read_leef(leef.line_1_of(alert))[1]
    assert "ip" not in ecs.alert_document(alert).get("source", {})
    assert "10.0.0.5" not in {one.get("src_endpoint", {}).get("ip") for one in ocsf.document_of(alert)["evidences"]}


def test_what_is_counted_by_address_names_it():
    subject = a_finding(rule="brute_force", key="203.0.113.9", sources=(), source_total=0)
    assert read_cef(cef.line_of(an_alert(subject=subject)))[1]["src"] == "203.0.113.9"
