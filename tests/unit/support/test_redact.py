"""What a dump may say: names get stand-ins, unknown words go, and what helps to find a bug stays."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.config.schema import filled, load_schema, resolved
from pamsignal.support.configuration import disguised
from pamsignal.support.redact import GONE, Redactor
from pamsignal.support.stand_ins import StandIns
from pamsignal.support.vocabulary import vocabulary

WORDS = vocabulary()


@pytest.fixture
def redactor():
    stand_ins = StandIns()
    for kind, name in (("user", "carla"), ("sink", "acme"), ("host", "db7.acme.de"), ("user", "ACME\\dora")):
        stand_ins.expect(kind, name)
    return Redactor(stand_ins, WORDS)


@pytest.mark.parametrize(
    "line",
    [
        "watching sinks=3 config=/etc/pamsignal/pamsignal.yaml",
        (
            'store trouble about=store trouble="/var/lib/pamsignal/state.db: database or disk is full: free space on its '
            'file system; alerts go on from memory"'
        ),
        'File "/usr/lib/python3/dist-packages/pamsignal/daemon/monitor.py", line 208, in _think',
        "Main process exited, code=exited, status=78/CONFIG",
        "pamsignal.service: Failed with result 'exit-code'.",
        "pamsignal.service: Scheduled restart job, restart counter is at 5.",
        "the clock was set back by 1 h 0 min",
        "[Errno -2] Name or service not known",
        "again=2026-11-28T10:00:00.000000Z",
        "host='hooks.slack.com', port=443",
        "127.0.0.1:25",
    ],
)
def test_what_pamsignal_systemd_and_python_say_stays(redactor, line):
    assert redactor.text(line) == line


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("about=acme trouble=network", "about=sink-1 trouble=network"),
        ("sinks.acme.url: expected a URL", "sinks.sink-1.url: expected a URL"),
        ("Carla carla, (carla)", "user-1 user-1, (user-1)"),
        ("ACME\\dora logged in", "user-1 logged in"),
        ("from 203.0.113.9 port 22, 203.0.113.9:443", "from address-1 port 22, address-1:443"),
        ("from [2001:db8::5]:443 and 2001:DB8::5", "from [address-1]:443 and address-1"),
        ("10.1.0.0/16", "address-1/16"),
        ("::ffff:192.0.2.1 failed", "address-1 failed"),
        ("db7.acme.de and mail.zzqy.com", "host-1 and host-2"),
        ("zzqy@zzqy.example", "mail-1"),
        ("https://zzqy.example.org:8443/secret?x=y failed", "https://host-1:8443/… failed"),
        ("/home/carla/zzqy.yaml", "/home/user-1/….yaml"),
        ("error: 'zzqy' zzqy zzqy", f"error: {GONE}"),
        ("trouble=\x1b[2Jzzqy", f"trouble={GONE}"),
        ("+4312345678901 -1001234567890", GONE),
        ("token=123456789:AAHkqzz", "token=…:…"),
        ("abcdef0123456789abcdef0123456789", GONE),
    ],
)
def test_names_have_stand_ins_and_unknown_words_go(redactor, line, shown):
    if "…:…" in shown:
        assert redactor.text(line) in {"token=…", shown}
    else:
        assert redactor.text(line) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.slack.com/services/T/B/x", "https://hooks.slack.com/…"),
        ("https://u:p@zzqy.example/", "https://host-1"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("https://[2001:db8::1]/x", "https://address-1/…"),
        ("https://zzqy:99999/x", "https://…"),
        ("zzqy://user:pass@host", GONE),
        ("nothing", GONE),
    ],
)
def test_of_a_url_scheme_host_and_port_are_left(redactor, url, shown):
    assert redactor.url(url) == shown


def test_of_a_path_the_known_parts_and_the_ending_are_left(redactor):
    assert redactor.path("/etc/pamsignal/zzqy-ca.pem") == "/etc/pamsignal/name-1.pem"
    assert redactor.path("/home/carla/zzqy") == "/home/user-1/name-2"


def test_numbers_are_given_by_kind_in_the_order_of_meeting_and_stay():
    stand_ins = StandIns()
    stand_ins.expect("user", "late")
    assert [stand_ins.of("user", "a"), stand_ins.of("host", "h"), stand_ins.of("user", "late")] == [
        "user-1",
        "host-1",
        "user-2",
    ]
    assert (stand_ins.of("host", "A"), stand_ins.known("zzqy")) == ("user-1", None)


@pytest.mark.parametrize("part", ["a=", "a!", "1:", ":", "1.", "a/", "a-", "{a", "=", "a@", "::1", "(", "\\"])
def test_no_line_is_too_long_or_too_odd(redactor, part):
    assert len(redactor.text(part * 100_000)) < 20_000


@given(st.text(alphabet=string.ascii_letters + string.digits, min_size=9, max_size=20), st.text(), st.text())
def test_no_unknown_word_of_letters_and_digits_gets_through_whatever_stands_around_it(word, before, after):
    secret = f"Qz{word}7Xq"
    assert secret not in Redactor(StandIns(), WORDS).text(f"{before}{secret}{after}")


@given(st.ip_addresses(), st.text(alphabet=" ,;()[]='\"<>", max_size=3), st.text(alphabet=" ,;)]'\"<>", max_size=3))
def test_no_address_gets_through(address, before, after):
    if address.is_loopback or address.is_unspecified:
        return
    shown = Redactor(StandIns(), WORDS).text(f"from {before}{address}{after} port 22")
    assert str(address) not in shown


ROOT = load_schema()


def open_texts(schema, path=()):
    """Yield each text of the configuration that the schema neither closes nor calls private or secret."""
    schema = resolved(ROOT, schema)
    if schema.get("secret") or "private" in schema or "enum" in schema or "const" in schema:
        return
    types = schema.get("type", ())
    if "string" in ([types] if isinstance(types, str) else types):
        yield ".".join(path)
    for key, below in schema.get("properties", {}).items():
        yield from open_texts(below, (*path, key))
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield from open_texts(schema[word], (*path, word))


def test_every_text_of_the_configuration_is_closed_private_or_a_secret():
    """Whoever adds a key says what it is; hours have a grammar of their own, a language is two letters."""
    found = set(open_texts(ROOT))
    for name, definition in ROOT["definitions"].items():
        if name.startswith("sink_"):
            found |= set(open_texts(definition, (name,)))
    hours = {"detect.logins.hours.items", "detect.logins.user_hours.additionalProperties.items"}
    harmless = {*hours, "sink_whatsapp.language"}
    assert {path for path in found - harmless if not path.endswith("quiet_hours.items")} == set()


def test_a_default_configuration_is_shown_whole(redactor):
    document = filled(ROOT, ROOT, {})
    assert disguised(ROOT, ROOT, document, redactor) == document


@pytest.mark.parametrize(
    "private", ["user1001", "host42", "mail12", "2001:DB8:0:0:0:0:0:1:22", "010.020.030.040", "203.0.113.009"]
)
def test_what_only_looks_like_ours_or_like_no_address_is_private(redactor, private):
    assert private not in redactor.text(f"started for {private} at 12:30:45")
    assert "12:30:45" in redactor.text(f"started for {private} at 12:30:45")
