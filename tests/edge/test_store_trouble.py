"""The store when its file is damaged, read-only, missing or on a full disk: alerts go on, and it says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pamsignal.deliver.store import open_store
from pamsignal.deliver.store.unsaved import MAX_DELIVERIES
from pamsignal.deliver.turn import Channel, Memory, OpenSession, Settlement, State, Turn
from pamsignal.model import Position
from pamsignal.terms import Severity
from tests.builders import NOON_US, a_finding, a_login, an_alert
from tests.edge import store_on_small_disk
from tests.edge.small_disk import on_a_small_disk

SECOND_US = 1_000_000


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "state.db")


def a_turn(*ids, now_us=NOON_US, **changes):
    return Turn(now_us, alerts=[(an_alert(id=alert_id), ("team",)) for alert_id in ids], **changes)


def due_ids(store, now_us=NOON_US):
    return [pending.alert.id for pending in store.due("team", now_us, 2_000)]


def sent(alert_id):
    return Settlement("team", alert_id, State.SENT)


def filled(path):
    store = open_store(path)
    for number in range(300):
        store.commit(a_turn(str(number), position=Position(f"i={number}", NOON_US + number)))
    store.close()


def garbage(path):
    Path(path).write_bytes(os.urandom(20_000))


def cut_in_half(path):
    os.truncate(path, Path(path).stat().st_size // 2)


def cut_inside_a_page(path):
    os.truncate(path, Path(path).stat().st_size - 1000)


def header_zeroed(path):
    with Path(path).open("r+b") as file:
        file.write(bytes(100))


def middle_overwritten(path):
    with Path(path).open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * 40_000)


@pytest.mark.parametrize("harm", [garbage, cut_in_half, cut_inside_a_page, header_zeroed, middle_overwritten])
def test_a_damaged_file_is_put_aside_and_told_and_a_new_one_works(path, harm):
    filled(path)
    harm(path)
    store = open_store(path)
    assert store.trouble == f"{path} was damaged and is now {path}.corrupt-1: what waited in it is not sent"
    assert Path(path + ".corrupt-1").exists()
    assert store.position() is None
    assert store.commit(a_turn("new"))
    assert due_ids(store) == ["new"]
    store.close()
    assert open_store(path).trouble is None


def test_damaged_files_do_not_pile_up(path):
    for _ in range(8):
        garbage(path)
        open_store(path).close()
    names = sorted(entry.name for entry in Path(path).parent.iterdir())
    assert names == ["state.db", *(f"state.db.corrupt-{n}" for n in range(1, 6))]


def test_damage_while_running_costs_what_was_in_the_file_and_nothing_that_comes(path):
    store = open_store(path)
    store.commit(a_turn(*map(str, range(3_000))))  # more than SQLite keeps in memory
    store.close()
    store = open_store(path)
    with Path(path).open("r+b") as file:
        file.write(os.urandom(Path(path).stat().st_size))
    store.due("team", NOON_US, 5_000)
    assert "malformed" in store.trouble
    for number in range(3):
        store.commit(a_turn(f"new-{number}", now_us=NOON_US + number))
    assert "damaged" in store.trouble
    assert due_ids(store) == ["new-0", "new-1", "new-2"]
    store.close()
    assert due_ids(open_store(path)) == ["new-0", "new-1", "new-2"]


def test_an_empty_file_is_a_new_store(path):
    Path(path).touch()
    store = open_store(path)
    assert store.trouble is None
    assert store.commit(a_turn("a"))
    store.close()


@pytest.mark.parametrize(
    ("spoil", "advice"),
    [
        (lambda path: None, "create its directory"),
        (lambda path: Path(path).parent.write_text("a file"), "see whether"),
        (lambda path: Path(path).mkdir(parents=True), "see whether"),
    ],
    ids=["no directory", "a file as directory", "a directory as file"],
)
def test_alerts_go_on_in_memory_where_there_can_be_no_file(tmp_path, spoil, advice):
    path = str(tmp_path / "missing" / "state.db")
    spoil(path)
    store = open_store(path)
    assert advice in store.trouble
    assert path in store.trouble
    assert not store.commit(a_turn("a", "b", position=Position("i=1", NOON_US)))
    assert not store.commit(a_turn("a", "c"))
    assert due_ids(store) == ["a", "b", "c"]
    assert store.position() == Position("i=1", NOON_US)
    assert store.health()["team"].queued == 3


def test_what_memory_held_moves_into_the_file_as_soon_as_there_is_one(tmp_path):
    path = str(tmp_path / "missing" / "state.db")
    store = open_store(path)
    session = OpenSession("c1", NOON_US, "{}")
    store.commit(a_turn("a", "b", "c", position=Position("i=1", NOON_US), sessions_opened=[session]))
    store.commit(Turn(NOON_US, settled=[sent("a")], remembered=[Memory("m", "k", "v")], counted={"n": 1}))
    store.commit(Turn(NOON_US, settled=[Settlement("team", "b", State.DEAD, 1, reason="client_error")]))
    waits = Settlement("team", "c", State.QUEUED, 5, NOON_US + 9)
    store.commit(Turn(NOON_US, settled=[waits], channels={"team": Channel(sent=1)}))
    assert due_ids(store) == []
    Path(path).parent.mkdir()
    assert store.commit(a_turn("d", now_us=NOON_US + 11 * SECOND_US))
    assert store.trouble is None
    store.close()
    again = open_store(path)
    assert due_ids(again, NOON_US) == ["d"]
    assert due_ids(again, NOON_US + 9) == ["c", "d"]
    assert [letter.alert_id for letter in again.dead_letters()] == ["b"]
    assert (again.position(), again.sessions()) == (Position("i=1", NOON_US), [session])
    assert (again.memory("m"), again.counters, again.channels["team"].sent) == ({"k": "v"}, {"n": 1}, 1)
    again.commit(a_turn("a", "b", "c", "d"))
    assert due_ids(again, NOON_US + 9) == ["c", "d"]
    again.close()


def test_memory_is_bounded_and_a_login_is_the_last_to_go(tmp_path):
    store = open_store(str(tmp_path / "missing" / "state.db"))
    store.commit(Turn(NOON_US, alerts=[(an_alert(id="login", subject=a_login()), ("team",))]))
    for number in range(MAX_DELIVERIES + 5):
        alert = an_alert(id=str(number), subject=a_finding(), severity=Severity.WARNING)
        store.commit(Turn(NOON_US, alerts=[(alert, ("team",))]))
    assert due_ids(store)[:2] == ["login", "6"]
    assert len(due_ids(store)) == MAX_DELIVERIES
    assert store.counters == {"dropped:queue_full:team:5": 6}


def test_another_process_that_keeps_the_file_locked_is_outlasted(path):
    store = open_store(path)
    store.commit(a_turn("a"))
    locks = (
        f"import sqlite3; c = sqlite3.connect({path!r}, isolation_level=None); "
        "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); input()"
    )
    hog = subprocess.Popen([sys.executable, "-c", locks], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert hog.stdout.readline() == "locked\n"
    assert not store.commit(a_turn("b"))
    assert "stop the other process" in store.trouble
    assert due_ids(store) == ["a", "b"]
    hog.communicate("\n")
    assert store.commit(a_turn("c"))
    assert (store.trouble, due_ids(store)) == (None, ["a", "b", "c"])
    store.close()


def test_on_a_full_disk_alerts_go_on_and_the_file_catches_up_when_there_is_space(tmp_path):
    told = on_a_small_disk(store_on_small_disk, "fill", tmp_path, 384)
    assert "free space" in told["trouble"]
    assert told["while_full"] == told["expected"]
    assert told["after_sent"] == told["expected"][5:]
    assert told["trouble_after"] is None
    assert told["after_restart"] == told["expected_after"]
    assert told["position"] == "last"


def test_a_start_on_a_full_disk_still_knows_the_position_and_what_waits(tmp_path):
    told = on_a_small_disk(store_on_small_disk, "start", tmp_path, 384)
    assert "full" in told["trouble"]
    assert told["position"] == "before"
    assert told["due"] == ["old", "new"]
    assert told["due_after_sent"] == ["new"]
    assert (told["trouble_after"], told["after_restart"]) == (None, ["new"])


def test_a_read_only_file_system_is_read_and_told_and_left_when_it_can_be_written(tmp_path):
    told = on_a_small_disk(store_on_small_disk, "read_only", tmp_path, 384)
    assert "writable" in told["trouble"]
    assert told["position"] == "before"
    assert told["due"] == ["old", "new"]
    assert told["due_after_sent"] == ["new"]
    assert (told["trouble_after"], told["after_restart"]) == (None, ["new"])


def test_a_damaged_file_is_told_for_ten_minutes_whatever_the_clock_does(path):
    filled(path)
    garbage(path)
    store = open_store(path)
    assert store.begun_anew == 1
    for seconds in (0, 599, -3600, -3001):
        store.commit(Turn(NOON_US + seconds * SECOND_US))
        assert "damaged" in store.trouble
    store.commit(Turn(NOON_US - 3000 * SECOND_US))
    assert store.trouble is None
    store.close()


def test_what_is_older_than_a_time_is_counted_on_file_and_in_memory(tmp_path):
    store = open_store(str(tmp_path / "missing" / "state.db"))
    store.commit(a_turn("a", "b"))
    store.commit(a_turn("c", now_us=NOON_US + 1))
    assert (store.older("team", NOON_US + 1), store.older("mail", NOON_US + 1)) == (2, 0)
    (tmp_path / "missing").mkdir()
    assert store.commit(a_turn("d", now_us=NOON_US + 11 * SECOND_US))
    assert store.older("team", NOON_US + 2) == 3
    store.close()


def test_a_look_that_fails_hides_nothing_that_waits(path):
    store = open_store(path)
    store.commit(a_turn("1"))
    store._file.set_progress_handler(lambda: 1, 1)  # SQLite breaks off whatever it is asked
    assert due_ids(store) == []
    assert "interrupted" in store.trouble
    assert store.next_due_us("team", NOON_US) > NOON_US
    store._file.set_progress_handler(None, 0)
    assert due_ids(store) == ["1"]
    store.close()
