"""Going on where one stopped: nothing lost, nothing twice, and a gap where the journal itself lost something."""

import random
import shutil

import pytest

from pamsignal.journal import Gap, JournalReader, Source, same_entry
from pamsignal.model import Position
from tests.builders import NOON_US
from tests.edge.descriptors import none_left
from tests.harness.journals import SECOND_US, an_entry, write_journal


def a_reader(path):
    return JournalReader(Source(directory=str(path)))


def messages(reader, limit=100_000):
    return [record.message for record in reader.read(limit)]


def a_file(path, first, count=10):
    """Entries `first`, `first`+1 …, one a second."""
    return write_journal(path, [an_entry(str(n), after_s=n) for n in range(first, first + count)])


@pytest.mark.parametrize("stop", [1, 9, 10, 11, 29, 30])
def test_a_restart_anywhere_goes_on_with_the_next_entry(tmp_path, stop):
    for first in (0, 10, 20):
        a_file(tmp_path / f"{first}.journal", first)
    before = a_reader(tmp_path)
    seen = messages(before, stop)
    after = a_reader(tmp_path)

    gap = after.resume(before.position)

    assert gap is None
    assert seen + messages(after) == [str(n) for n in range(30)]


def test_the_position_carries_over_a_pass_that_read_nothing(tmp_path):
    a_file(tmp_path / "a.journal", 0)
    reader = a_reader(tmp_path)
    reader.read(3)
    saved = reader.position
    resumed = a_reader(tmp_path)
    resumed.resume(saved)

    assert resumed.position == saved


def test_a_vacuumed_cursor_reports_the_gap_and_goes_on_after_it(tmp_path):
    files = [a_file(tmp_path / f"{first}.journal", first) for first in (0, 10, 20, 30)]
    before = a_reader(tmp_path)
    before.read(15)
    for path in files[:3]:
        path.unlink()
    after = a_reader(tmp_path)

    gap = after.resume(before.position)

    assert gap == Gap(NOON_US + 14 * SECOND_US, NOON_US + 30 * SECOND_US)
    assert messages(after) == [str(n) for n in range(30, 40)]


def test_a_gap_with_nothing_after_it_is_open_and_later_entries_are_read(tmp_path):
    path = a_file(tmp_path / "a.journal", 0)
    before = a_reader(tmp_path)
    before.read(10)
    path.unlink()
    after = a_reader(tmp_path)

    gap = after.resume(before.position)
    nothing = messages(after)
    a_file(tmp_path / "b.journal", 20, 2)

    assert (gap, nothing, messages(after)) == (Gap(NOON_US + 9 * SECOND_US, None), [], ["20", "21"])


def test_a_journal_that_is_lost_while_reading_is_told_once(tmp_path):
    root = tmp_path / "journal"
    a_file(root / "a.journal", 0)
    reader = a_reader(root)
    reader.read(5)
    shutil.rmtree(root)
    while_gone = (messages(reader), reader.take_gap(), reader.problem is None)
    root.mkdir()
    empty = (messages(reader), reader.take_gap(), reader.problem)
    shutil.rmtree(root)
    a_file(root / "b.journal", 20, 2)

    assert while_gone == ([], None, False)
    assert empty == ([], Gap(NOON_US + 4 * SECOND_US, None), None)
    assert (messages(reader), reader.take_gap()) == (["20", "21"], None)


def test_a_cursor_that_is_none_falls_back_to_its_time(tmp_path):
    a_file(tmp_path / "a.journal", 0)
    reader = a_reader(tmp_path)

    gap = reader.resume(Position("nonsense", NOON_US + 4 * SECOND_US))

    assert gap == Gap(NOON_US + 4 * SECOND_US, NOON_US + 5 * SECOND_US)
    assert messages(reader) == ["5", "6", "7", "8", "9"]


