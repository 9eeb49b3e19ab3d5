"""The trail on a real file system: written once, whole, in order; begun anew, kept and deleted as it should be."""

from __future__ import annotations

import gzip
import os
import stat
from pathlib import Path

import pytest

from pamsignal.audit.chain import Head, Seal
from pamsignal.audit.files import files_in
from pamsignal.audit.past import past_of
from pamsignal.secret import Secret
from tests.builders import a_finding, an_alert
from tests.edge import trail_on_small_disk
from tests.edge.descriptors import none_left
from tests.edge.small_disk import on_a_small_disk
from tests.harness.trails import (
    DAY_US,
    MINUTE_US,
    NOON_US,
    a_trail,
    damage_in,
    events,
    kinds_in,
    newest,
    pids_in,
    records_in,
    tended,
    written,
)


def names_in(directory):
    return [Path(file.path).name for file in files_in(str(directory))]


def test_it_begins_with_where_and_when(tmp_path):
    a_trail(tmp_path).close()
    (first,) = records_in(tmp_path)
    assert first["genesis"]["time_us"] == NOON_US
    assert len(first["genesis"]["chain_uid"]) == len(first["genesis"]["machine"]) == 32
    assert (first["seq"], first["prev"]) == (1, "0" * 64)
    assert first["genesis"]["machine"] not in Path("/etc/machine-id").read_text()


def test_a_turn_is_its_events_and_then_its_alerts(tmp_path):
    trail = a_trail(tmp_path)
    trail.append(NOON_US, events(0, 2), [an_alert(), an_alert(id="b" * 32, subject=a_finding())])
    trail.close()
    assert kinds_in(tmp_path) == ["genesis", "event", "event", "alert", "alert"]
    assert (trail.head.seq, trail.trouble) == (5, None)


def test_only_its_owner_can_read_it(tmp_path):
    written(tmp_path)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_it_goes_on_after_a_restart(tmp_path):
    written(tmp_path, 0, 3)
    head = written(tmp_path, 3, 3, since_us=NOON_US + DAY_US)
    assert pids_in(tmp_path) == [0, 1, 2, 3, 4, 5]
    assert (head.seq, len(names_in(tmp_path)), damage_in(tmp_path)) == (7, 1, [])


def test_what_is_read_again_after_a_crash_is_not_written_again(tmp_path):
    written(tmp_path, 0, 5)
    trail = a_trail(tmp_path, since_us=NOON_US + 3_000_000)
    trail.append(NOON_US, events(3, 4), [an_alert()])
    trail.close()
    trail = a_trail(tmp_path, since_us=NOON_US)
    trail.append(NOON_US, events(0, 8), [an_alert()])
    trail.close()
    assert pids_in(tmp_path) == list(range(8))
    assert kinds_in(tmp_path).count("alert") == 1


def test_what_is_read_again_is_known_also_from_the_file_before(tmp_path):
    written(tmp_path, 0, 5)
    trail = a_trail(tmp_path)
    trail.tend(NOON_US + 2 * DAY_US)
    trail.close()
    assert len(names_in(tmp_path)) == 2
    trail = a_trail(tmp_path, now_us=NOON_US + 2 * DAY_US)
    trail.append(NOON_US, events(0, 6), ())
    trail.close()
    assert pids_in(tmp_path) == list(range(6))


def test_what_is_read_again_is_known_also_when_the_start_begins_a_new_file(tmp_path):
    written(tmp_path, 0, 8, rotate_bytes=1 << 20)
    trail = a_trail(tmp_path, rotate_bytes=1000)
    trail.append(NOON_US, events(5, 5), ())
    trail.close()
    assert (len(names_in(tmp_path)), pids_in(tmp_path)) == (2, list(range(10)))


def test_a_torn_line_is_taken_away_and_that_is_written_down(tmp_path):
    written(tmp_path, 0, 3)
    with newest(tmp_path).open("ab") as file:
        file.write(b'{"event":{"action":"log')
    assert damage_in(tmp_path)[0][0] == "torn"
    written(tmp_path, 2, 2, since_us=NOON_US)
    assert kinds_in(tmp_path) == ["genesis", "event", "event", "event", "crash", "event"]
    assert records_in(tmp_path)[4]["crash"]["bytes"] == 23
    assert damage_in(tmp_path) == []


