"""Whatever somebody does to the files, `verify` finds it, and says where and what."""

from __future__ import annotations

import gzip
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pamsignal.audit.chain import Head, Seal, link_of, linked
from pamsignal.audit.files import files_in
from pamsignal.audit.pack import pack
from pamsignal.audit.record import event_body
from pamsignal.audit.verification import KINDS, verify
from pamsignal.secret import Secret
from tests.builders import a_login
from tests.harness.trails import damage_in, lines_in, newest, written

SEAL = Seal(b"the key")


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """20 events in six files; the first of them compressed, all sealed."""
    place = tmp_path_factory.mktemp("trail")
    written(place, 0, 20, rotate_bytes=2000, key=Secret("the key"))
    pack(files_in(str(place))[0].path)
    return place


@pytest.fixture
def place(original, tmp_path):
    return Path(shutil.copytree(original, tmp_path / "trail"))


def content_of(path):
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def change(path, how):
    """Put the file's lines through `how`."""
    text = b"".join(line + b"\n" for line in how(content_of(path).split(b"\n")[:-1]))
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)


def paths_in(place):
    return [Path(file.path) for file in files_in(str(place))]


def head_of(place, seq):
    return next(link_of(line).head for line in lines_in(place) if link_of(line).head.seq == seq)


def test_what_nobody_touched_is_well(place):
    verdict = verify(files_in(str(place)), [head_of(place, 3), head_of(place, 26)], [SEAL])
    assert (verdict.damage, verdict.lost_anchors, verdict.anchors) == ([], [], 2)
    assert (verdict.files, verdict.records, verdict.first_seq, verdict.head.seq) == (6, 26, 1, 26)
    assert verdict.sealed_from == 1


def edit(lines):
    return [lines[0], lines[1].replace(b'"user":"root"', b'"user":"bob"'), *lines[2:]]


def remove(lines):
    return [lines[0], *lines[2:]]


def swap(lines):
    return [lines[0], lines[2], lines[1], *lines[3:]]


def move_away(lines):
    return [*lines[:1], *lines[2:], lines[1]]


def repeat(lines):
    return [*lines[:2], lines[1], *lines[2:]]


def cut(lines):
    return lines[:-1]


def split(lines):
    return [lines[0], lines[1][:50], lines[1][50:], *lines[2:]]


def insert(lines):
    return [*lines[:2], b'{"event":{"user":"eve"}}', *lines[2:]]


def replace(lines):
    """Another record in the place of one, well made: only what follows can tell."""
    link = link_of(lines[1])
    other, _ = linked(Head(link.head.seq - 1, link.prev), [event_body(a_login(user="bob"))])
    return [lines[0], other[:-1], *lines[2:]]


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize(
    ("how", "kind", "line"),
    [
        (edit, "edited", 2),
        (remove, "removed", 2),
        (swap, "reordered", 3),
        (move_away, "reordered", 5),
        (repeat, "reordered", 3),
        (cut, "truncated", 4),
        (split, "edited", 2),
        (insert, "edited", 3),
        (replace, "edited", 3),
    ],
)
def test_each_kind_of_damage_is_named_with_its_file_and_line(place, number, how, kind, line):
    path = paths_in(place)[number]
    change(path, how)
    found = damage_in(place)
    assert found[0] == (kind, path.name, line)
    assert {kind for kind, _, _ in found} == {kind}
    assert len(found) == (2 if how is split else 1)


@pytest.mark.parametrize("digit", [b'"format":1', b'"prev":"0', b'"chain_uid":"', b'"hash":"'])
def test_a_first_record_that_was_edited_is_that_and_no_missing_one(place, digit):
    path = paths_in(place)[0]
    other = digit[:-1] + b"7" if digit[-1:].isdigit() else digit + b"7"
    change(path, lambda lines: [lines[0].replace(digit, other, 1), *lines[1:]])
    assert damage_in(place) == [("edited", path.name, 1)]


def test_a_file_that_is_gone_is_named_by_the_next_one(place):
    paths = paths_in(place)
    paths[2].unlink()
    assert damage_in(place) == [("removed", paths[3].name, 1)]


def test_a_beginning_that_is_gone_without_a_record_of_it_is_missing(place):
    paths = paths_in(place)
    paths[0].unlink()
    assert damage_in(place) == [("removed", paths[1].name, 1)]


def test_without_an_anchor_an_end_that_is_gone_cannot_be_seen_and_with_one_it_is(place):
    anchor = head_of(place, 26)
    last = paths_in(place)[-1]
    change(last, cut)
    assert damage_in(place) == []
    assert damage_in(place, anchor)[0][:2] == ("truncated", last.name)
    last.unlink()
    assert damage_in(place, anchor)[0][0] == "truncated"