def test_the_volatile_journal_flushed_to_disk_is_no_gap(tmp_path):
    entries = [an_entry(str(n), after_s=n) for n in range(6)]
    volatile = write_journal(tmp_path / "run.journal", entries[:4])
    before = a_reader(tmp_path)
    seen = messages(before, 2)
    write_journal(tmp_path / "var.journal", [an_entry("older", after_s=-9), *entries])  # other sequence numbers
    volatile.unlink()
    after = a_reader(tmp_path)

    gap = after.resume(before.position)

    assert gap is None
    assert seen + messages(after) == ["0", "1", "2", "3", "4", "5"]


def test_a_flush_while_reading_repeats_nothing(tmp_path):
    entries = [an_entry(str(n), after_s=n) for n in range(6)]
    volatile = write_journal(tmp_path / "run.journal", entries[:4])
    reader = a_reader(tmp_path)
    seen = messages(reader, 2)
    write_journal(tmp_path / "var.journal", entries)
    volatile.unlink()

    assert seen + messages(reader) == ["0", "1", "2", "3", "4", "5"]


def test_a_rotation_while_reading_repeats_and_loses_nothing(tmp_path):
    active = a_file(tmp_path / "system.journal", 0)
    reader = a_reader(tmp_path)
    seen = messages(reader, 7)
    active.rename(tmp_path / "system@1.journal")
    a_file(tmp_path / "system.journal", 10)

    assert seen + messages(reader) == [str(n) for n in range(20)]


def test_the_end_of_the_journal_is_a_position_that_a_restart_keeps(tmp_path):
    path = a_file(tmp_path / "a.journal", 0)
    before = a_reader(tmp_path)
    before.seek_tail()
    at_start = messages(before)
    write_journal(path, [an_entry("while it was down", after_s=60)])
    after = a_reader(tmp_path)
    after.resume(before.position)

    assert (at_start, messages(after)) == ([], ["while it was down"])


def test_the_end_of_an_empty_journal_sees_the_first_entry(tmp_path):
    reader = a_reader(tmp_path)
    reader.seek_tail()
    nothing = messages(reader)
    a_file(tmp_path / "a.journal", 0, 1)

    assert (nothing, messages(reader)) == ([], ["0"])


def test_history_repeats_up_to_the_position_and_reading_goes_on_after_it(tmp_path):
    a_file(tmp_path / "a.journal", 0)
    a_file(tmp_path / "b.journal", 10)
    reader = a_reader(tmp_path)
    reader.read(13)
    saved = reader.position

    history = [record.message for record in reader.history(5, 0)]

    assert history == ["8", "9", "10", "11", "12"]
    assert reader.position == saved
    assert messages(reader) == [str(n) for n in range(13, 20)]


def test_history_ends_at_the_time_asked_for_and_at_the_first_entry(tmp_path):
    a_file(tmp_path / "a.journal", 0)
    reader = a_reader(tmp_path)
    reader.read(6)

    recent = [record.message for record in reader.history(100, NOON_US + 3 * SECOND_US)]
    whole = [record.message for record in reader.history(100, 0)]
    none = list(reader.history(100, NOON_US + 99 * SECOND_US))

    assert (recent, whole, none) == (["3", "4", "5"], ["0", "1", "2", "3", "4", "5"], [])
    assert messages(reader) == ["6", "7", "8", "9"]


def test_history_that_is_left_half_way_still_goes_on_after_the_position(tmp_path):
    a_file(tmp_path / "a.journal", 0)
    reader = a_reader(tmp_path)
    reader.read(6)
    history = reader.history(100, 0)
    next(history)
    history.close()

    assert messages(reader) == ["6", "7", "8", "9"]


def test_history_before_a_gap_is_what_is_left(tmp_path):
    for first in (0, 10, 20):
        a_file(tmp_path / f"{first}.journal", first)
    reader = a_reader(tmp_path)
    reader.read(15)
    saved = reader.position
    (tmp_path / "10.journal").unlink()
    resumed = a_reader(tmp_path)
    gap = resumed.resume(saved)

    assert gap is not None
    assert [record.message for record in resumed.history(3, 0)] == ["7", "8", "9"]
    assert messages(resumed)[0] == "20"