def test_wherever_a_power_cut_ends_the_last_batch_the_rest_of_it_comes_again(tmp_path):
    written(tmp_path, 0, 2)
    before = newest(tmp_path).stat().st_size
    trail = a_trail(tmp_path)
    trail.append(NOON_US, events(2, 3), [an_alert()])
    trail.close()
    whole = newest(tmp_path).read_bytes()
    for size in range(before, len(whole), 61):
        newest(tmp_path).write_bytes(whole[:size])
        trail = a_trail(tmp_path, since_us=NOON_US + 2_000_000)
        trail.append(NOON_US, events(2, 4), [an_alert()])
        trail.close()
        assert (pids_in(tmp_path), kinds_in(tmp_path).count("alert")) == ([0, 1, 2, 3, 4, 5], 1)
        assert (damage_in(tmp_path), trail.trouble) == ([], None)


def test_blocks_of_nothing_that_a_power_cut_left_are_no_tampering(tmp_path):
    written(tmp_path, 0, 3)
    with newest(tmp_path).open("ab") as file:
        file.write(b'{"event"' + bytes(5000) + b"\n" + bytes(300))
    written(tmp_path, 3, 1)
    assert kinds_in(tmp_path) == ["genesis", "event", "event", "event", "crash", "event"]


@pytest.mark.parametrize("changes", [{"rotate_bytes": 2000}, {"rotate_seconds": 4}])
def test_a_file_that_is_large_or_old_is_closed_and_the_chain_goes_on(tmp_path, changes):
    written(tmp_path, 0, 20, **changes)
    names = names_in(tmp_path)
    assert len(names) > 2
    assert kinds_in(tmp_path).count("checkpoint") == len(names) - 1
    assert pids_in(tmp_path) == list(range(20))
    assert damage_in(tmp_path) == []
    checkpoint = next(record for record in records_in(tmp_path) if "checkpoint" in record)
    assert checkpoint["checkpoint"]["closed"] == names[0]
    assert names[1] == f"trail-{checkpoint['seq']:012d}.jsonl"


def test_a_file_in_which_nothing_happened_stays_open(tmp_path):
    trail = a_trail(tmp_path)
    for day in range(5):
        trail.tend(NOON_US + day * DAY_US)
    trail.close()
    assert len(names_in(tmp_path)) == 1


def test_a_closed_file_is_compressed_by_another_process(tmp_path):
    trail = a_trail(tmp_path, compress=True)
    trail.append(NOON_US, events(0, 50), ())
    trail.tend(NOON_US + DAY_US)
    tended(trail, NOON_US + DAY_US + MINUTE_US, lambda: names_in(tmp_path)[0].endswith(".gz"))
    trail.append(NOON_US + DAY_US, events(50, 1), ())
    trail.close()
    assert names_in(tmp_path) == ["trail-000000000001.jsonl.gz", "trail-000000000052.jsonl"]
    assert gzip.decompress((tmp_path / names_in(tmp_path)[0]).read_bytes()).count(b"\n") == 51
    assert damage_in(tmp_path) == []
    assert stat.S_IMODE((tmp_path / names_in(tmp_path)[0]).stat().st_mode) == 0o600


def test_what_retention_deletes_is_written_down(tmp_path):
    written(tmp_path, 0, 20, rotate_bytes=2000)
    oldest, *others = names_in(tmp_path)
    a_trail(tmp_path, now_us=NOON_US + 10 * DAY_US + 6_000_000, kept={"days": 10}).close()
    assert (names_in(tmp_path)[0], oldest in names_in(tmp_path)) == (others[0], False)
    (deleted,) = [record["deleted"] for record in records_in(tmp_path) if "deleted" in record]
    first = records_in(tmp_path)[0]
    assert (deleted["file"], deleted["reason"], deleted["from_seq"]) == (oldest, "age", 1)
    assert (deleted["to_seq"], deleted["last"]) == (first["seq"] - 1, first["prev"])
    assert damage_in(tmp_path) == []