def test_other_records_in_the_place_of_those_that_an_anchor_saw_are_a_rollback(place):
    anchor = head_of(place, 25)
    paths = paths_in(place)
    for path in paths[3:]:
        path.unlink()
    written(place, 100, 20, rotate_bytes=2000)
    assert damage_in(place) == []
    assert [kind for kind, _, _ in damage_in(place, anchor)] == ["rolled_back"]
    assert "unsealed" in {kind for kind, _, _ in damage_in(place, seals=[SEAL])}


def test_an_end_that_was_cut_in_a_line_is_torn(place):
    last = paths_in(place)[-1]
    last.write_bytes(last.read_bytes()[:-9])
    assert [kind for kind, _, _ in damage_in(place)] == ["torn"]


@pytest.mark.parametrize("seals", [[SEAL], [Seal(b"old key"), SEAL]])
def test_who_has_no_key_cannot_make_the_chain_anew(place, seals):
    """Everything is made anew from record 8 on, with right hashes: without the key or an anchor nothing shows."""
    lines = lines_in(place)
    head = link_of(lines[6]).head
    bodies = [line[: line.index(b'"hash":"')].decode().replace("root", "bob") for line in lines[7:]]
    forged, _ = linked(head, bodies)
    for path in paths_in(place):
        path.unlink()
    (place / "trail-000000000001.jsonl").write_bytes(b"\n".join(lines[:7]) + b"\n" + forged)
    assert damage_in(place) == []
    assert damage_in(place, head_of(place, 3), Head(20, link_of(lines[19]).head.hash))[0][0] == "rolled_back"
    (found,) = verify(files_in(str(place)), (), seals).damage
    assert (found.kind, found.seq) == ("unsealed", 8)


def test_a_chain_without_any_mac_does_not_pass_for_a_sealed_one(tmp_path):
    written(tmp_path, 0, 3)
    assert [kind for kind, _, _ in damage_in(tmp_path, seals=[SEAL])] == ["unsealed"]


def test_a_compressed_file_that_is_damaged_is_unreadable_and_the_rest_is_still_checked(place):
    paths = paths_in(place)
    packed = bytearray(paths[0].read_bytes())
    packed[len(packed) // 2] ^= 255
    paths[0].write_bytes(bytes(packed))
    change(paths[2], edit)
    kinds = [(kind, name) for kind, name, _ in damage_in(place)]
    assert ("unreadable", paths[0].name) in kinds
    assert ("edited", paths[2].name) in kinds


@pytest.mark.parametrize("tail", [b"\x00", b"more", gzip.compress(b"{}\n")])
def test_nothing_can_hide_behind_the_end_of_a_compressed_file(place, tail):
    paths = paths_in(place)
    paths[0].write_bytes(paths[0].read_bytes() + tail)
    assert damage_in(place)[0][:2] == ("unreadable", paths[0].name)


def test_a_part_is_checked_by_itself(place):
    files = files_in(str(place))
    verdict = verify(files[2:4], [head_of(place, 3), head_of(place, 12), head_of(place, 26)], whole=False)
    assert (verdict.damage, verdict.records, verdict.anchors) == ([], 10, 1)
    assert [anchor.seq for anchor in verdict.lost_anchors] == [3, 26]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.integers(0, 4), st.randoms(use_true_random=False), st.sampled_from(["byte", "line", "lines", "swap"]))
def test_no_change_of_any_byte_or_line_goes_unseen(original, tmp_path_factory, number, chance, how):
    place = Path(shutil.copytree(original, tmp_path_factory.mktemp("copy") / "trail"))
    path = paths_in(place)[number]
    change(path, lambda lines: changed(lines, chance, how))
    anchor = head_of(original, 26)
    found = damage_in(place, anchor)
    assert found
    assert {kind for kind, _, _ in found} <= set(KINDS)
    shutil.rmtree(place.parent)


def changed(lines, chance: random.Random, how):
    at = chance.randrange(len(lines))
    if how == "byte":
        line = bytearray(lines[at])
        line[chance.randrange(len(line))] ^= chance.randrange(1, 256)
        return [*lines[:at], bytes(line), *lines[at + 1 :]]
    if how == "line":
        return [*lines[:at], *lines[at + 1 :]]
    if how == "lines":
        return lines[:at]
    other = chance.choice([number for number in range(len(lines) + 1) if number not in (at, at + 1)])
    rest = [*lines[:at], *lines[at + 1 :]]
    other -= other > at
    return [*rest[:other], lines[at], *rest[other:]]


def test_garbage_without_end_is_told_only_so_often(place):
    newest(place).write_bytes(b"{}\n" * 5000)
    assert len(verify(files_in(str(place))).damage) <= 1001
