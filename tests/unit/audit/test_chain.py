"""The chain: whoever changes a byte, a line or the order is found."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.audit.chain import NO_RECORD, Head, Seal, followed, has_mac, heads_in, link_of, linked
from pamsignal.audit.record import event_body
from tests.builders import a_login, an_event

BODIES = [event_body(an_event(user=f"user{number}")) for number in range(5)]
KEYS = st.binary(min_size=1, max_size=200)


def lines_of(seal=None, bodies=tuple(BODIES)):
    return linked(NO_RECORD, bodies, seal)[0].split(b"\n")[:-1]


def without(line, *names):
    document = {name: value for name, value in json.loads(line).items() if name not in names}
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize("seal", [None, Seal(b"key")])
def test_a_hash_is_what_the_documents_say_it_is(seal):
    before = "0" * 64
    for seq, line in enumerate(lines_of(seal), 1):
        record = json.loads(line)
        assert (record["seq"], record["prev"]) == (seq, before)
        assert record["hash"] == hashlib.sha256(without(line, "hash")).hexdigest()
        before = record["hash"]


@given(KEYS, st.text(max_size=300))
def test_a_mac_is_hmac_sha256(key, text):
    content = text.encode("utf-8", "replace")
    assert Seal(key).mac(content) == hmac.new(key, content, "sha256").hexdigest()


@pytest.mark.parametrize("length", [1, 63, 64, 65, 200])
def test_a_key_may_be_longer_than_a_block_of_the_hash(length):
    key = bytes(range(length))
    assert Seal(key).mac(b"content") == hmac.new(key, b"content", "sha256").hexdigest()


@given(KEYS)
def test_a_mac_covers_the_record_without_hash_and_mac(key):
    for line in lines_of(Seal(key)):
        expected = hmac.new(key, without(line, "hash", "mac"), "sha256").hexdigest()
        assert json.loads(line)["mac"] == expected == link_of(line).mac
        assert link_of(line).sealed == without(line, "hash", "mac")


@pytest.mark.parametrize("seal", [None, Seal(b"key")])
def test_lines_follow_each_other(seal):
    lines = lines_of(seal)
    assert followed(NO_RECORD, lines, seal) == (5, link_of(lines[-1]).head)
    assert followed(link_of(lines[1]).head, lines[2:], seal)[0] == 3
    assert all(link_of(line).is_whole for line in lines)
    assert [has_mac(line) for line in lines] == [seal is not None] * 5


def test_a_line_says_what_is_before_it_and_what_its_hash_and_mac_are_over():
    first, second = (link_of(line) for line in lines_of()[:2])
    assert (first.prev, second.prev) == (NO_RECORD.hash, first.head.hash)
    assert second.mac is None
    assert second.hashed == second.sealed == without(lines_of()[1], "hash")


def test_the_shortest_of_records_is_seen_to_be_sealed():
    assert has_mac(lines_of(Seal(b"key"), bodies=['{"event":{},'])[0])


def test_lines_with_macs_follow_each_other_for_those_who_have_no_key():
    assert followed(NO_RECORD, lines_of(Seal(b"key")))[0] == 5


def test_a_mac_of_another_key_does_not_follow():
    assert followed(NO_RECORD, lines_of(Seal(b"key")), Seal(b"other")) == (0, NO_RECORD)
    assert followed(NO_RECORD, lines_of(), Seal(b"key")) == (0, NO_RECORD)


@given(st.integers(0, 4), st.integers(0, 10_000), st.integers(1, 255), st.booleans())
def test_no_byte_can_be_changed(number, at, change, is_sealed):
    lines = lines_of(Seal(b"key") if is_sealed else None)
    edited = bytearray(lines[number])
    edited[at % len(edited)] ^= change
    before = link_of(lines[number - 1]).head if number else NO_RECORD
    lines[number] = bytes(edited)
    assert followed(NO_RECORD, lines) == (number, before)


@given(st.integers(0, 4), st.integers(0, 10_000), st.binary(min_size=1, max_size=90), st.booleans())
def test_nothing_can_be_put_into_a_line_or_taken_out(number, at, piece, takes_out):
    lines = lines_of(Seal(b"key"))
    at %= len(lines[number])
    end = at + len(piece) if takes_out else at
    lines[number] = lines[number][:at] + (b"" if takes_out else piece) + lines[number][end:]
    assert followed(NO_RECORD, lines)[0] <= number


@given(st.permutations(range(5)).filter(lambda order: order != list(range(5))))
def test_no_other_order_follows(order):
    lines = lines_of()
    assert followed(NO_RECORD, [lines[number] for number in order])[0] < 5


def test_a_body_that_looks_like_a_link_does_not_mislead():
    names = ['","hash":"' + "a" * 64 + '","prev":"' + "b" * 64 + '","seq":1}', '","mac":"' + "c" * 64]
    lines = lines_of(bodies=[event_body(a_login(user=name)) for name in names])
    assert followed(NO_RECORD, lines)[0] == 2
    assert [link_of(line).head.seq for line in lines] == [1, 2]
    assert not any(map(has_mac, lines))


@pytest.mark.parametrize("line", [b"", b"{}", b'{"seq":1}', b"\xff" * 400, lines_of()[0] + b" ", lines_of()[0][:-1]])
def test_what_is_no_record_has_no_place(line):
    assert link_of(line) is None


def test_an_anchor_is_found_in_any_text_and_means_the_head_it_was_made_of():
    head = Head(42, "ab" * 32)
    assert str(head) == "42:" + "ab" * 32
    assert heads_in(f'{{"PAMSIGNAL_CHAIN_HEAD":"{head}"}}\nfooter {head}.') == [head, head]
    assert heads_in("42:abcd") == []