def test_too_much_goes_oldest_first_but_never_what_is_being_written(tmp_path):
    written(tmp_path, 0, 20, rotate_bytes=2000)
    last = names_in(tmp_path)[-1]
    trail = a_trail(tmp_path, kept={"max_bytes": 1})
    trail.tend(NOON_US)
    trail.close()
    assert names_in(tmp_path) == [last]
    assert damage_in(tmp_path) == []


@pytest.mark.parametrize(("kept", "key"), [({"hold": True}, "max_bytes"), ({"profile": "cis"}, "max_bytes")])
def test_what_must_be_kept_is_kept_and_the_shortage_told(tmp_path, kept, key):
    written(tmp_path, 0, 20, rotate_bytes=2000)
    names = names_in(tmp_path)
    trail = a_trail(tmp_path, kept={**kept, "max_bytes": 1})
    trail.tend(NOON_US)
    trail.close()
    assert names_in(tmp_path) == names
    assert key in trail.trouble


def test_a_seal_can_be_put_on_later_and_by_another_key(tmp_path):
    written(tmp_path, 0, 2)
    written(tmp_path, 2, 2, key=Secret("first"))
    written(tmp_path, 4, 2, key=Secret("second"))
    assert damage_in(tmp_path) == []
    assert damage_in(tmp_path, seals=[Seal(b"first"), Seal(b"second")]) == []
    assert [kind for kind, _, _ in damage_in(tmp_path, seals=[Seal(b"first")])] == ["unsealed", "unsealed"]


def test_the_head_is_told_at_the_start_and_then_once_in_an_interval(tmp_path):
    trail = a_trail(tmp_path, anchor_seconds=60)
    assert trail.take_anchor(NOON_US) == trail.head
    trail.append(NOON_US, events(0), ())
    assert trail.take_anchor(NOON_US + 59_000_000) is None
    assert trail.take_anchor(NOON_US + 60_000_000) == trail.head
    assert trail.take_anchor(NOON_US + 300_000_000) is None
    trail.append(NOON_US, events(1), ())
    assert trail.take_anchor(NOON_US - DAY_US) == trail.head
    trail.close()


def touched(directory, how):
    path = newest(directory)
    if how == "removed":
        path.unlink()
    elif how == "shortened":
        os.truncate(path, path.read_bytes()[:-1].rfind(b"\n") + 1)
    else:
        with path.open("ab") as file:
            file.write(b"{}\n")


@pytest.mark.parametrize("how", ["removed", "shortened", "written to"])
def test_who_touches_the_file_while_it_is_written_is_told_and_written_down(tmp_path, how):
    trail = a_trail(tmp_path)
    trail.append(NOON_US, events(0, 5), ())
    touched(tmp_path, how)
    trail.append(NOON_US, events(5, 2), ())
    trail.append(NOON_US, events(7, 1), ())
    trail.close()
    assert how in trail.trouble
    assert pids_in(tmp_path)[-3:] == [5, 6, 7]
    assert "found" in {kind for kind, _, _ in damage_in(tmp_path)}