def test_an_entry_that_no_match_asks_for_is_still_a_place(tmp_path):
    noise = an_entry("noise", after_s=1, SYSLOG_FACILITY=3, SYSLOG_IDENTIFIER="cron")
    path = write_journal(tmp_path / "a.journal", [an_entry("0"), noise, an_entry("2", after_s=2)])
    journal = a_reader(tmp_path)._journal
    journal.flush_matches()
    journal._next()
    journal._next()
    reader = JournalReader(Source(files=(str(path),)))

    gap = reader.resume(Position(journal._get_cursor(), journal._get_realtime()))

    assert (gap, messages(reader)) == (None, ["2"])


def test_one_entry_has_one_identity_in_two_files(tmp_path):
    path = a_file(tmp_path / "a.journal", 0, 2)
    write_journal(tmp_path / "b.journal", [an_entry("1", after_s=1)])
    one, other = (JournalReader(Source(files=(str(p),))) for p in (path, tmp_path / "b.journal"))

    first, second = one.read(9)
    (copy,) = other.read(9)

    assert same_entry(second.cursor, copy.cursor)
    assert not same_entry(first.cursor, copy.cursor)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_to_files_and_reader_every_entry_comes_once(tmp_path, seed):
    """A hundred random steps: append, rotate, flush into a copy, read a bit, kill and resume, replace the folder."""
    chance = random.Random(seed)
    root = tmp_path / "journal"
    root.mkdir()
    written, seen, saved = 0, [], None
    reader = a_reader(root)
    for step in range(60):
        action = chance.choice(["append", "append", "read", "read", "kill", "rotate", "vacuum read", "replace"])
        if action == "append":
            a_file(root / "system.journal", written, count := chance.randint(1, 4))
            written += count
        elif action == "rotate" and (root / "system.journal").exists():
            (root / "system.journal").rename(root / f"system@{step}.journal")
        elif action == "read":
            seen += messages(reader, chance.randint(1, 5))
            saved = reader.position
        elif action == "kill":  # between the commit and the next read
            reader.close()
            reader = a_reader(root)
            assert saved is None or reader.resume(saved) is None
        elif action == "vacuum read":  # all read, then every archived file but the newest goes
            seen += messages(reader)
            saved = reader.position
            for path in sorted(root.glob("system@*.journal"), key=lambda p: int(p.stem.partition("@")[2]))[:-1]:
                path.unlink()
            reader.read(1)
        elif action == "replace":
            shutil.copytree(root, tmp_path / f"copy{step}")
            root.rename(tmp_path / f"gone{step}")
            (tmp_path / f"copy{step}").rename(root)
    seen += messages(reader)

    assert seen == [str(n) for n in range(written)]


def test_the_place_at_a_time_is_the_last_entry_up_to_it(tmp_path):
    a_file(tmp_path / "a.journal", 10)
    reader = a_reader(tmp_path)
    assert reader.place_at(NOON_US + 9 * SECOND_US) is None
    place = reader.place_at(NOON_US + 12 * SECOND_US + 500_000)
    assert place.time_us == NOON_US + 12 * SECOND_US
    assert reader.resume(place) is None
    assert messages(reader) == [str(n) for n in range(13, 20)]


def test_a_file_that_could_not_be_opened_when_it_came_is_read_when_it_can_be(tmp_path):
    """libsystemd passes over it without a word, and what comes after it would hide that for ever."""
    a_file(tmp_path / "a.journal", 0)
    reader = a_reader(tmp_path)
    assert messages(reader) == [str(n) for n in range(10)]
    made = [a_file(tmp_path / "made" / f"{n}.journal", n, 5) for n in (10, 15)]
    with none_left():
        made[0].rename(tmp_path / "b.journal")
        nothing = messages(reader)
        problem = reader.problem
        made[1].rename(tmp_path / "c.journal")
        nothing += messages(reader)

    assert (nothing, messages(reader)) == ([], [str(n) for n in range(10, 20)])
    assert "too many open files" in problem
    assert (reader.problem, reader.skipped) == (None, 0)