def test_a_record_that_was_edited_while_nobody_looked_is_found_at_the_start(tmp_path):
    head = written(tmp_path, 0, 5)
    path = newest(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"pid":3', b'"pid":9'))
    trail = a_trail(tmp_path, known=head)
    trail.append(NOON_US, events(5, 1), ())
    trail.close()
    assert "record 5" in trail.trouble
    assert trail.head.seq == head.seq + 3
    assert sorted({kind for kind, _, _ in damage_in(tmp_path)}) == ["edited", "found"]


def test_an_end_that_is_missing_is_found_at_the_start_by_what_the_store_remembers(tmp_path):
    head = written(tmp_path, 0, 5)
    path = newest(tmp_path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    trail = a_trail(tmp_path, known=head)
    trail.close()
    assert "ends with record 4, but 6 were written" in trail.trouble
    assert {kind for kind, _, _ in damage_in(tmp_path)} == {"truncated", "found"}


def test_another_trail_in_its_place_is_found_at_the_start(tmp_path):
    head = written(tmp_path, 0, 5)
    newest(tmp_path).unlink()
    written(tmp_path, 0, 5)
    trail = a_trail(tmp_path, known=head)
    trail.close()
    assert "not the one that was written" in trail.trouble


def test_without_its_directory_records_wait_and_come_when_it_is_there(tmp_path):
    place = tmp_path / "logs"
    trail = a_trail(place)
    trail.append(NOON_US, events(0, 3), ())
    assert "create it" in trail.trouble
    assert trail.head == Head(0, "0" * 64)
    place.mkdir()
    trail.append(NOON_US + MINUTE_US, events(3, 1), ())
    trail.close()
    assert (pids_in(place), trail.trouble) == ([0, 1, 2, 3], None)


def test_what_waits_at_the_end_is_tried_a_last_time(tmp_path):
    place = tmp_path / "logs"
    trail = a_trail(place)
    trail.append(NOON_US, events(0, 3), ())
    place.mkdir()
    trail.end(NOON_US + 1)  # the next try would come in ten seconds
    assert pids_in(place) == [0, 1, 2]


def test_while_it_cannot_be_written_memory_is_bounded_and_the_loss_is_written_down(tmp_path):
    place = tmp_path / "logs"
    trail = a_trail(place)
    for first in range(0, 12_000, 1000):
        trail.append(NOON_US, events(first, 1000), ())
    assert trail.lost == 2000
    place.mkdir()
    trail.tend(NOON_US + MINUTE_US)
    trail.close()
    assert kinds_in(place)[:3] == ["genesis", "dropped", "event"]
    assert records_in(place)[1]["dropped"]["records"] == 2000
    assert pids_in(place) == list(range(2000, 12_000))


def test_switched_off_it_writes_nothing(tmp_path):
    trail = a_trail(tmp_path, enabled=False)
    trail.append(NOON_US, events(0, 3), ())
    assert (list(tmp_path.iterdir()), trail.trouble) == ([], None)


def test_a_file_without_a_record_is_put_aside_and_told(tmp_path):
    written(tmp_path, 0, 3)
    empty = tmp_path / "trail-000000000005.jsonl"
    empty.touch()
    trail = a_trail(tmp_path)
    trail.append(NOON_US, events(3), ())
    trail.close()
    assert "trail-000000000005.jsonl holds no record" in trail.trouble
    assert pids_in(tmp_path) == [0, 1, 2, 3]
    assert (tmp_path / f"{empty.name}.damaged").exists()
    assert [kind for kind, _, _ in damage_in(tmp_path)] == ["found"]


def test_a_planted_link_pipe_or_socket_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("")
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "trail-000000000001.jsonl").symlink_to(outside)
    trail = a_trail(logs)
    trail.append(NOON_US, events(0), ())
    trail.close()
    assert outside.read_text() == ""
    assert (logs / "trail-000000000001.jsonl.damaged").is_symlink()
    planted = logs / "trail-000000000888.jsonl"
    os.mknod(planted, stat.S_IFSOCK | 0o600)
    trail = a_trail(logs)
    trail.close()
    assert trail.trouble == f"{logs}: {planted}: no regular file; run: pamsignal verify"
    os.mkfifo(logs / "trail-000000000999.jsonl")
    assert "unreadable" in {kind for kind, _, _ in damage_in(logs)}


@pytest.mark.parametrize("scenario", ["fill", "read_only"])
def test_a_disk_that_takes_nothing_loses_nothing_and_leaves_no_half_of_a_batch(tmp_path, scenario):
    told = on_a_small_disk(trail_on_small_disk, scenario, tmp_path, 256)
    assert told["advice"] in told["trouble"]
    assert (told["trouble_after"], told["damage"]) == (None, [])
    assert told["pids"] == list(range(told["written"]))


def test_a_disk_that_runs_low_costs_the_oldest_files_and_not_the_newest_records(tmp_path):
    told = on_a_small_disk(trail_on_small_disk, "floor", tmp_path, 256)
    assert told["trouble"] is None
    assert told["reasons"] == ["space"] * len(told["reasons"]) != []
    assert (told["pids"][-1], told["damage"]) == (told["written"] - 1, [])


def test_a_want_of_descriptors_is_no_damage(tmp_path):
    written(tmp_path)
    (file,) = files_in(str(tmp_path))
    with none_left(), pytest.raises(OSError, match="Too many open files"):
        past_of(file)
